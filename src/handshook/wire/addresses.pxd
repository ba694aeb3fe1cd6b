cimport cython

cpdef bint is_unicast(bytes packed) except -1
@cython.locals(ports="unsigned int")
cpdef bytes make_key(bytes remote, bytes local, unsigned int remote_port, unsigned int local_port)
