"""The TIME-WAIT table: four-tuples that rest until no old segment of theirs can still be on its way."""

from collections import deque

from ..tcp.clock import NEVER
from ..tcp.time_wait import TimeWait


class TimeWaits:
    """Entries by key, and in the order in which they expire.

    All wait equally long, so a queue is enough; an entry whose wait began anew is put back when its old turn comes.
    """

    __slots__ = ("_entries", "_order")

    def __init__(self) -> None:
        self._entries: dict[bytes, TimeWait] = {}
        self._order: deque[tuple[float, bytes, TimeWait]] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: bytes) -> bool:
        return key in self._entries

    def add(self, key: bytes, entry: TimeWait) -> None:
        """Begin a wait."""
        self._entries[key] = entry
        self._order.append((entry.expires, key, entry))

    def find(self, key: bytes) -> TimeWait | None:
        """The entry of this four-tuple, if it rests."""
        return self._entries.get(key)

    def remove(self, key: bytes) -> None:
        """End a wait before its time: a newer connection takes the four-tuple."""
        self._entries.pop(key, None)

    def next(self) -> float:
        """When the next entry may expire; NEVER when there is none."""
        return self._order[0][0] if self._order else NEVER

    def pop(self, now: float) -> bytes | None:
        """Forget one entry whose wait is over and return its key; None when there is none left."""
        while self._order and self._order[0][0] <= now:
            _, key, entry = self._order.popleft()
            if self._entries.get(key) is not entry:
                continue
            if entry.expires > now:
                self._order.append((entry.expires, key, entry))
                continue
            del self._entries[key]
            return key
        return None

    def items(self) -> list[tuple[bytes, TimeWait]]:
        """All entries, the oldest first."""
        return list(self._entries.items())
