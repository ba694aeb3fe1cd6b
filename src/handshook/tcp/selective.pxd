cimport cython
from .buffers cimport ReceiveBuffer
from .tcb cimport TCB

cdef int QUICK_ACKS

cpdef note_gap(TCB c)
cpdef note_duplicate(TCB c, unsigned int left, unsigned int right)
cpdef bint has_blocks(TCB c) except -1
@cython.locals(blocks=list)
cpdef list take_blocks(TCB c)
