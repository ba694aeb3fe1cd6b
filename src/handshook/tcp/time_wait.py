"""What is left of a connection in TIME-WAIT: enough to answer for it, and no more."""

from ..wire.build import Builder
from ..wire.flags import ACK
from ..wire.word import WORD


class TimeWait:
    """A finished connection's numbers, until `expires` (seconds of the stack's clock)."""

    __slots__ = ("expires", "rcv_nxt", "snd_nxt", "timestamps", "ts_offset", "ts_recent", "window")

    def __init__(self) -> None:
        self.snd_nxt = self.rcv_nxt = 0
        self.window = 0  # the window field of the last ACK, as it stands in the header
        self.timestamps = False
        self.ts_offset = self.ts_recent = 0
        self.expires = 0.0

    def ack(self, key: bytes, builder: Builder, now: float, outcome: int) -> bytes:
        """The last ACK, once more."""
        builder.begin(4 if len(key) == 12 else 6)
        if self.timestamps:
            builder.add_timestamps((builder.clock + self.ts_offset) & WORD, self.ts_recent)
        return builder.finish(key, self.snd_nxt, self.rcv_nxt, ACK, self.window, b"", 0, 0, 0, outcome)
