cimport cython
from ..tcp.isn cimport Secret
from ..tcp.time_wait cimport TimeWait

cdef unsigned int WORD

cdef double NEVER
cdef int ALIVE, IPV6, TIMESTAMPS
cdef Py_ssize_t KEY4, KEY6, NUMBERS, LEAST
cdef unsigned int EMPTY

@cython.final
cdef class TimeWaits:
    cdef Secret _secret
    cdef Py_ssize_t _head, _used, _count, _room, _mask
    cdef double[::1] _expires
    cdef unsigned short[::1] _windows
    cdef unsigned char[::1] _kinds
    cdef unsigned int[::1] _numbers, _index
    cdef bytearray _keys

    @cython.locals(place=Py_ssize_t, size=Py_ssize_t, hashed="unsigned int")
    cpdef add(self, bytes key, TimeWait wait)
    @cython.locals(slot=Py_ssize_t)
    cpdef TimeWait find(self, bytes key)
    @cython.locals(slot=Py_ssize_t)
    cpdef remove(self, bytes key)
    cpdef double next(self) except -1
    @cython.locals(place=Py_ssize_t, key=bytes)
    cpdef bytes pop(self, double now)
    @cython.locals(size=Py_ssize_t)
    cdef bytes _key(self, Py_ssize_t place)
    @cython.locals(wait=TimeWait)
    cdef TimeWait _wait(self, Py_ssize_t place, bytes key)
    cdef _void(self, Py_ssize_t place)
    @cython.locals(slots=Py_ssize_t)
    cdef _make_room(self, Py_ssize_t room)
    @cython.locals(head=Py_ssize_t, used=Py_ssize_t, was=Py_ssize_t, place=Py_ssize_t, i=Py_ssize_t, old=Py_ssize_t,
                   n=Py_ssize_t, expires="double[::1]", windows="unsigned short[::1]", kinds="unsigned char[::1]",
                   numbers="unsigned int[::1]", keys=bytearray)
    cdef _resize(self, Py_ssize_t room)
    @cython.locals(hashed="unsigned int", slot=Py_ssize_t, place="unsigned int")
    cpdef Py_ssize_t slot(self, bytes key) except -2
    @cython.locals(slot=Py_ssize_t)
    cdef _enter(self, unsigned int hashed, Py_ssize_t place)
    @cython.locals(gap=Py_ssize_t, home=Py_ssize_t, place="unsigned int")
    cdef _leave(self, Py_ssize_t slot)
