cimport cython
from .table cimport Table

cdef unsigned long long LOW, WORD16, ONE
cdef unsigned int DELIVER, KEEP, LOSE, CALL, FORGE, KIND, SIDE
cdef int LOSSES, COPIES, FORGED, FIRST_CALL, LAST_CALL, REST, SEGMENTS, MOST
cdef list BUDGET_OF
cdef tuple BUDGETS

@cython.final
cdef class Explorer:
    cdef readonly object catalogue, ending
    cdef readonly tuple exempt
    cdef readonly Table table
    cdef readonly dict found
    cdef readonly Py_ssize_t expanded, cut, ways
    cdef list _moves, _destinations, _possible
    cdef set _judged
    cdef Py_ssize_t _most
    cdef unsigned int[::1] _net, _room
    cdef unsigned long long _after

    @cython.locals(first=Py_ssize_t, last=Py_ssize_t, place=Py_ssize_t)
    cpdef Py_ssize_t expand(self, Py_ssize_t most) except -1
    @cython.locals(w0="unsigned long long", w1="unsigned long long", count=Py_ssize_t, last="unsigned int",
                   i=Py_ssize_t, segment="unsigned int", side=int, sent=tuple, after="unsigned long long",
                   action="unsigned int")
    cdef int _expand(self, Py_ssize_t place) except -1
    @cython.locals(state=Py_ssize_t, possible=int, call=int, budget=int, left="unsigned long long",
                   action="unsigned int", sent=tuple)
    cdef _call(self, Py_ssize_t place, unsigned long long w0, unsigned long long w1, Py_ssize_t count,
                   int side)
    @cython.locals(state=Py_ssize_t, peer=Py_ssize_t, gone=Py_ssize_t, stamps=list, action="unsigned int", sent=tuple,
                   kept=Py_ssize_t, i=Py_ssize_t, segment="unsigned int")
    cdef _rest(self, Py_ssize_t place, unsigned long long w0, unsigned long long w1, int side)
    @cython.locals(state=Py_ssize_t, move=tuple, after="unsigned long long")
    cdef tuple _move(self, Py_ssize_t place, unsigned int action, unsigned long long w0, int side, int given)
    @cython.locals(room="unsigned int[::1]", size=Py_ssize_t, i=Py_ssize_t, segment="unsigned int",
                   w2="unsigned long long", w3="unsigned long long", wide="unsigned long long")
    cdef _reach(self, Py_ssize_t place, unsigned int action, unsigned long long w0, unsigned long long w1,
                    Py_ssize_t count, Py_ssize_t skip, tuple sent)
    cdef int _enter(self, unsigned long long w0, unsigned long long w1, unsigned long long w2, unsigned long long w3,
                    Py_ssize_t place, unsigned int action) except -1
    cdef int _judge(self, Py_ssize_t place, unsigned long long w0) except -1
    @cython.locals(w2="unsigned long long", w3="unsigned long long", count=Py_ssize_t)
    cdef Py_ssize_t _unpack(self, Py_ssize_t place) except -1
