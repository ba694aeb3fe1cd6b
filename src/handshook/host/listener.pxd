cimport cython
from ..tcp.connection cimport Connection
from ..tcp.terms cimport Terms

cdef class Listener:
    cdef readonly bytes address
    cdef readonly int port
    cdef public Py_ssize_t backlog, half_open
    cdef readonly object config, queue
    cdef readonly Terms terms
    cdef public bint closed, listed
    cdef readonly bint hold
    cdef object _close

    @cython.locals(connection=Connection)
    cpdef Connection accept(self)
