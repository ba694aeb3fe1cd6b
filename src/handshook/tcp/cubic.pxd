cimport cython
from .congestion cimport Congestion

cdef double NEVER, C, BETA, ALPHA
cdef Py_ssize_t HUGE

cdef class Cubic(Congestion):
    cdef readonly double w_max, estimate, k, epoch, peak, prior_w_max, prior_k, prior_epoch, prior_estimate
    @cython.locals(window=double, elapsed=double, target=double, alpha=double)
    cpdef avoid(self, Py_ssize_t octets, Py_ssize_t mss, double now, double srtt)
    cdef _begin(self, double window, double now)
    @cython.locals(past=double)
    cdef double _curve(self, double elapsed) except? -1
    @cython.locals(window=double)
    cpdef Py_ssize_t reduced(self, Py_ssize_t flight, Py_ssize_t mss, double now) except -1
    cpdef remember(self)
    cpdef restore(self)
