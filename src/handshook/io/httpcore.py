"""The engine under httpcore, and so under httpx: a network backend whose connections are the engine's.

    pool = httpcore.AsyncConnectionPool(network_backend=AsyncBackend(host, {"example.test": "198.51.100.1"}))

For httpx see `handshook.io.httpx`.
"""

import contextlib
import ssl
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any

import anyio
import httpcore
from anyio.abc import ByteStream as AnyByteStream
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSAttribute, TLSStream

from .anyio import ByteStream, connect_tcp
from .driver import Driver


class AsyncStream(httpcore.AsyncNetworkStream):
    """One connection: `below` is the engine's, `stream` the same or TLS on it."""

    def __init__(self, stream: AnyByteStream, below: ByteStream) -> None:
        self._stream = stream
        self._below = below

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most `max_bytes`; b"" at the end."""
        with _as_httpcore(httpcore.ReadTimeout, httpcore.ReadError), anyio.fail_after(timeout):
            try:
                return await self._stream.receive(max_bytes)
            except anyio.EndOfStream:
                return b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it."""
        if buffer:
            with _as_httpcore(httpcore.WriteTimeout, httpcore.WriteError), anyio.fail_after(timeout):
                await self._stream.send(buffer)

    async def aclose(self) -> None:
        """Let go."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "AsyncStream":
        """The same connection with TLS on it."""
        with _as_httpcore(httpcore.ConnectTimeout, httpcore.ConnectError), anyio.fail_after(timeout):
            try:
                secured = await TLSStream.wrap(
                    self._stream,
                    ssl_context=ssl_context,
                    hostname=server_hostname,
                    standard_compatible=False,
                    server_side=False,
                )
            except BaseException:
                await self._stream.aclose()
                raise
        return AsyncStream(secured, self._below)

    def get_extra_info(self, info: str) -> Any:
        """Knows "ssl_object", "client_addr", "server_addr", "is_readable" and "connection", the engine's own."""
        if info == "ssl_object":
            return self._stream.extra(TLSAttribute.ssl_object, None)
        if info == "client_addr":
            return self._below.extra(SocketAttribute.local_address)
        if info == "server_addr":
            return self._below.extra(SocketAttribute.remote_address)
        if info == "is_readable":
            return self._below.readable
        if info == "connection":
            return self._below.connection
        return None


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Connects over `host`. The engine asks no name server: `names` says which address each name is."""

    def __init__(self, host: Driver, names: Mapping[str, str] | None = None) -> None:
        self._host = host
        self._names = names or {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> AsyncStream:
        """Open a connection; a socket's options say nothing to the engine."""
        address = self._names.get(host, host)
        try:
            ip_address(address)
        except ValueError:
            raise httpcore.ConnectError(f"no address is known for {host}") from None
        with _as_httpcore(httpcore.ConnectTimeout, httpcore.ConnectError), anyio.fail_after(timeout):
            stream = await connect_tcp(self._host, address, port, local=local_address)
        return AsyncStream(stream, stream)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> AsyncStream:
        """The engine has none."""
        raise httpcore.ConnectError("a TCP engine has no Unix sockets")

    async def sleep(self, seconds: float) -> None:
        """In whichever loop it is."""
        await anyio.sleep(seconds)


@contextlib.contextmanager
def _as_httpcore(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(error) from error
    except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
        raise broken(str(error) or str(error.__cause__ or "")) from error
