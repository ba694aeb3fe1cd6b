"""Workers: a process for each queue of the link, each with an engine of its own behind the same addresses.

The kernel gives every connection to one of them and keeps it there. The queues stay open here, so when a worker dies
no other's connections move: another worker takes over its queue, knows none of its connections, and so answers their
next segment with a RST (RFC 9293 3.5.1). It has the same seed, so nothing else changes for anybody.
"""

import multiprocessing
import secrets
import signal
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from ..host.share import Share
from ..lab import PrivateNetwork, libc
from ..link.shared_queue import SharedQueue, make_ways
from .place import Place

# A worker that dies sooner than this after its start is likely to die again at once; there it gets a rest first.
YOUNG = 1.0
# How long a worker may take to end when it is told to: what its connections may take, and a busy machine.
PATIENCE = 10.0

Say = Callable[[str], None]
Work = Callable[[Place, Say], object]


class TeamFailed(Exception):
    """A worker ended before it was ready: its own words, or how it ended."""


class Team:
    """As many workers as the network's link has queues.

    `work(place, say)` runs in each, for ever; the first that it says means that it is ready, anything later is passed
    on to this process's `say`. It is ended by SIGTERM, which raises SystemExit in it. Nothing may have been started in
    another thread of this process yet, for each is forked from it.
    """

    def __init__(self, network: PrivateNetwork, addresses: list[str], work: Work, say: Say) -> None:
        self._network = network
        self._addresses = addresses
        self._work = work
        self._say = say
        self._seed = secrets.randbits(256)
        self._ways = make_ways(len(network.devices))
        self._workers: dict[int, _Worker] = {}
        """By what tells of each: its process's sentinel."""

    def start(self) -> None:
        """Starts them, and returns when all are ready. Raises `TeamFailed`, and OSError where there is no room."""
        started = [self._start(number) for number in range(len(self._network.devices))]
        for worker in started:
            worker.await_ready()

    @property
    def pids(self) -> list[int]:
        """The processes, by their number."""
        return [worker.process.pid or 0 for worker in sorted(self._workers.values(), key=lambda w: w.number)]

    def watch(self, others: Iterable[Any] = (), timeout: float | None = None) -> bool:
        """Looks after them until one of `others` (descriptors) is ready; False after `timeout` seconds.

        A worker that has died is reported, and another takes its place. Raises `TeamFailed` where that one fails.
        """
        others = list(others)
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            pipes = {worker.pipe: worker for worker in self._workers.values() if worker.speaks}
            left = None if end is None else max(0.0, end - time.monotonic())
            ready = wait([*others, *self._workers, *pipes], left)
            if any(one in ready for one in others):
                return True
            for one in ready:
                if one in pipes:
                    pipes[one].hear(self._say)
                elif one in self._workers:
                    self._replace(self._workers.pop(one))
            if end is not None and time.monotonic() >= end:
                return False

    def close(self) -> None:
        """Ends them, and returns when they have. A second call does nothing."""
        workers, self._workers = self._workers, {}
        for worker in workers.values():
            worker.process.terminate()
        for worker in workers.values():
            worker.end()
        ways, self._ways = self._ways, []
        for way in ways:
            way[0].close()
            way[1].close()

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, number: int) -> "_Worker":
        queue = SharedQueue(self._network.devices[number], number, self._ways)
        share = Share(number, len(self._network.devices), self._seed, queue.hand_on)
        worker = _Worker(number, self._work, Place(queue, self._addresses, self._network, share))
        self._workers[worker.process.sentinel] = worker
        return worker

    def _replace(self, worker: "_Worker") -> None:
        worker.hear(self._say)
        worker.process.join()
        how = _how(worker.process.exitcode)
        worker.end()
        self._say(f"worker {worker.number + 1} {how}: its connections are reset, and another takes its place")
        if time.monotonic() - worker.born < YOUNG:
            time.sleep(YOUNG)
        self._start(worker.number).await_ready()


class _Worker:
    """One process, and the pipe on which it speaks."""

    def __init__(self, number: int, work: Work, place: Place) -> None:
        self.number = number
        self.born = time.monotonic()
        self.speaks = True
        self.pipe, theirs = multiprocessing.Pipe(duplex=False)
        # Forked, so that the queues, the application and what else was opened come along.
        make = multiprocessing.get_context("fork").Process
        self.process: BaseProcess = make(target=_live, args=(theirs, work, place), name=f"worker {number + 1}")
        with theirs:
            self.process.start()

    def await_ready(self) -> None:
        """Waits for its first word. Raises `TeamFailed`."""
        try:
            kind, text = self.pipe.recv()
        except EOFError:
            self.process.join()
            raise TeamFailed(f"worker {self.number + 1} {_how(self.process.exitcode)} before it was ready") from None
        if kind == "failed":
            raise TeamFailed(text)

    def hear(self, say: Say) -> None:
        """Pass on what it has said so far."""
        try:
            while self.speaks and self.pipe.poll():
                say(f"worker {self.number + 1}: {self.pipe.recv()[1]}")
        except EOFError:
            self.speaks = False

    def end(self) -> None:
        """Waits for its end, and makes it end when it doesn't."""
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.process.close()
        self.pipe.close()


def _live(pipe: Connection, work: Work, place: Place) -> None:
    """The life of a worker, from the fork on."""
    libc.die_with_parent(signal.SIGKILL)
    # Ctrl-C reaches all of a terminal's processes; who ends is for the one that was started to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    try:
        work(place, lambda text: pipe.send(("said", text)))
    except Exception as error:
        pipe.send(("failed", str(error) or repr(error)))
        raise SystemExit(1) from None


def _leave(number: int, _: object) -> None:
    raise SystemExit(0)


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with {code}"
