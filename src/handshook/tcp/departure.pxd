cimport cython
from ..wire.build cimport Builder
from .buffers cimport SendBuffer
from .recovery cimport congestion_of, note_sent, tail_probe_sent
from .scoreboard cimport Scoreboard, Sent, stretch
from .selective cimport has_blocks, take_blocks
from .sequence cimport before, before_or_at, distance, signed_distance
from .spurious cimport note_resent
from .tcb cimport TCB, data_end, flight
from .timing cimport arm, measure_from
from .urgent cimport urgent_pointer
from .window cimport advertise, update_due

cdef unsigned int WORD

cdef double NEVER
cdef unsigned int ACK, CWR, ECE, FIN, PSH, RST, SYN, URG
cdef int ECT, MOST_SACK, LEAST_APART
cdef int CLOSED, SYN_RECEIVED, SYN_SENT, ACK_NONE, ACK_NOW, SILENT
cdef int NOTHING, SENT_ACK, SENT_DATA, SENT_DATA_AGAIN, SENT_FIN, SENT_FIN_AGAIN, SENT_KEEP_ALIVE, SENT_RST, SENT_SYN
cdef int SENT_SYN_ACK, SENT_SYN_ACK_AGAIN, SENT_SYN_AGAIN, SENT_TAIL_PROBE, SENT_WINDOW_PROBE, SENT_WINDOW_UPDATE

@cython.locals(outcome=int, count=Py_ssize_t)
cpdef int emit(TCB c, Builder b, double now, list frames) except -1
cpdef bint may_resend(TCB c) noexcept
@cython.locals(waiting=Py_ssize_t, usable="long long", count=Py_ssize_t)
cpdef Py_ssize_t sendable(TCB c) except -2
@cython.locals(edge="unsigned int")
cdef unsigned int acceptable_seq(TCB c) noexcept
@cython.locals(seq="unsigned int", end="unsigned int", flags="unsigned int", outcome=int)
cdef int _emit_new(TCB c, Builder b, double now, list frames, Py_ssize_t count) except -1
@cython.locals(board=Scoreboard, lost=Sent, syn=bint)
cdef int _emit_again(TCB c, Builder b, double now, list frames) except -1
@cython.locals(last="unsigned int", count=Py_ssize_t, flags="unsigned int")
cdef int _write_again(TCB c, Builder b, double now, list frames, Sent sent, int why) except -1
@cython.locals(waiting="long long", room="long long", count="long long", board=Scoreboard, last=Sent, probe=Sent, why=int)
cdef int _emit_tail_probe(TCB c, Builder b, double now, list frames) except -1
@cython.locals(seq="unsigned int", waiting=Py_ssize_t, count=Py_ssize_t)
cdef int _emit_probe(TCB c, Builder b, double now, list frames) except -1
cdef int _emit_bare(TCB c, Builder b, double now, list frames, unsigned int seq, int outcome) except -1
@cython.locals(why=int, number="unsigned int")
cdef _emit_earlier(TCB c, Builder b, double now, list frames)
@cython.locals(window="unsigned int", out=SendBuffer, gaps=bint, offset=Py_ssize_t)
cdef int _write(TCB c, Builder b, double now, list frames, unsigned int seq, Py_ssize_t count, unsigned int flags, int why) except -1
@cython.locals(opening=bint, flags="unsigned int", ack="unsigned int")
cdef int _emit_syn(TCB c, Builder b, double now, list frames, int why) except -1
cdef int _emit_reset(TCB c, Builder b, list frames) except -1
