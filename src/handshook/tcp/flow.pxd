from ..wire.build cimport Builder
from ..wire.segment cimport Segment
from .challenges cimport ChallengeLimit

cdef double NEVER
cdef int CLOSED

cdef class Owner:
    cdef public double now
    cdef readonly ChallengeLimit challenges
    cpdef attend(self, Flow flow, int outcome)
    cpdef report(self, Flow flow)
    cpdef bint taken(self, bytes key) except -1
    cpdef int patience(self, Flow flow) except -1
    cpdef bint still_waits(self, bytes key) except -1

cdef class Flow:
    cdef public bytes key
    cdef public double due, armed
    cdef public int place
    cdef public unsigned char stage, seen, ready
    cpdef int arrive(self, Segment segment, double now) except -1
    cpdef int wake(self, double now) except -1
    cpdef int emit(self, Builder builder, double now, list frames) except -1
