cimport cython
from .listener cimport Listener

cdef bytes ANY_PORT

@cython.final
cdef class Listeners:
    cdef dict _table
    cdef Py_ssize_t _bound, _open

    cpdef add(self, Listener listener)
    @cython.locals(k="const unsigned char*", end=Py_ssize_t, port=bytes, width=Py_ssize_t, listener=Listener)
    cpdef Listener find(self, bytes key)
    cpdef list all(self)
    cpdef remove(self, Listener listener)
