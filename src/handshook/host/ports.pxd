cimport cython
from ..tcp.flow cimport Owner
from ..tcp.isn cimport Secret

cdef bint COMPILED
cdef int FIRST_PORT, LAST_PORT, MOST_KEY

@cython.locals(chosen=bytes, address=bytes)
cpdef bytes choose_source(dict addresses, bytes remote, local)

@cython.final
cdef class Ports:
    cdef Secret _secret
    cdef int _sharers
    cdef readonly int index
    cdef unsigned long long _count
    cdef bytearray _scratch

    @cython.locals(p="unsigned char*", r="const unsigned char*", k="const unsigned char*", width=Py_ssize_t, i=Py_ssize_t,
                   at=Py_ssize_t, size=int, port=int, offset="unsigned long long", _=int, key=bytes)
    cpdef bytes choose(self, bytes remote, bytes local, int remote_port, Owner owner)
    @cython.locals(k="const unsigned char*", at=Py_ssize_t, port=int)
    cpdef int owner(self, bytes key) except -1
    @cython.locals(p="unsigned char*")
    cdef bytes _first(self, Py_ssize_t count)
