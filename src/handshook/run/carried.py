"""One connection carried on: the engine's with the program at one end, the machine's own socket at the other.

What comes from either is handed to the other as far as that takes it; what it does not take is left where it is, and so
the window of the one tells the sender of the other to stop. Each end of data goes through by itself, and so does a
reset, in either direction.
"""

import asyncio
import errno
import os
import select
import socket
import struct
from collections.abc import Callable

from ..io.driver import Driver
from ..io.handlers import Handler
from ..tcp.connection import Connection
from ..tcp.happened import Happened
from .entries import Entry

# Read from a socket at once: four of the frames of 64 KB that leave.
PIECE = 1 << 18
# Taken from the engine at once: what a full frame of IPv4 or IPv6 brings, which is then copied once.
FRAME4, FRAME6 = 65_535 - 52, 65_535 - 72

# How long what came before a reset may take to reach the program, in seconds, before the reset does.
PATIENCE = 1.0

_RESET = struct.pack("ii", 1, 0)
_LOST = select.EPOLLHUP | select.EPOLLERR


def reset(outside: socket.socket) -> None:
    """Closes a socket with a RST (socket(7): a linger of zero)."""
    try:
        outside.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    except OSError:
        pass
    outside.close()


class Carried(Handler):
    """Carries bytes between a connection that is open and `outside`, which is connected, non-blocking, and its own.

    `over` says that nothing is left to do, and `gone` is called then. Each way is counted in `entry`.
    """

    def __init__(
        self,
        connection: Connection,
        outside: socket.socket,
        entry: Entry,
        host: Driver,
        gone: Callable[["Carried"], object],
    ) -> None:
        super().__init__(connection)
        self.over = False
        self.entry = entry
        self._outside = outside
        self._host = host
        self._gone = gone
        self._descriptor = outside.fileno()
        self._frame = FRAME6 if ":" in connection.remote[0] else FRAME4
        self._events = -1  # what the descriptor is watched for; -1: not at all
        self._unsent = memoryview(b"")
        self._inside_finished = False  # the program has nothing more to say, and the far side knows
        self._far_finished = False
        self._failed_at: float | None = None
        self._ended = False
        self._hung = False  # the socket is over in both directions, or has an error
        self._quiet = True  # the socket had nothing when it was last asked
        entry.connection = connection

    def news(self, happened: Happened) -> None:
        self._go_on()

    def ended(self) -> None:
        self._ended = True
        self._go_on()

    def link_lost(self, error: Exception) -> None:
        self._finish(with_reset=True)

    def _ready(self, events: int) -> None:
        if events & (select.EPOLLIN | _LOST):
            self._quiet = False
        if events & _LOST and not self._hung:
            # It would be told again and again. What is to be read, and then the error, is read as there is room.
            self._hung = True
            if self._far_finished and (number := self._outside.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                self._fail(OSError(number, os.strerror(number)))
        self._go_on()

    def _go_on(self) -> None:
        """Do all that can be done."""
        if self.over:
            return
        self._to_outside()
        self._to_inside()
        if self._ended and not self.over:
            self._end()
        if not self.over:
            self._watch()

    # --- from the program to the far side ----------------------------------------------------------------------

    def _to_outside(self) -> None:
        connection = self.connection
        try:
            while self._unsent or self._take():
                count = self._outside.send(self._unsent)
                self.entry.sent += count
                self._unsent = self._unsent[count:]
            if not self._inside_finished and connection.readable() == 0 and self._at_end():
                self._inside_finished = True
                self._outside.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(error)

    def _take(self) -> bool:
        """The next piece of what the program has sent; False when there is none now."""
        if self._failed_at is not None or not self.connection.readable():
            return False
        try:
            data = self.connection.recv(self._frame)
        except OSError:
            return False
        if not data:
            return False
        self._unsent = memoryview(data)
        return True

    def _at_end(self) -> bool:
        """Has the program finished? What it reset has not."""
        try:
            return self._failed_at is None and self.connection.recv(1) == b"" and self.connection.error is None
        except OSError:
            return False

    # --- from the far side to the program ----------------------------------------------------------------------

    def _to_inside(self) -> None:
        connection = self.connection
        if self._ended or self._failed_at is not None:
            self._tell_failure()
            return
        try:
            while not self._far_finished and not self._quiet and (room := connection.writable()):
                data = self._outside.recv(min(room, PIECE))
                if data:
                    self.entry.received += connection.send(data)
                else:
                    self._far_finished = self.entry.far_finished = True
                    connection.shutdown()
        except BlockingIOError:
            self._quiet = True
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        """The far side is lost: the program is told with a RST, once it has what came before."""
        if self.connection.error is error or self._failed_at is not None:
            return
        self.entry.error = error if error.errno != errno.EPIPE else ConnectionResetError(errno.ECONNRESET, "reset")
        self._failed_at = self._host.stack.now
        self._unsent = memoryview(b"")
        self._unwatch()
        self._tell_failure()
        if not self.over:
            asyncio.get_running_loop().call_later(PATIENCE, self._tell_later)

    def _tell_later(self) -> None:
        self._host.touch()
        self._tell_failure()

    def _tell_failure(self) -> None:
        if self._failed_at is None or self.over:
            return
        connection = self.connection
        drained = connection.writable() >= self._host.config.send_buffer or self._ended
        if drained or self._host.stack.now - self._failed_at >= PATIENCE:
            connection.abort()
            self._finish(with_reset=True)

    # --- the end -----------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """The engine's half is over. What the program has sent is handed on first."""
        if self.connection.error is not None:
            self._finish(with_reset=True)
        elif self._inside_finished:
            self._finish(with_reset=False)

    def give_up(self) -> None:
        """End it, whatever there is."""
        if not self.over:
            self.connection.abort()
            self._finish(with_reset=True)

    def _finish(self, *, with_reset: bool) -> None:
        if self.over:
            return
        self.over = True
        self._unwatch()
        if with_reset:
            reset(self._outside)
        else:
            self._outside.close()
        self._gone(self)

    # --- the descriptor ----------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Ask to be woken for what can't be done now, and for no more."""
        if self._failed_at is not None or self._hung or (self._far_finished and self._inside_finished):
            self._unwatch()
            return
        events = select.EPOLLOUT if self._unsent else 0
        if self._quiet and not self._far_finished:
            events |= select.EPOLLIN
        if events != self._events:
            self._events = events
            self._host.watch(self._descriptor, events, self._guarded)

    def _unwatch(self) -> None:
        if self._events >= 0:
            self._events = -1
            self._host.unwatch(self._descriptor)

    def _guarded(self, events: int) -> None:
        # What goes wrong with one connection must not end the loop of all.
        try:
            self._ready(events)
        except Exception as error:
            self.entry.error = error if isinstance(error, OSError) else OSError(0, repr(error))
            self.give_up()
