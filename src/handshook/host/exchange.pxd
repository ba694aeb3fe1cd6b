cimport cython
from ..tcp.closing cimport in_time_wait
from ..tcp.connection cimport Connection
from ..tcp.flow cimport Flow
from ..tcp.half_open cimport HalfOpen
from ..tcp.time_wait cimport TimeWait
from ..wire.addresses cimport is_unicast
from ..wire.build cimport Builder
from ..wire.segment cimport Segment, parse
from .listener cimport Listener
from .listening cimport Listening

cdef double NEVER, LATEST
cdef unsigned int RST
cdef int CLOSED, LISTEN, SYN_RECEIVED, TIME_WAIT
cdef int CLOSED_PORT_IGNORED, CLOSED_PORT_RESET, COOKIE_ACCEPTED, COOKIE_HELD, ESTABLISHED_PASSIVE
cdef int HANDED_ON, FRAME_LENGTH_BAD, FRAME_TRUNCATED, IP_PROTOCOL_UNKNOWN, NOT_OURS, SENT_ECHO_REPLY, SOURCE_INVALID
cdef int SYN_ACK_ACK_BAD, SYN_ANSWERED, SYN_CACHED, SYN_HELD, SYN_SENT_ACK_BAD
cdef int TIME_WAIT_ACKED, TIME_WAIT_FIN_REPEATED, TIME_WAIT_OVER, TIME_WAIT_REOPENED
cdef int VNET_DATA_VALID, VNET_NEEDS_CHECKSUM, PROTOCOL_ICMP, PROTOCOL_ICMPV6
cdef Py_ssize_t MOST_PACKET

cdef class Exchange(Listening):
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
    @cython.locals(headroom=Py_ssize_t, trusted=bint, segment=Segment, why=int, key=bytes, flow=Flow,
                   outcome=int)
    cdef int _arrive(self, bytes frame, double now) except -1
    @cython.locals(key=bytes, k="const unsigned char*", local=bytes, remote=bytes, width=Py_ssize_t, before=int, after=int,
                   wait=TimeWait, outcome=int, listener=Listener, row=int)
    cdef int _meet_stranger(self, Segment segment, double now) except -1
    @cython.locals(key=bytes, listener=Listener, after=int, outcome=int, entry=HalfOpen)
    cdef int _meet_time_wait(self, TimeWait wait, Segment segment, double now) except -1
    cdef int _take_icmp(self, Segment segment, double now) except -1
    cdef bint _takes(self, bytes address) except -1
