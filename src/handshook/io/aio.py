"""The engine in an asyncio loop: servers and connections of the standard shapes, each a standard transport.

The host adds one descriptor and at most one timer to the loop that runs, whichever that is; nothing global is patched.
asyncio's own connections go on beside it.
"""

import asyncio
import socket
import ssl as tls
from asyncio.sslproto import SSLProtocol
from collections.abc import Awaitable, Callable
from typing import Any, Self, TypeVar

from ..tcp.config import Config
from ..tcp.connection import Connection
from .aio_server import Server
from .descriptor import SocketRelay
from .driver import LAST_WORDS, Driver
from .handlers import Handler
from .transport import ConnectionTransport

# What a StreamReader holds before it stops the transport is twice this; asyncio's own default.
LIMIT = 1 << 16

AnyProtocol = TypeVar("AnyProtocol", bound=asyncio.BaseProtocol)
Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None] | None]


class Host(Driver):
    """A host with its addresses, in the loop that runs; `async with Host(...) as host`.

    The arguments are `Driver`'s. All of it belongs to the loop's thread. When it ends it stops listening, aborts what
    is open and gives what the program has closed a second to finish; the device is the caller's to close. When the
    link is lost, every call that waits and every `connection_lost` is given an error that says so, and `lost` is it.
    """

    _loop: asyncio.AbstractEventLoop

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._soon: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._servers: set[Server] = set()
        self._loop.add_reader(self._pump.fileno(), self._readable)
        self._turn_soon()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """As at the end of `async with`. A second call does nothing."""
        if self._closed:
            return
        try:
            for server in list(self._servers):
                server.close()
            self._begin_to_close()
            end = self._loop.time() + LAST_WORDS
            while self._leaving and self._loop.time() < end:
                await asyncio.sleep(0.002)
        finally:
            self._stop()
            self._close()
        # What was aborted just now still has its connection_lost to hear.
        await asyncio.sleep(0)

    # --- asyncio's own verbs -----------------------------------------------------------------------------------

    async def create_connection(
        self,
        protocol_factory: Callable[[], AnyProtocol],
        address: str,
        port: int,
        *,
        local: str | None = None,
        local_port: int | None = None,
        timeout: float | None = None,
        config: Config | None = None,
        ssl: tls.SSLContext | bool | None = None,
        server_hostname: str | None = None,
    ) -> tuple[asyncio.Transport, AnyProtocol]:
        """As `loop.create_connection`, to an address: the engine asks no name server.

        Raises what the connection ended with, such as `ConnectionRefusedError`, with its `.verdict`; `TimeoutError`
        after `timeout` seconds. With `ssl`, asyncio's own TLS runs on it; the name to be proved is the address unless
        `server_hostname` says otherwise.
        """
        context = tls.create_default_context() if ssl is True else ssl or None
        secured: asyncio.Future[None] | None = None
        protocol: AnyProtocol | None = None

        def make(connection: Connection) -> Handler:
            nonlocal protocol, secured
            protocol = protocol_factory()
            below: asyncio.BaseProtocol = protocol
            if context is not None:
                secured = self._loop.create_future()
                below = SSLProtocol(
                    self._loop,
                    protocol,
                    context,
                    secured,
                    False,
                    address if server_hostname is None else server_hostname,
                )
            return ConnectionTransport(self, connection, below, self._loop)

        async with asyncio.timeout(timeout):
            transport = await self._open(address, port, make, local=local, local_port=local_port, config=config)
            assert isinstance(transport, ConnectionTransport) and protocol is not None
            if secured is None:
                return transport, protocol
            below: Any = transport.get_protocol()
            try:
                await secured
            except BaseException:
                transport.abort()
                raise
        return below._app_transport, protocol

    async def create_server(
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        port: int,
        *,
        address: str | None = None,
        backlog: int = 1024,
        start_serving: bool = True,
        config: Config | None = None,
        ssl: tls.SSLContext | None = None,
    ) -> Server:
        """As `loop.create_server`, at a port of all the engine's addresses or of one.

        `backlog` is how many connections may wait to be accepted, which the loop does in its next turn. Raises OSError
        (EADDRINUSE) and ValueError as `Stack.listen` does.
        """
        self.check()
        server = Server(self, self._loop, protocol_factory, port, address, backlog, config, ssl)
        if start_serving:
            await server.start_serving()
        return server

    async def open_connection(
        self, address: str, port: int, *, limit: int = LIMIT, **options: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """As `asyncio.open_connection`: the standard reader and writer; options as for `create_connection`."""
        reader = asyncio.StreamReader(limit=limit, loop=self._loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self._loop)
        transport, _ = await self.create_connection(lambda: protocol, address, port, **options)
        return reader, asyncio.StreamWriter(transport, protocol, reader, self._loop)

    async def start_server(
        self, client_connected_cb: Connected, port: int, *, limit: int = LIMIT, **options: Any
    ) -> Server:
        """As `asyncio.start_server`; options as for `create_server`."""

        def make() -> asyncio.StreamReaderProtocol:
            reader = asyncio.StreamReader(limit=limit, loop=self._loop)
            return asyncio.StreamReaderProtocol(reader, client_connected_cb, loop=self._loop)

        return await self.create_server(make, port, **options)

    async def connect_socket(
        self, address: str, port: int, *, timeout: float | None = None, **options: Any
    ) -> socket.socket:
        """A connection behind a real descriptor, which blocks; see `as_socket`. Options as for `Driver.connect`."""
        theirs: socket.socket | None = None

        def make(connection: Connection) -> Handler:
            nonlocal theirs
            relay, theirs = SocketRelay.pair(self, lambda: (connection, b""))
            return relay

        async with asyncio.timeout(timeout):
            await self._open(address, port, make, **options)
        assert theirs is not None
        return theirs

    async def _open(self, address: str, port: int, make: Callable[[Connection], Handler], **options: Any) -> Handler:
        done = self._loop.create_future()
        opening = self.connect(address, port, make, lambda: None if done.done() else done.set_result(None), **options)
        try:
            await done
        except BaseException:
            self.touch()
            opening.connection.abort()
            raise
        if opening.handler is None:
            raise opening.error or RuntimeError("the connection was not opened")
        return opening.handler

    # --- the loop's side ---------------------------------------------------------------------------------------

    def _turn_soon(self) -> None:
        if self._soon is None:
            self._soon = self._loop.call_soon(self._run)

    def _readable(self) -> None:
        if self._soon is None:
            self._run()

    def _run(self) -> None:
        self._soon = None
        try:
            left = self._turn()
        except BaseException:
            # A callback ends the program. Whoever cleans up in this loop still needs the rest of the news.
            self._turn_soon()
            raise
        if self.lost is not None:
            self._stop()
        elif left is not None:
            self._set_timer(left)

    def _set_timer(self, left: float) -> None:
        if left <= 0:
            self._turn_follows = True
            self._turn_soon()
            return
        # The clock of a loop may be one that it looks at once a round; a delay is the same by any.
        due = self._loop.time() + left
        if self._timer is not None:
            # One that rings early costs a turn; replacing it each time would cost more, every time.
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_later(left, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._readable()

    def _stop(self) -> None:
        """Out of the loop."""
        if not self._closed:
            self._loop.remove_reader(self._pump.fileno())
        for handle in (self._soon, self._timer):
            if handle is not None:
                handle.cancel()
        self._soon = self._timer = None

    def _lose_link(self, error: Exception) -> None:
        super()._lose_link(error)
        for server in list(self._servers):
            server.lose_link(error)
