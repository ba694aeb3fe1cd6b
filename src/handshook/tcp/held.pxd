cimport cython
from ..wire.segment cimport Segment
from .half_open cimport HalfOpen

cdef unsigned int ACK, FIN, RST, SYN
cdef int CALLED_ACCEPT, CALLED_IGNORE, CALLED_REFUSE, CALLED_UNREACHABLE, ESTABLISHED_PASSIVE, HALF_OPEN_RESET, HELD_IGNORED, HOLD_OVER
cdef int NOTHING, SILENCE_OVER, SYN_ACK_ACK_BAD, SYN_HELD_AGAIN, SYN_KEPT_SILENT, UNDECIDED
cdef int CLOSED, LISTEN, SYN_RECEIVED, ENDED, HELD
cdef double NEVER
cdef Py_ssize_t MOST_KEPT

cdef class Held(HalfOpen):
    cdef readonly bytes packet
    cdef readonly object trouble
    cdef public int choice, happened
    cdef public bint listed

    cpdef wait(self, bytes packet, double now)
    cdef bint _decide(self, int choice) except -1
    @cython.locals(flags="unsigned int")
    cpdef int arrive(self, Segment segment, double now) except -1
    cpdef int wake(self, double now) except -1
    cpdef open(self)
    cpdef leave(self)
