"""A passive open's first half: a SYN has come, a SYN,ACK is owed or out, and nothing is proved yet (RFC 9293 3.10.7.2).

The entry holds what the connection will need and no more: a SYN costs its sender nothing, so it must cost us little.
There is no buffer, no congestion state and nothing for the program before the last ACK.
"""

from ..outcomes import Outcome
from ..wire.build import Builder
from ..wire.flags import ACK, ECE, SYN
from ..wire.segment import Segment
from ..wire.word import WORD
from .clock import NEVER
from .config import MOST_SCALE
from .cookie_layout import ECN_BIT, NO_SCALE, NO_TIMESTAMPS, SACK_BIT
from .ecn import asks
from .flow import Flow, Owner
from .isn import Secret, offset_of, sequence_at
from .opening import in_syn_received
from .sequence import before, before_or_at
from .states import CLOSED, SYN_RECEIVED
from .terms import Terms

CHALLENGE_ACK = Outcome.CHALLENGE_ACK
CHALLENGE_ACK_LIMITED = Outcome.CHALLENGE_ACK_LIMITED
HALF_OPEN_GIVEN_UP = Outcome.HALF_OPEN_GIVEN_UP
HALF_OPEN_PRESSED = Outcome.HALF_OPEN_PRESSED
HALF_OPEN_RESET = Outcome.HALF_OPEN_RESET
NOTHING = Outcome.NOTHING
OUTSIDE_WINDOW = Outcome.OUTSIDE_WINDOW
PAWS_REJECTED = Outcome.PAWS_REJECTED
RETRANSMISSION_TIMED_OUT = Outcome.RETRANSMISSION_TIMED_OUT
SENT_CHALLENGE_ACK = Outcome.SENT_CHALLENGE_ACK
SENT_SYN_ACK = Outcome.SENT_SYN_ACK
SENT_SYN_ACK_AGAIN = Outcome.SENT_SYN_ACK_AGAIN
SYN_REPEATED = Outcome.SYN_REPEATED

# How far beyond the last connection's numbers a new one begins: past any window that was not scaled, as in Linux.
BEYOND = 65537


class HalfOpen(Flow):
    """One half-open connection. `listener` is whose it will be; `data` came with the SYN and waits for the last ACK."""

    __slots__ = (
        "ack_owed",
        "challenges",
        "data",
        "ecn",
        "irs",
        "iss",
        "listener",
        "mss",
        "owner",
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
        "terms",
        "timestamps",
        "ts_offset",
        "ts_recent",
    )

    def begin(self, key: bytes, listener: object, terms: Terms, owner: Owner) -> None:
        """Under this key, for this listener; `take_syn` follows."""
        self.key = key
        self.owner = owner
        self.stage = self.seen = SYN_RECEIVED
        self.listener = listener
        self.terms = terms
        self.data: bytes | None = None
        self.sent_at = NEVER
        self.retries = 0
        self.challenges = 0
        self.syn_owed = True
        self.ack_owed = False

    def take_syn(self, s: Segment, secret: Secret, now: float) -> None:
        """What the SYN says, and what of it we agree to; our own initial sequence number (RFC 9293 3.10.7.2)."""
        terms = self.terms
        hashed = secret.siphash(self.key)
        self.iss = sequence_at(hashed, now)
        self.ts_offset = offset_of(hashed)
        self.irs = s.seq
        self.rcv_nxt = (s.seq + 1) & WORD
        self.peer_window = s.window
        self.peer_mss = s.mss
        self.mss = terms.mtu - (40 if len(self.key) == 12 else 60)
        self.scale = min(s.scale, MOST_SCALE) if terms.window_scale else -1
        self.sack = s.sack_permitted and terms.sack
        self.timestamps = s.timestamps and terms.timestamps
        self.ts_recent = s.tsval if s.timestamps else 0
        self.ecn = terms.ecn_accepts and asks(s)
        self.started_at = now
        self.rto = terms.initial_rto

    def recall(self, numbers: tuple[int, int, int], peer_window: int, peer_mss: int, options: int) -> None:
        """What was kept elsewhere than in an entry; `recall_time` follows.

        `numbers` are our initial one, the peer's, and its last timestamp; `options` are those agreed to, as in a cookie
        (cookie_layout.py), NO_TIMESTAMPS among them for itself.
        """
        self.syn_owed = False
        self.iss, self.irs, self.ts_recent = numbers
        self.rcv_nxt = (self.irs + 1) & WORD
        self.peer_window = peer_window
        self.peer_mss = peer_mss
        self.mss = self.terms.mtu - (40 if len(self.key) == 12 else 60)
        self.timestamps = options & NO_TIMESTAMPS == 0
        self.scale = options & NO_SCALE
        if self.scale == NO_SCALE:
            self.scale = -1
        self.sack = options & SACK_BIT != 0
        self.ecn = options & ECN_BIT != 0

    def recall_time(self, secret: Secret, started_at: float, sent_at: float, retries: int) -> None:
        """When the SYN came, when the SYN,ACK left (NEVER: not known) and how often it was sent again."""
        self.ts_offset = offset_of(secret.siphash(self.key))
        self.started_at = started_at
        self.sent_at = sent_at
        self.retries = retries
        self.rto = self.terms.initial_rto

    def hold(self, data: bytes) -> None:
        """Keep what came with the SYN (RFC 9293 3.10.7.2 allows it); it is acknowledged, and delivered once open."""
        self.data = data
        self.rcv_nxt = (self.rcv_nxt + len(data)) & WORD

    def begin_after(self, number: int) -> None:
        """Number from beyond what the last connection of this four-tuple has used (RFC 9293 3.6.1, MAY-2).

        The clock alone doesn't see to it: who sends more than 250,000 octets a second overtakes it.
        """
        if before_or_at(self.iss, number):
            self.iss = (number + BEYOND) & WORD

    def window(self) -> int:
        """What our SYN,ACK offers, unscaled (RFC 7323 2.2): the room that data on the SYN has left."""
        held = 0 if self.data is None else len(self.data)
        room = self.terms.receive_window - held
        return min(room, 0xFFFF)

    def arrive(self, segment: Segment, now: float) -> int:
        """Judge a segment; ESTABLISHED_PASSIVE asks the stack to make the connection and hand it the segment."""
        why = in_syn_received(self.iss, self.irs, self.rcv_nxt, self.window(), segment, self.ts_recent, self.timestamps)
        if why == SYN_REPEATED:
            self.syn_owed = True
            if self.timestamps and segment.timestamps and before(self.ts_recent, segment.tsval):
                self.ts_recent = segment.tsval
        elif why == HALF_OPEN_RESET:
            self.stage = CLOSED
        elif why == OUTSIDE_WINDOW or why == CHALLENGE_ACK or why == PAWS_REJECTED:
            if self.challenges >= self.terms.challenge_limit or not self.owner.challenges.take(now):
                return CHALLENGE_ACK_LIMITED
            self.challenges += 1
            self.ack_owed = True
        return why

    def wake(self, now: float) -> int:
        """The SYN,ACK was not answered in time: once more, or no more (RFC 9293 3.8.3)."""
        if self.due > now:
            return NOTHING
        if self.retries >= self.owner.patience(self):
            self.stage = CLOSED
            self.due = NEVER
            return HALF_OPEN_GIVEN_UP if self.retries >= self.terms.syn_ack_retries else HALF_OPEN_PRESSED
        self.retries += 1
        self.rto = min(self.rto * 2, self.terms.max_rto)
        self.due = now + self.rto
        self.syn_owed = True
        return RETRANSMISSION_TIMED_OUT

    def emit(self, builder: Builder, now: float, frames: list[bytes]) -> int:
        """Write the SYN,ACK: their number plus one acknowledged, ours announced; or the ACK that a stranger gets."""
        if self.stage != SYN_RECEIVED or not (self.syn_owed or self.ack_owed):
            return NOTHING
        builder.begin(4 if len(self.key) == 12 else 6)
        builder.mark(self.terms.ttl, self.terms.dscp)
        tsval = (builder.clock + self.ts_offset) & WORD
        if not self.syn_owed:
            self.ack_owed = False
            if self.timestamps:
                builder.add_timestamps(tsval, self.ts_recent)
            seq = (self.iss + 1) & WORD
            window = self.window() >> (self.terms.receive_scale if self.scale >= 0 else 0)
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
            builder.add_scale(self.terms.receive_scale)
        flags = SYN | ACK | (ECE if self.ecn else 0)
        frames.append(builder.finish(self.key, self.iss, self.rcv_nxt, flags, self.window(), b"", 0, 0, 0, why))
        return why
