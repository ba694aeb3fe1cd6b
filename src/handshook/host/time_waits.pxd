cimport cython
from ..tcp.isn cimport Secret
from ..tcp.time_wait cimport TimeWait

cdef unsigned int WORD

cdef double NEVER
cdef unsigned int ALIVE, IPV6, TIMESTAMPS, WINDOW
cdef int PLACE_BITS
cdef Py_ssize_t KEY4, KEY6, NUMBERS, KIND, LEAST, MOST, SLOTS
cdef unsigned long long EMPTY

@cython.final
cdef class Page:
    cdef unsigned long long number
    cdef Py_ssize_t room, used
    cdef Page following
    cdef double[::1] expires
    cdef unsigned int[::1] numbers
    cdef bytearray keys

@cython.final
cdef class TimeWaits:
    cdef Secret _secret
    cdef list _pages, _free
    cdef Page _first, _last
    cdef Py_ssize_t _head, _count, _room, _mask, _void
    cdef unsigned long long[::1] _index

    cdef _begin(self)
    cpdef bint holds(self, bytes key) except -1
    @cython.locals(page=Page, at=Py_ssize_t, i=Py_ssize_t, size=Py_ssize_t, hashed="unsigned long long", kind="unsigned int",
                   p="unsigned char*", k="const unsigned char*")
    cpdef add(self, bytes key, TimeWait wait)
    @cython.locals(slot=Py_ssize_t, place=Py_ssize_t)
    cpdef TimeWait find(self, bytes key)
    @cython.locals(slot=Py_ssize_t, place=Py_ssize_t)
    cpdef remove(self, bytes key)
    cpdef double next(self) except -1
    @cython.locals(page=Page, at=Py_ssize_t, alive=bint, key=bytes)
    cpdef bytes pop(self, double now)
    @cython.locals(page=Page, at=Py_ssize_t, key=bytes)
    cpdef list items(self)
    cdef Page _page(self, Py_ssize_t place)
    @cython.locals(wait=TimeWait)
    cdef TimeWait _wait(self, Page page, Py_ssize_t at, bytes key)
    @cython.locals(page=Page)
    cdef Page _open(self, Py_ssize_t room)
    cdef _shut(self, Page page)
    cdef _make_room(self)
    @cython.locals(page=Page)
    cdef _turn_page(self)
    cdef _sweep(self)
    @cython.locals(hashed="unsigned long long", entry="unsigned long long", slot=Py_ssize_t, place=Py_ssize_t)
    cpdef Py_ssize_t slot(self, bytes key) except -2
    @cython.locals(slot=Py_ssize_t)
    cdef int _enter(self, unsigned long long entry) except -1
    @cython.locals(index="unsigned long long[::1]", slot=Py_ssize_t)
    cdef _spread(self, Py_ssize_t slots)
    @cython.locals(gap=Py_ssize_t, home=Py_ssize_t, entry="unsigned long long")
    cdef int _leave(self, Py_ssize_t slot) except -1

@cython.locals(size=Py_ssize_t, keys="const unsigned char*")
cdef bytes _key(Page page, Py_ssize_t at)
