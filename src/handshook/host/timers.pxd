cimport cython
from ..tcp.flow cimport Flow

cdef double NEVER
cdef Py_ssize_t SWEEP

@cython.final
cdef class Timers:
    cdef list _heap
    cdef Py_ssize_t _count, _alive

    cpdef arm(self, Flow flow)
    cpdef disarm(self, Flow flow)
    @cython.locals(heap=list, flow=Flow, when=double, entry=tuple)
    cpdef double next(self) except -1
    @cython.locals(flow=Flow)
    cpdef Flow pop(self, double now)
    cdef _put_back(self, Flow flow)
