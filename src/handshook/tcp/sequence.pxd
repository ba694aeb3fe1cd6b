cimport cython

cdef unsigned int HALF, WORD

cpdef bint before(unsigned int a, unsigned int b) noexcept
cpdef bint before_or_at(unsigned int a, unsigned int b) noexcept
cpdef unsigned int distance(unsigned int a, unsigned int b) noexcept
@cython.locals(gap="long long")
cpdef long long signed_distance(unsigned int a, unsigned int b) noexcept
