"""All states that were met, each once: four words of 64 bits, whole, so that no two are ever taken for one.

States stand in the order in which they were met, so that the first are the nearest to the beginning, and beside each
stands where it was come to from. An index of half-empty slots finds them. That is 48 bytes a state and some four to
eight for the index.
"""

from array import array

MASK = 0xFFFFFFFFFFFFFFFF
EMPTY = 0xFFFFFFFF
LEAST = 1 << 10
# Odd numbers that mix: the golden ratio's, and those of SplitMix64 (Steele, Lea and Flood, 2014).
MIX1, MIX2, MIX3 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


class Table:
    """States by number. `before` is the number of the state that each came from, `action` what happened to it."""

    __slots__ = ("_actions", "_before", "_index", "_mask", "_room", "_words", "size")

    def __init__(self) -> None:
        self.size = 0
        self._room = LEAST
        self._words = array("Q", [0]) * (4 * LEAST)
        self._before = array("I", [0]) * LEAST
        self._actions = array("I", [0]) * LEAST
        self._index = array("I", [EMPTY]) * (2 * LEAST)
        self._mask = 2 * LEAST - 1

    def __len__(self) -> int:
        return self.size

    def add(self, w0: int, w1: int, w2: int, w3: int, before: int, action: int) -> bool:
        """File a state; False if it is there already."""
        slot = mix(w0, w1, w2, w3) & self._mask
        while True:
            place = self._index[slot]
            if place == EMPTY:
                break
            at = 4 * place
            if (
                self._words[at] == w0
                and self._words[at + 1] == w1
                and self._words[at + 2] == w2
                and self._words[at + 3] == w3
            ):
                return False
            slot = (slot + 1) & self._mask
        place = self.size
        at = 4 * place
        self._words[at] = w0
        self._words[at + 1] = w1
        self._words[at + 2] = w2
        self._words[at + 3] = w3
        self._before[place] = before
        self._actions[place] = action
        self._index[slot] = place
        self.size += 1
        if self.size == self._room:
            self._grow()
        return True

    def word(self, place: int, which: int) -> int:
        """One of the four words of a state."""
        return self._words[4 * place + which]

    def before(self, place: int) -> int:
        """The state that it came from."""
        return self._before[place]

    def action(self, place: int) -> int:
        """What happened to that."""
        return self._actions[place]

    def _grow(self) -> None:
        """Twice the room, and every slot anew."""
        room = self._room
        self._words = twice(self._words)
        self._before = twice(self._before)
        self._actions = twice(self._actions)
        self._room = 2 * room
        self._index = array("I", [EMPTY]) * (4 * room)
        self._mask = 4 * room - 1
        for place in range(self.size):
            at = 4 * place
            slot = mix(self._words[at], self._words[at + 1], self._words[at + 2], self._words[at + 3]) & self._mask
            while self._index[slot] != EMPTY:
                slot = (slot + 1) & self._mask
            self._index[slot] = place


def twice(row: "array[int]") -> "array[int]":
    """The row, and as much again of zeros."""
    old = memoryview(row)
    longer = array(old.format)
    longer.frombytes(old.cast("B"))
    longer.frombytes(bytes(old.nbytes))
    return longer


def mix(w0: int, w1: int, w2: int, w3: int) -> int:
    """64 bits in which every bit of the four words has had its say."""
    h = w0
    h = ((h ^ (h >> 30)) * MIX2) & MASK
    h = ((h ^ w1) * MIX1) & MASK
    h = ((h ^ (h >> 27)) * MIX3) & MASK
    h = ((h ^ w2) * MIX1) & MASK
    h = ((h ^ (h >> 30)) * MIX2) & MASK
    h = ((h ^ w3) * MIX1) & MASK
    h = ((h ^ (h >> 27)) * MIX3) & MASK
    return h ^ (h >> 31)
