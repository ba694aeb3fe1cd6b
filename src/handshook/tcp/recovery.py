"""What to send again, and how the congestion window answers: fast retransmit and NewReno (RFC 5681 3.2, RFC 6582).

What is believed lost is the range [resend, lost_end) of sequence space; `departure` sends it before anything new.
"""

from .sequence import before, before_or_at, distance
from .tcb import TCB, flight
from .timing import back_off

DUPLICATES = 3  # RFC 5681 3.2: three duplicate ACKs mean a loss


def acknowledged(c: TCB, octets: int, in_flight: int) -> None:
    """`octets` were acknowledged for the first time while `in_flight` octets were out."""
    c.duplicate_acks = 0
    if before(c.resend, c.snd_una):
        c.resend = c.snd_una
    if before(c.lost_end, c.resend):
        c.lost_end = c.resend
    # These two mark a moment of the past; dragged along, they never come to lie in the future of a long transfer.
    if before(c.small_end, c.snd_una):
        c.small_end = c.snd_una
    if before(c.recover, c.snd_una) and not c.recovering:
        c.recover = c.snd_una
    congestion = c.congestion
    if congestion is None:
        return
    if not c.recovering:
        congestion.acknowledged(octets, c.mss, in_flight * 2 >= congestion.cwnd)
    elif before_or_at(c.recover, c.snd_una):
        c.recovering = False
        congestion.recovered(flight(c), c.mss)
    else:
        # A partial acknowledgment: the next hole is lost too (RFC 6582 3.2).
        congestion.deflate(octets, c.mss)
        mark_first_lost(c)


def duplicate(c: TCB) -> None:
    """One more ACK for the same octet while data is out."""
    c.duplicate_acks += 1
    congestion = c.congestion
    if congestion is None:
        return
    if c.recovering:
        congestion.inflate(c.mss)
    elif c.duplicate_acks == DUPLICATES and not before(c.snd_una, c.recover):
        # RFC 6582 3.2 step 1: only for a loss beyond what the last recovery dealt with.
        c.recovering = True
        c.recover = c.snd_nxt
        congestion.lost(flight(c), c.mss)
        mark_first_lost(c)


def mark_first_lost(c: TCB) -> None:
    """The first unacknowledged segment is to be sent again."""
    c.resend = c.snd_una
    c.lost_end = (c.snd_una + min(c.mss, distance(c.snd_una, c.snd_nxt))) & 0xFFFFFFFF


def timed_out(c: TCB, now: float) -> None:
    """The retransmission timer expired: all that is out is taken for lost (RFC 6298 5.4-5.6, RFC 5681 3.1)."""
    if c.congestion is not None:
        c.congestion.timed_out(flight(c), c.mss, c.retries == 0)
    c.recovering = False
    c.recover = c.snd_nxt
    c.duplicate_acks = 0
    c.resend = c.snd_una
    c.lost_end = c.snd_nxt
    c.retries += 1
    back_off(c, now)
