cimport cython
from ..wire.segment cimport Segment
from .ecn cimport asks
from .isn cimport Secret
from .terms cimport Terms

cdef unsigned int WORD
cdef int DEFAULT_MSS4, DEFAULT_MSS6, MOST_SCALE, NO_SCALE, SACK_BIT, ECN_BIT, OPTION_BITS, NO_TIMESTAMPS
cdef bytes INDEX

cpdef int mss_index(int mss, bint ipv6) except -1
@cython.locals(bits=int)
cpdef int pack_options(Segment s, Terms terms) except -1
cpdef bint options_allowed(int bits, Terms terms) except -1
@cython.locals(value="unsigned int")
cpdef unsigned int stamp(unsigned int clock, unsigned int bits) noexcept

@cython.final
cdef class Mac:
    cdef bytearray _scratch

    @cython.locals(p="unsigned char*", k="const unsigned char*", n=Py_ssize_t, i=Py_ssize_t, hashed="unsigned long long")
    cpdef unsigned int of(self, Secret secret, bytes key, unsigned int number, unsigned int slot, unsigned int options) except? 1
