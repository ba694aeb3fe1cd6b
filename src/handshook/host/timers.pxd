cimport cython
from ..tcp.flow cimport Flow

cdef double NEVER
cdef Py_ssize_t NOWHERE, LEAST

@cython.final
cdef class Timers:
    cdef double[::1] _when
    cdef list _flows
    cdef Py_ssize_t _size

    @cython.locals(place=Py_ssize_t)
    cpdef arm(self, Flow flow)
    cpdef disarm(self, Flow flow)
    @cython.locals(flow=Flow, when=double)
    cpdef double next(self) except -1
    @cython.locals(flow=Flow)
    cpdef Flow pop(self, double now)
    @cython.locals(place=Py_ssize_t, size=Py_ssize_t, last=Flow, when=double)
    cdef _take_out(self, Flow flow)
    @cython.locals(above=Py_ssize_t)
    cdef _rise(self, Py_ssize_t place, double when, Flow flow)
    @cython.locals(size=Py_ssize_t, below=Py_ssize_t)
    cdef _sink(self, Py_ssize_t place, double when, Flow flow)
    cdef int _put(self, Py_ssize_t place, double when, Flow flow) except -1
    @cython.locals(room=Py_ssize_t)
    cdef _grow(self)
