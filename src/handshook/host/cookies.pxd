cimport cython
from ..tcp.cookie cimport Mac, mss_index, options_allowed, pack_options, stamp
from ..tcp.half_open cimport HalfOpen
from ..tcp.isn cimport Secret, offset_of
from ..tcp.terms cimport Terms
from ..wire.build cimport Builder
from ..wire.segment cimport Segment

cdef unsigned int WORD, ACK, ECE, SYN
cdef double NEVER, LIFE, SLOT, SECRET_LIFE
cdef int MSS_INDICES, NO_SCALE, NO_TIMESTAMPS, OPTION_BITS, SACK_BIT, ECN_BIT, KNOWN_SLOTS, MOST_SECRETS
cdef int COOKIE_ACCEPTED, COOKIE_AHEAD, COOKIE_EXPIRED, COOKIE_OPTIONS_BAD, COOKIE_WRONG, SENT_COOKIE
cdef tuple MSS

@cython.final
cdef class Generation:
    cdef Secret secret
    cdef double since, until

@cython.final
cdef class Cookies:
    cdef object _secrets
    cdef Secret _isn
    cdef Builder _builder
    cdef Mac _mac
    cdef int _count
    cdef list _generations
    cdef unsigned int _iss
    cdef int _index, _options

    @cython.locals(generation=Generation, wanted=double)
    cpdef rotate(self, double now)
    @cython.locals(key=bytes, ipv6=bint, builder=Builder, options=int, slot="long long", iss="unsigned int",
                   flags="unsigned int", clock="unsigned int", window="unsigned int", ack="unsigned int", frame=bytes)
    cpdef bytes syn_ack(self, Segment segment, Terms terms, double now)
    @cython.locals(options=int, recent=bint, current="long long", slot="long long")
    cpdef int judge(self, Segment segment, Terms terms, double now) except -1
    @cython.locals(options=int, number="unsigned int", recent="unsigned int")
    cpdef recall(self, HalfOpen entry, Segment segment, double now)
    cdef Generation _newest(self)
    @cython.locals(number="unsigned int", begin=double, generation=Generation, index="unsigned int")
    cdef bint _made_in(self, long long slot, Segment segment) except -1
    @cython.locals(clock="unsigned int", age="unsigned int")
    cdef bint _recent(self, Segment segment, double now) except -1
