from ..tcp.flow cimport Owner
from ..tcp.half_open cimport HalfOpen
from ..tcp.isn cimport Secret
from ..tcp.terms cimport Terms
from ..wire.build cimport Builder
from ..wire.segment cimport Segment

cdef int ECN_BIT, NO_SCALE, NO_TIMESTAMPS, SACK_BIT, SYN_REPEATED
cdef double NEVER

cdef class Cached(HalfOpen):
    cdef readonly int row
    cpdef live_in(self, int row)
    cpdef int arrive(self, Segment segment, double now) except -1
    cpdef int emit(self, Builder builder, double now, list frames) except -1

cdef class SynCache:
    cdef Secret _secret, _isn
    cdef Owner _owner
    cdef bytearray _table
    cdef readonly Py_ssize_t waiting

    cpdef Cached take(self, Segment segment, object listener, Terms terms, double now)
    cpdef victim(self, bytes key, double now)
    cpdef int find(self, bytes key, double now) except? -1
    cpdef Cached stand_up(self, int row, object listener, Terms terms)
    cpdef lay(self, Cached entry)
    cpdef clear(self, int row)
