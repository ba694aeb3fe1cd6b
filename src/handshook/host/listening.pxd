cimport cython
from ..tcp.connection cimport Connection
from ..tcp.flow cimport Flow
from ..tcp.half_open cimport HalfOpen
from ..tcp.held cimport Held
from ..tcp.terms cimport Terms
from ..tcp.timeouts cimport start_keep_alive
from ..wire.segment cimport Segment, parse
from .listener cimport Listener
from .crowding cimport Crowding
from .syn_cache cimport Cached

cdef double LIFE
cdef unsigned int ACK, FIN, RST, SYN
cdef int LISTEN, OPENED
cdef int COOKIE_ACCEPTED, COOKIE_AHEAD, COOKIE_HELD, DROPPED_ACCEPT_QUEUE_FULL, FLAGS_NONSENSE, LISTEN_ACK_RESET
cdef int LISTEN_IGNORED, LISTEN_RST_IGNORED, NOTHING, SYN_ACK_ACK_BAD, SYN_ANSWERED, SYN_COOKIE, SYN_HELD
cdef int ESTABLISHED_PASSIVE, HALF_OPEN_RESET
cdef Py_ssize_t MOST_HELD

cdef class Listening(Crowding):
    @cython.locals(flags="unsigned int", key=bytes, entry=HalfOpen, data=bytes, terms=Terms, full=int, cached=bint)
    cdef int _meet_listener(self, Listener listener, Segment segment, bint resting, double now) except -1
    @cython.locals(entry=Cached, outcome=int)
    cdef int _meet_cached(self, Listener listener, int row, Segment segment, double now) except -1
    @cython.locals(held=Held)
    cdef int _hold(self, Listener listener, Segment segment, double now) except -1
    @cython.locals(held=Held)
    cdef int _hold_by_cookie(self, Listener listener, Segment segment, double now) except -1
    cdef _keep(self, Held held)
    @cython.locals(listener=Listener, segment=Segment, frame=bytes, connection=Flow, outcome=int)
    cdef _open_held(self, Held held, double now)
    @cython.locals(listener=Listener)
    cdef int _promote(self, HalfOpen entry, Segment segment, double now) except -1
    @cython.locals(outcome=int)
    cdef int _meet_ack(self, Listener listener, Segment segment, double now) except -1
    @cython.locals(listener=Listener, outcome=int)
    cdef int _doubt(self, HalfOpen entry, Segment segment, double now) except -1
    @cython.locals(entry=HalfOpen)
    cdef int _open_by_cookie(self, Listener listener, Segment segment, double now) except -1
    @cython.locals(connection=Connection, outcome=int)
    cdef int _open(self, HalfOpen entry, Listener listener, Segment segment, int why, double now) except -1
