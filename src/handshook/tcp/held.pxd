cimport cython
from ..wire.segment cimport Segment
from .half_open cimport HalfOpen

cdef unsigned int ACK, FIN, RST, SYN, WORD
cdef int CALLED_ACCEPT, CALLED_IGNORE, CALLED_REFUSE, CALLED_UNREACHABLE, ESTABLISHED_PASSIVE, HALF_OPEN_RESET, HELD_IGNORED, HELD_KEPT, HOLD_OVER
cdef int NOTHING, SILENCE_OVER, SYN_ACK_ACK_BAD, SYN_HELD_AGAIN, SYN_KEPT_SILENT, UNDECIDED
cdef int CLOSED, LISTEN, SYN_RECEIVED, ENDED, HELD
cdef double NEVER
cdef Py_ssize_t MOST_FRAME, MOST_FRAMES, MOST_KEPT

cdef class Held(HalfOpen):
    cdef readonly bytes packet
    cdef readonly list frames
    cdef readonly bint proved
    cdef readonly object trouble
    cdef public int choice, happened
    cdef public bint listed

    cpdef wait(self, bytes packet, double now)
    cpdef wait_proved(self, bytes frame, double now)
    cdef _begin_to_wait(self, double now)
    cdef bint _decide(self, int choice) except -1
    @cython.locals(flags="unsigned int")
    cpdef int arrive(self, Segment segment, double now) except -1
    cdef int _arrive_proved(self, Segment segment, double now) except -1
    cpdef int wake(self, double now) except -1
    cpdef open(self)
    cpdef leave(self)
