cimport cython

cdef list OCTETS

@cython.final
cdef class PrefixTable:
    cdef readonly Py_ssize_t size
    cdef dict _tables4, _tables6
    cdef list _lengths4, _lengths6

    @cython.locals(tables=dict, table=dict, wide=bint, key=bytes)
    cpdef put(self, bytes packed, int length, value)
    @cython.locals(table=dict)
    cpdef get(self, bytes packed, int length)
    @cython.locals(tables=dict, table=dict, wide=bint)
    cpdef bint drop(self, bytes packed, int length) except -1
    @cython.locals(tables=dict, table=dict, length=int)
    cpdef find(self, bytes packet, Py_ssize_t at, bint wide)
    cpdef list items(self)
    cdef _sort(self, bint wide)

@cython.locals(whole=Py_ssize_t, rest=int, p="const unsigned char*", last=bytes)
cpdef bytes part(bytes packet, Py_ssize_t at, int length)
