cimport cython

cdef unsigned long long MASK, MIX1, MIX2, MIX3
cdef unsigned int EMPTY
cdef Py_ssize_t LEAST

@cython.final
cdef class Table:
    cdef readonly Py_ssize_t size
    cdef Py_ssize_t _room, _mask
    cdef unsigned long long[::1] _words
    cdef unsigned int[::1] _before, _actions, _index

    @cython.locals(slot=Py_ssize_t, place="unsigned int", at=Py_ssize_t)
    cpdef bint add(self, unsigned long long w0, unsigned long long w1, unsigned long long w2, unsigned long long w3,
                   unsigned int before, unsigned int action) except -1
    cpdef unsigned long long word(self, Py_ssize_t place, int which) except? 0
    cpdef unsigned int before(self, Py_ssize_t place) except? 0
    cpdef unsigned int action(self, Py_ssize_t place) except? 0
    @cython.locals(room=Py_ssize_t, place=Py_ssize_t, at=Py_ssize_t, slot=Py_ssize_t)
    cdef _grow(self)

@cython.locals(h="unsigned long long")
cpdef unsigned long long mix(unsigned long long w0, unsigned long long w1, unsigned long long w2,
                             unsigned long long w3) noexcept
