"""What time does to a connection: one function for each of its timers (RFC 9293 3.10.8, 3.8.3, 3.8.4, 3.8.6.1)."""

from ..outcomes import Outcome
from .clock import NEVER
from .closing import end
from .happened import TROUBLED
from .owed import ACK_NOW
from .recovery import find_losses, lose_first, probe_tail, timed_out
from .sequence import distance
from .states import CLOSE_WAIT, CLOSED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, SYN_RECEIVED, SYN_SENT
from .tcb import TCB, data_end
from .timing import back_off

ACK_DELAY_OVER = Outcome.ACK_DELAY_OVER
CONNECT_TIMED_OUT = Outcome.CONNECT_TIMED_OUT
FIN_WAIT_2_OVER = Outcome.FIN_WAIT_2_OVER
KEEP_ALIVE_DUE = Outcome.KEEP_ALIVE_DUE
KEEP_ALIVE_TIMED_OUT = Outcome.KEEP_ALIVE_TIMED_OUT
NOTHING = Outcome.NOTHING
REORDERING_OVER = Outcome.REORDERING_OVER
RETRANSMISSION_TIMED_OUT = Outcome.RETRANSMISSION_TIMED_OUT
SEND_TIMED_OUT = Outcome.SEND_TIMED_OUT
TAIL_PROBE_DUE = Outcome.TAIL_PROBE_DUE
WINDOW_PROBED = Outcome.WINDOW_PROBED


# The states in which the peer still has something to say, or to hear.
KEPT_ALIVE = (ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, FIN_WAIT_2)


def next_due(c: TCB, now: float) -> float:
    """When the connection next wants to be woken; also starts the timers that its state now calls for."""
    if c.stage == CLOSED:
        return NEVER
    if c.retransmit_at == NEVER and c.syn_acked and stalled(c):
        # RFC 9293 3.8.6.1: a window that was shut for a whole RTO is probed.
        c.retransmit_at = c.expires_at = now + c.rto
        if c.unanswered_from == NEVER:
            c.unanswered_from = now
    return min(c.retransmit_at, c.reorder_at, c.ack_at, c.keep_alive_at, c.give_up_at)


def stalled(c: TCB) -> bool:
    """Data waits, nothing is out, and so no ACK will come to set it going again."""
    return c.snd_una == c.snd_nxt and not c.fin_sent and distance(c.snd_nxt, data_end(c)) != 0


def run_due(c: TCB, now: float) -> int:
    """Run the timers that are due; returns the outcome that matters most."""
    if c.stage == CLOSED:
        return NOTHING
    outcome: int = NOTHING
    if c.ack_at <= now:
        c.ack_at = NEVER
        c.ack_owed = ACK_NOW
        outcome = ACK_DELAY_OVER
    if c.keep_alive_at <= now:
        outcome = _keep_alive(c, now)
    if c.give_up_at <= now and c.stage == FIN_WAIT_2:
        outcome = end(c, FIN_WAIT_2_OVER)
    if c.reorder_at <= now and c.stage != CLOSED:
        find_losses(c, now)
        outcome = REORDERING_OVER
    if c.retransmit_at <= now and c.stage != CLOSED:
        outcome = _retransmit(c, now)
    return outcome


def _retransmit(c: TCB, now: float) -> int:
    """No acknowledgment in time: once more, or no more (R2, RFC 9293 3.8.3 and 3.10.8's user time-out)."""
    # The same sum as in `heed_patience`: a difference could round to a moment that never passes.
    patient = now < c.unanswered_from + c.terms.user_timeout
    if c.stage == SYN_SENT or c.stage == SYN_RECEIVED:
        # In SYN-RECEIVED, too, it is an active open's SYN that is repeated: a passive one's is a half-open entry's.
        if not patient or c.retries >= c.terms.syn_retries:
            return end(c, CONNECT_TIMED_OUT)
    elif not patient:
        c.reset_owed = True
        return end(c, SEND_TIMED_OUT)
    outcome = _once_more(c, now)
    heed_patience(c)
    return outcome


def _once_more(c: TCB, now: float) -> int:
    """For a SYN, for data or a FIN, or for want of a window."""
    if c.timer_probes:
        probe_tail(c, now)
        return TAIL_PROBE_DUE
    if c.snd_una == c.snd_nxt:
        back_off(c, now)
        c.probe_owed = c.window_probed = True
        return WINDOW_PROBED
    if c.snd_wnd == 0 and c.syn_acked:
        # What is out met a shut window: that is no congestion, it is asked for again at longer and longer intervals.
        lose_first(c)
        back_off(c, now)
        c.window_probed = True
        return WINDOW_PROBED
    timed_out(c, now)
    if c.retries == c.terms.advise_after and c.terms.soft_errors:
        # R1 (RFC 9293 3.8.3, SHLD-9). There is one link and no routing, so there is nobody but the program to advise.
        c.happened |= TROUBLED
    return RETRANSMISSION_TIMED_OUT


def heed_patience(c: TCB) -> None:
    """The program's patience may end before the timer does."""
    if c.retransmit_at != NEVER:
        c.retransmit_at = min(c.retransmit_at, c.unanswered_from + c.terms.user_timeout)


def _keep_alive(c: TCB, now: float) -> int:
    """RFC 9293 3.8.4: an idle peer is asked; one that stays silent through all the probes is gone."""
    idle_until = c.last_heard + c.terms.keep_alive
    if idle_until > now or c.snd_una != c.snd_nxt:
        # It has been heard since, or data is out, whose own timer does this work (MUST-26).
        c.keep_alive_at = idle_until if idle_until > now else now + c.terms.keep_alive_interval
        c.probes = 0
        return NOTHING
    if c.probes >= c.terms.keep_alive_probes:
        c.reset_owed = True
        return end(c, KEEP_ALIVE_TIMED_OUT)
    c.probes += 1
    c.probe_owed = True
    c.keep_alive_at = now + c.terms.keep_alive_interval
    return KEEP_ALIVE_DUE


def start_keep_alive(c: TCB, now: float) -> None:
    """From the moment the connection is open, where the program asked for it (MUST-24, MUST-25).

    One that has finished by then (FIN-WAIT-1) still waits for the peer, and so for one that is gone.
    """
    if c.keep_alive_at == NEVER and c.terms.keep_alive > 0 and c.stage in KEPT_ALIVE:
        c.keep_alive_at = now + c.terms.keep_alive
