"""A look into a stack from outside: what it keeps under a four-tuple. It changes nothing."""

from ..host.stack import Stack
from ..tcp.buffers import ReceiveBuffer
from ..tcp.flow import Flow
from ..tcp.time_wait import TimeWait


def flow_of(stack: Stack, key: bytes) -> Flow | None:
    """The half-open entry or connection of this four-tuple."""
    return stack._flows.get(key)


def wait_of(stack: Stack, key: bytes) -> TimeWait | None:
    """The TIME-WAIT entry of this four-tuple."""
    return stack._time_waits.find(key)


def unread(buffer: ReceiveBuffer) -> tuple[bytes, ...]:
    """What came in order and waits for the program."""
    pieces: list[bytes] = []
    for piece in buffer.chunks:
        pieces.append(piece[0][piece[1] : piece[2]] if isinstance(piece, tuple) else bytes(piece))
    return tuple(pieces)
