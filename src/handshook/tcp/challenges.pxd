cimport cython
from .isn cimport Secret

cdef double NEVER, PERIOD

@cython.final
cdef class ChallengeLimit:
    cdef Secret _secret
    cdef unsigned long long _most, _left, _count
    cdef double _since

    @cython.locals(drawn="unsigned long long")
    cpdef bint take(self, double now) except -1
