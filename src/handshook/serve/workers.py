"""Who does the work: `asyncio`, `one`, `thread` or `pool:N`, and an application of either kind made to fit."""

import asyncio
import contextlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..io.driver import LAST_WORDS
from ..io.servers import MOST_WORKERS, HostServer, PoolServer, ThreadServer
from ..io.threads import Host
from .application import Application, NoApplication

POOL = 32
"""Threads of a pool whose number nobody chose, and of those that serve WSGI beside a loop."""

# What is kept in memory of a body whose length is not told.
_IN_MEMORY = 1 << 20


@dataclass(frozen=True)
class Workers:
    """`kind` is "asyncio", "one", "thread" or "pool"; the rest is a pool's: see `PoolServer`."""

    kind: str = "thread"
    threads: int = POOL
    queue: int = 64
    when_full: str = "wait"

    @classmethod
    def named(cls, text: str) -> "Workers":
        """From `asyncio`, `one`, `thread`, `pool` or `pool:N`. Raises `ValueError`, with a sentence."""
        kind, colon, number = text.partition(":")
        if kind not in ("asyncio", "one", "thread", "pool") or (colon and kind != "pool"):
            raise ValueError(f"{text!r} is none of asyncio, one, thread, pool:N")
        if not colon:
            return cls(kind)
        if not number.isascii() or not number.isdigit() or not 0 < int(number[:9]) <= MOST_WORKERS:
            raise ValueError(f"{text!r}: a pool has 1 to {MOST_WORKERS} threads")
        return cls(kind, int(number))

    def make_server(self, host: Host, port: int, handler: type[Any]) -> HostServer:
        """A server at all of the host's addresses; not for asyncio."""
        where = ("", port)
        if self.kind == "pool":
            return PoolServer(host, where, handler, workers=self.threads, queue=self.queue, when_full=self.when_full)
        return (ThreadServer if self.kind == "thread" else HostServer)(host, where, handler)


ONE_EACH = Workers("thread")


class OwnLoop:
    """An event loop in a thread of its own, which ends with the program if not by `close`."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="asgi", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Cancel what still runs there, and end it; a task that blocks is not waited for."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(LAST_WORDS)

    def _run(self) -> None:
        self.loop.run_forever()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.wait(tasks, timeout=LAST_WORDS) if tasks else asyncio.sleep(0))
        self.loop.close()


def as_wsgi(application: Application, after: contextlib.ExitStack) -> Callable[..., Any]:
    """The application as WSGI. One of ASGI runs in an event loop of its own, in one thread for all requests, which
    `after` is to end; its lifespan is not run, and it has no websockets.

    Raises `NoApplication` where a package is missing.
    """
    if application.interface == "wsgi":
        return application.call
    middleware = _adapter().ASGIMiddleware
    own = OwnLoop()
    after.callback(own.close)
    adapt = middleware(application.call, loop=own.loop)

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # The adapter reads as much as CONTENT_LENGTH says, and a chunked body says nothing.
        if "HTTP_TRANSFER_ENCODING" in environ:
            body = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it goes with the request
            shutil.copyfileobj(environ["wsgi.input"], body)
            environ["CONTENT_LENGTH"] = str(body.tell())
            body.seek(0)
            environ["wsgi.input"] = body
        return adapt(environ, start_response)  # type: ignore[no-any-return]

    return call


def as_asgi(application: Application, threads: int) -> Callable[..., Any]:
    """The application as ASGI; one of WSGI runs in a pool of threads beside the loop. Raises `NoApplication`."""
    if application.interface == "asgi":
        return application.call
    return _adapter().WSGIMiddleware(application.call, workers=threads)  # type: ignore[no-any-return]


def _adapter() -> Any:
    try:
        import a2wsgi
    except ImportError:
        raise NoApplication(
            "an application of the other kind than its workers needs a2wsgi: pip install 'handshook[serve]'"
        ) from None
    return a2wsgi
