"""A connection behind a descriptor of the kernel's, resets and all, carried by the engine's thread.

The pair that the program gets one end of is a TCP connection over the loopback, not a Unix socket pair: that one knows
no reset, so that a reply cut short would pass for a whole one, and refuses the options of TCP that libraries set.
"""

import contextlib
import errno
import select
import socket
import struct

from ...tcp.connection import Connection
from ..descriptor import SocketRelay
from ..relay import Loop
from .engine import EngineThread
from .errors import failed
from .sockets import Socket

# A program that has closed its end looks the same as one that has only finished sending, until it is asked: one that is
# gone answers no probe once the kernel has forgotten it (tcp_fin_timeout, a minute).
_PROBES = {socket.TCP_KEEPIDLE: 60, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3}

_RESET = struct.pack("ii", 1, 0)


class CarriedSocket(SocketRelay):
    """Carries between a connection and one end of a pair; see `SocketRelay`. A reset goes through, both ways."""

    def __init__(self, connection: Connection, loop: Loop, ours: socket.socket, sink: int) -> None:
        super().__init__(connection, loop, ours, sink)
        self._lost = False

    @classmethod
    def take_over(cls, sock: Socket, engine: EngineThread) -> tuple["CarriedSocket", socket.socket]:
        """Takes a socket's connection over: the relay, which is yet to begin, and the program's end, which blocks.

        With the lock held. Raises OSError, and then the socket is as it was.
        """
        ours, theirs = loopback_pair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _PROBES.items():
            ours.setsockopt(socket.IPPROTO_TCP, option, value)
        with contextlib.ExitStack() as undo:
            undo.callback(ours.close)
            undo.callback(theirs.close)
            sink = ours.dup()
            undo.callback(sink.close)
            connection, peeked = sock.hand_over()
            undo.pop_all()
        relay = cls(connection, engine, ours, sink.detach())
        relay._unwritten = memoryview(peeked)
        engine.handlers.add(relay)
        return relay, theirs

    def link_lost(self, error: Exception) -> None:
        self._lost = True
        super().link_lost(error)

    def _read(self, events: int) -> None:
        super()._read(events)
        if self.source_error is not None:
            self.connection.abort()

    def _hung_up(self, events: int) -> None:
        if events & select.EPOLLERR:
            self.connection.abort()
        super()._hung_up(events)

    def _let_go(self) -> None:
        if self._lost or self.connection.error is not None:
            self._ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        super()._let_go()


def loopback_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection over the loopback, and nobody else's. Raises OSError."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        mine = socket.create_connection(server.getsockname())
        try:
            with contextlib.suppress(BlockingIOError):
                server.setblocking(False)
                while True:
                    other, who = server.accept()
                    if who == mine.getsockname():
                        break
                    # Somebody else on this machine was quicker.
                    other.close()
                other.setblocking(True)
                for end in (mine, other):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return mine, other
        except BaseException:
            mine.close()
            raise
        mine.close()
    raise failed(errno.ECONNABORTED, "the loopback would not connect to itself")
