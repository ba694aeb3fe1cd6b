from .tcb cimport TCB

cdef int ACK_LATER, ACK_NOW, TROUBLED, MOST_EARLIER

cpdef note_trouble(TCB c)
cpdef owe_at_once(TCB c)
cpdef owe(TCB c, Py_ssize_t octets, double now)
