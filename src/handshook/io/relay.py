"""Two descriptors and a connection, as in nc: what is read from one is sent, what arrives is written to the other.

The end of the input is a half-close, so the peer can still answer; the end of the peer's data ends the output. A
descriptor is touched only when the poll says that it is ready, and never made non-blocking: that would change it for
whoever shares it, such as the shell whose terminal it is.
"""

import os
import select
from collections.abc import Callable
from typing import Protocol

from ..tcp.connection import Connection
from ..tcp.happened import Happened
from .handlers import Handler

# Read from the input, and from the connection, at once.
PIECE = 1 << 16


class Loop(Protocol):
    """What the relay asks of the loop that drives the engine; `Pump` is one."""

    def watch(self, descriptor: int, events: int, callback: Callable[[int], object]) -> None: ...
    def unwatch(self, descriptor: int) -> None: ...


class Relay(Handler):
    """Carries bytes between `source`, a connection that is being opened, and `sink`.

    `sent` and `received` count them. `over` says that all is done: the connection has ended and what came is written.
    `source_error` is why the source could not be read, which counts as its end; `sink_error` why the sink failed, such
    as a reader that left, after which the connection is aborted. `peer_finished` and `source_finished` say which side
    has nothing more to say.
    """

    def __init__(self, connection: Connection, loop: Loop, source: int, sink: int) -> None:
        super().__init__(connection)
        self.sent = 0
        self.received = 0
        self.over = False
        self.source_error: OSError | None = None
        self.sink_error: OSError | None = None
        self.peer_finished = False
        self.source_finished = False
        self._loop = loop
        self._source = source
        self._sink = sink
        self._reading = False
        self._writing = False
        self._ended = False
        self._unwritten = memoryview(b"")
        self._poller = select.poll()
        self._poller.register(sink, select.POLLOUT)

    def news(self, happened: Happened) -> None:
        if happened & (Happened.OPENED | Happened.WRITABLE):
            self._await_source()
        self._write()

    def ended(self) -> None:
        self._ended = True
        self._stop_reading()
        self._write()

    # --- from the source to the connection ---------------------------------------------------------------------

    def _await_source(self) -> None:
        if not self._reading and not self.source_finished and self.connection.writable():
            self._reading = True
            self._loop.watch(self._source, select.EPOLLIN, self._read)

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.unwatch(self._source)

    def _read(self, _: int) -> None:
        room = self.connection.writable()
        if not room:
            self._stop_reading()
            return
        try:
            data = os.read(self._source, min(room, PIECE))
        except OSError as error:
            # A terminal that hung up, a directory: what can't be read has nothing more to say.
            self.source_error = error
            data = b""
        if data:
            self.sent += self.connection.send(data)
        else:
            self._stop_reading()
            self.source_finished = True
            self.connection.shutdown()

    # --- from the connection to the sink -----------------------------------------------------------------------

    def _write(self, _: int = 0) -> None:
        """Write what came as far as the sink takes it."""
        try:
            while self._unwritten or self._receive():
                if not self._poller.poll(0):
                    self._await_sink()
                    return
                # So much fits into any pipe that calls itself writable, and a blocking one doesn't block.
                written = os.write(self._sink, self._unwritten[: select.PIPE_BUF])
                self._unwritten = self._unwritten[written:]
        except OSError as error:
            self.sink_error = error
            self._unwritten = memoryview(b"")
            self.connection.abort()
            self.over = True
        self._stop_writing()

    def _receive(self) -> bool:
        """Take the next piece from the connection; False when there is none."""
        if self.over:
            return False
        try:
            data = self.connection.recv(PIECE)
        except OSError:
            # It ended with an error, which the connection keeps; all that came before is written.
            data = None
        if data:
            self.received += len(data)
            self._unwritten = memoryview(data)
            return True
        if data == b"":
            self.peer_finished = True
        self.over = self._ended
        return False

    def _await_sink(self) -> None:
        if not self._writing:
            self._writing = True
            self._loop.watch(self._sink, select.EPOLLOUT, self._write)

    def _stop_writing(self) -> None:
        if self._writing:
            self._writing = False
            self._loop.unwatch(self._sink)
