cimport cython
from .checksum cimport fold, word_sum

cdef unsigned int FIN, SYN
cdef int IP_TRUNCATED, IP_VERSION_UNKNOWN, IP_HEADER_LENGTH_BAD, IP_LENGTH_BAD, IP_CHECKSUM_BAD, IP_FRAGMENT
cdef int IP_EXTENSION_BAD, IP_PROTOCOL_UNKNOWN, TCP_TRUNCATED, TCP_OFFSET_BAD, TCP_CHECKSUM_BAD, TCP_OPTION_BAD
cdef int IP_SOURCE_ROUTE, LOOSE_ROUTE, STRICT_ROUTE
cdef int PROTOCOL_TCP, HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS, MOST_EXTENSIONS
cdef int OPTION_END, OPTION_NOP, OPTION_MSS, OPTION_SCALE, OPTION_SACK_PERMITTED, OPTION_SACK, OPTION_TIMESTAMPS

@cython.final
cdef class Segment:
    cdef public bytes frame, key
    cdef public tuple sack
    cdef public Py_ssize_t packet_start, tcp_start, data_start, data_end
    cdef public int version, protocol, ttl, ecn
    cdef public unsigned int seq, ack, flags, window, urgent
    cdef public int mss, scale
    cdef public bint sack_permitted, timestamps
    cdef public unsigned int tsval, tsecr

@cython.locals(word="unsigned int")
cdef unsigned int _u32(const unsigned char* p, Py_ssize_t at) noexcept

cpdef Py_ssize_t segment_length(Segment segment) except -1

@cython.locals(version=int, why=int)
cpdef int parse(bytes frame, Py_ssize_t start, bint trusted, Segment segment) except -1

@cython.locals(p="const unsigned char*", available=Py_ssize_t, header=Py_ssize_t, total=Py_ssize_t)
cdef int _read_ipv4(bytes frame, Py_ssize_t start, Segment segment) except -1

@cython.locals(p="const unsigned char*")
cdef int _read_ip_options(bytes frame, Py_ssize_t at, Py_ssize_t end) except -1

@cython.locals(p="const unsigned char*", end=Py_ssize_t, at=Py_ssize_t, protocol=int, hops=int)
cdef int _read_ipv6(bytes frame, Py_ssize_t start, Segment segment) except -1

@cython.locals(p="const unsigned char*", start=Py_ssize_t, tcp=Py_ssize_t, end=Py_ssize_t, data=Py_ssize_t,
               addresses=Py_ssize_t, width=Py_ssize_t, total="unsigned long long")
cdef int _read_tcp(bytes frame, bint trusted, Segment segment) except -1

@cython.locals(p="const unsigned char*", kind=int, size=Py_ssize_t)
cdef int _read_options(bytes frame, Py_ssize_t at, Py_ssize_t end, Segment segment) except -1

