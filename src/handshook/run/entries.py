"""What became of each connection that the program asked for, or was asked for: one entry each, with its verdict.

The engine's verdict is about the program's half of it, the machine's errors are about the far half; the sentence says
both from where the program stands.
"""

import errno
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..outcomes import Outcome
from ..show.words import duration
from ..tcp.connection import Connection
from ..tcp.verdict import Verdict
from ..wire.addresses import spell

MOST_ENTRIES = 10_000


@dataclass
class Entry:
    """One connection. Times are seconds of the engine's clock; `remote` is the far end as the program names it."""

    number: int
    remote: tuple[str, int]
    program: tuple[str, int]
    began: float
    outward: bool = True
    name: str = ""
    connected: float | None = None
    ended: float | None = None
    sent: int = 0
    received: int = 0
    error: OSError | None = None
    """What the machine's own socket ended with."""
    far_finished: bool = False
    withdrawn: bool = False
    injected: tuple[str, ...] = ()
    connection: Connection | None = field(default=None, repr=False)
    """While it is open."""
    verdict: Verdict | None = None
    """The engine's, once it is over."""

    def end(self, now: float) -> None:
        """It is over: what the engine says of it is kept, and not what it still held."""
        self.ended = now
        if self.connection is not None:
            self.verdict = self.connection.verdict
            self.connection = None

    @property
    def outcome(self) -> str:
        """In a word: "open", "closed", "refused", "unanswered", "unreachable", "reset", "failed"."""
        number = None if self.error is None else self.error.errno
        if self.connected is None:
            if number == errno.ECONNREFUSED:
                return "refused"
            if number is None or number == errno.ETIMEDOUT:
                return "unanswered" if self.ended is not None or not self.withdrawn else "given up"
            return "unreachable" if number in _NO_WAY else "failed"
        if number in (errno.ECONNRESET, errno.EPIPE) or self._reset_inside:
            return "reset"
        if number is not None:
            return "failed"
        return "open" if self.ended is None else "closed"

    @property
    def sentence(self) -> str:
        """What happened, in a sentence; facts only."""
        far = spell(self.remote)
        said = _SENTENCES[self.outcome].format(
            far=far,
            who="the program" if self.outward else far,
            opened=duration((self.connected or self.began) - self.began),
            waited=duration((self.ended or self.connected or self.began) - self.began),
            why=os.strerror(self.error.errno or 0) if self.error is not None else "",
            sent=_bytes(self.sent),
            received=_bytes(self.received),
            by=self._by,
        )
        return said + "".join(f"; injected: {mark}" for mark in self.injected)

    def record(self) -> dict[str, Any]:
        """For machines."""
        return {
            "connection": self.number,
            "direction": "out" if self.outward else "in",
            "remote": {"address": self.remote[0], "port": self.remote[1]},
            "program": {"address": self.program[0], "port": self.program[1]},
            "name": self.name or None,
            "outcome": self.outcome,
            "sentence": self.sentence,
            "opened_after": None if self.connected is None else round(self.connected - self.began, 6),
            "lasted": None if self.ended is None else round(self.ended - self.began, 6),
            "sent": self.sent,
            "received": self.received,
            "errno": None if self.error is None else errno.errorcode.get(self.error.errno or 0),
            "injected": list(self.injected),
            "verdict": None if self.verdict is None else self.verdict.outcome.name,
        }

    @property
    def _reset_inside(self) -> bool:
        return self.verdict is not None and self.verdict.outcome is Outcome.CONNECTION_RESET

    @property
    def _by(self) -> str:
        return spell(self.remote) if self.error is not None else "the program"


class Entries:
    """All of them, the newest `MOST_ENTRIES`; `forgotten` counts the others."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self.count = 0
        self._kept: deque[Entry] = deque(maxlen=most)

    def begin(self, remote: tuple[str, int], program: tuple[str, int], now: float, *, outward: bool = True) -> Entry:
        """A connection is asked for."""
        self.count += 1
        entry = Entry(self.count, remote, program, now, outward)
        self._kept.append(entry)
        return entry

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def forgotten(self) -> int:
        """How many there were before those that are kept."""
        return self.count - len(self._kept)


_NO_WAY = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL)
_SENTENCES = {
    "refused": "refused: {far} answered at once that nobody listens there ({why}, after {waited})",
    "unanswered": "no answer: {far} was asked for {waited} and said nothing",
    "given up": "given up by the program after {waited}, before {far} had answered",
    "unreachable": "unreachable: the network knows no way to {far} ({why}, after {waited})",
    "failed": "failed with {far}: {why}, after {waited}; {sent} sent, {received} received",
    "reset": "reset by {by} after {waited}: open after {opened}, {sent} sent, {received} received",
    "open": "still open when this was told: open after {opened}, {sent} sent, {received} received",
    "closed": "opened in {opened}, used and released in order: {sent} sent, {received} received, {waited} in all",
}


def _bytes(count: float) -> str:
    """`1,234 B`, `1.23 MB`."""
    if count < 100_000:
        return f"{count:,} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 1000:
            return f"{count:.3g} {unit}"
    return f"{count / 1000:,.3g} TB"
