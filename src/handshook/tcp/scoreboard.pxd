cimport cython
from .sequence cimport before, before_or_at, distance

cdef unsigned int WORD

cdef double NEVER
cdef Py_ssize_t MOST_PATIENCE, DUPLICATES, EMPTIED, PERSISTENCE

@cython.final
@cython.freelist(64)
cdef class Sent:
    cdef public unsigned int seq, end
    cdef public double at
    cdef public bint again, sacked, lost

@cython.locals(sent=Sent)
cpdef Sent stretch(unsigned int seq, unsigned int end, double at, bint again)

@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class Scoreboard:
    cdef readonly list records
    cdef readonly Py_ssize_t head, lost_from, out, lost, sacked, credit
    cdef readonly double newest_at, newest_came, least_rtt
    cdef readonly unsigned int newest_end, fack, duplicate_round
    cdef readonly bint reordering, duplicates_seen
    cdef readonly int patience, persist

    cpdef begin(self, unsigned int start)
    cpdef add(self, unsigned int seq, unsigned int end, double now)
    @cython.locals(index=Py_ssize_t, record=Sent)
    cpdef Sent first_lost(self)
    @cython.locals(index=Py_ssize_t, size=Py_ssize_t, behind=Sent, taken=Py_ssize_t)
    cpdef resend(self, Sent record, Py_ssize_t most, double now)
    @cython.locals(record=Sent)
    cpdef Sent last(self)
    @cython.locals(delivered=Py_ssize_t, record=Sent, size=Py_ssize_t)
    cpdef Py_ssize_t advance(self, unsigned int una, double now) except -1
    @cython.locals(rtt=double)
    cdef Py_ssize_t _arrived(self, Sent record, Py_ssize_t size, double now) except -1
    @cython.locals(news=Py_ssize_t, left="unsigned int", right="unsigned int", edges=tuple)
    cpdef Py_ssize_t take_sack(self, tuple blocks, unsigned int una, unsigned int nxt, Py_ssize_t mss,
                               double now) except -1
    @cython.locals(news=Py_ssize_t, index=Py_ssize_t, record=Sent, size=Py_ssize_t, skipped=Py_ssize_t,
                   whole=Py_ssize_t)
    cdef Py_ssize_t _mark(self, unsigned int left, unsigned int right, Py_ssize_t mss, double now) except -1
    @cython.locals(first=Py_ssize_t, last=Py_ssize_t, middle=Py_ssize_t)
    cdef Py_ssize_t _find(self, unsigned int seq) except -1
    @cython.locals(record=Sent, rest=Sent)
    cdef _split(self, Py_ssize_t index, unsigned int at)
    @cython.locals(window=double, latest=double, due=double, index=Py_ssize_t, record=Sent)
    cpdef double detect(self, double now, double srtt, int mss, bint recovering) except -1
    cpdef adapt(self, unsigned int una, unsigned int nxt, bint recovered)
    @cython.locals(record=Sent)
    cpdef lose_first(self, Py_ssize_t most)
    @cython.locals(index=Py_ssize_t, record=Sent)
    cpdef lose_all(self)
    @cython.locals(index=Py_ssize_t, record=Sent, size=Py_ssize_t)
    cpdef find_all(self)
    @cython.locals(index=Py_ssize_t, record=Sent)
    cpdef lose_longer(self, Py_ssize_t size)
    cpdef bint reneged(self) except -1
    @cython.locals(index=Py_ssize_t, record=Sent, size=Py_ssize_t)
    cpdef renege(self)
    @cython.locals(record=Sent, size=Py_ssize_t)
    cdef _lose(self, Py_ssize_t index)
    cpdef duplicate(self, Py_ssize_t mss)
    cpdef Py_ssize_t in_flight(self) noexcept
