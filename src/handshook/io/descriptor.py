"""A connection behind a real descriptor: a pair of kernel sockets, one for the program, one carried by the host.

What the program writes to its end is sent, what arrives is written to it, by the same relay as for pipes. A half-close
goes through both ways. When the program closes its end the connection is closed.
"""

import os
import socket

from ..tcp.connection import Connection
from ..tcp.happened import OPENED, Happened
from ..tcp.states import State
from .relay import Loop, Relay


class SocketRelay(Relay):
    """Carries bytes between a connection and `ours`, one side of a socket pair, which it owns; so it does `sink`.

    Both are the same socket: the poll knows each descriptor once, and is asked about reading and about writing.
    """

    def __init__(self, connection: Connection, loop: Loop, ours: socket.socket, sink: int) -> None:
        super().__init__(connection, loop, ours.fileno(), sink)
        self._ours = ours
        self._told_end = False

    @classmethod
    def pair(cls, connection: Connection, loop: Loop) -> tuple["SocketRelay", socket.socket]:
        """The relay, and the socket that is the program's, which blocks. Raises OSError where no descriptor is left."""
        ours, theirs = socket.socketpair()
        try:
            sink = os.dup(ours.fileno())
        except OSError:
            ours.close()
            theirs.close()
            raise
        return cls(connection, loop, ours, sink), theirs

    def begin(self) -> None:
        """Take over a connection that is open, or was."""
        self.news(Happened(OPENED))
        if self.connection.state in (State.CLOSED, State.TIME_WAIT):
            self.ended()

    def _read(self, events: int) -> None:
        super()._read(events)
        if self.source_finished and not self.over:
            # It may only have finished sending. That it is gone for good shows as a hang-up, which is always told.
            self._loop.watch(self._source, 0, self._hung_up)

    def _hung_up(self, _: int) -> None:
        if not self._told_end:
            self.over = True
            self.leave()
            self._let_go()

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
        self._stop_reading()
        self._loop.unwatch(self._source)
        self._loop.unwatch(self._sink)
        self._ours.close()
        os.close(self._sink)
