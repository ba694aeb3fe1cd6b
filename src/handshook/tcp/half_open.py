"""A passive open's first half: a SYN has come, a SYN,ACK is owed or out, and nothing is proved yet (RFC 9293 3.10.7.2).

The entry holds what the connection will need and no more: a SYN costs its sender nothing, so it must cost us little.
There is no buffer, no congestion state and nothing for the program before the last ACK.
"""

from ..outcomes import Outcome
from ..wire.build import Builder
from ..wire.flags import ACK, ECE, SYN
from ..wire.segment import Segment
from .clock import NEVER
from .config import MOST_SCALE, Config
from .ecn import asks
from .flow import Flow
from .isn import Secret
from .opening import in_syn_received
from .sequence import before, before_or_at
from .states import CLOSED, SYN_RECEIVED

CHALLENGE_ACK = Outcome.CHALLENGE_ACK
HALF_OPEN_GIVEN_UP = Outcome.HALF_OPEN_GIVEN_UP
HALF_OPEN_RESET = Outcome.HALF_OPEN_RESET
NOTHING = Outcome.NOTHING
OUTSIDE_WINDOW = Outcome.OUTSIDE_WINDOW
PAWS_REJECTED = Outcome.PAWS_REJECTED
RETRANSMISSION_TIMED_OUT = Outcome.RETRANSMISSION_TIMED_OUT
SENT_CHALLENGE_ACK = Outcome.SENT_CHALLENGE_ACK
SENT_SYN_ACK = Outcome.SENT_SYN_ACK
SENT_SYN_ACK_AGAIN = Outcome.SENT_SYN_ACK_AGAIN
SYN_REPEATED = Outcome.SYN_REPEATED

# What an entry may be made to say in answer to segments that don't fit, in all its short life (RFC 5961 7).
MOST_CHALLENGES = 10
# How far, then: past any window that was not scaled, as in Linux.
BEYOND = 65537


class HalfOpen(Flow):
    """One half-open connection. `listener` is whose it will be; `data` came with the SYN and waits for the last ACK."""

    __slots__ = (
        "ack_owed",
        "challenges",
        "config",
        "data",
        "ecn",
        "irs",
        "iss",
        "listener",
        "mss",
        "peer_mss",
        "peer_window",
        "rcv_nxt",
        "retries",
        "rto",
        "sack",
        "scale",
        "sent_at",
        "started_at",
        "syn_owed",
        "timestamps",
        "ts_offset",
        "ts_recent",
    )

    def __init__(self, key: bytes, s: Segment, listener: object, config: Config, secret: Secret, now: float) -> None:
        Flow.__init__(self, key)
        self.stage = SYN_RECEIVED
        self.listener = listener
        self.config = config
        self.iss = secret.initial_sequence(key, now)
        self.ts_offset = secret.timestamp_offset(key)
        self.irs = s.seq
        self.rcv_nxt = (s.seq + 1) & 0xFFFFFFFF
        self.peer_window = s.window
        self.peer_mss = s.mss
        self.mss = config.mtu - (40 if len(key) == 12 else 60)
        self.scale = min(s.scale, MOST_SCALE) if config.window_scale else -1
        self.sack = s.sack_permitted and config.sack
        self.timestamps = s.timestamps and config.timestamps
        self.ts_recent = s.tsval if s.timestamps else 0
        self.ecn = config.ecn != "off" and asks(s)
        self.data: bytes | None = None
        self.started_at = now
        self.sent_at = NEVER
        self.rto = config.initial_rto
        self.retries = 0
        self.challenges = 0
        self.syn_owed = True
        self.ack_owed = False

    def hold(self, data: bytes) -> None:
        """Keep what came with the SYN (RFC 9293 3.10.7.2 allows it); it is acknowledged, and delivered once open."""
        self.data = data
        self.rcv_nxt = (self.rcv_nxt + len(data)) & 0xFFFFFFFF

    def begin_after(self, number: int) -> None:
        """Number from beyond what the last connection of this four-tuple has used (RFC 9293 3.6.1, MAY-2).

        The clock alone doesn't see to it: who sends more than 250,000 octets a second overtakes it.
        """
        if before_or_at(self.iss, number):
            self.iss = (number + BEYOND) & 0xFFFFFFFF

    def window(self) -> int:
        """What our SYN,ACK offers, unscaled (RFC 7323 2.2): the room that data on the SYN has left."""
        held = 0 if self.data is None else len(self.data)
        return min(self.config.receive_window - held, 0xFFFF)

    def arrive(self, segment: Segment, now: float) -> int:
        """Judge a segment; ESTABLISHED_PASSIVE asks the stack to make the connection and hand it the segment."""
        why = in_syn_received(self.iss, self.irs, self.rcv_nxt, self.window(), segment, self.ts_recent, self.timestamps)
        if why == SYN_REPEATED:
            self.syn_owed = True
            if self.timestamps and segment.timestamps and before(self.ts_recent, segment.tsval):
                self.ts_recent = segment.tsval
        elif why == HALF_OPEN_RESET:
            self.stage = CLOSED
        elif why in (OUTSIDE_WINDOW, CHALLENGE_ACK, PAWS_REJECTED) and self.challenges < MOST_CHALLENGES:
            self.challenges += 1
            self.ack_owed = True
        return why

    def wake(self, now: float) -> int:
        """The SYN,ACK was not answered in time: once more, or no more (RFC 9293 3.8.3)."""
        if self.due > now:
            return NOTHING
        if self.retries >= self.config.syn_ack_retries:
            self.stage = CLOSED
            self.due = NEVER
            return HALF_OPEN_GIVEN_UP
        self.retries += 1
        self.rto = min(self.rto * 2, self.config.max_rto)
        self.due = now + self.rto
        self.syn_owed = True
        return RETRANSMISSION_TIMED_OUT

    def emit(self, builder: Builder, now: float, frames: list[bytes]) -> int:
        """Write the SYN,ACK: their number plus one acknowledged, ours announced; or the ACK that a stranger gets."""
        if self.stage != SYN_RECEIVED or not (self.syn_owed or self.ack_owed):
            return NOTHING
        builder.begin(4 if len(self.key) == 12 else 6)
        tsval = (int(now * 1000) + self.ts_offset) & 0xFFFFFFFF
        if not self.syn_owed:
            self.ack_owed = False
            if self.timestamps:
                builder.add_timestamps(tsval, self.ts_recent)
            seq = (self.iss + 1) & 0xFFFFFFFF
            window = self.window() >> (self.config.receive_scale if self.scale >= 0 else 0)
            frames.append(builder.finish(self.key, seq, self.rcv_nxt, ACK, window, b"", 0, 0, 0, SENT_CHALLENGE_ACK))
            return SENT_CHALLENGE_ACK
        why = SENT_SYN_ACK if self.sent_at == NEVER else SENT_SYN_ACK_AGAIN
        if self.sent_at == NEVER:
            self.due = now + self.rto
        self.syn_owed = self.ack_owed = False
        self.sent_at = now
        builder.add_mss(self.mss)
        if self.sack:
            builder.add_sack_permitted()
        if self.timestamps:
            builder.add_timestamps(tsval, self.ts_recent)
        if self.scale >= 0:
            builder.add_scale(self.config.receive_scale)
        frames.append(
            builder.finish(
                self.key, self.iss, self.rcv_nxt, SYN | ACK | (ECE if self.ecn else 0), self.window(), b"", 0, 0, 0, why
            )
        )
        return why
