cimport cython
from ..wire.segment cimport Segment
from .congestion cimport Congestion
from .cubic cimport Cubic
from .scoreboard cimport Scoreboard
from .sequence cimport before, before_or_at, distance
from .spurious cimport settle_doubt, suspect
from .tcb cimport TCB
from .timing cimport back_off

cdef unsigned int WORD
cdef double NEVER
cdef int DUPLICATES

cpdef Congestion congestion_of(TCB c)
cpdef note_sent(TCB c, unsigned int seq, unsigned int end, double now)
@cython.locals(board=Scoreboard, congestion=Congestion, recovered=bint, in_flight=Py_ssize_t, delivered=Py_ssize_t)
cpdef acknowledged(TCB c, Segment s, Py_ssize_t octets, double now)
cdef _drag_marks(TCB c)
@cython.locals(board=Scoreboard, known=Py_ssize_t)
cpdef find_losses(TCB c, double now)
cpdef enter_recovery(TCB c, double now)
@cython.locals(board=Scoreboard)
cpdef duplicate(TCB c, double now)
cpdef lose_first(TCB c)
cpdef lose_all(TCB c)
@cython.locals(board=Scoreboard)
cpdef timed_out(TCB c, double now)
cpdef probe_tail(TCB c, double now)
cpdef tail_probe_sent(TCB c, bint again)
cdef _judge_tail_probe(TCB c, Segment s, Py_ssize_t octets, double now)
cdef bint _tells_of_duplicate(TCB c, Segment s) except -1
