cimport cython
from ..wire.build cimport Builder
from ..wire.segment cimport Segment
from .arrival cimport segment_arrives
from .buffers cimport ReceiveBuffer, SendBuffer
from .closing cimport abort, close, finish
from .departure cimport emit
from .flow cimport Owner
from .half_open cimport HalfOpen
from .tcb cimport TCB, set_mss
from .timeouts cimport heed_patience, next_due, run_due, start_keep_alive
from .urgent cimport mark_urgent, urgent_left, urgent_read

cdef unsigned int WORD

cdef double NEVER
cdef int CLOSE_WAIT, CLOSED, ESTABLISHED, SYN_RECEIVED, TIME_WAIT, CALLED_SHUTDOWN, NOTHING, READABLE

cdef class Connection(TCB):
    cdef public object trouble

    cpdef begin(self, bytes key, config, double now, int most_frame, Owner owner)
    @cython.locals(room=Py_ssize_t, taken=bytes)
    cpdef Py_ssize_t send(self, data, bint urgent=*) except -1
    @cython.locals(incoming=ReceiveBuffer)
    cpdef recv(self, Py_ssize_t count)
    cpdef Py_ssize_t readable(self)
    cpdef Py_ssize_t writable(self)
    cpdef shutdown(self)
    @cython.locals(why=int)
    cpdef close(self)
    @cython.locals(why=int)
    cpdef abort(self)
    cpdef adopt(self, HalfOpen entry)
    cpdef int arrive(self, Segment segment, double now) except -1
    cpdef int wake(self, double now) except -1
    cpdef int emit(self, Builder builder, double now, list frames) except -1
    cpdef settle(self, double now)
