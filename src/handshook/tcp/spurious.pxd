cimport cython
from ..wire.segment cimport Segment
from .sequence cimport before
from .tcb cimport TCB

cdef int NO_DOUBT, DOUBT, RESENT

cpdef suspect(TCB c)
cpdef note_resent(TCB c, unsigned int timestamp)
@cython.locals(needless=bint)
cpdef settle_doubt(TCB c, Segment s)
