cpdef bint is_unicast(bytes packed)
cpdef bytes make_key(bytes remote, bytes local, int remote_port, int local_port)
