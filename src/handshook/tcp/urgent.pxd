cimport cython
from ..wire.segment cimport Segment
from .sequence cimport before, distance, signed_distance
from .tcb cimport TCB, data_end, set_mss
from .urgent_marks cimport UrgentMarks

cdef unsigned int WORD

cdef unsigned int SYN
cdef int ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, URGENT, MOST_AHEAD

cpdef mark_urgent(TCB c)
@cython.locals(marks=UrgentMarks, ahead="long long")
cpdef unsigned int urgent_pointer(TCB c, unsigned int seq) except? 0xFFFFFFFF
@cython.locals(marks=UrgentMarks)
cpdef urgent_acked(TCB c)
@cython.locals(marks=UrgentMarks, up="unsigned int", known="unsigned int")
cpdef bint take_urgent(TCB c, Segment s) except -1
@cython.locals(marks=UrgentMarks, end="unsigned int")
cpdef Py_ssize_t urgent_left(TCB c) except -1
@cython.locals(marks=UrgentMarks)
cpdef urgent_read(TCB c)
@cython.locals(waiting="unsigned int")
cdef unsigned int _consumed(TCB c) except? 0xFFFFFFFF
@cython.locals(marks=UrgentMarks)
cdef _tidy(TCB c)
