cimport cython
from .checksum cimport fold, word_sum

cdef unsigned int WORD

cdef bint COMPILED
cdef unsigned int ACK, CWR, RST
cdef int OPTION_MSS, OPTION_NOP, OPTION_SACK, OPTION_SACK_PERMITTED, OPTION_SCALE, OPTION_TIMESTAMPS
cdef int SENT_RST_FOR_NO_ONE, PROTOCOL_TCP, VNET_NEEDS_CHECKSUM, VNET_GSO_ECN, VNET_GSO_TCPV4, VNET_GSO_TCPV6

@cython.final
cdef class Builder:
    cdef public object framing
    cdef public int ttl, dscp, own_ttl, own_dscp, ecn, urgent
    cdef readonly Py_ssize_t headroom
    cdef readonly bint vnet, gathers
    cdef public tuple parts
    cdef unsigned long long[::1] counts
    cdef public list log
    cdef bytearray scratch
    cdef readonly unsigned int clock
    cdef Py_ssize_t start, option_end
    cdef int written

    @cython.locals(milliseconds="unsigned long long")
    cpdef void set_clock(self, double now) noexcept
    cpdef void begin(self, int version) noexcept
    cpdef void mark(self, int ttl, int dscp) noexcept
    @cython.locals(p="unsigned char*", at=Py_ssize_t)
    cpdef void add_mss(self, int mss) noexcept
    @cython.locals(p="unsigned char*", at=Py_ssize_t)
    cpdef void add_scale(self, int shift) noexcept
    @cython.locals(p="unsigned char*", at=Py_ssize_t)
    cpdef void add_sack_permitted(self) noexcept
    @cython.locals(p="unsigned char*", at=Py_ssize_t)
    cpdef void add_timestamps(self, unsigned int tsval, unsigned int tsecr) noexcept
    @cython.locals(p="unsigned char*", at=Py_ssize_t, room=Py_ssize_t, count=Py_ssize_t, index=Py_ssize_t, edges=tuple)
    cpdef add_sack(self, list blocks)
    cpdef Py_ssize_t options_length(self)
    @cython.locals(p="unsigned char*", k="const unsigned char*", tcp=Py_ssize_t, data=Py_ssize_t, size=Py_ssize_t,
                   width=Py_ssize_t, length=Py_ssize_t, total="unsigned long long",
                   header=bytes)
    cpdef finish(self, bytes key, unsigned int seq, unsigned int ack, unsigned int flags, unsigned int window,
                       bytes payload, Py_ssize_t first, Py_ssize_t last, Py_ssize_t unit,
                       int outcome)
    @cython.locals(p="unsigned char*")
    cdef void _put32(self, Py_ssize_t at, unsigned int value) noexcept
    @cython.locals(p="unsigned char*", k="const unsigned char*", at=Py_ssize_t, total="unsigned int", i=Py_ssize_t)
    cdef int _ipv4_header(self, bytes key, Py_ssize_t length) except -1
    @cython.locals(p="unsigned char*", k="const unsigned char*", at=Py_ssize_t, i=Py_ssize_t)
    cdef int _ipv6_header(self, bytes key, Py_ssize_t length) except -1
    @cython.locals(p="unsigned char*", checksum_start=Py_ssize_t)
    cdef void _vnet_header(self, Py_ssize_t width, Py_ssize_t data, Py_ssize_t size, Py_ssize_t unit, unsigned int flags) noexcept

cpdef bytes reset_for(Builder builder, bytes key, unsigned int seq, unsigned int ack, unsigned int flags, Py_ssize_t length)
