cimport cython
from ..wire.build cimport Builder
from ..wire.segment cimport Segment
from .ecn cimport asks
from .flow cimport Flow, Owner
from .isn cimport Secret, offset_of, sequence_at
from .opening cimport in_syn_received
from .sequence cimport before, before_or_at
from .terms cimport Terms

cdef unsigned int WORD

cdef unsigned int ACK, ECE, SYN
cdef int CHALLENGE_ACK, CHALLENGE_ACK_LIMITED, HALF_OPEN_GIVEN_UP, HALF_OPEN_PRESSED, HALF_OPEN_RESET, NOTHING, OUTSIDE_WINDOW, PAWS_REJECTED
cdef int RETRANSMISSION_TIMED_OUT, SENT_CHALLENGE_ACK, SENT_SYN_ACK, SENT_SYN_ACK_AGAIN, SYN_REPEATED
cdef int CLOSED, SYN_RECEIVED, MOST_SCALE
cdef int ECN_BIT, NO_SCALE, NO_TIMESTAMPS, SACK_BIT
cdef unsigned int BEYOND
cdef double NEVER

cdef class HalfOpen(Flow):
    cdef readonly Owner owner
    cdef readonly object listener
    cdef readonly Terms terms
    cdef readonly bytes data
    cdef readonly unsigned int iss, irs, rcv_nxt, peer_window, ts_recent, ts_offset
    cdef readonly int peer_mss, mss, scale, retries, challenges
    cdef readonly bint ecn, sack, timestamps, syn_owed, ack_owed
    cdef readonly double started_at, sent_at, rto

    cpdef begin(self, bytes key, object listener, Terms terms, Owner owner)
    @cython.locals(terms=Terms, hashed="unsigned long long")
    cpdef take_syn(self, Segment s, Secret secret, double now)
    cpdef recall(self, tuple numbers, unsigned int peer_window, int peer_mss, int options)
    cpdef recall_time(self, Secret secret, double started_at, double sent_at, int retries)
    cpdef hold(self, bytes data)
    cpdef begin_after(self, unsigned int number)
    @cython.locals(held=Py_ssize_t, room=Py_ssize_t)
    cpdef unsigned int window(self) except? 1
    @cython.locals(why=int)
    cpdef int arrive(self, Segment segment, double now) except -1
    cpdef int wake(self, double now) except -1
    @cython.locals(tsval="unsigned int", seq="unsigned int", window="unsigned int", why=int, flags="unsigned int")
    cpdef int emit(self, Builder builder, double now, list frames) except -1
