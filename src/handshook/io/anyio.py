"""The engine under anyio: byte streams and listeners on any host, and a host of its own for asyncio and for trio.

A stream waits on the connection itself: what it doesn't receive stays there, and what the peer has not acknowledged
fills the connection's send buffer, so flow control reaches from program to program.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import anyio
import anyio.abc
import anyio.lowlevel
from anyio.abc import SocketAttribute

from ..host.listener import Listener as EngineListener
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.happened import FINISHED, Happened
from ..wire.addresses import unpack
from .driver import LAST_WORDS, Driver
from .handlers import Handler
from .socket_face import SocketFace, socket_address

_both = int.__and__


class ByteStream(Handler, anyio.abc.ByteStream):
    """A connection as an anyio `ByteStream`; `connection` is the engine's own.

    Raises what anyio says: `BrokenResourceError`, whose cause is the engine's error with its verdict, when it failed;
    `EndOfStream`, `ClosedResourceError` and `BusyResourceError`.
    """

    def __init__(self, host: Driver, connection: Connection) -> None:
        super().__init__(connection)
        self._host = host
        self._news = anyio.Event()
        self._receiving = anyio.ResourceGuard("receiving from")
        self._sending = anyio.ResourceGuard("sending to")
        self._finished = False
        self._peer_finished = False
        self._over = False
        self._lost: Exception | None = None

    # --- for the program ---------------------------------------------------------------------------------------

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """At most `max_bytes` of what the peer sent."""
        with self._receiving:
            await anyio.lowlevel.checkpoint()
            while True:
                self._check()
                self._host.touch()
                try:
                    data = self.connection.recv(max_bytes)
                except OSError as error:
                    raise anyio.BrokenResourceError from error
                if data:
                    return data
                if data is not None:
                    raise anyio.EndOfStream
                await self._news.wait()

    async def send(self, item: bytes | bytearray | memoryview) -> None:
        """Returns when the connection has taken all of it."""
        with self._sending:
            await anyio.lowlevel.checkpoint()
            left = memoryview(item)
            while True:
                self._check()
                if self._finished:
                    raise anyio.ClosedResourceError
                self._host.touch()
                try:
                    left = left[self.connection.send(left[: self.connection.writable()]) :]
                except OSError as error:
                    raise anyio.BrokenResourceError from error
                if not left:
                    return
                await self._news.wait()

    async def wait_writable(self) -> None:
        """Until a `send` might not have to wait, or would raise."""
        with self._sending:
            await anyio.lowlevel.checkpoint()
            self._check()
            while not (self.connection.writable() or self._finished or self._over):
                await self._news.wait()
                self._check()

    async def send_eof(self) -> None:
        """Finish sending; receiving goes on."""
        with self._sending:
            await anyio.lowlevel.checkpoint()
            self._check()
            if not self._finished:
                self._finished = True
                self._host.touch()
                try:
                    self.connection.shutdown()
                except (OSError, RuntimeError) as error:
                    # It has ended, with an error or in order.
                    raise anyio.BrokenResourceError from error

    async def aclose(self) -> None:
        """Let go: what was sent still arrives, what was not received makes it a reset (RFC 9293 3.6.1)."""
        if not self.left:
            self._host.touch()
            self.leave()
            self._tell_waiters()
        await anyio.lowlevel.checkpoint()

    @property
    def readable(self) -> bool:
        """Whether `receive` would return, or raise, at once."""
        return self._over or self._peer_finished or self.connection.readable() > 0

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """anyio's `SocketAttribute`s, but for the raw socket."""
        local, remote = self.connection.local, self.connection.remote
        return {
            SocketAttribute.family: lambda: SocketFace(self.connection).family,
            SocketAttribute.local_address: lambda: socket_address(local),
            SocketAttribute.local_port: lambda: local[1],
            SocketAttribute.remote_address: lambda: socket_address(remote),
            SocketAttribute.remote_port: lambda: remote[1],
        }

    # --- what the handlers tell --------------------------------------------------------------------------------

    def news(self, happened: Happened) -> None:
        if _both(happened, FINISHED):
            self._peer_finished = True
        self._tell_waiters()

    def ended(self) -> None:
        self._over = True
        self._tell_waiters()

    def link_lost(self, error: Exception) -> None:
        self._over = True
        self._lost = error
        self._tell_waiters()

    def _tell_waiters(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    def _check(self) -> None:
        if self.left:
            raise anyio.ClosedResourceError
        if self._lost is not None:
            raise anyio.BrokenResourceError from self._lost


class Listener(anyio.abc.Listener[ByteStream]):
    """A port of the engine; made by `listen`. Who is not accepted yet waits in the engine's own queue."""

    def __init__(self, host: Driver, listener: EngineListener) -> None:
        self._host = host
        self._listener = listener
        self._news = anyio.Event()
        self._accepting = anyio.ResourceGuard("accepting from")
        host.handlers.add_listener(listener, self._tell)

    async def accept(self) -> ByteStream:
        """The connection that has waited longest. Raises `ClosedResourceError`, and what the link was lost with."""
        with self._accepting:
            await anyio.lowlevel.checkpoint()
            while True:
                if self._listener.closed:
                    raise anyio.ClosedResourceError
                self._host.check()
                self._host.touch()
                connection = self._listener.accept()
                if connection is not None:
                    stream = ByteStream(self._host, connection)
                    self._host.handlers.accepted(stream)
                    return stream
                await self._news.wait()

    async def serve(self, handler: Callable[[ByteStream], Any], task_group: anyio.abc.TaskGroup | None = None) -> None:
        """Start `handler` for each connection; never returns."""
        async with AsyncExitStack() as stack:
            if task_group is None:
                task_group = await stack.enter_async_context(anyio.create_task_group())
            while True:
                task_group.start_soon(handler, await self.accept())

    async def aclose(self) -> None:
        """Stop listening; who was not accepted is reset."""
        if not self._listener.closed:
            self._host.touch()
            self._host.handlers.close_listener(self._listener)
            self._tell()
        await anyio.lowlevel.checkpoint()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """Where it listens."""
        address = self._listener.address
        local = (self._host.stack.addresses[0] if address is None else unpack(address), self._listener.port)
        return {
            SocketAttribute.local_address: lambda: socket_address(local),
            SocketAttribute.local_port: lambda: local[1],
        }

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()


async def connect_tcp(
    host: Driver,
    address: str,
    port: int,
    *,
    local: str | None = None,
    local_port: int | None = None,
    config: Config | None = None,
) -> ByteStream:
    """Open a connection from any host. Raises what it ended with, such as `ConnectionRefusedError`."""
    done = anyio.Event()
    opening = host.connect(
        address,
        port,
        lambda connection: ByteStream(host, connection),
        done.set,
        local=local,
        local_port=local_port,
        config=config,
    )
    try:
        await done.wait()
    except BaseException:
        host.touch()
        opening.connection.abort()
        raise
    if opening.error is not None:
        raise opening.error
    assert isinstance(opening.handler, ByteStream)
    return opening.handler


def listen(
    host: Driver, port: int, *, address: str | None = None, backlog: int = 1024, config: Config | None = None
) -> Listener:
    """Listen at a port of any host, at all its addresses or at one. Raises OSError (EADDRINUSE) and ValueError."""
    host.check()
    host.touch()
    return Listener(host, host.stack.listen(port, backlog, address=address, config=config))


class Host(Driver):
    """A host with its addresses in whichever loop anyio runs on; `async with Host(...) as host`, arguments as `Driver`.

    In a program that is asyncio's own, `aio.Host` gives transports as well, and the streams of this module run on it.
    When it ends it stops listening, aborts what is open and gives what was closed a second to finish. When the link is
    lost every call that waits is given an error that says so, and `lost` is it.
    """

    async def __aenter__(self) -> Self:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._drive)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        with anyio.move_on_after(LAST_WORDS, shield=True):
            self._begin_to_close()
            while self._leaving:
                await anyio.sleep(0.002)
        self._tasks.cancel_scope.cancel()
        try:
            return await self._tasks.__aexit__(kind, error, trace)
        finally:
            self._close()

    async def _drive(self) -> None:
        while self.lost is None:
            left = self._turn()
            if left is not None and left <= 0:
                await anyio.lowlevel.checkpoint()
            elif self.lost is None:
                with anyio.move_on_after(left):
                    await anyio.wait_readable(self._pump.fileno())

    def _turn_soon(self) -> None:
        self._pump.wake()
