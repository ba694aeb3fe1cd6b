cimport cython
from .sequence cimport before_or_at
from .tcb cimport TCB

cdef double NEVER, ALPHA, BETA, K, GRANULARITY

cpdef void measure_from(TCB c, double now, unsigned int end) noexcept
cpdef measure_to(TCB c, double now, unsigned int ack)
cpdef sample(TCB c, double rtt)
@cython.locals(rto=double)
cpdef settle_rto(TCB c)
cpdef void arm(TCB c, double now) noexcept
cpdef void rearm(TCB c, double now) noexcept
cpdef back_off(TCB c, double now)
