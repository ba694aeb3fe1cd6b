cimport cython
from .buffers cimport ReceiveBuffer, SendBuffer
from .congestion cimport Congestion
from .flow cimport Flow, Owner
from .scoreboard cimport Scoreboard
from .terms cimport Terms
from .urgent_marks cimport UrgentMarks

cdef unsigned int WORD

cdef double NEVER
cdef int NOTHING, SENT_ACK, ACK_NONE, NO_DOUBT, DEFAULT_MSS4, DEFAULT_MSS6, LEAST_MSS

cdef class TCB(Flow):
    cdef readonly Owner owner
    cdef public object config
    cdef public Terms terms
    cdef public SendBuffer outgoing
    cdef public ReceiveBuffer incoming
    cdef public Congestion congestion
    cdef public Scoreboard scoreboard
    cdef public UrgentMarks urgent_marks
    cdef public unsigned int iss, snd_una, snd_nxt, snd_wnd, snd_wl1, snd_wl2, max_window
    cdef public unsigned int irs, rcv_nxt, rcv_edge, last_ack_sent, owed_number, earlier_number
    cdef public unsigned int ts_recent, ts_offset, tail_end, ecn_until, recover, fin_seq, rtt_seq, small_end
    cdef public unsigned int again_left, again_right, doubt_timestamp
    cdef public Py_ssize_t capacity, unacked_octets
    cdef public int peer_mss, mss, unit, mtu, most_frame, duplicate_acks, retries, probes, challenges, retransmissions
    cdef public unsigned long long segments_in, segments_out
    # Yes or no, and what is small: in bytes, for there may be a million connections.
    cdef public unsigned short ack_reason, happened, why
    cdef public unsigned char snd_scale, rcv_scale, ack_owed, troubled, earlier_acks, doubt
    cdef public unsigned char ecn, ecn_echo, cwr_owed, must_resend, timer_probes, tail_owed, tail_probed, tail_again
    cdef public unsigned char syn_acked, scaling, probe_owed, window_probed, squeezed, timestamps, sack
    cdef public unsigned char reset_owed, fin_queued, fin_sent, fin_acked, fin_known, peer_finished, close_called
    cdef public unsigned char recovering, passive, by_cookie, owned, listed
    cdef public double ts_recent_at, srtt, rttvar, rto, rtt_start
    cdef public double reorder_at, retransmit_at, expires_at, ack_at, keep_alive_at, give_up_at, unanswered_from
    cdef public double challenge_from, started_at, last_heard, established_at

    cpdef prepare(self, bytes key, config, double now, int most_frame, Owner owner)
    cdef _offer(self, Terms terms)
    cdef _begin_timing(self, Terms terms)

cpdef Py_ssize_t flight(TCB c) noexcept
@cython.locals(size=Py_ssize_t)
cpdef unsigned int data_end(TCB c) noexcept
@cython.locals(headers=int, options=int)
cpdef set_mss(TCB c, int peer_mss)
