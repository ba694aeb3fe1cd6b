"""The engine under httpcore, and so under `httpx.Client`: a network backend for programs that block.

    pool = httpcore.ConnectionPool(network_backend=Backend(host, {"example.test": "198.51.100.1"}))

For httpx see `handshook.io.threads.httpx`.
"""

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpcore

from .host import Host
from .sockets import Socket


class Stream(httpcore.NetworkStream):
    """One connection: a socket of the engine's or, with TLS on it, the kernel's end of one (see `Host.as_socket`)."""

    def __init__(self, host: Host, below: Socket | socket.socket) -> None:
        self._host = host
        self._socket = below

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most `max_bytes`; b"" at the end."""
        with _as_httpcore(httpcore.ReadTimeout, httpcore.ReadError):
            self._socket.settimeout(timeout)
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it."""
        if buffer:
            with _as_httpcore(httpcore.WriteTimeout, httpcore.WriteError):
                self._socket.settimeout(timeout)
                self._socket.sendall(buffer)

    def close(self) -> None:
        """Let go."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "Stream":
        """The same connection with TLS on it."""
        with _as_httpcore(httpcore.ConnectTimeout, httpcore.ConnectError):
            try:
                below = self._socket
                plain = self._host.as_socket(below) if isinstance(below, Socket) else below
                self._socket = plain
                plain.settimeout(timeout)
                return Stream(self._host, ssl_context.wrap_socket(plain, server_hostname=server_hostname))
            except BaseException:
                self.close()
                raise

    def get_extra_info(self, info: str) -> Any:
        """ "ssl_object", "client_addr", "server_addr", "is_readable" and "socket"."""
        below = self._socket
        if info == "ssl_object":
            return below if isinstance(below, ssl.SSLSocket) else None
        if info == "client_addr":
            return below.getsockname()
        if info == "server_addr":
            return below.getpeername()
        if info == "socket":
            return below
        if info == "is_readable":
            if isinstance(below, Socket):
                return below.readable()
            waiter = select.poll()
            waiter.register(below, select.POLLIN)
            return bool(waiter.poll(0))
        return None


class Backend(httpcore.NetworkBackend):
    """Connects over `host`. The engine asks no name server: `names` says which address each name is."""

    def __init__(self, host: Host, names: Mapping[str, str] | None = None) -> None:
        self._host = host
        self._names = names or {}

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> Stream:
        """Open a connection; without options of its own Nagle's algorithm is off, as httpcore has it."""
        source = (local_address, 0) if local_address is not None else None
        with _as_httpcore(httpcore.ConnectTimeout, httpcore.ConnectError):
            below = self._host.create_connection((self._names.get(host, host), port), timeout, source)
            below.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for level, option, value, *_ in socket_options or ():
                below.setsockopt(level, option, value)
        return Stream(self._host, below)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> Stream:
        """The engine has none."""
        raise httpcore.ConnectError("a TCP engine has no Unix sockets")

    def sleep(self, seconds: float) -> None:
        """In the thread that asks."""
        time.sleep(seconds)


@contextlib.contextmanager
def _as_httpcore(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(error) from error
    except OSError as error:
        raise broken(error) from error
