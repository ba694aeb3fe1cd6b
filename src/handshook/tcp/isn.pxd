cimport cython

cdef unsigned int WORD

cdef unsigned long long MASK, SOME, PSEU, RAND, GENE
cdef double TICKS_PER_SECOND

@cython.final
cdef class Secret:
    cdef unsigned long long k0, k1

    cpdef unsigned long long siphash(self, bytes data) except? 1
    @cython.locals(p="const unsigned char*", v0="unsigned long long", v1="unsigned long long", v2="unsigned long long",
                   v3="unsigned long long", word="unsigned long long", byte="unsigned long long", whole=Py_ssize_t,
                   at=Py_ssize_t, i=int, rounds=int, _=int)
    cpdef unsigned long long hash(self, const unsigned char* data, Py_ssize_t n) except? 1
    cpdef unsigned int initial_sequence(self, bytes key, double now)
    cpdef unsigned int timestamp_offset(self, bytes key)

@cython.locals(ticks="unsigned long long")
cpdef unsigned int sequence_at(unsigned long long hashed, double now) noexcept
cpdef unsigned int offset_of(unsigned long long hashed) noexcept
