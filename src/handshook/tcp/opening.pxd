cimport cython
from ..wire.segment cimport Segment, segment_length
from .ecn cimport agrees, asks
from .isn cimport Secret, offset_of, sequence_at
from .sequence cimport before, before_or_at
from .tcb cimport TCB, set_mss
from .timing cimport measure_to, settle_rto
from .window cimport acceptable

cdef unsigned int WORD

cdef unsigned int ACK, FIN, RST, SYN
cdef int ESTABLISHED, FIN_WAIT_1, SYN_RECEIVED, SYN_SENT, ACK_NOW, MOST_SCALE
cdef int CHALLENGE_ACK, CONNECTION_REFUSED, ESTABLISHED_ACTIVE, ESTABLISHED_PASSIVE, HALF_OPEN_RESET, OUTSIDE_WINDOW
cdef int PAWS_REJECTED, RST_OUTSIDE_WINDOW, SIMULTANEOUS_SYN, SYN_ACK_ACK_BAD, SYN_REPEATED, SYN_SENT_ACK_BAD
cdef int SYN_SENT_IGNORED, SYN_SENT_RST_IGNORED, TIMESTAMP_MISSING, WITHOUT_ACK_DROPPED
cdef double NEVER, RTO_AFTER_LOST_SYN

@cython.locals(hashed="unsigned long long")
cpdef open_actively(TCB c, Secret secret, double now)
cpdef read_syn_options(TCB c, Segment s)
cpdef take_syn(TCB c, Segment s, double now)
@cython.locals(good_ack=bint)
cpdef int in_syn_sent(TCB c, Segment s, double now) except -1
cpdef bint acknowledges(TCB c, Segment s) noexcept
@cython.locals(flags="unsigned int")
cpdef int in_syn_received(unsigned int iss, unsigned int irs, unsigned int rcv_nxt, unsigned int window, Segment s,
                          unsigned int ts_recent, bint timestamps) except -1
cpdef establish(TCB c, double now)
