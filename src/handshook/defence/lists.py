"""The lists of a defence: who is shut out, and who is slowed down; until when, and why. They can be long."""

from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf

from .limits import Bucket
from .prefix import read_prefix, spell_prefix
from .table import PrefixTable

# So many are looked at in one go: a million that end at one moment must not hold up the packets.
MOST_AT_ONCE = 5000


class Listed:
    """Something of a prefix that ends at `until`, in seconds of the stack's clock, and `why` it is there."""

    __slots__ = ("until", "why")

    def __init__(self, until: float, why: str) -> None:
        self.until = until
        self.why = why


class Slowed(Bucket):
    """The same of a prefix that may send so many SYNs a second."""

    __slots__ = ("until", "why")

    def __init__(self, until: float, why: str, rate: float, now: float) -> None:
        super().__init__(rate, now)
        self.until = until
        self.why = why


@dataclass(frozen=True)
class Row:
    """One line of a list as people read it; `left` in seconds, `rate` in SYNs a second where it is a limit."""

    prefix: str
    left: float
    why: str
    rate: float | None = None

    def __str__(self) -> str:
        left = "for ever" if self.left == inf else f"{self.left:.1f} s left"
        rate = "" if self.rate is None else f", {self.rate:g} SYNs/s"
        return f"{self.prefix}{rate}, {left}: {self.why}"


class Lists:
    """Bans and limits. Times are seconds of the stack's clock, which nobody can set."""

    def __init__(self) -> None:
        self.bans = PrefixTable()
        self.limits = PrefixTable()
        self._ends: list[tuple[float, int, bytes, int]] = []

    def ban(self, prefix: str, until: float = inf, why: str = "by hand") -> None:
        """Shut a prefix out. Raises `ValueError` for what is none, and for the prefix of everyone."""
        self.ban_all([prefix], until, why)

    def ban_all(self, prefixes: list[str], until: float = inf, why: str = "by hand") -> None:
        """Shut all of them out, or, where one is no prefix, none. Raises `ValueError`."""
        listed = Listed(until, why)
        for packed, length in [_of_somebody(prefix) for prefix in prefixes]:
            self.bans.put(packed, length, listed)
            self._end_at(until, packed, length)

    def unban(self, prefix: str) -> bool:
        """Let a prefix in again; False when it was not on the list."""
        return self.bans.drop(*read_prefix(prefix))

    def limit(self, prefix: str, rate: float, now: float, until: float = inf, why: str = "by hand") -> None:
        """Let a prefix send so many SYNs a second. Raises `ValueError`."""
        if not 0 < rate < inf:
            raise ValueError(f"a rate of {rate}: it is a number of SYNs a second, above 0")
        packed, length = _of_somebody(prefix)
        self.limits.put(packed, length, Slowed(until, why, rate, now))
        self._end_at(until, packed, length)

    def unlimit(self, prefix: str) -> bool:
        """Let a prefix send what it will; False when it was not on the list."""
        return self.limits.drop(*read_prefix(prefix))

    def expire(self, now: float) -> int:
        """Drop what has ended, at most `MOST_AT_ONCE`; returns how many were dropped."""
        dropped = 0
        for _ in range(MOST_AT_ONCE):
            if not self._ends or self._ends[0][0] > now:
                break
            _, _, packed, length = heappop(self._ends)
            for table in (self.bans, self.limits):
                listed = table.get(packed, length)
                # It may have been said anew, with another end.
                if isinstance(listed, (Listed, Slowed)) and listed.until <= now:
                    dropped += table.drop(packed, length)
        return dropped

    def next(self) -> float:
        """When something ends next; infinity for never."""
        return self._ends[0][0] if self._ends else inf

    def banned(self, now: float, most: int | None = None) -> list[Row]:
        """The bans, at most so many."""
        return [
            Row(spell_prefix(packed, length), listed.until - now, listed.why)
            for packed, length, listed in self.bans.items()[:most]
            if isinstance(listed, Listed)
        ]

    def limited(self, now: float, most: int | None = None) -> list[Row]:
        """The limits, at most so many."""
        return [
            Row(spell_prefix(packed, length), slowed.until - now, slowed.why, slowed.rate)
            for packed, length, slowed in self.limits.items()[:most]
            if isinstance(slowed, Slowed)
        ]

    def _end_at(self, until: float, packed: bytes, length: int) -> None:
        if until < inf:
            heappush(self._ends, (until, len(packed), packed, length))


def _of_somebody(prefix: str) -> tuple[bytes, int]:
    packed, length = read_prefix(prefix)
    if not length:
        raise ValueError(f"{prefix} is everyone")
    return packed, length
