cimport cython
from .sequence cimport before, distance, signed_distance
from .tcb cimport TCB

cdef unsigned int WORD

@cython.locals(offset="unsigned int")
cpdef bint acceptable(unsigned int seq, unsigned int length, unsigned int rcv_nxt, unsigned int window) noexcept
cpdef unsigned int receive_window(TCB c) noexcept
@cython.locals(waiting=Py_ssize_t, edge="unsigned int", gain="long long")
cpdef unsigned int free_edge(TCB c) noexcept
@cython.locals(edge="unsigned int", waiting=Py_ssize_t, field="unsigned int", told="unsigned int")
cpdef unsigned int advertise(TCB c) noexcept
@cython.locals(gain=Py_ssize_t)
cpdef bint update_due(TCB c) noexcept
