"""One exploration from beginning to end: how far it went, what failed, and the shortest way to each failure."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .catalogue import Catalogue
from .explorer import Explorer
from .properties import Property
from .scopes import Scope
from .trace import Replay, Trace
from .variants import Variant

CHUNK = 5000
TELL_EVERY = 1.0

NOT_COVERED = (
    "anything beyond these bounds",
    "SACK, window scaling, ECN, and timestamps but in the one exploration",
    "segments of more than a few octets, more than one four-tuple, ICMP, several segments in one batch",
    "numbers that meet by chance",
    "and that the rules are the right ones, which no exploration can say",
)


@dataclass(frozen=True)
class Failure:
    """A property that does not hold: the shortest way to where it fails, in actions, and the way gone once more."""

    property: Property
    steps: int
    trace: Trace


@dataclass
class Result:
    """What an exploration has come to.

    `exhausted`: every state within the bounds was met and gone on from. `stopped`: it was ended before that, and before
    what it looked for was found; what has not failed may still do so. `why` says what ended it.
    """

    variant: Variant
    scope: Scope
    states: int = 0
    expanded: int = 0
    ways: int = 0
    cut: int = 0
    depth: int = 0
    pairs: int = 0
    host_states: int = 0
    executed: int = 0
    seconds: float = 0.0
    exhausted: bool = False
    stopped: bool = False
    why: str = ""
    failures: list[Failure] = field(default_factory=list)

    @property
    def missing(self) -> list[Property]:
        """What was to be seen in this scope, and was not."""
        failed = [failure.property for failure in self.failures]
        return [each for each in self.scope.shows if each not in failed]

    @property
    def ahead(self) -> int:
        """States that were met and not gone on from."""
        return self.states - self.expanded

    @property
    def rate(self) -> float:
        """States a second."""
        return self.expanded / self.seconds if self.seconds else 0.0

    def record(self) -> dict[str, Any]:
        """For machines: everything in it, each failure with its way in words.

        `held` is what is known to hold within the bounds, `unbroken` what has only not failed until the end of it.
        """
        failed = [failure.property for failure in self.failures]
        sound = [each.value for each in Property if each not in failed and each not in self.scope.exempt]
        numbers = ("states", "expanded", "ahead", "ways", "cut", "depth", "pairs", "host_states", "executed")
        return {
            "handshake": self.variant.name,
            "scope": self.scope.name,
            "bounds": self.scope.bounds.sentence(),
            **{name: getattr(self, name) for name in (*numbers, "exhausted", "stopped", "why")},
            "seconds": round(self.seconds, 3),
            "held": sound if self.exhausted else [],
            "unbroken": [] if self.exhausted else sound,
            "not_covered": list(NOT_COVERED),
            "exempt": [each.value for each in self.scope.exempt],
            "failed": [
                {
                    "property": failure.property.value,
                    "rule": failure.property.rule,
                    "steps": failure.steps,
                    "way": failure.trace.told,
                }
                for failure in self.failures
            ],
        }


Progress = Callable[[int, int, float, int], None]
"""Called now and then with the states met, those gone on from, the seconds so far and the depth of the frontier."""


def prove(variant: Variant, scope: Scope, *, most: int | None = None, progress: Progress | None = None) -> Result:
    """Explore until everything within the bounds is known, or what is looked for was found.

    That is all that the scope `shows`, or, where it shows nothing, any failure. `most` ends it after so many states.
    """
    catalogue = Catalogue(variant, scope.bounds)
    explorer = Explorer(catalogue, scope.exempt)
    result = Result(variant, scope)
    began = told = time.monotonic()

    def enough() -> bool:
        nonlocal told
        now = time.monotonic()
        if progress is not None and now - told >= TELL_EVERY:
            told = now
            progress(explorer.table.size, explorer.expanded, now - began, explorer.depth(explorer.expanded - 1))
        looked_for = scope.shows or tuple(explorer.found)
        if looked_for and all(each in explorer.found for each in looked_for):
            return True
        if most is not None and explorer.table.size >= most:
            result.why = f"{most:,} states were to be met at most"
        return bool(result.why)

    try:
        while explorer.expand(CHUNK if most is None else min(most, CHUNK)):
            if enough():
                break
    except MemoryError:
        result.why = "there is no more memory"
    result.seconds = time.monotonic() - began
    _sum_up(result, explorer)
    return result


def _sum_up(result: Result, explorer: Explorer) -> None:
    catalogue = explorer.catalogue
    result.states = explorer.table.size
    result.expanded = explorer.expanded
    result.exhausted = explorer.expanded == explorer.table.size
    result.stopped = bool(result.why) and not result.exhausted
    result.ways = explorer.ways
    result.cut = explorer.cut
    result.depth = explorer.depth(explorer.expanded - 1)
    result.pairs = explorer.pairs
    result.host_states = len(catalogue)
    result.executed = catalogue.executed
    shown = list(result.scope.shows)
    order = sorted(explorer.found, key=lambda each: shown.index(each) if each in shown else len(shown))
    for wrong in order:
        way = explorer.way_to(*explorer.found[wrong])
        result.failures.append(Failure(wrong, len(way), Replay(catalogue).go(way)))
