cimport cython
from .sequence cimport before_or_at
from .scoreboard cimport Scoreboard
from .tcb cimport TCB

cdef double NEVER, ALPHA, BETA, K, GRANULARITY, DELAYED_ACK_WORST

cpdef void measure_from(TCB c, double now, unsigned int end) noexcept
cpdef measure_to(TCB c, double now, unsigned int ack)
cpdef sample(TCB c, double rtt)
@cython.locals(rto=double)
cpdef settle_rto(TCB c)
cpdef arm(TCB c, double now)
cpdef rearm(TCB c, double now)
@cython.locals(board=Scoreboard, patience=double)
cdef _consider_probe(TCB c, double now)
cpdef back_off(TCB c, double now)
