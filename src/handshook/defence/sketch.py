"""Who sends most, with memory that does not grow with how many send: a count-min sketch and a list of heavy hitters.

The sketch (Cormode, Muthukrishnan 2005) has for every source an estimate that is never too low. A source goes on the
list (space-saving: Metwally, Agrawal, El Abbadi 2005) only once its estimate is worth it, so that the list holds
those who matter, whatever else comes.
"""

from array import array

# Four rows of 2,048: with 100,000 packets an estimate is more than 100 too high for one source in 5,000.
ROWS = 4
COLUMNS = 2048
COLUMN_BITS = 11
# The list is told each time that an estimate has grown by so many.
STEP = 32
MOST_LISTED = 64

# FNV-1a's prime and the finisher of SplitMix64.
PRIME = 0x100000001B3
MIX = 0xBF58476D1CE4E5B9
WORD64 = 0xFFFFFFFFFFFFFFFF


class HeavyHitters:
    """The heaviest of many sources, at most `most`: space-saving."""

    __slots__ = ("_counts", "_errors", "_most")

    def __init__(self, most: int = MOST_LISTED) -> None:
        self._most = most
        self._counts: dict[bytes, int] = {}
        self._errors: dict[bytes, int] = {}

    def add(self, source: bytes, weight: int = 1) -> None:
        """So many more of this source."""
        counts = self._counts
        if source in counts:
            counts[source] += weight
            return
        error = 0
        if len(counts) >= self._most:
            lightest = min(counts, key=counts.__getitem__)
            error = counts.pop(lightest)
            del self._errors[lightest]
        counts[source] = error + weight
        self._errors[source] = error

    def top(self, most: int) -> list[tuple[bytes, int, int]]:
        """The heaviest first: source, count, and by how much the count may be too high."""
        ranked = sorted(self._counts, key=lambda source: (-self._counts[source], source))[:most]
        return [(source, self._counts[source], self._errors[source]) for source in ranked]

    def get(self, source: bytes) -> int:
        """The count of a source, 0 when it is not on the list."""
        return self._counts.get(source, 0)

    def clear(self) -> None:
        """Begin anew."""
        self._counts.clear()
        self._errors.clear()

    def __len__(self) -> int:
        return len(self._counts)


class Sketch:
    """Counts sources, about; `hitters` are the heaviest. `seed` keeps others from choosing sources that collide."""

    __slots__ = ("_cells", "_seed", "hitters")

    def __init__(self, seed: int) -> None:
        self._seed = seed & WORD64
        self._cells = array("I", [0]) * (ROWS * COLUMNS)
        self.hitters = HeavyHitters()

    def count(self, packet: bytes, at: int, width: int) -> int:
        """One more of the source that stands in the packet at an offset; returns the estimate."""
        p = packet
        mixed = self._seed
        for i in range(at, at + width):
            mixed = ((mixed ^ p[i]) * PRIME) & WORD64
        mixed = ((mixed ^ (mixed >> 29)) * MIX) & WORD64
        mixed ^= mixed >> 31
        cells = self._cells
        least = 0
        for row in range(ROWS):
            cell = row * COLUMNS + (mixed & (COLUMNS - 1))
            mixed >>= COLUMN_BITS
            value = cells[cell] + 1
            cells[cell] = value
            if row == 0 or value < least:
                least = value
        if least % STEP == 0:
            self.hitters.add(p[at : at + width], STEP)
        return least

    def clear(self) -> None:
        """Begin anew."""
        self._cells = array("I", [0]) * (ROWS * COLUMNS)
        self.hitters.clear()
