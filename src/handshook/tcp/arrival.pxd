cimport cython
from ..wire.segment cimport Segment, segment_length
from .closing cimport end, fin_acked, note_fin, take_fin
from .ecn cimport heed
from .opening cimport acknowledges, establish, in_syn_received, in_syn_sent
from .recovery cimport lose_all
from .selective cimport note_duplicate
from .sequence cimport before, before_or_at
from .tcb cimport TCB
from .timing cimport measure_to
from .transfer cimport challenge, take_ack, take_data
from .urgent cimport take_urgent
from .window cimport acceptable, receive_window

cdef unsigned int WORD

cdef unsigned int ACK, FIN, RST, SYN, URG
cdef int CLOSED, SYN_RECEIVED, SYN_SENT, TIME_WAIT, ACK_NOW, OPENED
cdef int ACK_NOTHING_NEW, URGENT_NOTED
cdef int CHALLENGE_ACK, CHALLENGE_ACK_LIMITED, CONNECTION_REFUSED, CONNECTION_RESET, DUPLICATE_SEGMENT
cdef int ESTABLISHED_ACTIVE, ESTABLISHED_PASSIVE, FIN_ACCEPTED, FIN_ACKED, FIN_BOTH, HALF_OPEN_RESET, NOTHING
cdef int OUTSIDE_WINDOW, PAWS_REJECTED, RST_OUTSIDE_WINDOW, SYN_ACK_ACK_BAD, SYN_REPEATED, TIMESTAMP_MISSING, WITHOUT_ACK_DROPPED
cdef double TIMESTAMP_LAPSES

@cython.locals(outcome=int)
cpdef int segment_arrives(TCB c, Segment s, double now) except -1
@cython.locals(why=int, acked=bint)
cdef int _take_text(TCB c, Segment s, double now, int outcome) except -1
@cython.locals(flags="unsigned int", length="unsigned int", window="unsigned int", behind="unsigned int", old=bint)
cdef int _check(TCB c, Segment s, double now) except -1
@cython.locals(last=bint)
cdef bint _heeded(TCB c, Segment s, unsigned int length, unsigned int behind, unsigned int window) except -1
cdef int _answer(TCB c, unsigned int length, double now, int outcome) except -1
@cython.locals(why=int, unsent=bint)
cdef int _finish_opening(TCB c, Segment s, double now) except -1
