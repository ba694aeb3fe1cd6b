"""Several stacks behind the same addresses, a core each: the kernel gives every connection to one of them.

It does so by what it has seen leave and, failing that, by a hash of the flow. So what comes for a connection that was
opened from here, and has been silent, may come to another stack. Each therefore opens from ports of its own, and hands
on what comes for a port that is another's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field


def _nobody(owner: int, frame: bytes) -> None:
    raise RuntimeError(f"this stack shares its addresses with nobody, so nobody is {owner}")


@dataclass(frozen=True)
class Share:
    """Stack number `index` of `count`: of the ephemeral ports every `count`-th is its own, the first that at `index`.

    `hand_on(owner, frame)` is given each frame, as it came from the link, that is for the ephemeral port of another.
    It must neither wait nor call the stack. They have one `seed`, so that the initial sequence numbers of a four-tuple
    rise whoever opens it (RFC 6528); it takes the place of a stack's own where that has none.
    """

    index: int = 0
    count: int = 1
    seed: int | None = field(default=None, repr=False)
    hand_on: Callable[[int, bytes], None] = _nobody

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise ValueError(f"share {self.index} of {self.count}: they count from 0")


ALONE = Share()
