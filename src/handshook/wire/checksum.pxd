cimport cython

cdef bint COMPILED

@cython.locals(p="const unsigned char*", total="unsigned long long", high="unsigned long long", i=Py_ssize_t)
cpdef unsigned long long word_sum(const unsigned char* data, Py_ssize_t start, Py_ssize_t end) noexcept

cpdef unsigned int fold(unsigned long long total) noexcept
