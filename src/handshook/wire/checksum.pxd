cimport cython

cdef bint COMPILED

@cython.locals(p="const unsigned char*", total="unsigned long long", i=Py_ssize_t)
cpdef unsigned long long word_sum(object data, Py_ssize_t start, Py_ssize_t end)

cpdef unsigned int fold(unsigned long long total)
