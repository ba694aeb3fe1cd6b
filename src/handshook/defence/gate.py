"""The gate before a stack: each packet passes it, is counted by what it is, and turned away only where a list says so.

It looks at the source address and the control bits, and at nothing else: what a packet means is the stack's to judge.
Nobody is on a list for what a lone SYN says.
"""

from array import array

from ..wire.flags import ACK, FIN, RST, SYN
from .limits import Bucket
from .sketch import Sketch
from .table import PrefixTable

# What is counted, in the order of `Gate.counts`.
SYNS, RESETS, FINISHES, OTHERS, BANNED, LIMITED = range(6)
COUNTED = ("syns", "resets", "finishes", "others", "banned", "limited")
PROTOCOL_TCP = 6


class Gate:
    """Passes packets on. `bans` names each prefix that is shut out, `limits` has a `Bucket` for each slowed one.

    `width4` and `width6` are how many octets of a source make its prefix in the sketch.
    """

    __slots__ = ("_headroom", "bans", "counts", "limits", "sketch4", "sketch6", "width4", "width6")

    def __init__(self, headroom: int, bans: PrefixTable, limits: PrefixTable, seed: int) -> None:
        self._headroom = headroom
        self.bans = bans
        self.limits = limits
        self.counts = array("Q", [0]) * len(COUNTED)
        self.sketch4 = Sketch(seed)
        self.sketch6 = Sketch(seed ^ 6)
        self.width4 = 3
        self.width6 = 6

    def pass_on(self, frames: list[bytes], now: float) -> list[bytes]:
        """The packets that may go on, in order; the same list when that is all of them."""
        taken = None
        for place, frame in enumerate(frames):
            if self._admits(frame, now):
                if taken is not None:
                    taken.append(frame)
            elif taken is None:
                taken = frames[:place]
        return frames if taken is None else taken

    def clear(self) -> None:
        """Forget who sent how much."""
        self.sketch4.clear()
        self.sketch6.clear()

    def _admits(self, frame: bytes, now: float) -> bool:
        p = frame
        start = self._headroom
        size = len(frame) - start
        if size < 40:
            return True
        wide = (p[start] >> 4) == 6
        if wide:
            source = start + 8
            protocol = p[start + 6]
            flags_at = start + 53
        else:
            source = start + 12
            protocol = p[start + 9]
            flags_at = start + ((p[start] & 15) << 2) + 13
        if self.bans.size and self.bans.find(frame, source, wide) is not None:
            self.counts[BANNED] += 1
            return False
        if protocol != PROTOCOL_TCP or flags_at >= start + size:
            return True
        flags = p[flags_at]
        if flags & RST:
            self.counts[RESETS] += 1
        elif flags & SYN:
            if not flags & ACK:
                return self._admits_syn(frame, source, wide, now)
            self.counts[OTHERS] += 1
        elif flags & FIN:
            self.counts[FINISHES] += 1
        else:
            self.counts[OTHERS] += 1
        return True

    def _admits_syn(self, frame: bytes, source: int, wide: bool, now: float) -> bool:
        self.counts[SYNS] += 1
        if wide:
            self.sketch6.count(frame, source, self.width6)
        else:
            self.sketch4.count(frame, source, self.width4)
        if self.limits.size:
            bucket = self.limits.find(frame, source, wide)
            if isinstance(bucket, Bucket) and not bucket.take(now):
                self.counts[LIMITED] += 1
                return False
        return True
