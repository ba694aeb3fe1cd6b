"""Explicit congestion notification (RFC 3168): routers mark instead of dropping, and the mark is echoed to the sender.

A SYN with ECE and CWR asks, a SYN,ACK with ECE agrees. New data then travels as ECT(0); a router that is congested
makes it CE; the receiver sets ECE in every ACK until the sender answers with CWR, having slowed down once.
"""

from ..wire.flags import CWR, ECE
from ..wire.segment import Segment
from .owed import ACK_NOW
from .sequence import before, distance
from .tcb import TCB

ECT = 2  # ECT(0)
CONGESTED = 3  # CE


def asks(s: Segment) -> bool:
    """Does this SYN ask for ECN (6.1.1)?"""
    return s.flags & (ECE | CWR) == ECE | CWR


def agrees(s: Segment) -> bool:
    """Does this SYN,ACK agree? One with both bits only reflects what its stack doesn't know (6.1.1)."""
    return s.flags & (ECE | CWR) == ECE


def heed(c: TCB, s: Segment, now: float) -> None:
    """What a segment of an open connection says: a mark on the way here, or the echo of one on the way there."""
    if s.flags & CWR:
        c.ecn_echo = False
    if s.ecn == CONGESTED and s.data_end > s.data_start:
        c.ecn_echo = True
        c.ack_owed = ACK_NOW
    if s.flags & ECE and c.congestion is not None and not c.recovering and before(c.ecn_until, s.ack):
        # Once for each window of data (6.1.2), like a loss but with nothing to send again.
        c.congestion.lost(distance(c.snd_una, c.snd_nxt), c.mss, now)
        c.ecn_until = c.snd_nxt
        c.cwr_owed = True
