from .congestion cimport Congestion
from .sequence cimport before, before_or_at, distance
from .tcb cimport TCB, flight
from .timing cimport back_off

cimport cython

cdef int DUPLICATES

@cython.locals(congestion=Congestion)
cpdef acknowledged(TCB c, Py_ssize_t octets, Py_ssize_t in_flight)
@cython.locals(congestion=Congestion)
cpdef duplicate(TCB c)
cpdef mark_first_lost(TCB c)
cpdef timed_out(TCB c, double now)
