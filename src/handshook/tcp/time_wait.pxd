cimport cython
from ..wire.build cimport Builder

cdef unsigned int WORD

cdef unsigned int ACK

@cython.final
cdef class TimeWait:
    cdef public unsigned int snd_nxt, rcv_nxt, ts_offset, ts_recent, window
    cdef public bint timestamps
    cdef public double expires
    cpdef bytes ack(self, bytes key, Builder builder, double now, int outcome)
