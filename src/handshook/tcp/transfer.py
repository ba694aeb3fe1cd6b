"""Data both ways: what an ACK tells the sender, and where arriving data goes (RFC 9293 3.10.7.4, fifth to seventh)."""

from ..outcomes import Outcome
from ..wire.flags import FIN, SYN
from ..wire.segment import Segment
from ..wire.word import WORD
from .acking import note_trouble, owe, owe_at_once
from .buffers import ReceiveBuffer
from .clock import NEVER
from .happened import OPENED, READABLE, WRITABLE
from .owed import ACK_NOW
from .recovery import acknowledged, duplicate, lose_all
from .selective import note_duplicate
from .sequence import before, before_or_at, distance, signed_distance
from .states import CLOSED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT
from .tcb import TCB
from .timing import measure_to, rearm, settle_rto
from .urgent import urgent_acked
from .window import receive_window

ACKED = Outcome.ACKED
ACK_NOTHING_NEW = Outcome.ACK_NOTHING_NEW
CHALLENGE_ACK = Outcome.CHALLENGE_ACK
CHALLENGE_ACK_LIMITED = Outcome.CHALLENGE_ACK_LIMITED
DATA_ACCEPTED = Outcome.DATA_ACCEPTED
DATA_AFTER_CLOSE_RESET = Outcome.DATA_AFTER_CLOSE_RESET
DATA_AFTER_FIN_IGNORED = Outcome.DATA_AFTER_FIN_IGNORED
DATA_OUT_OF_ORDER = Outcome.DATA_OUT_OF_ORDER
DUPLICATE_ACK = Outcome.DUPLICATE_ACK
FIN_ACKED = Outcome.FIN_ACKED
NOTHING = Outcome.NOTHING
REASSEMBLY_FULL = Outcome.REASSEMBLY_FULL
SENT_CHALLENGE_ACK = Outcome.SENT_CHALLENGE_ACK

# RFC 5961 7: over which the challenges of one connection are counted; five seconds are the RFC's own example.
CHALLENGE_PERIOD = 5.0


def challenge(c: TCB, now: float) -> int:
    """Answer what could be forged with an ACK that tells a true peer where we stand (RFC 5961 3-5), not too often.

    Both this connection and the host have a limit (RFC 5961 7).
    """
    if now - c.challenge_from >= CHALLENGE_PERIOD:
        c.challenge_from = now
        c.challenges = 0
    if c.challenges >= c.terms.challenge_limit or not c.owner.challenges.take(now):
        return CHALLENGE_ACK_LIMITED
    c.challenges += 1
    c.ack_owed = ACK_NOW
    c.ack_reason = SENT_CHALLENGE_ACK
    return CHALLENGE_ACK


def take_ack(c: TCB, s: Segment, now: float) -> int:
    """Fifth, check the ACK field. Returns what it was; CHALLENGE_ACK or its limit mean that the segment is dropped."""
    ack = s.ack
    if before(c.snd_nxt, ack) or signed_distance(ack, c.snd_una) > c.max_window:
        # RFC 5961 5: nobody who follows the connection acknowledges what was never sent, or so old a number.
        return challenge(c, now)
    outcome: int = ACK_NOTHING_NEW
    advanced = before(c.snd_una, ack)
    if advanced:
        outcome = _advance(c, s, now)
    elif ack == c.snd_una:
        if _is_duplicate(c, s):
            duplicate(c, now)
            outcome = DUPLICATE_ACK
        if s.sack is not None:
            acknowledged(c, s, 0, now)
    _update_send_window(c, s, now, advanced)
    return outcome


def _advance(c: TCB, s: Segment, now: float) -> int:
    """New data, or our FIN, is acknowledged."""
    ack = s.ack
    octets = distance(c.snd_una, ack)
    outcome = ACKED
    if not c.syn_acked:
        # A program that closed in SYN-RECEIVED had its FIN sent before our SYN was acknowledged.
        c.syn_acked = True
        c.established_at = now
        c.happened |= OPENED
        octets -= 1
    if c.fin_sent and not c.fin_acked and ack == c.snd_nxt:
        c.fin_acked = True
        octets -= 1
        outcome = FIN_ACKED
    c.snd_una = ack
    measure_to(c, now, ack)
    acknowledged(c, s, octets, now)
    # The back-off stays until a new round trip has been measured (RFC 6298 5, Karn): else a path that has become slower
    # than the time-out would never be found out, and everything would be sent twice.
    c.retries = 0
    c.probes = 0
    if octets and c.outgoing is not None:
        c.outgoing.drop(octets)
        c.happened |= WRITABLE
        if c.outgoing.size == 0:
            c.outgoing = None
    if c.urgent_marks is not None:
        urgent_acked(c)
    rearm(c, now)
    return outcome


def _is_duplicate(c: TCB, s: Segment) -> bool:
    """RFC 5681 2: no data, no SYN or FIN, the same window, and something is out that it doesn't acknowledge."""
    return (
        c.snd_una != c.snd_nxt
        and s.data_start == s.data_end
        and not s.flags & (SYN | FIN)
        and c.snd_wnd != 0
        and (s.window << c.snd_scale) == c.snd_wnd
    )


def _update_send_window(c: TCB, s: Segment, now: float, advanced: bool) -> None:
    """Only a newer segment may say what the window is (RFC 9293 3.10.7.4: SND.WL1, SND.WL2).

    An ACK from before SND.UNA never does, one that has moved it always, as in Linux: what is sent again has an older
    number and yet the newest window, and the old one, counted from the new SND.UNA, would reach beyond it.
    """
    newer = before(c.snd_wl1, s.seq) or (c.snd_wl1 == s.seq and before_or_at(c.snd_wl2, s.ack))
    if advanced or (newer and s.ack == c.snd_una):
        window = s.window << c.snd_scale
        c.snd_wl1 = s.seq
        c.snd_wl2 = s.ack
        if window != c.snd_wnd:
            if c.snd_wnd == 0 and c.window_probed:
                # The window opens: what was a probe is data to be sent again, and at once. The intervals at which it
                # was asked for say nothing about the path. What no timer has asked for is on its way yet: a peer that
                # opens and shuts its window makes us say nothing twice.
                c.window_probed = False
                lose_all(c)
                c.retries = 0
                settle_rto(c)
                rearm(c, now)
            c.snd_wnd = window
            if window > c.max_window:
                c.max_window = window
    if c.unanswered_from != NEVER and _reaches_beyond(c) and not c.close_called:
        # A peer that answers is alive, however long it takes nothing (RFC 9293 MUST-37, SHLD-17); but once the program
        # has let go, it can't hold us for ever (RFC 6429 4).
        c.unanswered_from = now


def _reaches_beyond(c: TCB) -> bool:
    """Is the window shut, or has it been shrunk so far that some of what is out stands beyond its edge?"""
    return c.snd_wnd == 0 or before((c.snd_una + c.snd_wnd) & WORD, c.snd_nxt)


def take_data(c: TCB, s: Segment, now: float) -> int:
    """Seventh, process the segment text: take what is new and inside the window, in order or for later."""
    first = s.data_start
    last = s.data_end
    if c.stage not in (ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2):
        return NOTHING if c.stage == TIME_WAIT else DATA_AFTER_FIN_IGNORED
    seq = s.seq
    if s.flags & SYN:
        seq = (seq + 1) & WORD
    old = signed_distance(seq, c.rcv_nxt)
    if old > 0:
        if old >= last - first:
            c.ack_owed = ACK_NOW
            return NOTHING
        note_duplicate(c, seq, c.rcv_nxt)
        first += old
        seq = c.rcv_nxt
    if c.close_called:
        # RFC 9293 3.6.1 SHLD-3: nobody will ever read it, and the peer should know.
        c.reset_owed = True
        c.stage = CLOSED
        c.why = DATA_AFTER_CLOSE_RESET
        return DATA_AFTER_CLOSE_RESET
    room = receive_window(c) - distance(c.rcv_nxt, seq)
    if c.fin_known:
        # Nothing can follow the peer's own FIN.
        room = min(room, signed_distance(seq, c.fin_seq))
    cut = last - first > room
    if cut:
        last = first + room
        if last <= first:
            c.ack_owed = ACK_NOW
            return NOTHING
    if c.incoming is None:
        c.incoming = ReceiveBuffer()
    if seq != c.rcv_nxt:
        # RFC 5681 4.2: an immediate ACK, so that the sender counts it as a duplicate.
        note_trouble(c)
        owe_at_once(c)
        if not c.incoming.keep(seq, s.frame[first:last]):
            return REASSEMBLY_FULL
        if c.incoming.repeated:
            note_duplicate(c, seq, (seq + c.incoming.repeated) & WORD)
        return DATA_OUT_OF_ORDER
    if c.incoming.beyond is None:
        c.incoming.append(s.frame, first, last)
        c.rcv_nxt = (seq + last - first) & WORD
    else:
        c.rcv_nxt = c.incoming.fill(seq, s.frame, first, last)
        note_trouble(c)
    owe(c, last - first, now)
    if cut and c.ack_owed != ACK_NOW:
        owe_at_once(c)
    c.happened |= READABLE
    return DATA_ACCEPTED
