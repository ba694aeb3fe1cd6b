cimport cython
from ..tcp.held cimport Held
from ..tcp.time_wait cimport TimeWait
from ..wire.build cimport Builder, reset_for
from ..wire.segment cimport Segment, segment_length

cdef unsigned int ACK, RST, SYN, WORD
cdef int ANSWER_DROPPED, SENT_ACK
cdef Py_ssize_t MOST_ANSWERS

@cython.final
cdef class Answers:
    cdef Builder _builder
    cdef list _frames, _waits

    cpdef bint waiting(self) except -1
    cpdef bint add(self, bytes frame) except -1
    cpdef bint room(self) except -1
    @cython.locals(length=Py_ssize_t)
    cpdef reset(self, Segment segment)
    @cython.locals(flags="unsigned int", number="unsigned int")
    cpdef refuse(self, Held entry)
    cpdef last_ack(self, bytes key, TimeWait wait)
    @cython.locals(frames=list, key=bytes, wait=TimeWait)
    cpdef list take(self, double now)
    cdef bint _full(self, list waiting) except -1
