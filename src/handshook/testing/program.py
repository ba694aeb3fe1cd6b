"""One end's program, in whatever manner programs have: hasty or slow, polite or not, and awake only when it is told.

A program is driven by the stack's news and by its own clock, never by polling: news that a stack forgot to tell would
leave it waiting for ever, and the simulation would see it stuck.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from ..tcp.connection import Connection
from ..tcp.states import CLOSED, TIME_WAIT
from .invariants import check


class Leaving(Enum):
    """How a program goes."""

    POLITE = "polite"  # it finishes when all is sent, reads to the peer's end, and closes
    LAST = "last"  # the same, but it finishes only after the peer has
    HASTY = "hasty"  # it closes as soon as all is handed over, and reads no more
    ABRUPT = "abrupt"  # it aborts in the middle


@dataclass(frozen=True)
class Manner:
    """What a program does. Sizes are bytes, times seconds.

    It sends `data` in pieces of `chunk` with `gap` between them, reads `read` at a time, and falls asleep over reading
    for so long after so many bytes (`sleeps`). `abort_after` counts what it has sent and read (ABRUPT only).
    """

    data: bytes = b""
    chunk: int = 1 << 16
    gap: float = 0.0
    read: int = 1 << 16
    sleeps: tuple[tuple[int, float], ...] = ()
    leaving: Leaving = Leaving.POLITE
    abort_after: int = 0


@dataclass(eq=False)
class Program:
    """A program at work on one connection. `later` is asked to call it again after some seconds.

    `sent` counts what the stack took, `received` is what was read, `peer` the program at the other end whose data that
    must be. `over` says that it is done, `error` what ended it early, `lost` that its host was switched off under it.
    """

    manner: Manner
    later: Callable[[float, Callable[[], None]], None]
    connection: Connection | None = None
    peer: "Program | None" = None
    sent: int = 0
    received: bytearray = field(default_factory=bytearray)
    finished: bool = False
    end_seen: bool = False
    closed: bool = False
    aborted: bool = False
    lost: bool = False
    error: OSError | None = None
    calls: int = 0
    _waiting: bool = False
    _asleep: bool = False
    _slept: int = 0

    @property
    def over(self) -> bool:
        """Is there nothing more that it will do or hear?"""
        if self.lost or self.error is not None:
            return True
        connection = self.connection
        return (self.closed or self.aborted) and connection is not None and connection.stage in (CLOSED, TIME_WAIT)

    @property
    def progress(self) -> int:
        """A number that grows with everything that it achieves."""
        return self.sent + len(self.received) + self.finished + self.end_seen + self.over

    def turn(self) -> None:
        """Do what can be done now."""
        connection = self.connection
        if connection is None or self.lost or self.error is not None:
            return
        self.calls += 1
        try:
            if not self.closed and not self.aborted:
                self._send(connection)
                self._receive(connection)
                self._leave(connection)
        except OSError as error:
            self._end(connection, error)
        if self.error is None and connection.error is not None and not self.aborted:
            self._end(connection, connection.error)
        check(connection)

    def _end(self, connection: Connection, error: OSError) -> None:
        """What arrived before the end can still be read."""
        while not self.closed:
            try:
                got = connection.recv(self.manner.read)
            except OSError:
                break
            if not got:
                break
            self._take(got)
        self.error = error

    def _send(self, connection: Connection) -> None:
        manner = self.manner
        while self.sent < len(manner.data) and not self._waiting:
            taken = connection.send(manner.data[self.sent : self.sent + manner.chunk])
            self.sent += taken
            if taken == 0:
                return
            if manner.gap:
                self._waiting = True
                self.later(manner.gap, self._go_on)

    def _receive(self, connection: Connection) -> None:
        manner = self.manner
        while not self.end_seen and not self._asleep:
            if self._slept < len(manner.sleeps) and len(self.received) >= manner.sleeps[self._slept][0]:
                self._asleep = True
                self.later(manner.sleeps[self._slept][1], self._wake)
                return
            got = connection.recv(manner.read)
            if got is None:
                return
            self.end_seen = got == b""
            self._take(got)

    def _take(self, got: bytes) -> None:
        """Every byte once, and in order: it must be just what the other program handed over there."""
        assert self.peer is not None, "data from nobody"
        first = len(self.received)
        expected = self.peer.manner.data[first : min(first + len(got), self.peer.sent)]
        assert got == expected, f"at byte {first} something else was read than was sent"
        self.received += got

    def _leave(self, connection: Connection) -> None:
        leaving = self.manner.leaving
        if leaving is Leaving.ABRUPT and self.sent + len(self.received) >= self.manner.abort_after:
            self.aborted = True
            connection.abort()
            return
        all_sent = self.sent == len(self.manner.data) and not self._waiting
        if leaving is Leaving.HASTY and all_sent:
            self.finished = self.closed = True
            connection.close()
            return
        if all_sent and not self.finished and (leaving is not Leaving.LAST or self.end_seen):
            self.finished = True
            connection.shutdown()
        if self.finished and self.end_seen:
            self.closed = True
            connection.close()

    def _go_on(self) -> None:
        self._waiting = False
        self.turn()

    def _wake(self) -> None:
        self._asleep = False
        self._slept += 1
        self.turn()
