"""The steps of one connection, kept until the program has ended: for the one ladder that `--why` asks for."""

from collections import deque
from collections.abc import Callable

from ..host.step import Step
from ..outcomes import Outcome

# The first of them, with the handshake, and the last, with the end: each may hold a frame of 64 KB.
MOST_FIRST = 300
MOST_LAST = 300

_BEGINNINGS = (Outcome.SYN_HELD, Outcome.CALLED_CONNECT)


class Why:
    """Keeps the steps of connection `number`, counted as `Entries` counts, and passes all on to the observer `then`.

    `left_out` says how many of its steps, from the middle, were too many to keep.
    """

    def __init__(self, number: int, then: Callable[[Step], None] | None = None) -> None:
        self.number = number
        self.left_out = 0
        self._then = then
        self._count = 0
        self._ends: tuple[object, object] | None = None
        self._first: list[Step] = []
        self._last: deque[Step] = deque()

    def __call__(self, step: Step) -> None:
        if self._then is not None:
            self._then(step)
        ends = (step.local, step.remote)
        if step.outcome in _BEGINNINGS:
            self._count += 1
            if self._count == self.number:
                self._ends = ends
            elif ends == self._ends:
                # The same two ends once more are another connection.
                self._ends = None
        if ends == self._ends and None not in ends:
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
