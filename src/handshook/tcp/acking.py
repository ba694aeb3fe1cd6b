"""When an ACK is owed for data: at once, or a little later, or more than one (RFC 9293 3.8.6.3, RFC 5681 4.2).

All that has come in one batch is processed before anything leaves (MUST-59), and where all goes well one ACK tells of
it. Around a gap that would be too little: the sender's window is small, the one ACK may be lost too, and a sender
without SACK counts duplicates. So for a while after a gap or a duplicate no ACK is delayed, and a batch is answered by
as many ACKs as its segments would have had one by one, within bounds.
"""

from .owed import ACK_LATER, ACK_NOW
from .tcb import TCB

# For so many segments after a gap or a duplicate. Linux's figure (TCP_MAX_QUICKACKS): enough for a window to grow from
# one segment to where two come at a time.
TROUBLED = 16
# ACKs of one number before the last: the sender's threshold (RFC 5681 3.2) is met by one batch.
MOST_EARLIER = 3


def note_trouble(c: TCB) -> None:
    """A gap was seen, or a duplicate: the sender has slowed down or soon will."""
    c.troubled = TROUBLED


def owe_at_once(c: TCB) -> None:
    """An ACK with the next batch; beside one that is owed already, if that one's number matters too."""
    if c.troubled and c.ack_owed == ACK_NOW:
        if c.earlier_acks and c.earlier_number == c.owed_number:
            c.earlier_acks = min(c.earlier_acks + 1, MOST_EARLIER)
        else:
            c.earlier_acks = 1
            c.earlier_number = c.owed_number
    c.ack_owed = ACK_NOW
    c.owed_number = c.rcv_nxt


def owe(c: TCB, octets: int, now: float) -> None:
    """So much came in order: its ACK may wait a little, but at least every second full-sized segment gets one."""
    c.unacked_octets += octets
    if c.troubled:
        c.troubled -= 1
        owe_at_once(c)
    elif c.ack_owed == ACK_NOW:
        return
    elif c.unacked_octets >= 2 * c.mss or c.terms.delayed_ack <= 0:
        owe_at_once(c)
    elif c.ack_owed != ACK_LATER:
        c.ack_owed = ACK_LATER
        c.ack_at = now + c.terms.delayed_ack
