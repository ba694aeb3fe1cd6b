cimport cython
from ..wire.segment cimport Segment
from .acking cimport note_trouble, owe, owe_at_once
from .buffers cimport ReceiveBuffer
from .recovery cimport acknowledged, duplicate, lose_all
from .selective cimport note_duplicate
from .sequence cimport before, before_or_at, distance, signed_distance
from .tcb cimport TCB
from .timing cimport measure_to, rearm, settle_rto
from .urgent cimport urgent_acked
from .window cimport receive_window

cdef unsigned int WORD

cdef double NEVER, CHALLENGE_PERIOD
cdef unsigned int FIN, SYN
cdef int CLOSED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT, ACK_NOW
cdef int ACKED, ACK_NOTHING_NEW, CHALLENGE_ACK, CHALLENGE_ACK_LIMITED, DATA_ACCEPTED, DATA_AFTER_CLOSE_RESET
cdef int DATA_AFTER_FIN_IGNORED, DATA_OUT_OF_ORDER, DUPLICATE_ACK, FIN_ACKED, NOTHING, REASSEMBLY_FULL
cdef int SENT_CHALLENGE_ACK, READABLE, WRITABLE

cpdef int challenge(TCB c, double now) except -1
@cython.locals(ack="unsigned int", outcome=int, advanced=bint)
cpdef int take_ack(TCB c, Segment s, double now) except -1
@cython.locals(octets=Py_ssize_t, ack="unsigned int", outcome=int)
cdef int _advance(TCB c, Segment s, double now) except -1
cdef bint _is_duplicate(TCB c, Segment s) except -1
@cython.locals(window="unsigned int", newer=bint)
cdef _update_send_window(TCB c, Segment s, double now, bint advanced)
cdef bint _reaches_beyond(TCB c) except -1
@cython.locals(first=Py_ssize_t, last=Py_ssize_t, seq="unsigned int", old="long long", room="long long", cut=bint)
cpdef int take_data(TCB c, Segment s, double now) except -1
