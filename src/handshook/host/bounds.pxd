cimport cython
from ..tcp.terms cimport Terms
from .listener cimport Listener

cdef int DROPPED_SYN_HOST_FULL, DROPPED_SYN_PREFIX_FULL, DROPPED_SYN_QUEUE_FULL, NOTHING

@cython.final
cdef class Bounds:
    cdef Terms _terms
    cdef dict _prefixes
    cdef readonly Py_ssize_t total

    @cython.locals(terms=Terms)
    cpdef int full(self, Listener listener, bytes key) except -1
    @cython.locals(most=Py_ssize_t, taken=Py_ssize_t)
    cpdef bint prefix_full(self, bytes key) except -1
    @cython.locals(prefix=bytes)
    cpdef enter(self, Listener listener, bytes key)
    @cython.locals(prefix=bytes, left=Py_ssize_t)
    cpdef leave(self, Listener listener, bytes key)
    @cython.locals(four=bint, width=Py_ssize_t, bits=int, k="const unsigned char*", whole=Py_ssize_t, prefix=bytes)
    cdef bytes _prefix(self, bytes key)
