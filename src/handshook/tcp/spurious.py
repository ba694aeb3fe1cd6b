"""Was a retransmission needless? Eifel: the timestamp of its first ACK says which copy that ACK is for (RFC 3522).

If the original's, nothing was lost, only late, or its ACKs were: what was believed lost is in the network, and the
congestion window is what it was (RFC 4015, RFC 9438 4.9).
"""

from ..wire.segment import Segment
from .doubt import DOUBT, NO_DOUBT, RESENT
from .sequence import before
from .tcb import TCB


def suspect(c: TCB) -> None:
    """A loss was found or the timer expired: remember how things stood (RFC 3522 3.2 step 1)."""
    c.doubt = DOUBT
    if not c.tail_probed:
        c.tail_again = False
    if c.congestion is not None:
        c.congestion.remember()


def note_resent(c: TCB, timestamp: int) -> None:
    """A copy has left; what counts is the first one's timestamp (step 2)."""
    if c.doubt == DOUBT:
        c.doubt = RESENT
        c.doubt_timestamp = timestamp


def settle_doubt(c: TCB, s: Segment) -> None:
    """The first ACK of new data after it decides (steps 3 to 5): if all of it was needless, it is taken back."""
    if c.doubt == NO_DOUBT:
        return
    needless = c.doubt == RESENT and s.timestamps and before(s.tsecr, c.doubt_timestamp)
    if c.tail_again and not before(c.snd_una, c.tail_end):
        # The ACK may be for a tail probe's copy, which left before the one that counts and may have been needed.
        needless = False
    c.doubt = NO_DOUBT
    if not needless:
        return
    c.recovering = False
    c.recover = c.snd_una
    c.must_resend = False
    if c.scoreboard is not None:
        c.scoreboard.find_all()
    if c.congestion is not None:
        c.congestion.restore()
