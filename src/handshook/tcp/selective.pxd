cimport cython
from .acking cimport note_trouble
from .tcb cimport TCB

cpdef note_duplicate(TCB c, unsigned int left, unsigned int right)
cpdef bint has_blocks(TCB c) except -1
@cython.locals(blocks=list)
cpdef list take_blocks(TCB c)
