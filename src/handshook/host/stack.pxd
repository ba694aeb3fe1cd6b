cimport cython
from ..tcp.connection cimport Connection
from ..tcp.half_open cimport HalfOpen
from ..tcp.held cimport Held
from ..tcp.opening cimport open_actively
from ..wire.addresses cimport is_unicast, make_key
from .exchange cimport Exchange
from .listener cimport Listener
from .ports cimport choose_source

cdef list HAPPENED
cdef object ACCEPTABLE
cdef int CALLED_CONNECT, CALLED_LISTEN, LISTENER_CLOSED

cdef class Stack(Exchange):
    @cython.locals(news=list, listener=Listener, connection=Connection, held=Held)
    cpdef list events(self)
