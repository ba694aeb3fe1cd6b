"""Doors into the private network: who connects to a door outside is connected to a port of the program's inside.

The machine's kernel has answered such a client before anybody could ask inside; so where nobody listens there, the
client is reset. A program may listen at its own loopback alone, and is found there, too.
"""

import asyncio
import errno
import os
import select
import socket
from dataclasses import dataclass

from ..io.driver import Driver, Opening
from ..lab import PrivateNetwork
from ..tcp.connection import Connection
from .carried import Carried, reset
from .entries import Entries, Entry

BACKLOG = 1024
LOOPBACK = "127.0.0.1"
# How long a door stays shut when this machine has no descriptors left, in seconds.
PAUSE = 0.25
# Accepted in one go, so that nobody else waits for long.
_AT_ONCE = 64


@dataclass(frozen=True)
class Way:
    """`port` inside is reached at `host` and `at` outside."""

    port: int
    host: str
    at: int

    @classmethod
    def read(cls, text: str) -> "Way":
        """From `PORT=HOST:PORT`, `PORT=PORT` or `PORT`; no host is this machine's loopback. Raises `ValueError`."""
        inside, equals, outside = text.partition("=")
        host, _, at = outside.rpartition(":") if equals else ("", "", inside)
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            raise ValueError(f"{text!r}: an IPv6 address stands in brackets, such as 8000=[::1]:8000")
        return cls(_port(inside, text), host or LOOPBACK, _port(at, text))


class Doors:
    """All of a run's, on the loop of `host`. Close them before it."""

    def __init__(self, host: Driver, network: PrivateNetwork, entries: Entries) -> None:
        self.entries = entries
        self._host = host
        # Where a program may listen, the likeliest first; each says no at once.
        self._inside = [network.kernel4, LOOPBACK, *([network.kernel6] if network.ipv6 else [])]
        self._listening: list[socket.socket] = []
        self._carried: set[Carried] = set()
        self._opening: set[socket.socket] = set()

    @property
    def open(self) -> int:
        """How many connections are open."""
        return len(self._carried)

    def add(self, way: Way) -> list[tuple[str, int]]:
        """Open a door, at every address that its host has; returns them. Raises OSError."""
        found = []
        for family, _, _, _, where in socket.getaddrinfo(way.host, way.at, type=socket.SOCK_STREAM):
            door = socket.create_server(where[:2], family=family, backlog=BACKLOG)
            door.setblocking(False)
            self._listening.append(door)
            self._watch(door, way.port)
            found.append((str(where[0]), int(door.getsockname()[1])))
        return found

    def close(self) -> None:
        """Shut them all, and end what came through."""
        for door in self._listening:
            self._host.unwatch(door.fileno())
            door.close()
        self._listening.clear()
        for outside in self._opening:
            reset(outside)
        for carried in list(self._carried):
            carried.give_up()

    def _watch(self, door: socket.socket, port: int) -> None:
        if door in self._listening:
            self._host.watch(door.fileno(), select.EPOLLIN, lambda _: self._accept(door, port))

    def _accept(self, door: socket.socket, port: int) -> None:
        for _ in range(_AT_ONCE):
            try:
                outside, client = door.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:
                self._host.unwatch(door.fileno())
                asyncio.get_running_loop().call_later(PAUSE, self._watch, door, port)
                return
            outside.setblocking(False)
            outside.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._opening.add(outside)
            where = (self._inside[0], port)
            entry = self.entries.begin((str(client[0]), int(client[1])), where, self._host.stack.now, outward=False)
            self._ask(outside, entry, port, self._inside)

    def _ask(self, outside: socket.socket, entry: Entry, port: int, addresses: list[str]) -> None:
        """Connect inside, at the first of the addresses where somebody listens."""

        def make(connection: Connection) -> Carried:
            self._opening.discard(outside)
            entry.connected = self._host.stack.now
            carried = Carried(connection, outside, entry, self._host, self._end)
            self._carried.add(carried)
            return carried

        def done() -> None:
            if opening.handler is None and outside in self._opening:
                self._refused(outside, entry, port, addresses[1:], opening.error)

        entry.program, entry.carried_on = (addresses[0], port), True
        opening: Opening
        try:
            opening = self._host.connect(addresses[0], port, make, done)
        except (OSError, ValueError) as error:
            self._refused(outside, entry, port, addresses[1:], error)

    def _end(self, carried: Carried) -> None:
        self._carried.discard(carried)
        self.entries.end(carried.entry, self._host.stack.now)

    def _refused(
        self, outside: socket.socket, entry: Entry, port: int, others: list[str], error: Exception | None
    ) -> None:
        if others and isinstance(error, ConnectionRefusedError):
            self._ask(outside, entry, port, others)
            return
        self._opening.discard(outside)
        entry.error = error if isinstance(error, OSError) else OSError(errno.EIO, os.strerror(errno.EIO))
        self.entries.end(entry, self._host.stack.now)
        reset(outside)


def _port(text: str, whole: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError(f"{whole!r}: it is PORT=HOST:PORT, such as 8000=127.0.0.1:8080; {text!r} is no port")
    return int(text)
