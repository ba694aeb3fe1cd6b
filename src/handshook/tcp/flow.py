"""What a stack keeps under one four-tuple, whatever state it is in, and whom it belongs to.

A half-open entry and a connection are both a `Flow`: the stack finds it by its key, lets it judge an arriving segment,
lets it write what it has to say, and wakes it when it is due. Neither knows the stack; each tells its `Owner` when a
call of the program has given it something to do.
"""

from ..wire.addresses import local_of, remote_of
from ..wire.build import Builder
from ..wire.segment import Segment
from .challenges import ChallengeLimit
from .clock import NEVER
from .states import CLOSED, STATES, State


class Owner:
    """Who keeps flows and must be told when one of them has something to say, to time, or to report."""

    __slots__ = ("challenges", "now")

    def __init__(self, challenges: ChallengeLimit) -> None:
        self.now: float = 0.0
        self.challenges = challenges

    def attend(self, flow: "Flow", outcome: int) -> None:
        """The program has asked something of `flow`; `outcome` names what."""
        raise NotImplementedError

    def report(self, flow: "Flow") -> None:
        """The program has taken `flow` over and is to hear what happens to it."""
        raise NotImplementedError

    def taken(self, key: bytes) -> bool:
        """Is this four-tuple in use, or resting?"""
        raise NotImplementedError

    def patience(self, flow: "Flow") -> int:
        """How often may this half-open entry's SYN,ACK be repeated, as full as its queue is?"""
        raise NotImplementedError

    def still_waits(self, key: bytes) -> bool:
        """Is this four-tuple still in TIME-WAIT?"""
        raise NotImplementedError


class Flow:
    """One four-tuple's state: `stage` as the plain integer the engine counts with, `state` as everyone else reads it.

    `due` is when it next wants to be woken; `armed` is when the timers will look at it and `place` where in their heap
    it stands (-1: nowhere); `ready` says whether it is on the stack's list of those with something to say, `seen` is
    the stage at the last step that observers were shown.
    """

    __slots__ = ("armed", "due", "key", "place", "ready", "seen", "stage")

    def __init__(self) -> None:
        self.key = b""
        self.stage: int = CLOSED
        self.seen: int = CLOSED
        self.due: float = NEVER
        self.armed: float = NEVER
        self.place = -1
        self.ready = False

    @property
    def state(self) -> State:
        """The RFC 9293 state."""
        return STATES[self.stage]

    @property
    def local(self) -> tuple[str, int]:
        """This side's (address, port)."""
        return local_of(self.key)

    @property
    def remote(self) -> tuple[str, int]:
        """The other side's (address, port)."""
        return remote_of(self.key)

    def arrive(self, segment: Segment, now: float) -> int:
        """Judge a segment that came for this four-tuple; returns the outcome."""
        raise NotImplementedError

    def wake(self, now: float) -> int:
        """Run what is due; returns the outcome, 0 when nothing was."""
        raise NotImplementedError

    def emit(self, builder: Builder, now: float, frames: list[bytes]) -> int:
        """Write what there is to say onto `frames`; returns the outcome of the last, 0 when nothing was said."""
        raise NotImplementedError
