"""Windows: which arriving numbers are acceptable, and what room we tell the peer of (RFC 9293 3.4, 3.8.6)."""

from ..wire.word import WORD
from .sequence import before, distance, signed_distance
from .tcb import TCB


def acceptable(seq: int, length: int, rcv_nxt: int, window: int) -> bool:
    """The four cases of RFC 9293 3.10.7.4, "first, check sequence number"."""
    offset = distance(rcv_nxt, seq)
    if length == 0:
        return offset == 0 if window == 0 else offset < window
    if window == 0:
        return False
    return offset < window or distance(rcv_nxt, (seq + length - 1) & WORD) < window


def receive_window(c: TCB) -> int:
    """RCV.WND: what is left of the window that was last advertised."""
    return distance(c.rcv_nxt, c.rcv_edge)


def free_edge(c: TCB) -> int:
    """Where the window's right edge may stand, by the room in the buffer and silly-window avoidance.

    It never moves back (RFC 9293 SHLD-14), and forward only by a full segment or half of the buffer (MUST-39).
    """
    waiting = c.incoming.size if c.incoming is not None else 0
    edge = (c.rcv_nxt + max(c.capacity - waiting, 0)) & WORD
    gain = signed_distance(c.rcv_edge, edge)
    if gain < min(c.capacity // 2, c.mss):
        return c.rcv_edge
    return edge


def advertise(c: TCB) -> int:
    """Settle the window of a segment that leaves now; returns the 16 bits of its window field.

    It is told in units of 2^scale, and never more of it than there is room for. Rounding may so take back less than a
    unit of what was told before: `rcv_edge` stays, and what was told once stays in the window (RFC 7323 2.4).
    """
    edge = free_edge(c)
    waiting = 0 if c.incoming is None else c.incoming.size
    c.squeezed = waiting * 2 >= c.capacity
    field = distance(c.rcv_nxt, edge) >> c.rcv_scale
    told = (c.rcv_nxt + (field << c.rcv_scale)) & WORD
    if before(told, c.rcv_edge) and waiting + ((field + 1) << c.rcv_scale) <= c.capacity:
        field += 1
    field = min(field, 0xFFFF)
    told = (c.rcv_nxt + (field << c.rcv_scale)) & WORD
    if before(c.rcv_edge, told):
        c.rcv_edge = told
    return field


def update_due(c: TCB) -> bool:
    """Has the program read so much that the peer should hear of it at once?

    Only where our last segment told of a window that unread data had halved, or shut; else the news rides on the next.
    """
    if not c.squeezed or c.peer_finished:
        return False
    gain = distance(c.rcv_edge, free_edge(c))
    return gain > 0 and (gain * 4 >= c.capacity or receive_window(c) < 2 * c.mss)
