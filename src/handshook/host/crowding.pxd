cimport cython
from ..tcp.half_open cimport HalfOpen
from ..wire.segment cimport Segment
from .listener cimport Listener
from .tables cimport Tables

cdef int HALF_OPEN_EVICTED, HALF_OPEN_PRESSED, SYN_CACHED, SYN_CACHE_EVICTED
cdef int CLOSED, SYN_RECEIVED
cdef Py_ssize_t UNSWEPT

cdef class Crowding(Tables):
    cdef _queue_up(self, Listener listener, HalfOpen entry)
    @cython.locals(oldest=HalfOpen, why=int)
    cdef bint _make_way(self, Listener listener, bytes key) except -1
    cdef int _cache_syn(self, Listener listener, Segment segment, double now) except -1
