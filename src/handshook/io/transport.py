"""One connection as asyncio sees it: a transport whose protocol hears what comes, and which buffers what must wait.

It behaves as asyncio's own transport for sockets does: what the connection does not take waits here, and above a mark
the protocol is told to stop; a peer's end of data is `eof_received`, and closes the connection unless that returns
something true; `close` lets go as soon as all is handed over, and the engine does the rest, as a kernel would. What is
better: `abort` sends a RST, and `connection_lost` is given the engine's error with its verdict.
"""

import asyncio
from asyncio import constants, transports
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from ..tcp.connection import Connection
from ..tcp.happened import OPENED, Happened
from .driver import Driver
from .handlers import Handler
from .socket_face import SocketFace, socket_address

# Read at once, as asyncio does.
PIECE = 1 << 18

Bytes: TypeAlias = "bytes | bytearray | memoryview[Any]"
_both = int.__and__

# These pass through to the loop, as asyncio has it; a CancelledError, say, is the protocol's own failure.
_ENDS_PROGRAMS = (SystemExit, KeyboardInterrupt)


class ConnectionTransport(Handler, transports._FlowControlMixin):
    """An `asyncio.Transport` on a connection of `host`.

    `get_extra_info` knows "peername", "sockname", "socket" (with what asyncio's TransportSocket has) and "connection",
    the engine's own. `gone` is called after `connection_lost`.
    """

    # What asyncio asks for before it puts TLS on top, or lets `loop.sendfile` copy.
    _start_tls_compatible = True
    _sendfile_compatible = constants._SendfileMode.FALLBACK

    def __init__(
        self,
        host: Driver,
        connection: Connection,
        protocol: asyncio.BaseProtocol,
        loop: asyncio.AbstractEventLoop,
        gone: Callable[["ConnectionTransport"], object] | None = None,
    ) -> None:
        Handler.__init__(self, connection)
        face = SocketFace(connection)
        extra = {
            "peername": socket_address(connection.remote),
            "sockname": socket_address(connection.local),
            "socket": face,
            "connection": connection,
        }
        transports._FlowControlMixin.__init__(self, extra, loop)
        self._loop = loop
        self._host = host
        self._gone = gone
        self._protocol: Any = None
        self._buffer: deque[Bytes] = deque()
        self._buffered = 0
        self._paused = False
        self._closing = False
        self._lost = False  # connection_lost was called, or will be soon
        self._late_writes = 0
        self._eof = False
        self._peer_finished = False
        self._over = False
        self.set_protocol(protocol)

    # --- what asyncio's programs call --------------------------------------------------------------------------

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Who hears of this connection from now on."""
        self._protocol = protocol
        self._buffered_protocol = isinstance(protocol, asyncio.BufferedProtocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who hears of this connection."""
        found: asyncio.BaseProtocol = self._protocol
        return found

    def is_closing(self) -> bool:
        """Whether it is closed, or will be when all is handed over."""
        return self._closing

    def is_reading(self) -> bool:
        """Whether the protocol is given what comes."""
        return not self._paused and not self._closing

    def pause_reading(self) -> None:
        """Leave what comes in the connection, whose window then tells the peer to stop."""
        if not self._closing:
            self._paused = True

    def resume_reading(self) -> None:
        """Go on where `pause_reading` stopped."""
        if self._paused and not self._closing:
            self._paused = False
            self._loop.call_soon(self._go_on)

    def get_write_buffer_size(self) -> int:
        """How many bytes wait here; what the connection has taken doesn't count, as with a kernel's."""
        return self._buffered

    def write(self, data: Bytes) -> None:
        """Send it; what the connection doesn't take now waits here."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"data is bytes-like, not {type(data).__name__!r}")
        if self._eof:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._lost:
            self._late_writes += 1
            if self._late_writes == constants.LOG_THRESHOLD_FOR_CONNLOST_WRITES:
                self._loop.call_exception_handler({"message": "writes to a connection that is over", "transport": self})
            return
        self._host.touch()
        if not self._buffer:
            try:
                taken = self.connection.send(data[: self.connection.writable()])
            except OSError as error:
                self._end(self.connection.error or error)
                return
            if taken == len(data):
                return
            data = memoryview(data if type(data) is bytes else bytes(data))[taken:]
        elif type(data) is not bytes:
            data = bytes(data)
        if data:
            self._buffer.append(data)
            self._buffered += len(data)
            self._maybe_pause_protocol()  # type: ignore[attr-defined]

    def can_write_eof(self) -> bool:
        """Always: a connection ends in each direction by itself."""
        return True

    def write_eof(self) -> None:
        """Finish sending, with a FIN after all that was written; receiving goes on."""
        if self._closing or self._eof:
            return
        self._eof = True
        if not self._buffer:
            self._shutdown()

    def close(self) -> None:
        """Send what waits and let go. What has come and was not read makes it a reset (RFC 9293 3.6.1)."""
        if self._closing:
            return
        self._closing = True
        if not self._buffer:
            self._let_go()

    def abort(self) -> None:
        """End it at once with a RST; what waits is lost."""
        self._force_close(None)

    def __repr__(self) -> str:
        state = "closed" if self._lost else "closing" if self._closing else self.connection.state.rfc_name
        return f"<{type(self).__name__} {self.get_extra_info('peername')} {state} waiting={self._buffered}>"

    # --- what the handlers tell --------------------------------------------------------------------------------

    def news(self, happened: Happened) -> None:
        if _both(happened, OPENED) and not self._call(self._protocol.connection_made, self):
            return
        if self._buffer:
            self._push()
        self._read()

    def ended(self) -> None:
        self._over = True
        if not self._lost:
            self._go_on()

    def link_lost(self, error: Exception) -> None:
        self._over = True
        self._end(error)

    # --- reading -----------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Read on, and learn of the end once all that came before it is read."""
        if self._lost:
            return
        self._host.touch()
        self._read()
        if self._over and not self._paused:
            self._end(self.connection.error)

    def _read(self) -> None:
        while not (self._paused or self._closing or self._peer_finished):
            try:
                if not (self._read_into() if self._buffered_protocol else self._read_piece()):
                    return
            except OSError:
                # What ended the connection is told by `ended`.
                return

    def _read_piece(self) -> bool:
        data = self.connection.recv(PIECE)
        if data:
            return self._call(self._protocol.data_received, data)
        if data is not None:
            self._take_eof()
        return False

    def _read_into(self) -> bool:
        if not self.connection.readable():
            return self._read_piece()
        try:
            room = self._protocol.get_buffer(-1)
            if not len(room):
                raise RuntimeError("get_buffer() returned an empty buffer")
        except _ENDS_PROGRAMS:
            raise
        except BaseException as error:
            self._blame(error)
            return False
        data = self.connection.recv(len(room)) or b""
        room[: len(data)] = data
        return self._call(self._protocol.buffer_updated, len(data))

    def _take_eof(self) -> None:
        self._peer_finished = True
        try:
            stays = self._protocol.eof_received()
        except _ENDS_PROGRAMS:
            raise
        except BaseException as error:
            self._blame(error)
        else:
            if not stays:
                self.close()

    # --- writing -----------------------------------------------------------------------------------------------

    def _push(self) -> None:
        """Hand over what waits, as far as the connection takes it."""
        connection = self.connection
        try:
            while self._buffer and (room := connection.writable()):
                piece = self._buffer[0]
                taken = connection.send(piece[:room])
                self._buffered -= taken
                if taken == len(piece):
                    self._buffer.popleft()
                else:
                    self._buffer[0] = memoryview(piece)[taken:]
        except OSError:
            # What ended the connection is told by `ended`.
            return
        self._maybe_resume_protocol()  # type: ignore[attr-defined]
        if not self._buffer and not self._lost:
            if self._closing:
                self._let_go()
            elif self._eof:
                self._shutdown()

    def _shutdown(self) -> None:
        self._host.touch()
        try:
            self.connection.shutdown()
        except (OSError, RuntimeError):
            # It ended meanwhile, and `ended` is about to tell so.
            return

    def _let_go(self) -> None:
        if not self._lost:
            self._host.touch()
            self.leave()
            self._lose(None)

    # --- the end -----------------------------------------------------------------------------------------------

    def _call(self, method: Callable[[Any], object], argument: object) -> bool:
        """Call the protocol; False when it raised, and the connection is over."""
        try:
            method(argument)
        except _ENDS_PROGRAMS:
            raise
        except BaseException as error:
            self._blame(error)
            return False
        return True

    def _blame(self, error: BaseException) -> None:
        self._loop.call_exception_handler(
            {
                "message": "the protocol failed, and its connection was aborted",
                "exception": error,
                "transport": self,
                "protocol": self._protocol,
            }
        )
        self._force_close(error)

    def _force_close(self, error: BaseException | None) -> None:
        """End it with a RST and tell the protocol why; asyncio's TLS calls it, too."""
        if not self._lost:
            self._host.touch()
            self.left = True
            self.connection.abort()
            self._end(error)

    def _end(self, error: BaseException | None) -> None:
        """The connection is over already."""
        if not self._lost:
            self._buffer.clear()
            self._buffered = 0
            self._closing = True
            self._lose(error)

    def _lose(self, error: BaseException | None) -> None:
        self._lost = True
        self._loop.call_soon(self._call_connection_lost, error)

    def _call_connection_lost(self, error: BaseException | None) -> None:
        try:
            self._protocol.connection_lost(error)
        finally:
            if self._gone is not None:
                self._gone(self)
