cimport cython
from ..tcp.closing cimport rest
from ..tcp.connection cimport Connection
from ..tcp.flow cimport Flow, Owner
from ..tcp.half_open cimport HalfOpen
from ..tcp.held cimport Held
from ..tcp.isn cimport Secret
from ..tcp.terms cimport Terms
from ..tcp.time_wait cimport TimeWait
from ..tcp.timeouts cimport start_keep_alive
from ..wire.addresses cimport is_unicast
from ..wire.build cimport Builder
from ..wire.segment cimport Segment
from .answers cimport Answers
from .bounds cimport Bounds
from .cookies cimport Cookies
from .listener cimport Listener
from .listeners cimport Listeners
from .ports cimport Ports
from .syn_cache cimport SynCache
from .time_waits cimport TimeWaits
from .timers cimport Timers

cdef int CLOSED, TIME_WAIT, ACK_NONE, ENDED, OPENED, OUTCOMES
cdef int CALLED_ACCEPT, CALLED_REFUSE, CALLED_UNREACHABLE, CLOSED_NORMALLY, HOLD_OVER, NOT_OURS, SENT_UNREACHABLE
cdef int SOURCE_INVALID, PROTOCOL_TCP
cdef Py_ssize_t OFFLOAD_FRAME

cdef class Tables(Owner):
    cdef dict _addresses, _flows
    cdef list _eventful, _kept, _ready
    cdef unsigned long long[::1] _counts
    cdef Answers _answers
    cdef Bounds _bounds
    cdef Cookies _cookies
    cdef SynCache _cache
    cdef Listeners _listeners
    cdef Builder _builder
    cdef Segment _segment
    cdef Secret _isn
    cdef Terms _terms
    cdef Timers _timers
    cdef object _observers, _secrets, _share
    cdef TimeWaits _time_waits
    cdef Ports _ports
    cdef Py_ssize_t _half_open_held, _headroom, _sharers, _most_frame
    cdef bint _transparent, _vnet, _watched
    cdef readonly object config, framing

    cpdef attend(self, Flow flow, int outcome)
    cpdef report(self, Flow flow)
    cpdef bint taken(self, bytes key) except -1
    @cython.locals(listener=Listener)
    cpdef int patience(self, Flow flow) except -1
    cpdef bint still_waits(self, bytes key) except -1
    @cython.locals(connection=Connection)
    cdef _follow(self, Flow flow, double now)
    cdef _open_held(self, Held held, double now)
    cdef _make_ready(self, Flow flow)
    cdef _list_news(self, Connection connection)
    cdef _list_held(self, Held held)
    cdef _answer_held(self, Held held)
    @cython.locals(wait=TimeWait)
    cdef _end(self, Connection connection)
    @cython.locals(wait=TimeWait)
    cdef _rest(self, Connection connection, double now)
    @cython.locals(listener=Listener, held=Held, proved=bint)
    cdef _forget_half_open(self, HalfOpen entry)
    cdef int _drop(self, int why, bytes frame) except -1
