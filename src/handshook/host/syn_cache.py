"""The SYN cache (RFC 4987 3.5; Lemon, "Resisting SYN flood DoS attacks with a SYN cache", 2002).

A table of fixed size in which a half-open connection is one row of 64 bytes, for when there is no room for an entry of
its own. A keyed hash says in which bucket; where a bucket is full its oldest row makes room, so a flood of strangers
pushes out what waits only as fast as it fills all buckets, and nobody can choose whose.

A row is a `HalfOpen` laid flat: whatever arrives for it, it is stood up again (`Cached`), decides by the same rules,
and is laid back. What it lacks is a timer: its SYN,ACK is repeated when the peer repeats its SYN, not by itself. Nor
does it keep data that came with the SYN; the peer will repeat it.
"""

from collections.abc import Iterator
from struct import Struct

from ..outcomes import Outcome
from ..tcp.clock import NEVER
from ..tcp.cookie_layout import ECN_BIT, NO_SCALE, NO_TIMESTAMPS, SACK_BIT
from ..tcp.flow import Owner
from ..tcp.half_open import HalfOpen
from ..tcp.isn import Secret
from ..tcp.terms import Terms
from ..wire.build import Builder
from ..wire.segment import Segment

SYN_REPEATED = Outcome.SYN_REPEATED

BUCKETS = 512
WAYS = 16
ROWS = BUCKETS * WAYS
"""8,192, as many as a stack keeps entries by default; they take half a megabyte. FreeBSD has 15,360."""
# As long as a half-open entry lives by default.
ROW_LIFE = 63.0

# Key; ISS, IRS, TS.Recent; window, MSS; options as in a cookie, kind, retries; when the SYN came. Kind 0 is no row.
ROW = Struct("<36s3I2H3Bxd")
KIND = 53  # where it stands
USED, IPV6 = 1, 2


class Cached(HalfOpen):
    """A half-open connection whose home is a row of the cache; `row` is which."""

    __slots__ = ("row",)

    def live_in(self, row: int) -> None:
        """This row is its home."""
        self.row = row

    def arrive(self, segment: Segment, now: float) -> int:
        """As any half-open entry; but what it sends again is counted here, for no timer does."""
        why = HalfOpen.arrive(self, segment, now)
        if why == SYN_REPEATED and self.retries < 255:
            self.retries += 1
        return why

    def emit(self, builder: Builder, now: float, frames: list[bytes]) -> int:
        """As any half-open entry, but nothing is due afterwards."""
        why = HalfOpen.emit(self, builder, now, frames)
        self.due = NEVER
        return why


class SynCache:
    """The cache of one stack. It takes its memory when it is first needed; `waiting` is how many rows are in use."""

    __slots__ = ("_isn", "_owner", "_secret", "_table", "waiting")

    def __init__(self, secret: Secret, isn: Secret, owner: Owner) -> None:
        self._secret = secret
        self._isn = isn
        self._owner = owner
        self._table = bytearray()
        self.waiting = 0

    def take(self, segment: Segment, listener: object, terms: Terms, now: float) -> Cached:
        """A new connection of this SYN, in a row of its own, which `victim` is asked about before."""
        entry = Cached()
        entry.begin(segment.key, listener, terms, self._owner)
        entry.take_syn(segment, self._isn, now)
        entry.live_in(self._oldest(segment.key))
        self.waiting += self._table[entry.row * ROW.size + KIND] == 0
        self.lay(entry)
        return entry

    def victim(self, key: bytes, now: float) -> bytes | None:
        """The four-tuple that still waits and has to go for this one; None where there is room."""
        if not self._table:
            self._table = bytearray(ROWS * ROW.size)
        row = self._oldest(key)
        return self._key(row) if self._born(row) > now - ROW_LIFE else None

    def find(self, key: bytes, now: float) -> int:
        """The row of this four-tuple, -1 where there is none."""
        for row in self._bucket(key) if self.waiting else ():
            if self._born(row) > now - ROW_LIFE and self._key(row) == key:
                return row
        return -1

    def stand_up(self, row: int, listener: object, terms: Terms) -> Cached:
        """The connection in this row, as one that can act."""
        _, iss, irs, recent, window, mss, options, _, retries, born = ROW.unpack_from(self._table, row * ROW.size)
        entry = Cached()
        entry.live_in(row)
        entry.begin(self._key(row), listener, terms, self._owner)
        entry.recall((iss, irs, recent), window, mss, options)
        entry.recall_time(self._isn, born, born, retries)
        return entry

    def lay(self, entry: Cached) -> None:
        """Write the connection into its row."""
        options = (entry.scale if entry.scale >= 0 else NO_SCALE) | (0 if entry.timestamps else NO_TIMESTAMPS)
        options |= (SACK_BIT if entry.sack else 0) | (ECN_BIT if entry.ecn else 0)
        kind = USED | (0 if len(entry.key) == 12 else IPV6)
        numbers = entry.iss, entry.irs, entry.ts_recent, entry.peer_window, entry.peer_mss
        ROW.pack_into(
            self._table,
            entry.row * ROW.size,
            entry.key,
            *numbers,
            options,
            kind,
            entry.retries,
            entry.started_at,
        )

    def clear(self, row: int) -> None:
        """The row is free."""
        self.waiting -= 1
        self._table[row * ROW.size : (row + 1) * ROW.size] = bytes(ROW.size)

    def rows(self, now: float) -> Iterator[tuple[bytes, int]]:
        """Every four-tuple that waits, and its row."""
        for row in range(ROWS if self.waiting else 0):
            if self._born(row) > now - ROW_LIFE:
                yield self._key(row), row

    def _oldest(self, key: bytes) -> int:
        """The row in this four-tuple's bucket that is to be filled next: an empty one, or else the oldest."""
        return min(self._bucket(key), key=self._born)

    def _bucket(self, key: bytes) -> range:
        first = self._secret.siphash(key) % BUCKETS * WAYS
        return range(first, first + WAYS)

    def _key(self, row: int) -> bytes:
        at = row * ROW.size
        return bytes(self._table[at : at + (36 if self._table[at + KIND] & IPV6 else 12)])

    def _born(self, row: int) -> float:
        """When its SYN came; before all time where it is empty."""
        if not self._table[row * ROW.size + KIND]:
            return -NEVER
        born: float = ROW.unpack_from(self._table, row * ROW.size)[9]
        return born
