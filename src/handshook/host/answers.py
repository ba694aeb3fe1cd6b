"""What a stack says without a connection: a RST for no one, the last ACK of TIME-WAIT, an echo reply.

They wait for the next batch like everything that leaves, and no more of them than are worth their memory: strangers
cause them.
"""

from collections.abc import Sized

from ..outcomes import Outcome
from ..tcp.held import Held
from ..tcp.time_wait import TimeWait
from ..wire.build import Builder, reset_for
from ..wire.flags import ACK, RST, SYN
from ..wire.segment import Segment, segment_length
from ..wire.word import WORD

ANSWER_DROPPED = Outcome.ANSWER_DROPPED
SENT_ACK = Outcome.SENT_ACK

MOST_ANSWERS = 4096


class Answers:
    """The answers of one stack that wait for the link."""

    __slots__ = ("_builder", "_frames", "_waits")

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._frames: list[bytes] = []
        self._waits: list[tuple[bytes, TimeWait]] = []

    def waiting(self) -> bool:
        """Is there anything to take?"""
        return bool(self._frames) or bool(self._waits)

    def add(self, frame: bytes) -> bool:
        """Owe a whole frame; False, and counted, when too many wait already."""
        if not self.room():
            return False
        self._frames.append(frame)
        return True

    def room(self) -> bool:
        """May one more be owed? If not, that is counted."""
        return not self._full(self._frames)

    def reset(self, segment: Segment) -> None:
        """Owe the RST that answers a segment of no connection; a RST itself gets none (RFC 9293 3.10.7.1)."""
        if segment.flags & RST or self._full(self._frames):
            return
        length = segment_length(segment)
        self._frames.append(reset_for(self._builder, segment.key, segment.seq, segment.ack, segment.flags, length))

    def refuse(self, entry: Held) -> None:
        """Owe the RST that refuses a SYN as if nobody listened, or who was answered with a cookie (3.10.7.1)."""
        flags, number = (ACK, (entry.iss + 1) & WORD) if entry.proved else (SYN, 0)
        if not self._full(self._frames):
            self._frames.append(reset_for(self._builder, entry.key, entry.irs, number, flags, 1))

    def last_ack(self, key: bytes, wait: TimeWait) -> None:
        """Owe the ACK of a connection in TIME-WAIT."""
        if not self._full(self._waits):
            self._waits.append((key, wait))

    def take(self, now: float) -> list[bytes]:
        """All that is owed, as frames; the caller may add to the list."""
        frames = self._frames
        self._frames = []
        for key, wait in self._waits:
            frames.append(wait.ack(key, self._builder, now, SENT_ACK))
        self._waits.clear()
        return frames

    def _full(self, waiting: Sized) -> bool:
        """Do too many wait already? Then one more is dropped, and counted."""
        if len(waiting) < MOST_ANSWERS:
            return False
        self._builder.counts[ANSWER_DROPPED] += 1
        return True
