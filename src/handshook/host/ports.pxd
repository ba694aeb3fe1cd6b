cimport cython
from ..tcp.flow cimport Owner
from ..tcp.isn cimport Secret

cdef int FIRST_PORT, LAST_PORT

@cython.locals(chosen=bytes, address=bytes)
cpdef bytes choose_source(dict addresses, bytes remote, local)

@cython.final
cdef class Ports:
    cdef Secret _secret
    cdef unsigned long long _count
    cdef bytes _last_end
    cdef int _last_offset

    @cython.locals(size=int, port=int, _=int, end=bytes, key=bytes)
    cpdef bytes choose(self, bytes remote, bytes local, int remote_port, Owner owner)
