"""A port that serves, as `asyncio.Server`: what it accepts, when it has stopped, and when the last of it has gone."""

import asyncio
import socket
import ssl as tls
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from ..host.listener import Listener
from ..tcp.config import Config
from ..tcp.connection import Connection
from .socket_face import socket_address
from .transport import ConnectionTransport

if TYPE_CHECKING:
    from .aio import Host


class ListeningFace:
    """What may be asked of a listening socket: no I/O."""

    type = socket.SOCK_STREAM
    proto = socket.IPPROTO_TCP

    def __init__(self, address: str, port: int) -> None:
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._name = socket_address((address, port))

    def getsockname(self) -> tuple[str, int] | tuple[str, int, int, int]:
        """Where it listens."""
        return self._name

    def fileno(self) -> int:
        """-1: the kernel knows nothing of it."""
        return -1


class Server(asyncio.AbstractServer):
    """Made by `Host.create_server` and `Host.start_server`."""

    def __init__(
        self,
        host: "Host",
        loop: asyncio.AbstractEventLoop,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        port: int,
        address: str | None,
        backlog: int,
        config: Config | None,
        ssl: tls.SSLContext | None,
    ) -> None:
        self._host = host
        self._loop = loop
        self._factory = protocol_factory
        self._port = port
        self._address = address
        self._backlog = backlog
        self._config = config
        self._ssl = ssl
        self._listener: Listener | None = None
        self._closed = False
        self._transports: set[ConnectionTransport] = set()
        self._waiters: list[asyncio.Future[None]] = []
        self._serving: asyncio.Future[None] | None = None
        host._servers.add(self)

    @property
    def sockets(self) -> tuple[ListeningFace, ...]:
        """One for each address; none once it is closed."""
        if self._closed:
            return ()
        addresses = self._host.stack.addresses if self._address is None else [self._address]
        return tuple(ListeningFace(address, self._port) for address in addresses)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that it runs in."""
        return self._loop

    def is_serving(self) -> bool:
        """Whether it accepts connections."""
        return self._listener is not None

    async def start_serving(self) -> None:
        """Begin to accept; when it does already, nothing happens."""
        self._host.check()
        if self._closed:
            raise RuntimeError("the server is closed")
        if self._listener is None:
            self._host.touch()
            self._listener = self._host.handlers.listen(
                self._port, self._accept, backlog=self._backlog, address=self._address, config=self._config
            )

    async def serve_forever(self) -> None:
        """Accept until it is closed, or this is cancelled, which closes it. Raises what the link was lost with."""
        if self._serving is not None:
            raise RuntimeError("serve_forever() runs already")
        await self.start_serving()
        self._serving = self._loop.create_future()
        try:
            await self._serving
        except asyncio.CancelledError:
            self.close()
            await self.wait_closed()
            raise
        finally:
            self._serving = None

    def close(self) -> None:
        """Accept no more; what was accepted goes on."""
        if self._closed:
            return
        self._closed = True
        self._host._servers.discard(self)
        if self._listener is not None:
            self._host.touch()
            self._host.handlers.close_listener(self._listener)
            self._listener = None
        if self._serving is not None and not self._serving.done():
            self._serving.cancel()
        self._wake_if_gone()

    async def wait_closed(self) -> None:
        """Wait until it is closed and every connection that it accepted is over."""
        if not self._closed or self._transports:
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            await waiter

    def close_clients(self) -> None:
        """Close every connection that it accepted."""
        for transport in list(self._transports):
            transport.close()

    def abort_clients(self) -> None:
        """Reset every connection that it accepted."""
        for transport in list(self._transports):
            transport.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        await self.wait_closed()

    def lose_link(self, error: Exception) -> None:
        """For the host: nobody can come any more."""
        self._listener = None
        if self._serving is not None and not self._serving.done():
            self._serving.set_exception(error)
        self.close()

    def _accept(self, connection: Connection) -> ConnectionTransport:
        try:
            protocol = self._factory()
        except Exception as error:
            message = "the protocol factory failed, and its connection was aborted"
            self._loop.call_exception_handler({"message": message, "exception": error})
            raise
        if self._ssl is not None:
            # Nobody waits for the handshake; what it fails with is the client's to hear.
            secured = self._loop.create_future()
            secured.add_done_callback(lambda done: done.cancelled() or done.exception())
            protocol = SSLProtocol(self._loop, protocol, self._ssl, secured, True)
        transport = ConnectionTransport(self._host, connection, protocol, self._loop, self._forget)
        self._transports.add(transport)
        return transport

    def _forget(self, transport: ConnectionTransport) -> None:
        self._transports.discard(transport)
        self._wake_if_gone()

    def _wake_if_gone(self) -> None:
        if self._closed and not self._transports:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)
