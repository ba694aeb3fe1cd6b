cimport cython
from ..tcp.closing cimport in_time_wait, rest
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
from ..wire.segment cimport Segment, parse
from .answers cimport Answers
from .bounds cimport Bounds
from .listener cimport Listener
from .listeners cimport Listeners
from .ports cimport Ports
from .time_waits cimport TimeWaits
from .timers cimport Timers

cdef double NEVER, LATEST
cdef unsigned int ACK, FIN, RST, SYN
cdef int CLOSED, LISTEN, SYN_RECEIVED, TIME_WAIT, ACK_NONE, ENDED, OPENED, OUTCOMES
cdef int CLOSED_PORT_IGNORED, CLOSED_PORT_RESET, DROPPED_ACCEPT_QUEUE_FULL
cdef int ESTABLISHED_PASSIVE, FLAGS_NONSENSE, FRAME_LENGTH_BAD, FRAME_TRUNCATED, IP_PROTOCOL_UNKNOWN, HANDED_ON
cdef int LISTEN_ACK_RESET, LISTEN_IGNORED, LISTEN_RST_IGNORED, NOT_OURS
cdef int SENT_ECHO_REPLY, SOURCE_INVALID, SYN_ACK_ACK_BAD, SYN_ANSWERED, SYN_SENT_ACK_BAD
cdef int CALLED_REFUSE, CALLED_UNREACHABLE, SENT_UNREACHABLE, SYN_HELD
cdef int TIME_WAIT_ACKED, TIME_WAIT_FIN_REPEATED, TIME_WAIT_OVER, TIME_WAIT_REOPENED
cdef int VNET_DATA_VALID, VNET_NEEDS_CHECKSUM, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP
cdef Py_ssize_t MOST_PACKET, OFFLOAD_FRAME, MOST_HELD

cdef class Exchange(Owner):
    cdef dict _addresses, _flows
    cdef list _eventful, _kept, _ready
    cdef unsigned long long[::1] _counts
    cdef Answers _answers
    cdef Bounds _bounds
    cdef Listeners _listeners
    cdef Builder _builder
    cdef Segment _segment
    cdef Secret _isn
    cdef Terms _terms
    cdef Timers _timers
    cdef object _observers, _secrets, _share
    cdef TimeWaits _time_waits
    cdef Ports _ports
    cdef Py_ssize_t _half_open_held, _headroom, _most_frame, _sharers
    cdef bint _transparent, _vnet, _watched
    cdef readonly object config, framing

    cpdef receive(self, frame, double now)
    cpdef receive_many(self, list frames, double now)
    @cython.locals(frames=list, ready=list, builder=Builder, flow=Flow, connection=Connection, first=Py_ssize_t)
    cpdef list transmit(self, double now)
    cdef double _go_on(self, double now) except -1
    cdef list _show_frames(self, list frames)
    @cython.locals(due=double)
    cpdef deadline(self)
    @cython.locals(flow=Flow, why=int)
    cpdef advance(self, double now)
    cpdef attend(self, Flow flow, int outcome)
    cpdef report(self, Flow flow)
    cpdef bint taken(self, bytes key) except -1
    cpdef bint still_waits(self, bytes key) except -1
    @cython.locals(headroom=Py_ssize_t, trusted=bint, segment=Segment, why=int, key=bytes, flow=Flow,
                   outcome=int)
    cdef int _arrive(self, bytes frame, double now) except -1
    @cython.locals(key=bytes, k="const unsigned char*", local=bytes, remote=bytes, width=Py_ssize_t, before=int, after=int,
                   wait=TimeWait, outcome=int, listener=Listener)
    cdef int _meet_stranger(self, Segment segment, double now) except -1
    @cython.locals(key=bytes, listener=Listener, after=int, outcome=int, entry=HalfOpen)
    cdef int _meet_time_wait(self, TimeWait wait, Segment segment, double now) except -1
    @cython.locals(flags="unsigned int", full=int, key=bytes, entry=HalfOpen, data=bytes)
    cdef int _meet_listener(self, Listener listener, Segment segment, double now) except -1
    @cython.locals(held=Held)
    cdef int _hold(self, Listener listener, Segment segment, double now) except -1
    @cython.locals(listener=Listener, connection=Connection, outcome=int)
    cdef int _promote(self, HalfOpen entry, Segment segment, double now) except -1
    cdef int _take_icmp(self, Segment segment, double now) except -1
    cdef bint _takes(self, bytes address) except -1
    @cython.locals(connection=Connection)
    cdef _follow(self, Flow flow, double now)
    cdef _make_ready(self, Flow flow)
    cdef _list_news(self, Connection connection)
    cdef _list_held(self, Held held)
    cdef _answer_held(self, Held held)
    cdef _end(self, Connection connection)
    @cython.locals(wait=TimeWait)
    cdef _rest(self, Connection connection, double now)
    @cython.locals(listener=Listener, held=Held)
    cdef _forget_half_open(self, HalfOpen entry)
    cdef int _drop(self, int why, bytes frame) except -1
