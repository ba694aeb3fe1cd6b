"""One connection as the link sees it: who opened it, how far its handshake has come, how far its numbers.

What is noted here has passed the faults, so it is what the receiver knows.
"""

from ..host.step import Direction, Injected
from ..tcp.sequence import signed_distance
from ..wire.addresses import local_of, remote_of
from ..wire.flags import ACK, FIN, RST, SYN
from ..wire.segment import Segment
from ..wire.word import WORD
from .forms import Moment
from .tally import Tally

IN, OUT = Direction.IN, Direction.OUT
# Numbers that were sent again and are remembered: as many as a window has segments, and some.
MOST_AGAIN = 4096
MOST_MARKS = 64


class Way:
    """What one side has sent, whether it arrived or not: its first number, the next one, how often what came again."""

    __slots__ = ("acked", "again", "first", "free_at", "next")

    def __init__(self) -> None:
        self.first: int | None = None  # the number of its first byte of data
        self.next = 0
        self.acked: int | None = None
        self.again: dict[tuple[int, int], int] = {}
        self.free_at = 0.0  # when a slow link has sent all that waits

    def note(self, segment: Segment) -> tuple[int, int, int]:
        """It is sent; returns where it stands: its place in the numbers, its flags, and how often it came before.

        Counted from the first number, so that it is the same in every run.
        """
        begins = (segment.seq + 1) & WORD if segment.flags & SYN else segment.seq
        if self.first is None or (segment.flags & SYN and begins != self.first):
            self.first = self.next = begins
            times = 0
        else:
            times = self._times(segment)
        end = (segment.seq + segment.length) & WORD
        if signed_distance(self.next, end) > 0:
            self.next = end
        if segment.flags & ACK and (self.acked is None or signed_distance(self.acked, segment.ack) > 0):
            self.acked = segment.ack
        return (segment.seq - self.first) & WORD, segment.flags & (SYN | FIN | RST), times

    def before(self, segment: Segment) -> int:
        """How many bytes of data lie before this segment."""
        return 0 if self.first is None else max(signed_distance(self.first, segment.seq), 0)

    def _times(self, segment: Segment) -> int:
        if segment.length and not segment.flags & SYN:
            new = signed_distance(self.next, segment.seq) >= 0
        else:
            new = bool(segment.flags & ACK) and (self.acked is None or signed_distance(self.acked, segment.ack) > 0)
        if new:
            return 0
        what = segment.seq, -1 - segment.length if segment.length else segment.ack
        if len(self.again) > MOST_AGAIN:
            self.again.clear()
        times = self.again[what] = self.again.get(what, 0) + 1
        return times


class Flow:
    """A connection, and which rules it is for. `tallies` has those, `marks` what was injected, a rule's text each."""

    __slots__ = ("began", "finished", "key", "marks", "moment", "opener", "syn", "tallies", "watched", "ways")

    def __init__(self, key: bytes, began: float) -> None:
        self.key = key
        self.began = began
        self.opener: Direction | None = None  # the way that its SYN went
        self.syn = 0
        self.moment = Moment.SYN
        self.ways = {IN: Way(), OUT: Way()}
        self.tallies: list[Tally] = []
        self.watched = 0  # some rule may act on a segment with one of these flags
        self.marks: dict[str, Injected] = {}
        self.finished = 0  # who has: 1 and 2 for each side's FIN

    @property
    def local(self) -> tuple[str, int]:
        """The engine's address and port."""
        return local_of(self.key)

    @property
    def remote(self) -> tuple[str, int]:
        """The other side's."""
        return remote_of(self.key)

    def hang(self, tallies: list[Tally]) -> None:
        """These are its rules from now on."""
        self.tallies = tallies
        self.watched = 0
        for tally in tallies:
            self.watched |= tally.active.rule.flags

    def let_go(self) -> None:
        """Forget the rules that can't act on it any more, so that what follows costs nothing."""
        is_open = self.moment is Moment.OPEN
        if any(tally.is_spent(is_open) for tally in self.tallies):
            self.hang([tally for tally in self.tallies if not tally.is_spent(is_open)])

    def meet(self, segment: Segment, way: Direction) -> None:
        """Before the faults see it: who opens is known from the first SYN, or there was one before we looked."""
        if self.opener is None and self.moment is not Moment.OPEN:
            if segment.flags & (SYN | ACK) == SYN:
                self.opener = way
                self.syn = segment.seq
            else:
                self.moment = Moment.OPEN

    def is_another(self, segment: Segment, way: Direction) -> bool:
        """Whether this SYN opens another connection between the same ends."""
        if segment.flags & (SYN | ACK) != SYN:
            return False
        if self.opener is None:
            return self.moment is Moment.OPEN
        return way is self.opener and segment.seq != self.syn

    @property
    def over(self) -> bool:
        """Whether it was reset, or both sides have finished."""
        return self.finished == 3

    def passed(self, segment: Segment, way: Direction) -> None:
        """It goes on to its receiver."""
        if segment.flags & (FIN | RST):
            self.finished |= 3 if segment.flags & RST else 1 if way is IN else 2
        if self.moment is Moment.OPEN:
            return
        if segment.flags & SYN:
            self.moment = Moment.LAST_ACK if segment.flags & ACK else max(self.moment, Moment.SYN_ACK)
        elif self.moment is Moment.LAST_ACK and segment.flags & ACK and way is self.opener:
            self.moment = Moment.OPEN

    def forged(self, packet: bytes) -> None:
        """A bare packet that neither side has sent: a RST is the end of it all the same."""
        flags = packet[(packet[0] & 15) * 4 + 13 if packet[0] >> 4 == 4 else 53]
        if flags & RST:
            self.finished = 3

    def mark(self, injected: Injected) -> None:
        """Something was done to it on purpose."""
        if len(self.marks) < MOST_MARKS:
            self.marks.setdefault(injected.rule, injected)
