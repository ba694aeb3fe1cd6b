"""What the program asks for is asked for outside: each SYN waits until the far side has answered the machine's own.

Connected there is accepted here, refused is refused, unreachable is unreachable, and silence is silence. Until then
nothing is said to the program's kernel, so how long it takes is how long it takes the far side.
"""

import asyncio
import errno
import os
import select
import socket
from dataclasses import dataclass

from ..io.driver import Driver
from ..tcp.connection import Connection
from ..tcp.happened import Happened
from ..tcp.held import Held
from ..wire.addresses import is_unicast, pack
from ..wire.icmp import Trouble
from .carried import Carried, reset
from .datagrams import TROUBLES
from .entries import Entries, Entry
from .names import Names, socket_address

# Connections that are open here and wait for their handler: the loop gives it to them in its next turn.
BACKLOG = 4096

# What lies with this machine and passes: it is asked again after so many seconds.
PAUSE = 0.25
_FOR_NOW = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN, errno.EADDRINUSE))
_CONNECTED = select.EPOLLOUT


@dataclass
class Attempt:
    """A SYN that waits, and the machine's own connect on its behalf."""

    held: Held
    entry: Entry
    outside: socket.socket


class Carrier:
    """Carries every connection that comes to the stack of `host`, which is transparent, on to where it wants to.

    `entries` is told of each. Close it before its host.
    """

    def __init__(self, host: Driver, names: Names, entries: Entries) -> None:
        self.entries = entries
        self._host = host
        self._names = names
        self._attempts: dict[bytes, Attempt] = {}
        self._carried: set[Carried] = set()
        self._listener = host.handlers.listen(None, self._carry, backlog=BACKLOG, decide=self._hear)

    @property
    def open(self) -> int:
        """How many connections are open."""
        return len(self._carried)

    def close(self) -> None:
        """End all of it."""
        for attempt in list(self._attempts.values()):
            self._forget(attempt)
        for carried in list(self._carried):
            carried.give_up()

    # --- until the far side has answered -----------------------------------------------------------------------

    def _hear(self, held: Held, happened: Happened) -> None:
        if held.gone:
            attempt = self._attempts.get(held.key)
            if attempt is not None and attempt.held is held:
                attempt.entry.withdrawn = True
                self._forget(attempt)
            return
        if not happened & Happened.HELD:
            return
        entry = self.entries.of(held.key, self._host.stack.now)
        entry.carried_on = True
        self._try(held, entry)

    def _try(self, held: Held, entry: Entry) -> None:
        try:
            self._ask(held, entry)
        except OSError as error:
            self._answer(held, entry, error)

    def _try_again(self, held: Held, entry: Entry) -> None:
        self._host.touch()
        if not held.gone:
            self._try(held, entry)

    def _ask(self, held: Held, entry: Entry) -> None:
        """Begin to connect. Raises OSError where that fails at once."""
        address, port = held.local
        outside_address = self._names.outside(address) if is_unicast(pack(address)) else None
        if outside_address is None:
            raise OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
        family, where = socket_address(outside_address, port)
        outside = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            # What the program's kernel holds back it has held back by now.
            outside.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number = outside.connect_ex(where)
            if number not in (0, errno.EINPROGRESS):
                raise OSError(number, os.strerror(number))
        except OSError:
            outside.close()
            raise
        attempt = self._attempts[held.key] = Attempt(held, entry, outside)
        self._host.watch(outside.fileno(), _CONNECTED, lambda _: self._learn(attempt))

    def _learn(self, attempt: Attempt) -> None:
        """The far side has answered, or the machine has given up."""
        outside, held, entry = attempt.outside, attempt.held, attempt.entry
        self._host.unwatch(outside.fileno())
        number = outside.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            del self._attempts[held.key]
            outside.close()
            self._answer(held, entry, OSError(number, os.strerror(number)))
            return
        entry.connected = self._host.stack.now
        entry.error = None
        if not held.accept():
            self._forget(attempt)

    def _answer(self, held: Held, entry: Entry, error: OSError) -> None:
        """There is no connection outside: say inside what was said there."""
        entry.error = error
        if error.errno in _FOR_NOW:
            asyncio.get_running_loop().call_later(PAUSE, self._try_again, held, entry)
            return
        self.entries.end(entry, self._host.stack.now)
        trouble = TROUBLES.get(error.errno or 0)
        if error.errno == errno.ECONNREFUSED or error.errno == errno.ECONNRESET:
            held.refuse()
        elif trouble is not None and trouble is not Trouble.PORT_UNREACHABLE:
            held.unreachable(trouble)
        else:
            held.ignore()

    def _forget(self, attempt: Attempt) -> None:
        if self._attempts.get(attempt.held.key) is attempt:
            del self._attempts[attempt.held.key]
        self._host.unwatch(attempt.outside.fileno())
        self.entries.end(attempt.entry, self._host.stack.now)
        reset(attempt.outside)

    # --- from then on ------------------------------------------------------------------------------------------

    def _carry(self, connection: Connection) -> Carried:
        attempt = self._attempts.pop(connection.key)
        carried = Carried(connection, attempt.outside, attempt.entry, self._host, self._end)
        self._carried.add(carried)
        return carried

    def _end(self, carried: Carried) -> None:
        self._carried.discard(carried)
        self.entries.end(carried.entry, self._host.stack.now)
