"""What a socket waits on: the news of one connection or listener, and, where it was asked for, a descriptor for them.

Everything here happens with the host's lock held.
"""

import socket
import threading
from collections.abc import Callable

from ...host.listener import Listener
from ...tcp.connection import Connection
from ...tcp.happened import FINISHED, OPENED, READABLE, WRITABLE, Happened
from ..handlers import Handler
from .shared import HostLock

_both = int.__and__

# A writer is woken when this share of its buffer is free, as in Linux (sk_stream_is_writeable: a third): a thread that
# is woken for each ACK does little else.
_WORTH = 4


class Mirror:
    """A real descriptor that is readable and writable when a socket of ours is: for select and its like.

    Both ends of a socket pair are ours. A byte to read makes the program's end readable; a queue that is full makes it
    unwritable. They are only touched when something changes, so whoever sleeps on it is woken once.
    """

    # More than Linux gives any socket that asks for as little as it can have.
    _FULL = bytes(4096)

    def __init__(self) -> None:
        self._theirs, self._ours = socket.socketpair()
        for end in (self._theirs, self._ours):
            end.setblocking(False)
        self._theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        self._readable = False
        self._writable = True

    def fileno(self) -> int:
        return self._theirs.fileno()

    def show(self, readable: bool, writable: bool) -> None:
        """Make it so."""
        if readable != self._readable:
            self._readable = readable
            if readable:
                self._ours.send(b".")
            else:
                self._theirs.recv(1)
        if writable != self._writable:
            self._writable = writable
            if writable:
                self._drain()
            else:
                self._fill()

    def close(self) -> None:
        """Free both ends."""
        self._theirs.close()
        self._ours.close()

    def _fill(self) -> None:
        try:
            while True:
                self._theirs.send(self._FULL)
        except BlockingIOError:
            return

    def _drain(self) -> None:
        try:
            while self._ours.recv(1 << 16):
                pass
        except BlockingIOError:
            return


class Line:
    """One socket's wait: `changed` is notified of all that a blocked call may be waiting for.

    `readable` and `writable` say what a program could do now without waiting.
    """

    leads = False
    """Whether who waits for it alone may drive the engine meanwhile."""

    def __init__(self, lock: HostLock) -> None:
        self.told = 0
        self.changed = threading.Condition(lock)  # type: ignore[arg-type]
        self.mirror: Mirror | None = None

    def readable(self) -> bool:
        """Would a read, or an accept, return at once?"""
        return False

    def writable(self) -> bool:
        """Would a write return at once?"""
        return False

    def tell(self) -> None:
        """Something has changed: wake who waits, and let the descriptor show it."""
        self.told += 1
        self.changed.notify_all()
        self.reflect()

    def reflect(self) -> None:
        """After a call of the program itself: only the descriptor."""
        if self.mirror is not None:
            self.mirror.show(self.readable(), self.writable())

    def descriptor(self) -> int:
        """The descriptor, made when it is first asked for. Raises OSError when there is none left."""
        if self.mirror is None:
            self.mirror = Mirror()
            self.reflect()
        return self.mirror.fileno()

    def close(self) -> None:
        """Nobody asks any more; whoever still waits is woken, and finds it closed."""
        self.told += 1
        self.changed.notify_all()
        if self.mirror is not None:
            self.mirror.close()
            self.mirror = None


class Unused(Line):
    """A socket that is neither connected nor listens: as in Linux, ready for whatever would be refused."""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True


class Listening(Line):
    """A listener's; `down` says whether nobody drives the engine any more."""

    def __init__(self, lock: HostLock, listener: Listener, down: Callable[[], bool]) -> None:
        super().__init__(lock)
        self.listener = listener
        self._down = down

    def readable(self) -> bool:
        return bool(self.listener.queue) or self.listener.closed or self._down()


class Talking(Line, Handler):
    """A connection's. `opened`: the handshake is done; `peeked` has what was looked at and is still unread."""

    leads = True

    def __init__(self, lock: HostLock, connection: Connection, *, opened: bool) -> None:
        Line.__init__(self, lock)
        Handler.__init__(self, connection)
        self.opened = opened
        self.over = False
        self.peeked = b""
        self.reading_over = False

    def readable(self) -> bool:
        connection = self.connection
        if self.over or self.peeked or self.reading_over:
            return True
        return self.opened and (connection.readable() > 0 or connection.peer_finished)

    def writable(self) -> bool:
        if self.over or not self.opened:
            return self.over
        connection = self.connection
        if connection.fin_queued:
            return True
        return connection.writable() * _WORTH >= connection.config.send_buffer

    def news(self, happened: Happened) -> None:
        if _both(happened, OPENED):
            self.opened = True
        if _both(happened, READABLE | FINISHED | OPENED) or (_both(happened, WRITABLE) and self.writable()):
            self.tell()
        else:
            self.reflect()

    def ended(self) -> None:
        self.over = True
        self.tell()
