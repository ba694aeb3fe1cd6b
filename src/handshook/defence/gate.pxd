cimport cython
from .sketch cimport Sketch
from .table cimport PrefixTable

cdef unsigned int ACK, FIN, RST, SYN
cdef int SYNS, RESETS, FINISHES, OTHERS, BANNED, LIMITED, PROTOCOL_TCP

@cython.final
cdef class Gate:
    cdef Py_ssize_t _headroom
    cdef readonly PrefixTable bans, limits
    cdef readonly Sketch sketch4, sketch6
    cdef public unsigned long long[::1] counts
    cdef public Py_ssize_t width4, width6

    @cython.locals(taken=list, place=Py_ssize_t, frame=bytes)
    cpdef list pass_on(self, list frames, double now)
    cpdef clear(self)
    @cython.locals(p="const unsigned char*", start=Py_ssize_t, size=Py_ssize_t, wide=bint, source=Py_ssize_t,
                   protocol=int, flags_at=Py_ssize_t, flags="unsigned int")
    cdef bint _admits(self, bytes frame, double now) except -1
    cdef bint _admits_syn(self, bytes frame, Py_ssize_t source, bint wide, double now) except -1
