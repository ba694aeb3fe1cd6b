"""What became of each connection that the program asked for, or was asked for: one entry each, with its verdict.

The engine's verdict is about the program's half of it, the machine's errors are about the far half; the sentence says
both from where the program stands.
"""

import errno
import os
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..host.step import Effect, Injected
from ..outcomes import Outcome
from ..show.words import duration
from ..tcp.connection import Connection
from ..tcp.verdict import Verdict
from ..wire.addresses import local_of, remote_of, spell

MOST_ENTRIES = 10_000

End: TypeAlias = tuple[str, int]


@dataclass
class Entry:
    """One connection. Times are seconds of the engine's clock; `remote` is the far end as the program names it."""

    number: int
    remote: End
    program: End
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
    syns: int = 0
    """How often the program's kernel has asked."""
    carried_on: bool = False
    """Whether the far side was asked: what a rule has taken off the link never came as far."""
    withdrawn: bool = False
    injected: tuple[Injected, ...] = ()
    """What was done to it on purpose, by rules."""
    connection: Connection | None = field(default=None, repr=False)
    """While it is open."""
    verdict: Verdict | None = None
    """The engine's, once it is over."""

    @property
    def outcome(self) -> str:
        """In a word: "open", "closed", "refused", "unanswered", "given up", "unreachable", "reset", "failed".

        And, where a rule has seen to it that the far side was never asked, "cut off" or "unheard".
        """
        number = None if self.error is None else self.error.errno
        if not self.carried_on and self.outward:
            return "cut off" if any(mark.effect is Effect.FORGED for mark in self.injected) else "unheard"
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
            syns=f"{self.syns} SYNs" if self.syns > 1 else "one SYN",
        )
        if self.injected:
            said += ": injected by " + ", ".join(f"`{mark.rule}`" for mark in self.injected)
        return said

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
            "injected": [str(mark) for mark in self.injected],
            "verdict": None if self.verdict is None else self.verdict.outcome.name,
        }

    @property
    def _reset_inside(self) -> bool:
        return self.verdict is not None and self.verdict.outcome is Outcome.CONNECTION_RESET

    @property
    def _by(self) -> str:
        if any(mark.effect is Effect.FORGED for mark in self.injected):
            return "a rule's forged RST"
        return spell(self.remote) if self.error is not None else "the program"


class Entries:
    """All of them, the newest `most`; `forgotten` counts the others. `name_of` says which name an address has."""

    def __init__(self, name_of: Callable[[str], str] = str, most: int = MOST_ENTRIES) -> None:
        self.count = 0
        self._kept: deque[Entry] = deque(maxlen=most)
        self._name_of = name_of
        self._asking: OrderedDict[bytes, tuple[int, Entry]] = OrderedDict()
        self._injected: Callable[[End, End], Sequence[Injected]] = lambda *_: ()
        self.begun: Callable[[Entry], object] = lambda _: None
        """Called with each entry when it begins."""

    def look_up_injected(self, injected: Callable[[End, End], Sequence[Injected]]) -> None:
        """From now on `injected(local, remote)` says what was done to a connection of the engine's."""
        self._injected = injected

    def asked(self, key: bytes, isn: int, now: float) -> None:
        """The program's kernel has sent a SYN with this four-tuple: a new connection, or the same SYN once more."""
        known = self._asking.get(key)
        if known is None or known[0] != isn:
            entry = self.begin(local_of(key), remote_of(key), now)
            self._asking[key] = known = (isn, entry)
            self._asking.move_to_end(key)
            if len(self._asking) > MOST_ENTRIES:
                self._asking.popitem(last=False)
        known[1].syns += 1

    def of(self, key: bytes, now: float) -> Entry:
        """The entry of the connection with this four-tuple; a new one where that is not known any more."""
        known = self._asking.get(key)
        return self.begin(local_of(key), remote_of(key), now) if known is None else known[1]

    def begin(self, remote: End, program: End, now: float, *, outward: bool = True) -> Entry:
        """A connection is asked for."""
        self.count += 1
        entry = Entry(self.count, remote, program, now, outward)
        entry.name = self._name_of(remote[0]) if outward else ""
        self._kept.append(entry)
        self.begun(entry)
        return entry

    def end(self, entry: Entry, now: float) -> None:
        """It is over: what the engine says of it is kept, and what was done to it, and not what it still held."""
        self._look(entry)
        entry.ended = now
        connection, entry.connection = entry.connection, None
        if connection is not None:
            entry.verdict = connection.verdict

    def records(self) -> list[dict[str, Any]]:
        """All that are kept, for machines."""
        for entry in self._kept:
            if entry.ended is None:
                self._look(entry)
        return [entry.record() for entry in self._kept]

    def close(self, now: float) -> None:
        """The run is over, and with it whatever was under way."""
        for entry in self._kept:
            if entry.ended is None:
                self._look(entry)
                if not entry.carried_on and entry.outward:
                    entry.ended = now

    def _look(self, entry: Entry) -> None:
        """What was done to it."""
        connection = entry.connection
        if connection is not None:
            entry.injected = tuple(self._injected(connection.local, connection.remote))
        elif entry.outward:
            entry.injected = tuple(self._injected(entry.remote, entry.program))

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
    "unanswered": "no answer: {far} was asked for {waited}, by {syns}, and said nothing",
    "cut off": "cut off by a reset, and {far} was never asked",
    "unheard": "unheard: {syns} of the program's, and {far} was never asked",
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
