"""Round trips and the retransmission timer (RFC 6298, Jacobson's and Karn's algorithms)."""

from .clock import NEVER
from .sequence import before_or_at
from .tcb import TCB

ALPHA = 1 / 8
BETA = 1 / 4
K = 4
# The clock this engine is driven by has a finer grain than this; RFC 6298's G.
GRANULARITY = 0.001
# RFC 8985 7.2, WCDelAckT: how long a peer may sit on the ACK of a lone segment.
DELAYED_ACK_WORST = 0.2


def measure_from(c: TCB, now: float, end: int) -> None:
    """Time the segment that ends before `end`, unless one is being timed already (one sample a flight)."""
    if c.rtt_start == NEVER:
        c.rtt_start = now
        c.rtt_seq = end


def measure_to(c: TCB, now: float, ack: int) -> None:
    """An ACK came: if it covers the timed segment, that was a round trip."""
    if c.rtt_start != NEVER and before_or_at(c.rtt_seq, ack):
        sample(c, now - c.rtt_start)
        c.rtt_start = NEVER


def sample(c: TCB, rtt: float) -> None:
    """Take one round trip into SRTT and RTTVAR (RFC 6298 2.2, 2.3)."""
    if c.srtt == 0.0:
        c.srtt = rtt
        c.rttvar = rtt / 2
    else:
        c.rttvar += BETA * (abs(c.srtt - rtt) - c.rttvar)
        c.srtt += ALPHA * (rtt - c.srtt)
    settle_rto(c)


def settle_rto(c: TCB) -> None:
    """RTO from what was measured, or the initial one before anything was, without back-off."""
    if c.srtt == 0.0:
        c.rto = c.terms.initial_rto
        return
    rto = c.srtt + max(GRANULARITY, K * c.rttvar)
    c.rto = min(max(rto, c.terms.min_rto), c.terms.max_rto)


def arm(c: TCB, now: float) -> None:
    """Something new has left: start the timer if it isn't running (RFC 6298 5.1)."""
    if c.retransmit_at == NEVER:
        c.retransmit_at = c.expires_at = now + c.rto
        c.timer_probes = False
        if c.unanswered_from == NEVER:
            c.unanswered_from = now
    _consider_probe(c, now)


def rearm(c: TCB, now: float) -> None:
    """New data was acknowledged: the timer starts anew, or stops when nothing is out (RFC 6298 5.2, 5.3).

    A tail probe that was due and has not left yet has its answer, too (RFC 8985 7.3).
    """
    c.timer_probes = c.tail_owed = False
    if c.snd_una == c.snd_nxt:
        c.retransmit_at = NEVER
        c.unanswered_from = NEVER
    else:
        c.retransmit_at = c.expires_at = now + c.rto
        c.unanswered_from = now
        _consider_probe(c, now)


def _consider_probe(c: TCB, now: float) -> None:
    """Let the timer probe first where a lost tail would go unnoticed until RTO (RFC 8985 7.2).

    That is for connections with SACK, open and without a loss in sight, one probe at a time. Each new segment puts the
    probe off, for its own ACK may still come, but not beyond the moment at which RTO expires for the oldest.
    """
    board = c.scoreboard
    if not c.sack or not c.syn_acked or c.srtt == 0.0 or c.recovering or c.tail_owed or c.tail_probed or c.retries:
        return
    if board is None or board.lost or board.sacked or c.snd_wnd == 0:
        return
    patience = 2 * c.srtt
    if board.in_flight() <= c.mss:
        patience += DELAYED_ACK_WORST
    if c.timer_probes or now + patience < c.retransmit_at:
        c.retransmit_at = min(now + patience, c.expires_at)
        c.timer_probes = True


def back_off(c: TCB, now: float) -> None:
    """The timer expired: wait twice as long (RFC 6298 5.5), and don't time what is sent again (Karn, 3)."""
    c.rto = min(c.rto * 2, c.terms.max_rto)
    c.retransmit_at = c.expires_at = now + c.rto
    c.timer_probes = False
    c.rtt_start = NEVER
