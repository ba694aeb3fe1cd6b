"""How a connection opens: the three-way handshake, and its twin where both sides begin at once (RFC 9293 3.5).

    client                                                    server
    CLOSED                                                    LISTEN
    SYN-SENT      --> <SEQ=x><CTL=SYN>                    --> SYN-RECEIVED
    ESTABLISHED   <-- <SEQ=y><ACK=x+1><CTL=SYN,ACK>       <--
                  --> <SEQ=x+1><ACK=y+1><CTL=ACK>         --> ESTABLISHED

Each side picks a sequence number that nobody can guess (isn.py) and has to hear it back, plus one, before it believes
in the other. The server's side of it begins as a `HalfOpen` entry (half_open.py); this file has the rules that
both share.

 1. `open_actively`      a program asks for a connection
 2. `read_syn_options`   what the peer's SYN offers, and what of it we use
 3. `in_syn_sent`        a segment arrives in SYN-SENT
 4. `in_syn_received`    a segment arrives in SYN-RECEIVED
 5. `establish`          both SYNs are acknowledged
"""

from ..outcomes import Outcome
from ..wire.flags import ACK, FIN, RST, SYN
from ..wire.segment import Segment, segment_length
from ..wire.word import WORD
from .clock import NEVER
from .config import MOST_SCALE
from .ecn import agrees, asks
from .isn import Secret, offset_of, sequence_at
from .owed import ACK_NOW
from .sequence import before, before_or_at
from .states import ESTABLISHED, FIN_WAIT_1, SYN_RECEIVED, SYN_SENT
from .tcb import TCB, set_mss
from .timing import measure_to, settle_rto
from .window import acceptable

CHALLENGE_ACK = Outcome.CHALLENGE_ACK
CONNECTION_REFUSED = Outcome.CONNECTION_REFUSED
ESTABLISHED_ACTIVE = Outcome.ESTABLISHED_ACTIVE
ESTABLISHED_PASSIVE = Outcome.ESTABLISHED_PASSIVE
HALF_OPEN_RESET = Outcome.HALF_OPEN_RESET
OUTSIDE_WINDOW = Outcome.OUTSIDE_WINDOW
PAWS_REJECTED = Outcome.PAWS_REJECTED
RST_OUTSIDE_WINDOW = Outcome.RST_OUTSIDE_WINDOW
SIMULTANEOUS_SYN = Outcome.SIMULTANEOUS_SYN
SYN_ACK_ACK_BAD = Outcome.SYN_ACK_ACK_BAD
SYN_REPEATED = Outcome.SYN_REPEATED
SYN_SENT_ACK_BAD = Outcome.SYN_SENT_ACK_BAD
SYN_SENT_IGNORED = Outcome.SYN_SENT_IGNORED
SYN_SENT_RST_IGNORED = Outcome.SYN_SENT_RST_IGNORED
TIMESTAMP_MISSING = Outcome.TIMESTAMP_MISSING
WITHOUT_ACK_DROPPED = Outcome.WITHOUT_ACK_DROPPED

# RFC 6298 5.7: after a lost SYN the first data waits at least this long.
RTO_AFTER_LOST_SYN = 3.0


def open_actively(c: TCB, secret: Secret, now: float) -> None:
    """Active OPEN (RFC 9293 3.10.1): choose the initial sequence number; the SYN leaves with the next batch."""
    hashed = secret.siphash(c.key)
    c.iss = sequence_at(hashed, now)
    c.ts_offset = offset_of(hashed)
    c.snd_una = c.snd_nxt = c.recover = c.small_end = c.iss
    c.stage = SYN_SENT


def read_syn_options(c: TCB, s: Segment) -> None:
    """What both SYNs offered is agreed on; anything else is as if it had never been heard of (RFC 7323 2.2, 3.2)."""
    if s.scale >= 0 and c.terms.window_scale:
        # A shift above 14 is used as 14 (RFC 7323 2.3).
        c.snd_scale = min(s.scale, MOST_SCALE)
    else:
        c.snd_scale = c.rcv_scale = 0
        c.scaling = False
    if s.flags & ACK:
        c.ecn = c.terms.ecn_asks and c.retries == 0 and agrees(s)
    else:
        c.ecn = c.terms.ecn_accepts and asks(s)
    c.timestamps = c.timestamps and s.timestamps
    c.sack = c.sack and s.sack_permitted
    if c.timestamps:
        c.ts_recent = s.tsval
    set_mss(c, s.mss)


def take_syn(c: TCB, s: Segment, now: float) -> None:
    """The peer's SYN: its sequence number is where its data begins, less one."""
    c.irs = s.seq
    c.rcv_nxt = (s.seq + 1) & WORD
    # A SYN's own window is never scaled (RFC 7323 2.2), and so neither is what our SYN offered.
    c.rcv_edge = (c.rcv_nxt + min(c.capacity, 0xFFFF)) & WORD
    c.last_ack_sent = c.owed_number = c.rcv_nxt
    c.ts_recent_at = now
    c.snd_wnd = c.max_window = s.window
    c.snd_wl1 = s.seq
    c.snd_wl2 = s.ack


def in_syn_sent(c: TCB, s: Segment, now: float) -> int:
    """SEGMENT ARRIVES in SYN-SENT (RFC 9293 3.10.7.3)."""
    good_ack = False
    if s.flags & ACK:
        # First: only our SYN is out, so only its sequence number can be acknowledged.
        good_ack = acknowledges(c, s)
        if not good_ack:
            return SYN_SENT_RST_IGNORED if s.flags & RST else SYN_SENT_ACK_BAD
    if s.flags & RST:
        # Second: a RST must prove that it has seen our SYN.
        return CONNECTION_REFUSED if good_ack else SYN_SENT_RST_IGNORED
    if not s.flags & SYN:
        return SYN_SENT_IGNORED
    read_syn_options(c, s)
    take_syn(c, s, now)
    if good_ack:
        measure_to(c, now, s.ack)
        establish(c, now)
        c.ack_owed = ACK_NOW
        return ESTABLISHED_ACTIVE
    # Both sides have sent a SYN: ours goes out once more, now with the ACK of theirs (3.5, figure 7).
    c.stage = SYN_RECEIVED
    c.snd_nxt = c.iss
    c.scoreboard = None
    return SIMULTANEOUS_SYN


def acknowledges(c: TCB, s: Segment) -> bool:
    """Is our SYN acknowledged, and nothing that we have not sent?"""
    return before(c.iss, s.ack) and before_or_at(s.ack, c.snd_nxt)


def in_syn_received(iss: int, irs: int, rcv_nxt: int, window: int, s: Segment, ts_recent: int, timestamps: bool) -> int:
    """SEGMENT ARRIVES in SYN-RECEIVED (RFC 9293 3.10.7.4), up to the ACK that opens the connection.

    Takes the few numbers it needs, so that a half-open entry and a connection (after a simultaneous open) share it.
    ESTABLISHED_PASSIVE means that the ACK is good, and the segment is to be looked at further.
    """
    flags = s.flags
    if flags & SYN and not flags & (RST | FIN) and s.seq == irs:
        # The peer's SYN once more. With the ACK of ours it is the end of a simultaneous open (figure 7, line 6);
        # without, our SYN,ACK was lost.
        if not flags & ACK:
            return SYN_REPEATED
        return ESTABLISHED_PASSIVE if s.ack == (iss + 1) & WORD else SYN_ACK_ACK_BAD
    if timestamps and not flags & RST:
        # RFC 7323 3.2, 5.3 R1.
        if not s.timestamps:
            return TIMESTAMP_MISSING
        if before(s.tsval, ts_recent):
            return PAWS_REJECTED
    if not acceptable(s.seq, segment_length(s), rcv_nxt, window):
        return RST_OUTSIDE_WINDOW if flags & RST else OUTSIDE_WINDOW
    if flags & RST:
        return HALF_OPEN_RESET if s.seq == rcv_nxt else CHALLENGE_ACK
    if flags & SYN:
        return CHALLENGE_ACK
    if not flags & ACK:
        return WITHOUT_ACK_DROPPED
    if s.ack != (iss + 1) & WORD:
        return SYN_ACK_ACK_BAD
    return ESTABLISHED_PASSIVE


def establish(c: TCB, now: float) -> None:
    """Both SYNs are acknowledged: the connection is open, and time-outs begin anew for its data."""
    c.syn_acked = True
    c.snd_una = c.snd_nxt = (c.iss + 1) & WORD
    c.scoreboard = None
    c.recover = c.small_end = c.ecn_until = c.snd_una
    c.established_at = now
    settle_rto(c)
    if c.retries:
        c.rto = max(c.rto, RTO_AFTER_LOST_SYN)
    c.retries = 0
    c.retransmit_at = c.unanswered_from = NEVER
    # A program that has already closed goes straight on to the release (RFC 9293 3.10.4, SYN-RECEIVED).
    c.stage = FIN_WAIT_1 if c.fin_queued else ESTABLISHED
