cimport cython
from .sequence cimport distance, signed_distance

cdef unsigned int WORD

cdef Py_ssize_t SMALL, LARGE, MOST_GAPS

@cython.final
cdef class SendBuffer:
    cdef list chunks
    cdef Py_ssize_t head, skip, cursor, cursor_start
    cdef readonly Py_ssize_t size
    cdef readonly bytes piece
    cdef bytes viewed
    cdef object view
    cdef readonly Py_ssize_t first, last

    cpdef append(self, bytes data)
    cpdef drop(self, Py_ssize_t count)
    @cython.locals(first=Py_ssize_t, chunk=bytes)
    cpdef locate(self, Py_ssize_t offset, Py_ssize_t count)
    @cython.locals(first=Py_ssize_t, found=list, at=Py_ssize_t, chunk=bytes, size=Py_ssize_t)
    cpdef tuple parts(self, Py_ssize_t offset, Py_ssize_t count)
    @cython.locals(at=Py_ssize_t, start=Py_ssize_t, size=Py_ssize_t)
    cdef Py_ssize_t _seek(self, Py_ssize_t offset) except -1
    cpdef release(self)

@cython.final
cdef class ReceiveBuffer:
    cdef object chunks
    cdef readonly Py_ssize_t size
    cdef readonly list beyond
    cdef readonly Py_ssize_t repeated
    cdef unsigned int newest

    @cython.locals(count=Py_ssize_t)
    cpdef append(self, bytes frame, Py_ssize_t first, Py_ssize_t last)
    @cython.locals(parts=list, frame=bytes, first=Py_ssize_t, last=Py_ssize_t, part=bytes)
    cpdef bytes read(self, Py_ssize_t count)
    @cython.locals(kept=list, at=Py_ssize_t, overlap=Py_ssize_t, room=Py_ssize_t, there=Py_ssize_t, before_data=bytes)
    cpdef bint keep(self, unsigned int seq, bytes data) except -1
    @cython.locals(start="unsigned int", at=Py_ssize_t, room=Py_ssize_t)
    cpdef unsigned int fill(self, unsigned int next_seq, bytes frame, Py_ssize_t first, Py_ssize_t last)
    @cython.locals(kept=list, done=Py_ssize_t, behind=Py_ssize_t, data=bytes, seq="unsigned int")
    cpdef unsigned int join(self, unsigned int next_seq)
    @cython.locals(runs=list)
    cpdef list blocks(self)
