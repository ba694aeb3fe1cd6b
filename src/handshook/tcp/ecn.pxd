from ..wire.segment cimport Segment
from .sequence cimport before, distance
from .tcb cimport TCB

cdef unsigned int CWR, ECE
cdef int ACK_NOW, CONGESTED

cpdef bint asks(Segment s) except -1
cpdef bint agrees(Segment s) except -1
cpdef heed(TCB c, Segment s, double now)
