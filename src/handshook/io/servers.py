"""Servers in the shape of `socketserver`, on the engine: one at a time, a thread for each, or a pool of threads.

What a server does while one request takes long is the whole difference. `HostServer` lets everybody wait behind it, in
the listener's backlog. `ThreadServer` gives each a thread of its own, however many come. `PoolServer` has so many
threads and a queue before them, and a choice of what happens when that is full. Handler classes are the standard
library's, unchanged; every connection's fate is counted by its name.
"""

import socketserver
import threading
from collections import Counter, deque
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from .threads import Host, HostDown, Socket
from .threads.errors import family_of

WHEN_FULL = ("wait", "refuse", "shed-oldest")
# More threads than this are a typing error, or a case for an event loop.
MOST_WORKERS = 10_000


class Fate(StrEnum):
    """What became of a connection."""

    ACCEPTED = "accepted"
    """Taken from the backlog; it also has one of the other fates, in the end."""
    FINISHED = "finished"
    """Its handler has returned."""
    FAILED = "failed"
    """Its handler has raised something."""
    NO_THREAD = "no-thread"
    """The system gave no more threads: reset."""
    REFUSED = "refused"
    """The pool's queue was full: reset."""
    SHED = "shed"
    """It had waited longest in the pool's queue when that was full and another came: reset."""
    DROPPED = "dropped"
    """It still waited in the pool's queue when the server was closed: reset."""


class Counts:
    """How many connections had which fate; any thread may count and look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Fate] = Counter()

    def add(self, fate: Fate) -> None:
        """One more."""
        with self._lock:
            self._counts[fate] += 1

    def __getitem__(self, fate: Fate) -> int:
        return self._counts[fate]

    def __call__(self) -> dict[str, int]:
        """All that have happened, by their names."""
        with self._lock:
            return {fate.value: self._counts[fate] for fate in Fate if self._counts[fate]}

    def __repr__(self) -> str:
        return f"Counts({self()})"


class HostServer(socketserver.TCPServer):
    """`socketserver.TCPServer` at a port of an engine's host: one connection at a time.

    The constructor takes the host first; the rest is `TCPServer`'s. `counts` tells what became of whom. The loop that
    `serve_forever` runs waits in `accept`, and ends with `HostDown` when the host does.
    """

    request_queue_size = 128
    socket: Socket  # type: ignore[assignment]

    def __init__(
        self,
        host: Host,
        server_address: tuple[str, int],
        RequestHandlerClass: Callable[[Any, Any, Any], socketserver.BaseRequestHandler],
        bind_and_activate: bool = True,
    ) -> None:
        socketserver.BaseServer.__init__(self, server_address, RequestHandlerClass)
        self.counts = Counts()
        self._stopping = False
        self._stopped = threading.Event()
        self._stopped.set()
        self.address_family = family_of(server_address[0])
        self.socket = host.socket(self.address_family)
        if bind_and_activate:
            try:
                self.server_bind()
                self.server_activate()
            except BaseException:
                self.server_close()
                raise

    def server_bind(self) -> None:
        """As `TCPServer`; also `server_name` and `server_port`, which handlers of http.server may ask for."""
        super().server_bind()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Accept until `shutdown`, which is seen within `poll_interval` seconds, or until the server is closed."""
        self._stopped.clear()
        try:
            self.socket.settimeout(poll_interval)
            while not self._stopping:
                if self.has_room(poll_interval):
                    self._serve_one()
                self.service_actions()
        finally:
            self._stopping = False
            self._stopped.set()

    def shutdown(self, patience: float | None = None) -> None:
        """Let `serve_forever` return, and wait until it has, but at most so many seconds; what was accepted goes on.

        Where one is served at a time it is the handler's to say when that is.
        """
        self._stopping = True
        self._stopped.wait(patience)

    def has_room(self, patience: float) -> bool:
        """Whether to accept another connection now; may wait `patience` seconds for that."""
        return True

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Run the handler, and count how that went."""
        try:
            super().finish_request(request, client_address)
        except BaseException:
            self.counts.add(Fate.FAILED)
            raise
        self.counts.add(Fate.FINISHED)

    def reset_request(self, request: Any, fate: Fate) -> None:
        """Let a connection go with a RST, so that the client need not wait to learn it."""
        self.counts.add(fate)
        request.abort()

    def _serve_one(self) -> None:
        try:
            request, client = self.get_request()
        except TimeoutError:
            return
        except HostDown:
            raise
        except OSError:
            # Closed in another thread.
            self._stopping = True
            return
        self.counts.add(Fate.ACCEPTED)
        if not self.verify_request(request, client):
            self.shutdown_request(request)
            return
        try:
            self.process_request(request, client)
        except Exception:
            self.handle_error(request, client)
            self.shutdown_request(request)
        except BaseException:
            self.shutdown_request(request)
            raise


class ThreadServer(socketserver.ThreadingMixIn, HostServer):
    """A thread for each connection, started when it is accepted; they end with the program."""

    daemon_threads = True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the thread; where the system has none left the connection is reset, and the server goes on."""
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            self.reset_request(request, Fate.NO_THREAD)


class PoolServer(HostServer):
    """`workers` threads, and a queue of at most `queue` connections that wait for one.

    `when_full` says what happens to one more: "wait" leaves it in the listener's backlog (and beyond that the engine
    answers no SYN); "refuse" resets it; "shed-oldest" takes it, and resets the one that has waited longest, whose
    client has most likely given up. The threads start with the first connection.
    """

    def __init__(
        self,
        host: Host,
        server_address: tuple[str, int],
        RequestHandlerClass: Callable[[Any, Any, Any], socketserver.BaseRequestHandler],
        bind_and_activate: bool = True,
        *,
        workers: int = 32,
        queue: int = 64,
        when_full: str = "wait",
    ) -> None:
        if not 1 <= workers <= MOST_WORKERS:
            raise ValueError(f"a pool has 1 to {MOST_WORKERS} threads, not {workers}")
        if queue < 0:
            raise ValueError(f"a queue of {queue}: none is 0")
        if when_full not in WHEN_FULL:
            raise ValueError(f"when_full is one of {', '.join(WHEN_FULL)}, not {when_full!r}")
        self._workers = workers
        self._limit = queue
        self._when_full = when_full
        self._waiting: deque[tuple[Any, Any]] = deque()
        self._idle = 0
        self._started = 0
        self._closed = False
        turn = threading.Lock()
        self._queued = threading.Condition(turn)
        self._room = threading.Condition(turn)
        super().__init__(host, server_address, RequestHandlerClass, bind_and_activate)

    @property
    def waiting(self) -> int:
        """How many connections wait in the queue."""
        return len(self._waiting)

    def has_room(self, patience: float) -> bool:
        """When full connections are left in the backlog: whether there is room now."""
        if self._when_full != "wait":
            return True
        with self._room:
            if self._full() and not self._closed:
                self._room.wait(patience)
            return not self._full()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Queue it, or choose who has to go."""
        with self._queued:
            if self._closed:
                self.reset_request(request, Fate.DROPPED)
            elif not self._start_worker():
                self.reset_request(request, Fate.NO_THREAD)
            elif self._full() and not (self._when_full == "shed-oldest" and self._waiting):
                self.reset_request(request, Fate.REFUSED)
            else:
                if self._full():
                    self.reset_request(self._waiting.popleft()[0], Fate.SHED)
                self._waiting.append((request, client_address))
                self._queued.notify()

    def server_close(self) -> None:
        """Close the listener, reset what waits in the queue; each thread ends after the handler that it is in."""
        super().server_close()
        with self._queued:
            self._closed = True
            while self._waiting:
                self.reset_request(self._waiting.popleft()[0], Fate.DROPPED)
            self._queued.notify_all()
            self._room.notify_all()

    def _full(self) -> bool:
        # Those who have a thread waiting for them, or one yet to be started, are not in the queue's way.
        spare = self._idle + self._workers - self._started
        return len(self._waiting) >= self._limit + spare

    def _start_worker(self) -> bool:
        """One more thread where none is idle and the pool is not complete; False when there is none at all."""
        if self._started < self._workers and len(self._waiting) >= self._idle:
            thread = threading.Thread(target=self._work, name=f"handshook worker {self._started + 1}", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # The system has none left: those that there are do the work.
                return self._started > 0
            self._started += 1
            self._idle += 1
        return True

    def _work(self) -> None:
        while True:
            with self._queued:
                while not self._waiting and not self._closed:
                    self._queued.wait()
                self._idle -= 1
                if not self._waiting:
                    return
                request, client = self._waiting.popleft()
                self._room.notify()
            try:
                self.finish_request(request, client)
            except Exception:
                self.handle_error(request, client)
            finally:
                self.shutdown_request(request)
            with self._queued:
                self._idle += 1
                self._room.notify()
