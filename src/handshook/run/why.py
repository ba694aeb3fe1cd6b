"""The steps of one connection, kept until the program has ended: for the one ladder that `--why` asks for."""

from collections import deque
from collections.abc import Callable
from math import inf

from ..host.step import Step
from .entries import Entry

# The first of them, with the handshake, and the last, with the end: each may hold a frame of 64 KB.
MOST_FIRST = 300
MOST_LAST = 300


class Why:
    """Keeps the steps of connection `number`, counted as `Entries` counts, and passes all on to the observer `then`.

    Steps may come late. `left_out` says how many of them, from the middle, were too many to keep.
    """

    def __init__(self, number: int, then: Callable[[Step], None] | None = None) -> None:
        self.number = number
        self.left_out = 0
        self._then = then
        self._entry: Entry | None = None
        self._until = inf
        self._first: list[Step] = []
        self._last: deque[Step] = deque()

    def begun(self, entry: Entry) -> None:
        """A connection is asked for."""
        if entry.number == self.number:
            self._entry = entry
        elif self._entry is not None and (entry.remote, entry.program) == (self._entry.remote, self._entry.program):
            # The same two ends once more are another connection.
            self._until = min(self._until, entry.began)

    def __call__(self, step: Step) -> None:
        if self._then is not None:
            self._then(step)
        entry = self._entry
        if entry is None or not entry.began <= step.time < self._until:
            return
        # The engine is at the far end of what the program asks for, and at the near end of what it is asked for.
        ours = (step.local, step.remote) == (entry.remote, entry.program)
        if ours if entry.outward else step.remote == entry.program and step.local is not None:
            self._keep(step)

    def rest(self) -> None:
        """There is nothing more for now."""
        rest = getattr(self._then, "rest", None)
        if rest is not None:
            rest()

    @property
    def steps(self) -> list[Step]:
        """What was kept, in order."""
        return [*self._first, *self._last]

    def _keep(self, step: Step) -> None:
        if len(self._first) < MOST_FIRST:
            self._first.append(step)
            return
        self._last.append(step)
        if len(self._last) > MOST_LAST:
            self._last.popleft()
            self.left_out += 1
