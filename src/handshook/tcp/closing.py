"""How a connection is released: each direction by itself, and at the end a wait (RFC 9293 3.6).

    first to finish                                           the other
    ESTABLISHED                                               ESTABLISHED
    FIN-WAIT-1    --> <SEQ=x><CTL=FIN,ACK>                --> CLOSE-WAIT
    FIN-WAIT-2    <-- <ACK=x+1><CTL=ACK>                  <--
                      (the other may go on sending: half-close)
    TIME-WAIT     <-- <SEQ=y><ACK=x+1><CTL=FIN,ACK>       <-- LAST-ACK
                  --> <ACK=y+1><CTL=ACK>                  --> CLOSED
    2 MSL, CLOSED

When both finish at once, the FINs cross: FIN-WAIT-1, CLOSING, TIME-WAIT on both sides.

 1. `finish`        the program has nothing more to send
 2. `close`         ... and will read nothing more
 3. `abort`         ... and wants it over at once
 4. `fin_acked`     the peer has acknowledged our FIN
 5. `take_fin`      the peer has finished
 6. `end`           ... or it is over before its time
 7. `rest`          all is over, and what is kept of it
 8. `in_time_wait`  a segment arrives then
"""

from ..outcomes import Outcome
from ..wire.flags import ACK, FIN, RST, SYN
from ..wire.segment import Segment, segment_length
from ..wire.word import WORD
from .clock import NEVER
from .happened import FINISHED
from .owed import ACK_NOW
from .sequence import before, before_or_at, signed_distance
from .states import (
    CLOSE_WAIT,
    CLOSED,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
)
from .tcb import TCB
from .time_wait import TimeWait
from .window import advertise

CALLED_ABORT = Outcome.CALLED_ABORT
CALLED_CLOSE = Outcome.CALLED_CLOSE
CLOSED_NORMALLY = Outcome.CLOSED_NORMALLY
CLOSED_UNREAD_RESET = Outcome.CLOSED_UNREAD_RESET
FIN_ACCEPTED = Outcome.FIN_ACCEPTED
FLAGS_NONSENSE = Outcome.FLAGS_NONSENSE
NOTHING = Outcome.NOTHING
TIME_WAIT_ACKED = Outcome.TIME_WAIT_ACKED
TIME_WAIT_FIN_REPEATED = Outcome.TIME_WAIT_FIN_REPEATED
TIME_WAIT_IGNORED = Outcome.TIME_WAIT_IGNORED
TIME_WAIT_REOPENED = Outcome.TIME_WAIT_REOPENED
TIME_WAIT_RST_IGNORED = Outcome.TIME_WAIT_RST_IGNORED
TIME_WAIT_SYN_DROPPED = Outcome.TIME_WAIT_SYN_DROPPED


def finish(c: TCB) -> None:
    """The program has nothing more to send: a FIN follows what is queued (RFC 9293 3.10.4, second half of a call)."""
    if c.fin_queued:
        return
    c.fin_queued = True
    if c.stage == ESTABLISHED:
        c.stage = FIN_WAIT_1
    elif c.stage == CLOSE_WAIT:
        c.stage = LAST_ACK
    elif c.stage == SYN_RECEIVED and c.outgoing is None:
        # Nothing stands between our SYN and our FIN: both may be out at once.
        c.stage = FIN_WAIT_1


def close(c: TCB, now: float) -> int:
    """CLOSE (RFC 9293 3.10.4): finish, and let go. Returns the outcome that names what came of it."""
    if c.close_called or c.stage == CLOSED:
        return NOTHING
    c.close_called = True
    if c.stage == SYN_SENT:
        c.stage = CLOSED
        c.why = CALLED_CLOSE
        return CALLED_CLOSE
    if c.incoming is not None and c.stage != TIME_WAIT:
        # RFC 9293 3.6.1 SHLD-3 (RFC 2525 2.17): the peer must not think that what it sent was read.
        c.incoming = None
        c.reset_owed = True
        c.stage = CLOSED
        c.why = CLOSED_UNREAD_RESET
        return CLOSED_UNREAD_RESET
    finish(c)
    if c.stage == FIN_WAIT_2:
        c.give_up_at = now + c.terms.fin_wait_2_timeout
    return CALLED_CLOSE


def abort(c: TCB) -> int:
    """ABORT (RFC 9293 3.10.5): a RST where the peer knows of the connection, and nothing is kept."""
    if c.stage == CLOSED:
        return NOTHING
    if c.stage == TIME_WAIT:
        # Nothing is left to abort: it ended in order, and its four-tuple rests on (MUST-12, MUST-13).
        c.stage = CLOSED
        return CALLED_ABORT
    # A peer that has finished and has our FIN, or soon will, needs no RST.
    finished = c.fin_sent and (c.stage == CLOSING or c.stage == LAST_ACK)
    c.reset_owed = not finished and c.stage != SYN_SENT
    c.stage = CLOSED
    c.why = CALLED_ABORT
    c.outgoing = c.incoming = None
    return CALLED_ABORT


def fin_acked(c: TCB, now: float) -> None:
    """Our FIN is acknowledged: our direction is released."""
    if c.stage == FIN_WAIT_1:
        c.stage = FIN_WAIT_2
        if c.close_called:
            # The program can't wait for the rest, so we don't for ever (RFC 1122 4.2.2.13's problem; Linux's cure).
            c.give_up_at = now + c.terms.fin_wait_2_timeout
    elif c.stage == CLOSING:
        enter_time_wait(c)
    elif c.stage == LAST_ACK:
        c.stage = CLOSED
        c.why = CLOSED_NORMALLY


def enter_time_wait(c: TCB) -> None:
    """All is said; the four-tuple rests for 2 MSL (RFC 9293 3.6.1, MUST-13). Every timer of the connection is off."""
    c.stage = TIME_WAIT
    c.why = CLOSED_NORMALLY
    c.retransmit_at = c.ack_at = c.keep_alive_at = c.give_up_at = NEVER


def note_fin(c: TCB, s: Segment) -> None:
    """Remember where the peer's FIN stands; it may have overtaken data."""
    if c.fin_known or c.stage not in (ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2):
        return
    fin_seq = (s.seq + segment_length(s) - 1) & WORD
    if signed_distance(c.rcv_nxt, fin_seq) >= 0 and not before(c.rcv_edge, fin_seq):
        c.fin_known = True
        c.fin_seq = fin_seq


def take_fin(c: TCB, now: float) -> int:
    """Eighth, check the FIN bit: with all data before it here, the peer's direction is released (RFC 9293 3.10.7.4)."""
    if not c.fin_known or c.peer_finished or before(c.rcv_nxt, c.fin_seq):
        return NOTHING
    c.peer_finished = True
    c.rcv_nxt = (c.rcv_nxt + 1) & WORD
    if before(c.rcv_edge, c.rcv_nxt):
        c.rcv_edge = c.rcv_nxt
    c.ack_owed = ACK_NOW
    c.happened |= FINISHED
    if c.stage == ESTABLISHED:
        c.stage = CLOSE_WAIT
    elif c.stage == FIN_WAIT_1:
        # Figure 13's both ways: ours is not acknowledged yet, or else `fin_acked` would have come first.
        c.stage = CLOSING
    elif c.stage == FIN_WAIT_2:
        enter_time_wait(c)
    return FIN_ACCEPTED


def end(c: TCB, why: int) -> int:
    """The connection is over before its time: what is queued is never sent. Returns the reason."""
    c.stage = CLOSED
    c.why = why
    c.outgoing = None
    return why


def rest(c: TCB, expires: float) -> TimeWait:
    """What is left of a connection in TIME-WAIT."""
    wait = TimeWait()
    wait.snd_nxt = c.snd_nxt
    wait.rcv_nxt = c.rcv_nxt
    wait.window = advertise(c)
    wait.timestamps = c.timestamps
    wait.ts_offset = c.ts_offset
    wait.ts_recent = c.ts_recent
    wait.expires = expires
    return wait


def in_time_wait(w: TimeWait, s: Segment, timestamps: bool) -> int:
    """SEGMENT ARRIVES in TIME-WAIT (RFC 9293 3.10.7.4, RFC 1337, RFC 6191).

    `timestamps` says whether a new connection would use them if the peer's SYN has them.
    """
    flags = s.flags
    if flags & RST:
        # RFC 1337 3, fix F1: an old RST must not free the four-tuple early.
        return TIME_WAIT_RST_IGNORED
    if flags & SYN:
        if flags & FIN:
            return FLAGS_NONSENSE
        if flags & ACK:
            # Answered as in every synchronized state (RFC 5961 4).
            return TIME_WAIT_ACKED
        return TIME_WAIT_REOPENED if is_newer(w, s, timestamps) else TIME_WAIT_SYN_DROPPED
    if not flags & ACK:
        # Fifth: "if the ACK bit is off, drop the segment".
        return TIME_WAIT_IGNORED
    length = segment_length(s)
    if flags & FIN and (s.seq + length) & WORD == w.rcv_nxt:
        # Only the peer's own FIN stands there; another one is a guess, and must not hold the four-tuple for ever.
        return TIME_WAIT_FIN_REPEATED
    # What has no length wants no answer: two ends that both answered would never stop.
    return TIME_WAIT_ACKED if length else TIME_WAIT_IGNORED


def is_newer(w: TimeWait, s: Segment, timestamps: bool) -> bool:
    """Can this SYN be told from an old duplicate? RFC 6191 2, its table; MAY-2 of RFC 9293 without timestamps."""
    # The last number that the old connection had seen is the one before RCV.NXT, its FIN's.
    larger = before_or_at(w.rcv_nxt, s.seq)
    if s.timestamps and timestamps:
        if not w.timestamps or before(w.ts_recent, s.tsval):
            return True
        return s.tsval == w.ts_recent and larger
    return larger
