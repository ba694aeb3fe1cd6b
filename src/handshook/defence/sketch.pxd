cimport cython

cdef int ROWS, COLUMNS, COLUMN_BITS, STEP
cdef unsigned long long PRIME, MIX, WORD64

@cython.final
cdef class Sketch:
    cdef unsigned long long _seed
    cdef unsigned int[::1] _cells
    cdef readonly object hitters

    @cython.locals(p="const unsigned char*", mixed="unsigned long long", i=Py_ssize_t, cells="unsigned int[::1]",
                   least="unsigned int", row=int, cell=Py_ssize_t, value="unsigned int")
    cpdef unsigned int count(self, bytes packet, Py_ssize_t at, Py_ssize_t width) except? 0
    cpdef clear(self)
