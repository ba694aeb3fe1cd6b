"""SEGMENT ARRIVES, in the order of RFC 9293 3.10.7.4, with what RFC 5961 and RFC 7323 add to it.

Each check either ends the matter with an outcome or lets the segment through to the next. Nothing is sent from here:
what is owed is noted in the connection, and leaves with the next batch.
"""

from ..outcomes import Outcome
from ..wire.flags import ACK, FIN, RST, SYN, URG
from ..wire.segment import Segment, segment_length
from ..wire.word import WORD
from .closing import end, fin_acked, note_fin, take_fin
from .ecn import heed
from .happened import OPENED
from .opening import acknowledges, establish, in_syn_received, in_syn_sent
from .owed import ACK_NOW
from .recovery import lose_all
from .selective import note_duplicate
from .sequence import before, before_or_at
from .states import CLOSED, SYN_RECEIVED, SYN_SENT, TIME_WAIT
from .tcb import TCB
from .timing import measure_to
from .transfer import challenge, take_ack, take_data
from .urgent import take_urgent
from .window import acceptable, receive_window

ACK_NOTHING_NEW = Outcome.ACK_NOTHING_NEW
CHALLENGE_ACK = Outcome.CHALLENGE_ACK
CHALLENGE_ACK_LIMITED = Outcome.CHALLENGE_ACK_LIMITED
CONNECTION_REFUSED = Outcome.CONNECTION_REFUSED
CONNECTION_RESET = Outcome.CONNECTION_RESET
DUPLICATE_SEGMENT = Outcome.DUPLICATE_SEGMENT
ESTABLISHED_ACTIVE = Outcome.ESTABLISHED_ACTIVE
ESTABLISHED_PASSIVE = Outcome.ESTABLISHED_PASSIVE
FIN_ACCEPTED = Outcome.FIN_ACCEPTED
FIN_ACKED = Outcome.FIN_ACKED
FIN_BOTH = Outcome.FIN_BOTH
HALF_OPEN_RESET = Outcome.HALF_OPEN_RESET
NOTHING = Outcome.NOTHING
OUTSIDE_WINDOW = Outcome.OUTSIDE_WINDOW
PAWS_REJECTED = Outcome.PAWS_REJECTED
RST_OUTSIDE_WINDOW = Outcome.RST_OUTSIDE_WINDOW
SYN_ACK_ACK_BAD = Outcome.SYN_ACK_ACK_BAD
SYN_REPEATED = Outcome.SYN_REPEATED
TIMESTAMP_MISSING = Outcome.TIMESTAMP_MISSING
URGENT_NOTED = Outcome.URGENT_NOTED
WITHOUT_ACK_DROPPED = Outcome.WITHOUT_ACK_DROPPED

# RFC 7323 5.5: a timestamp says nothing about one that is this many seconds old.
TIMESTAMP_LAPSES = 24 * 86400.0


def segment_arrives(c: TCB, s: Segment, now: float) -> int:
    """Judge one segment for a connection in any state but LISTEN and TIME-WAIT; returns the outcome."""
    c.segments_in += 1
    if c.stage == SYN_SENT:
        outcome = in_syn_sent(c, s, now)
        if outcome == CONNECTION_REFUSED:
            return end(c, CONNECTION_REFUSED)
        if outcome != ESTABLISHED_ACTIVE:
            return outcome
        c.happened |= OPENED
    elif c.stage == SYN_RECEIVED:
        outcome = _finish_opening(c, s, now)
        if outcome != ESTABLISHED_PASSIVE:
            return outcome
    else:
        outcome = _check(c, s, now)
        if outcome:
            return outcome
        if not c.syn_acked and s.ack != c.iss and not acknowledges(c, s):
            # A program that closed in SYN-RECEIVED. The state has another name then, but the connection is as little
            # synchronized as before, and two ends that mean different ones must find that out (RFC 9293 3.5.2, 2).
            return SYN_ACK_ACK_BAD
        outcome = take_ack(c, s, now)
        if outcome == CHALLENGE_ACK or outcome == CHALLENGE_ACK_LIMITED:
            return outcome
        if c.timestamps and before_or_at(s.seq, c.last_ack_sent):
            # RFC 7323 4.3 (2), the echo is of the segment that last moved the window's left edge. One older than what
            # we have comes this far only when that has lapsed, and then takes its place (5.5). Not before the ACK was
            # found good: a blind guess must not make every true segment look old.
            c.ts_recent = s.tsval
            c.ts_recent_at = now
        if outcome == FIN_ACKED:
            fin_acked(c, now)
            if c.stage == CLOSED or c.stage == TIME_WAIT:
                return outcome
        if not c.syn_acked:
            # A program that closed in SYN-RECEIVED: nothing is taken from a peer that has not acknowledged our SYN
            # (RFC 9293 3.4), it will repeat it with that ACK.
            return outcome
    if c.ecn and not s.flags & SYN:
        heed(c, s, now)
    c.last_heard = now
    c.probes = 0
    return _take_text(c, s, now, outcome)


def _take_text(c: TCB, s: Segment, now: float, outcome: int) -> int:
    """Sixth to eighth: the urgent pointer, the data and the FIN. The most telling outcome is the segment's."""
    if s.flags & FIN:
        note_fin(c, s)
    if s.flags & URG and take_urgent(c, s) and outcome == ACK_NOTHING_NEW:
        outcome = URGENT_NOTED
    if s.data_end > s.data_start:
        why = take_data(c, s, now)
        if c.stage == CLOSED:
            return why
        if why and outcome not in (ESTABLISHED_ACTIVE, ESTABLISHED_PASSIVE, FIN_ACKED):
            outcome = why
    if c.fin_known and not c.peer_finished:
        acked = outcome == FIN_ACKED
        why = take_fin(c, now)
        if why:
            return FIN_BOTH if acked else FIN_ACCEPTED
    if s.flags & FIN:
        c.ack_owed = ACK_NOW
    return outcome


def _check(c: TCB, s: Segment, now: float) -> int:
    """First to fifth: sequence number, RST, SYN, and that there is an ACK at all. 0 lets the segment through."""
    flags = s.flags
    length = segment_length(s)
    if c.timestamps and not flags & RST:
        # RFC 7323 5.3 R1, before anything else; a RST is spared (5.2).
        if not s.timestamps:
            return TIMESTAMP_MISSING
        if before(s.tsval, c.ts_recent) and now - c.ts_recent_at < TIMESTAMP_LAPSES:
            return _answer(c, length, now, PAWS_REJECTED)
    window = receive_window(c)
    if flags & RST:
        # RFC 5961 3.2: only the exact number resets; another one in the window must be proved.
        if s.seq == c.rcv_nxt:
            return end(c, CONNECTION_RESET)
        return challenge(c, now) if acceptable(s.seq, 0, c.rcv_nxt, window) else RST_OUTSIDE_WINDOW
    if flags & SYN:
        # RFC 5961 4.2: whatever its number, a peer that has really restarted answers the challenge with a RST.
        return challenge(c, now)
    if not acceptable(s.seq, length, c.rcv_nxt, window):
        behind = (s.seq + length) & WORD
        if flags & ACK and _heeded(c, s, length, behind, window) and take_ack(c, s, now) == FIN_ACKED:
            fin_acked(c, now)
            if c.stage == CLOSED or c.stage == TIME_WAIT:
                return FIN_ACKED
        if flags & URG and flags & ACK and window == 0 and length != 0 and s.seq == c.rcv_nxt:
            # RFC 9293 3.10.7.4, MUST-66: with the window shut, urgent pointers are still looked at.
            take_urgent(c, s)
        old = before(s.seq, c.rcv_nxt) and before_or_at(behind, c.rcv_nxt)
        if old and s.data_end > s.data_start:
            note_duplicate(c, s.seq, (s.seq + s.data_end - s.data_start) & WORD)
        return _answer(c, length, now, DUPLICATE_SEGMENT if old else OUTSIDE_WINDOW)
    if not flags & ACK:
        return WITHOUT_ACK_DROPPED
    return NOTHING


def _heeded(c: TCB, s: Segment, length: int, behind: int, window: int) -> bool:
    """Is the ACK of a segment that can't be used looked at all the same?

    With the window shut, yes (RFC 9293 3.10.7.4). And one that acknowledges something new, where the segment is the
    last that we have had or the number before RCV.NXT: two ends that each have the other's last octet, but not the ACK
    of their own, would else repeat themselves at each other for ever. BSD looks at the ACK of any duplicate.
    """
    if window == 0 and length != 0 and s.seq == c.rcv_nxt:
        return True
    last = behind == c.rcv_nxt if length else s.seq == (c.rcv_nxt - 1) & WORD
    return last and before(c.snd_una, s.ack)


def _answer(c: TCB, length: int, now: float, outcome: int) -> int:
    """An ACK for what can't be used: it tells a true peer where we stand.

    What has no length is answered no oftener than a challenge, so that two ends that disagree don't go on for ever.
    """
    if length:
        c.ack_owed = ACK_NOW
    elif challenge(c, now) == CHALLENGE_ACK_LIMITED:
        return CHALLENGE_ACK_LIMITED
    return outcome


def _finish_opening(c: TCB, s: Segment, now: float) -> int:
    """SYN-RECEIVED: the ACK of our SYN opens the connection; anything else is answered as `opening` says."""
    why = in_syn_received(c.iss, c.irs, c.rcv_nxt, receive_window(c), s, c.ts_recent, c.timestamps)
    if why == ESTABLISHED_PASSIVE:
        unsent = c.snd_nxt == c.iss
        measure_to(c, now, s.ack)
        establish(c, now)
        if s.flags & SYN:
            # The end of a simultaneous open: the peer has our ACK already if our SYN,ACK has left.
            if unsent:
                c.ack_owed = ACK_NOW
            c.snd_wnd = s.window
        else:
            c.snd_wnd = s.window << c.snd_scale
        c.max_window = max(c.max_window, c.snd_wnd)
        c.snd_wl1 = s.seq
        c.snd_wl2 = s.ack
        if c.timestamps and s.timestamps and before_or_at(s.seq, c.last_ack_sent):
            c.ts_recent = s.tsval
            c.ts_recent_at = now
        c.happened |= OPENED
    elif why == SYN_REPEATED:
        lose_all(c)
    elif why == HALF_OPEN_RESET:
        # Only an active open comes here (MUST-11); RFC 9293 3.10.7.4 calls it refused.
        return end(c, CONNECTION_REFUSED)
    elif why == OUTSIDE_WINDOW or why == PAWS_REJECTED:
        return _answer(c, segment_length(s), now, why)
    elif why == CHALLENGE_ACK:
        return challenge(c, now)
    return why
