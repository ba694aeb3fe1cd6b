"""Drawing takes longer than answering, so it is done later: steps wait here until the loop has time.

Drawn at once, a wide ladder would hold up the very answers that it shows: the kernel then repeats its segments, and
what is seen is the observer's own slowness.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from ..host.step import Step

# Each may hold a frame of 64 KB. Beyond these a step is drawn at once, so that memory stays bounded and none is lost.
MOST = 1024


class Later:
    """An observer that keeps what it sees for another one, in order; at most `most` steps.

    `rest` is called when all that waited has been shown.
    """

    def __init__(
        self, observer: Callable[[Step], None], *, rest: Callable[[], None] | None = None, most: int = MOST
    ) -> None:
        self._observer = observer
        self._rest = rest
        self._most = most
        self._waiting: deque[Step] = deque()

    def __call__(self, step: Step) -> None:
        self._waiting.append(step)
        if len(self._waiting) > self._most:
            self.show_one()

    def show_one(self) -> bool:
        """Show the oldest step; False when there was none."""
        if not self._waiting:
            return False
        self._observer(self._waiting.popleft())
        if not self._waiting and self._rest is not None:
            self._rest()
        return True

    def show_all(self) -> None:
        """Show all that wait."""
        while self.show_one():
            pass


class Shown:
    """In an asyncio loop steps are shown between two of its rounds, one at a time: nobody waits for their answer."""

    def __init__(self, later: Later, loop: asyncio.AbstractEventLoop) -> None:
        self._later = later
        self._loop = loop
        self._soon = False

    def __call__(self, step: Step) -> None:
        self._later(step)
        if not self._soon:
            self._soon = True
            self._loop.call_soon(self._show)

    def _show(self) -> None:
        self._soon = self._later.show_one()
        if self._soon:
            self._loop.call_soon(self._show)
