cimport cython

@cython.final
cdef class UrgentMarks:
    cdef public bint sending, receiving
    cdef public unsigned int snd_up, rcv_up
