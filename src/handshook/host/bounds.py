"""How many half-open entries there may be: for each listener, in all, and from each prefix of source addresses.

A SYN's source may be forged, so no bound says anything about who sent it; each only keeps what strangers can cause
from growing, and the one on prefixes keeps a single network from taking every place. Prefixes are counted only while
they have entries, so that what counts them is never longer than the half-open queue.
"""

from operator import itemgetter

from ..outcomes import Outcome
from ..tcp.terms import Terms
from ..wire.addresses import unpack
from .listener import Listener

DROPPED_SYN_HOST_FULL = Outcome.DROPPED_SYN_HOST_FULL
DROPPED_SYN_PREFIX_FULL = Outcome.DROPPED_SYN_PREFIX_FULL
DROPPED_SYN_QUEUE_FULL = Outcome.DROPPED_SYN_QUEUE_FULL
NOTHING = Outcome.NOTHING


class Bounds:
    """The counts of one stack; the knobs are its own config's, but for the listener's own limit."""

    __slots__ = ("_prefixes", "_terms", "total")

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._prefixes: dict[bytes, int] = {}
        self.total = 0

    def full(self, listener: Listener, key: bytes) -> int:
        """Which bound leaves no room for one more, as the outcome of dropping it; NOTHING where there is room."""
        terms = self._terms
        if listener.half_open >= listener.terms.half_open_limit:
            return DROPPED_SYN_QUEUE_FULL
        if self.total >= terms.host_half_open_limit:
            return DROPPED_SYN_HOST_FULL
        return DROPPED_SYN_PREFIX_FULL if self.prefix_full(key) else NOTHING

    def prefix_full(self, key: bytes) -> bool:
        """Does the source's prefix have as many as one may?"""
        most = self._terms.prefix_half_open_limit
        if most == 0 or not self._prefixes:
            return False
        taken: int = self._prefixes.get(self._prefix(key), 0)
        return taken >= most

    def enter(self, listener: Listener, key: bytes) -> None:
        """An entry is made."""
        listener.half_open += 1
        self.total += 1
        if self._terms.prefix_half_open_limit:
            prefix = self._prefix(key)
            self._prefixes[prefix] = self._prefixes.get(prefix, 0) + 1

    def leave(self, listener: Listener, key: bytes) -> None:
        """An entry is gone."""
        listener.half_open -= 1
        self.total -= 1
        if self._terms.prefix_half_open_limit:
            prefix = self._prefix(key)
            left = self._prefixes[prefix] - 1
            if left:
                self._prefixes[prefix] = left
            else:
                del self._prefixes[prefix]

    def fullest(self) -> tuple[str | None, int]:
        """The prefix with the most entries, as in "198.51.100.0/24", and how many; None and 0 while none is counted."""
        if not self._prefixes:
            return None, 0
        prefix, count = max(self._prefixes.items(), key=itemgetter(1))
        bits = self._terms.half_open_prefix4 if len(prefix) == 4 else self._terms.half_open_prefix6
        return f"{unpack(prefix)}/{bits}", count

    def _prefix(self, key: bytes) -> bytes:
        """The first bits of the source address, the rest 0; as long as an address, so that the versions stay apart."""
        four = len(key) == 12
        width = 4 if four else 16
        bits = self._terms.half_open_prefix4 if four else self._terms.half_open_prefix6
        k = key
        whole = bits >> 3
        prefix = k[:whole]
        if bits & 7:
            prefix += bytes((k[whole] & (0xFF00 >> (bits & 7)) & 0xFF,))
        return prefix.ljust(width, b"\0")
