cimport cython
from ..tcp.connection cimport Connection
from ..tcp.terms cimport Terms

cdef double NEVER
cdef Py_ssize_t LEAST_PRESSED

cdef class Listener:
    cdef readonly bytes address
    cdef readonly int port
    cdef public Py_ssize_t backlog, half_open, proved
    cdef readonly object config, queue, order
    cdef list newcomers
    cdef readonly Terms terms
    cdef public bint closed, listed
    cdef readonly bint hold
    cdef public double cookies_until
    cdef object _close

    @cython.locals(terms=Terms, most=Py_ssize_t, least=Py_ssize_t, free=Py_ssize_t, half=Py_ssize_t)
    cpdef int patience(self) except -1
    @cython.locals(connection=Connection)
    cpdef Connection accept(self)
    cpdef note(self, Connection connection)
    cpdef list take_newcomers(self)
