cimport cython
from ..wire.segment cimport Segment, segment_length
from .sequence cimport before, before_or_at, signed_distance
from .tcb cimport TCB
from .time_wait cimport TimeWait
from .window cimport advertise

cdef unsigned int WORD

cdef double NEVER
cdef unsigned int ACK, FIN, RST, SYN
cdef int CLOSE_WAIT, CLOSED, CLOSING, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, LAST_ACK, SYN_RECEIVED, SYN_SENT, TIME_WAIT
cdef int ACK_NOW, CALLED_ABORT, CALLED_CLOSE, CLOSED_NORMALLY, CLOSED_UNREAD_RESET, FIN_ACCEPTED
cdef int FLAGS_NONSENSE, NOTHING, TIME_WAIT_ACKED, TIME_WAIT_FIN_REPEATED, TIME_WAIT_IGNORED, TIME_WAIT_REOPENED
cdef int TIME_WAIT_RST_IGNORED, TIME_WAIT_SYN_DROPPED, FINISHED

cpdef finish(TCB c)
cpdef int close(TCB c, double now) except -1
@cython.locals(finished=bint)
cpdef int abort(TCB c) except -1
cpdef fin_acked(TCB c, double now)
cpdef enter_time_wait(TCB c)
@cython.locals(fin_seq="unsigned int")
cpdef note_fin(TCB c, Segment s)
cpdef int take_fin(TCB c, double now) except -1
cpdef int end(TCB c, int why) except -1
@cython.locals(wait=TimeWait)
cpdef TimeWait rest(TCB c, double expires)
@cython.locals(flags="unsigned int", length="unsigned int")
cpdef int in_time_wait(TimeWait w, Segment s, bint timestamps) except -1
cpdef bint is_newer(TimeWait w, Segment s, bint timestamps) except -1
