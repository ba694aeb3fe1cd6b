cdef double NEVER

cpdef Py_ssize_t initial_window(Py_ssize_t mss) noexcept

cdef class Congestion:
    cdef readonly Py_ssize_t cwnd, ssthresh, avoided, prior_cwnd, prior_ssthresh
    cdef public double used_at
    cpdef resume(self, Py_ssize_t mss, double now, double rto)
    cpdef acknowledged(self, Py_ssize_t octets, Py_ssize_t mss, double now, double srtt)
    cpdef avoid(self, Py_ssize_t octets, Py_ssize_t mss, double now, double srtt)
    cpdef Py_ssize_t reduced(self, Py_ssize_t flight, Py_ssize_t mss, double now) except -1
    cpdef lost(self, Py_ssize_t flight, Py_ssize_t mss, double now)
    cpdef timed_out(self, Py_ssize_t flight, Py_ssize_t mss, bint first, double now)
    cpdef remember(self)
    cpdef restore(self)
