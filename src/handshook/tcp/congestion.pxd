cdef Py_ssize_t INITIAL_SEGMENTS, HUGE

cdef class Congestion:
    cdef readonly Py_ssize_t cwnd, ssthresh, avoided
    cpdef void acknowledged(self, Py_ssize_t octets, Py_ssize_t mss, bint limited) noexcept
    cpdef void lost(self, Py_ssize_t flight, Py_ssize_t mss) noexcept
    cpdef void inflate(self, Py_ssize_t mss) noexcept
    cpdef void deflate(self, Py_ssize_t octets, Py_ssize_t mss) noexcept
    cpdef void recovered(self, Py_ssize_t flight, Py_ssize_t mss) noexcept
    cpdef void timed_out(self, Py_ssize_t flight, Py_ssize_t mss, bint first) noexcept
