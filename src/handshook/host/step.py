"""What an observer is shown: one step in the life of a connection."""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from ..outcomes import Outcome
from ..tcp.states import State
from ..wire.framing import PLAIN, Framing
from ..wire.segment import Segment, parse


class Direction(Enum):
    """Where a step came from."""

    IN = "in"  # a packet from the link
    OUT = "out"  # a packet to the link
    TIMER = "timer"  # time that passed
    CALL = "call"  # the program


class Effect(Enum):
    """What was done on purpose to a segment on its way."""

    DROPPED = "dropped"  # it never arrives
    DELAYED = "delayed"
    COPIED = "copied"  # this one is the copy
    CHANGED = "changed"
    FORGED = "forged"  # nobody has sent it


@dataclass(frozen=True)
class Injected:
    """That a step didn't happen by itself: which effect, of which rule of `fault/`."""

    effect: Effect
    rule: str

    def __str__(self) -> str:
        return f"{self.effect.value}, injected by `{self.rule}`"


@dataclass(frozen=True)
class Step:
    """One thing that happened: an arriving or leaving packet, a time-out, or a call of the program.

    `time` is in seconds of the caller's clock. `local` and `remote` are (address, port), None for a packet that never
    became a segment. `frame` is the packet as the link has it, None where no packet is involved. For a packet
    that leaves, `before` and `after` are the same: sending follows a change of state, it doesn't make one. `injected`
    is None for what came about by itself.
    """

    time: float
    direction: Direction
    outcome: Outcome
    before: State
    after: State
    local: tuple[str, int] | None = None
    remote: tuple[str, int] | None = None
    frame: bytes | None = None
    framing: Framing = PLAIN
    injected: Injected | None = None

    @cached_property
    def segment(self) -> Segment | None:
        """The packet as a segment, read anew; None where there is none or it cannot be read as one."""
        if self.frame is None:
            return None
        segment = Segment()
        if parse(self.frame, self.framing.headroom, True, segment):
            return None
        return segment

    @property
    def packet(self) -> bytes | None:
        """The IP packet, without what the link puts before it."""
        return None if self.frame is None else self.frame[self.framing.headroom :]
