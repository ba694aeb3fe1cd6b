"""Finding out what was lost, and what the congestion window makes of it.

With SACK by RACK and tail loss probes (RFC 8985) in the frame of RFC 6675, without by NewReno (RFC 6582), and in the
end by the retransmission timer (RFC 6298 5). What is lost is marked in the scoreboard; `departure` sends it before
anything new.
"""

from ..wire.segment import Segment
from ..wire.word import WORD
from .clock import NEVER
from .congestion import Congestion
from .cubic import Cubic
from .scoreboard import Scoreboard
from .sequence import before, before_or_at, distance
from .spurious import settle_doubt, suspect
from .tcb import TCB
from .timing import back_off

DUPLICATES = 3  # RFC 5681 3.2: three duplicate ACKs mean a loss


def congestion_of(c: TCB) -> Congestion:
    """The connection's congestion control, made with its first data."""
    if c.congestion is None:
        c.congestion = Cubic(c.mss) if c.terms.cubic else Congestion(c.mss)
    return c.congestion


def note_sent(c: TCB, seq: int, end: int, now: float) -> None:
    """A new stretch of sequence space has left."""
    if c.scoreboard is None:
        c.scoreboard = Scoreboard()
        c.scoreboard.begin(seq)
    c.scoreboard.add(seq, end, now)


def acknowledged(c: TCB, s: Segment, octets: int, now: float) -> None:
    """An ACK came: SND.UNA has moved by `octets` of data (0: it has not), SACK blocks may say more."""
    board = c.scoreboard
    if board is None:
        return
    in_flight = board.in_flight()
    recovered = octets > 0 and before((c.snd_una - octets) & WORD, c.recover) and not before(c.snd_una, c.recover)
    delivered = board.advance(c.snd_una, now)
    if s.sack is not None and c.sack:
        delivered += board.take_sack(s.sack, c.snd_una, c.snd_nxt, c.mss, now)
    if octets:
        c.duplicate_acks = 0
        settle_doubt(c, s)
        _drag_marks(c)
    congestion = c.congestion
    if congestion is None:
        return
    if c.tail_probed:
        _judge_tail_probe(c, s, octets, now)
    if c.recovering and before_or_at(c.recover, c.snd_una):
        c.recovering = False
    elif c.recovering and octets and not c.sack:
        # A partial acknowledgment: the next hole is lost too (RFC 6582 3.2).
        board.lose_first(c.mss)
        c.must_resend = True
    if c.sack:
        board.adapt(c.snd_una, c.snd_nxt, recovered)
        find_losses(c, now)
    if delivered and not c.recovering and in_flight * 2 >= congestion.cwnd:
        congestion.acknowledged(delivered, c.mss, now, c.srtt)
    if board.head == len(board.records) and c.snd_una == c.snd_nxt:
        c.reorder_at = NEVER


def _drag_marks(c: TCB) -> None:
    """Marks of moments of the past follow SND.UNA, so that in a long transfer they never come to lie in the future."""
    if before(c.small_end, c.snd_una):
        c.small_end = c.snd_una
    if before(c.recover, c.snd_una) and not c.recovering:
        c.recover = c.snd_una
    if before(c.ecn_until, c.snd_una):
        # One behind: the ACK that moves it may be the one with ECE, and must count as news to `heed`.
        c.ecn_until = (c.snd_una - 1) & WORD


def find_losses(c: TCB, now: float) -> None:
    """RACK: what was sent a reordering window before something that has arrived is lost (RFC 8985 6.2)."""
    board = c.scoreboard
    if board is None or (board.sacked == 0 and board.lost == 0 and not c.recovering):
        c.reorder_at = NEVER
        return
    known = board.lost
    c.reorder_at = board.detect(now, c.srtt, c.mss, before(c.snd_una, c.recover))
    if board.lost > known and not c.recovering:
        enter_recovery(c, now)
        c.must_resend = True


def enter_recovery(c: TCB, now: float) -> None:
    """A loss was found: one reduction for the whole window that is out (RFC 6675 5, RFC 6582 3.2)."""
    c.recovering = True
    c.recover = c.snd_nxt
    if c.timer_probes:
        # RFC 8985 7.2: no probe in recovery, when there is more to send than one could tell.
        c.timer_probes = False
        c.retransmit_at = c.expires_at = now + c.rto
    suspect(c)
    if c.congestion is not None:
        c.congestion.lost(distance(c.snd_una, c.snd_nxt), c.mss, now)


def duplicate(c: TCB, now: float) -> None:
    """One more ACK for the same octet while data is out."""
    c.duplicate_acks += 1
    board = c.scoreboard
    if c.sack or board is None or c.congestion is None:
        return
    if c.recovering:
        board.duplicate(c.mss)
    elif c.duplicate_acks == DUPLICATES and not before(c.snd_una, c.recover):
        # RFC 6582 3.2 step 1: only for a loss beyond what the last recovery dealt with.
        enter_recovery(c, now)
        lose_first(c)
        for _ in range(DUPLICATES):
            board.duplicate(c.mss)


def lose_first(c: TCB) -> None:
    """The first unacknowledged segment is to be sent again at once."""
    if c.scoreboard is not None:
        c.scoreboard.lose_first(c.mss)
        c.must_resend = True


def lose_all(c: TCB) -> None:
    """All that is out is to be sent again, the first of it at once."""
    if c.scoreboard is not None:
        c.scoreboard.lose_all()
        c.must_resend = True


def timed_out(c: TCB, now: float) -> None:
    """The retransmission timer expired: all that is out is taken for lost (RFC 6298 5.4-5.6, RFC 5681 3.1)."""
    board = c.scoreboard
    if c.retries == 0:
        suspect(c)
    if c.congestion is not None:
        c.congestion.timed_out(distance(c.snd_una, c.snd_nxt), c.mss, c.retries == 0, now)
    if board is not None and (c.retries or board.reneged()):
        # RFC 2018 8: the peer may have thrown away what it had acknowledged selectively.
        board.renege()
    c.recovering = False
    c.recover = c.snd_nxt
    c.duplicate_acks = 0
    c.tail_probed = False
    lose_all(c)
    c.retries += 1
    back_off(c, now)


def probe_tail(c: TCB, now: float) -> None:
    """The probe time-out expired: something is sent that must be answered (RFC 8985 7.3)."""
    c.tail_owed = True
    c.timer_probes = False
    c.retransmit_at = c.expires_at = now + c.rto


def tail_probe_sent(c: TCB, again: bool) -> None:
    """Remember the probe, so that what its ACK says about a loss is understood (RFC 8985 7.4)."""
    c.tail_probed = True
    c.tail_end = c.snd_nxt
    c.tail_again = again


def _judge_tail_probe(c: TCB, s: Segment, octets: int, now: float) -> None:
    """RFC 8985 7.4.2: was the probe needless, or did it repair a loss that nothing else would have told of?"""
    if before(c.snd_una, c.tail_end):
        return
    if not c.tail_again or (s.sack is not None and _tells_of_duplicate(c, s)):
        c.tail_probed = False
    elif octets == 0:
        # A duplicate ACK from a peer without D-SACK: the probe came twice.
        c.tail_probed = False
    elif before(c.tail_end, c.snd_una):
        c.tail_probed = False
        if not c.recovering and c.congestion is not None:
            c.congestion.lost(max(distance(c.snd_una, c.snd_nxt), c.congestion.cwnd), c.mss, now)


def _tells_of_duplicate(c: TCB, s: Segment) -> bool:
    """Is the first block a D-SACK (RFC 2883 4)?"""
    return s.sack is not None and before_or_at(s.sack[0][1], s.ack)
