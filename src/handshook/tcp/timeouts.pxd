cimport cython
from .closing cimport end
from .recovery cimport find_losses, lose_first, probe_tail, timed_out
from .sequence cimport distance
from .tcb cimport TCB, data_end
from .timing cimport back_off

cdef double NEVER
cdef int CLOSE_WAIT, CLOSED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, SYN_RECEIVED, SYN_SENT, ACK_NOW
cdef int ACK_DELAY_OVER, CONNECT_TIMED_OUT, FIN_WAIT_2_OVER, KEEP_ALIVE_DUE, KEEP_ALIVE_TIMED_OUT, NOTHING
cdef int REORDERING_OVER, TROUBLED, TAIL_PROBE_DUE, RETRANSMISSION_TIMED_OUT, SEND_TIMED_OUT, WINDOW_PROBED

cpdef double next_due(TCB c, double now) except -1
cpdef bint stalled(TCB c) except -1
@cython.locals(outcome=int)
cpdef int run_due(TCB c, double now) except -1
@cython.locals(patient=bint, outcome=int)
cdef int _retransmit(TCB c, double now) except -1
cdef int _once_more(TCB c, double now) except -1
cpdef heed_patience(TCB c)
@cython.locals(idle_until=double)
cdef int _keep_alive(TCB c, double now) except -1
cpdef start_keep_alive(TCB c, double now)
