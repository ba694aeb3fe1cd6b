"""A connection behind a real descriptor: a pair of kernel sockets, one for the program, one carried by the host.

What the program writes to its end is sent, what arrives is written to it, by the same relay as for pipes. A half-close
and a reset go through, both ways. When the program closes its end the connection is closed.

The pair is a TCP connection over the loopback, not a Unix socket pair: that one knows no reset, so that a reply cut
short would pass for a whole one, and refuses the options of TCP that libraries set.
"""

import contextlib
import errno
import os
import select
import socket
import struct
from collections.abc import Callable

from ..tcp.connection import Connection
from ..tcp.happened import OPENED, Happened
from ..tcp.states import State
from .relay import Loop, Relay

# A program that has closed its end looks the same as one that has only finished sending, until it is asked: the kernel
# forgets an end that nobody has after so many seconds (TCP_LINGER2, its usual is a minute), and then answers a probe
# with a reset. The kernel sends and answers these by itself, and wakes nobody.
_FORGET = 2
_PROBES = {socket.TCP_KEEPIDLE: 3, socket.TCP_KEEPINTVL: 3, socket.TCP_KEEPCNT: 3}

_RESET = struct.pack("ii", 1, 0)


class SocketRelay(Relay):
    """Carries bytes between a connection and `ours`, one side of a socket pair, which it owns; so it does `sink`.

    Both are the same socket: the poll knows each descriptor once, and is asked about reading and about writing.
    `unread` came before, and is the first that the program gets.
    """

    def __init__(self, connection: Connection, loop: Loop, ours: socket.socket, sink: int, unread: bytes = b"") -> None:
        super().__init__(connection, loop, ours.fileno(), sink)
        self._ours = ours
        self._told_end = False
        self._lost = False
        self._unwritten = memoryview(unread)

    @classmethod
    def pair(cls, loop: Loop, take: Callable[[], tuple[Connection, bytes]]) -> tuple["SocketRelay", socket.socket]:
        """The relay, which is yet to `begin`, and the socket that is the program's, which blocks.

        `take` gives the connection, and what was read of it already; it is called last. Raises OSError where no
        descriptor is left, and whatever `take` raises.
        """
        with contextlib.ExitStack() as undo:
            ours, theirs = loopback_pair()
            undo.callback(ours.close)
            undo.callback(theirs.close)
            sink = ours.dup()
            undo.callback(sink.close)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in _PROBES.items():
                ours.setsockopt(socket.IPPROTO_TCP, option, value)
            theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, _FORGET)
            connection, unread = take()
            undo.pop_all()
        return cls(connection, loop, ours, sink.detach(), unread), theirs

    def begin(self) -> None:
        """Take over a connection that is open, or was."""
        self.news(Happened(OPENED))
        if self.connection.state in (State.CLOSED, State.TIME_WAIT):
            self.ended()

    def link_lost(self, error: Exception) -> None:
        self._lost = True
        super().link_lost(error)

    def _read(self, events: int) -> None:
        super()._read(events)
        if self.source_error is not None:
            self.connection.abort()
        if self.source_finished and not self.over:
            # It may only have finished sending. That it is gone for good shows as a hang-up, which is always told.
            self._loop.watch(self._source, 0, self._hung_up)

    def _hung_up(self, events: int) -> None:
        if events & select.EPOLLERR:
            self.connection.abort()
        if not self._told_end:
            self.over = True
            self.leave()
            self._let_go()
        else:
            # Both sides have finished, and the poll would say so until the peer has acknowledged it.
            self._loop.unwatch(self._source)

    def _write(self, events: int = 0) -> None:
        if self.over:
            return
        super()._write(events)
        if self.over:
            self._let_go()
        elif self.peer_finished and not self._unwritten and not self._told_end:
            self._told_end = True
            self._ours.shutdown(socket.SHUT_WR)

    def _let_go(self) -> None:
        if self._lost or self.connection.error is not None:
            self._ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._stop_reading()
        self._loop.unwatch(self._source)
        self._loop.unwatch(self._sink)
        self._ours.close()
        os.close(self._sink)


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
    raise ConnectionAbortedError(errno.ECONNABORTED, "the loopback would not connect to itself")
