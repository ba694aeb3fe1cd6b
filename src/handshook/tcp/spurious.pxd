cimport cython
from ..wire.segment cimport Segment
from .congestion cimport Congestion
from .scoreboard cimport Scoreboard
from .sequence cimport before
from .tcb cimport TCB

cdef int NO_DOUBT, DOUBT, RESENT

cpdef suspect(TCB c)
cpdef note_resent(TCB c, unsigned int timestamp)
@cython.locals(needless=bint)
cpdef bint settle_doubt(TCB c, Segment s) except -1
