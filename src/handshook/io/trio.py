"""The engine under trio: its half-closeable stream and its listener, on the streams of `handshook.io.anyio`.

What differs is what they raise, and how they say that the peer has finished.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import index
from typing import Any

import anyio
import trio

from ..tcp.connection import Connection
from .anyio import ByteStream, Host, connect_tcp, listen
from .anyio import Listener as AnyioListener
from .driver import Driver

__all__ = ["Host", "Listener", "Stream", "open_tcp_listener", "open_tcp_stream", "serve_tcp"]


class Stream(trio.abc.HalfCloseableStream):
    """A connection as trio's `HalfCloseableStream`; `connection` is the engine's own."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    @property
    def connection(self) -> Connection:
        """The engine's own."""
        return self._stream.connection

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Returns when the connection has taken all of it."""
        with _translated():
            await self._stream.send(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Until `send_all` might not have to wait, or would raise."""
        with _translated():
            await self._stream.wait_writable()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """At most `max_bytes` of what the peer sent; b"" after its FIN."""
        most = 65536 if max_bytes is None else index(max_bytes)
        if most < 1:
            raise ValueError(f"max_bytes {most}: at least one")
        try:
            with _translated():
                return await self._stream.receive(most)
        except anyio.EndOfStream:
            return b""

    async def send_eof(self) -> None:
        """Finish sending; receiving goes on."""
        with _translated():
            await self._stream.send_eof()

    async def aclose(self) -> None:
        """Let go: what was sent still arrives, what was not received makes it a reset (RFC 9293 3.6.1)."""
        await self._stream.aclose()


class Listener(trio.abc.Listener[Stream]):
    """A port of the engine, for `trio.serve_listeners` and the like."""

    def __init__(self, listener: AnyioListener) -> None:
        self._listener = listener

    async def accept(self) -> Stream:
        """The connection that has waited longest."""
        with _translated():
            return Stream(await self._listener.accept())

    async def aclose(self) -> None:
        """Stop listening."""
        await self._listener.aclose()


async def open_tcp_stream(host: Driver, address: str, port: int, **options: Any) -> Stream:
    """Open a connection; options and errors as for `anyio.connect_tcp` here."""
    return Stream(await connect_tcp(host, address, port, **options))


def open_tcp_listener(host: Driver, port: int, **options: Any) -> Listener:
    """Listen at a port; options and errors as for `anyio.listen` here."""
    return Listener(listen(host, port, **options))


async def serve_tcp(
    host: Driver,
    handler: Callable[[Stream], Any],
    port: int,
    *,
    task_status: trio.TaskStatus[list[Listener]] = trio.TASK_STATUS_IGNORED,
    **options: Any,
) -> None:
    """As `trio.serve_tcp`: never returns."""
    await trio.serve_listeners(handler, [open_tcp_listener(host, port, **options)], task_status=task_status)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except anyio.ClosedResourceError as error:
        raise trio.ClosedResourceError(*error.args) from error.__cause__
    except anyio.BrokenResourceError as error:
        raise trio.BrokenResourceError(*error.args) from error.__cause__
    except anyio.BusyResourceError as error:
        raise trio.BusyResourceError(*error.args) from None
