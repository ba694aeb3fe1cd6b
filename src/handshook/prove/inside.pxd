from ..host.stack cimport Stack
from ..tcp.buffers cimport ReceiveBuffer
from ..tcp.flow cimport Flow
from ..tcp.time_wait cimport TimeWait

cpdef Flow flow_of(Stack stack, bytes key)
cpdef TimeWait wait_of(Stack stack, bytes key)
cpdef tuple unread(ReceiveBuffer buffer)
