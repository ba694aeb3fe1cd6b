cimport cython
from ..tcp.flow cimport Owner
from ..tcp.isn cimport Secret
from ..wire.addresses cimport make_key

cdef int FIRST_PORT, LAST_PORT

@cython.locals(chosen=bytes, address=bytes)
cpdef bytes choose_source(dict addresses, bytes remote, local)

@cython.final
cdef class Ports:
    cdef Secret _secret
    cdef unsigned long long _count

    @cython.locals(size=int, offset="unsigned long long", port=int, _=int, key=bytes)
    cpdef bytes choose(self, bytes remote, bytes local, int remote_port, Owner owner)
