"""Every kind of segment that can arrive, by where its numbers stand to the connection's.

`R`, `W`, `U` and `N` are a place's (places.py). Sequence numbers below, across, inside and beyond the window and ACKs
old, current, of a part, of everything and ahead are met with every control bit for which that makes a difference.
"""

from dataclasses import dataclass

from segments import MASK, NOP, packet, timestamps
from tcp.matrix.places import stream

FRESH, OLD = 2000, 500
"""TSval of a segment that arrives: newer, or older, than what was last heard."""


@dataclass(frozen=True)
class Mode:
    """What is agreed on about timestamps, and the TSval that the segment has."""

    stamped: bool
    tsval: int | None


MODES = {
    "none": Mode(False, None),
    "unasked": Mode(False, FRESH),
    "fresh": Mode(True, FRESH),
    "missing": Mode(True, None),
    "old": Mode(True, OLD),
}


@dataclass(frozen=True)
class Kind:
    """`flags` by their letters; the numbers are functions of the place. `ack` is None without the ACK bit."""

    flags: str
    seq: object
    ack: object = None
    count: object = 0
    window: int | None = None
    urgent: int = 0

    def numbers(self, place):
        """(SEG.SEQ, SEG.ACK or None, octets of data), counted from each side's initial number."""
        count = self.count(place) if callable(self.count) else self.count
        return self.seq(place), None if self.ack is None else self.ack(place), count

    def length(self, place):
        """SEG.LEN."""
        return self.numbers(place)[2] + ("S" in self.flags) + ("F" in self.flags)

    def packet(self, ground, mode):
        """The IP packet, written by hand."""
        t, place = ground.t, ground.place
        seq, ack, count = self.numbers(place)
        return packet(
            (t.address, t.port),
            (t.stack_address, t.stack_port),
            self.flags,
            seq=(t.isn + seq) & MASK,
            ack=0 if ack is None else ((t.stack_isn or 0) + ack) & MASK,
            window=place.peer_window if self.window is None else self.window,
            urgent=self.urgent,
            data=stream(seq + ("S" in self.flags), count),
            options=b"" if mode.tsval is None else NOP + NOP + timestamps(mode.tsval),
        )


# SEG.SEQ
def nxt(p):
    return p.R


def again(p):
    """The number before: a SYN's or FIN's that has been taken, or a keep-alive probe's."""
    return p.R - 1


def inside(p):
    """The middle of the window; just beyond it where it is shut."""
    return p.R + (p.W // 2 or 1)


def last(p):
    return p.R + p.W - 1


def edge(p):
    """The first number outside."""
    return p.R + p.W


def above(p):
    return p.R + p.W + 1000


def far_above(p):
    return p.R + 100_000


def far_below(p):
    return p.R - 100_000


def ten_before(p):
    return p.R - 10


def five_before(p):
    return p.R - 5


def five_before_the_edge(p):
    return p.R + p.W - 5


# SEG.ACK
def una(p):
    """Nothing new."""
    return p.U


def part(p):
    """All but the last number that is out: an octet, or our FIN."""
    return p.N - 1


def everything(p):
    return p.N


def ahead(p):
    return p.N + 1


def far_ahead(p):
    return p.N + 100_000


def old(p):
    """Acknowledged long ago, yet within the largest window the peer ever offered (RFC 5961 5)."""
    return p.U - 1000


def too_old(p):
    return p.U - 70_000


# Octets
def full(p):
    """As much as the window takes; one octet where it takes none."""
    return p.W or 1


def too_much(p):
    return p.W + 10


KINDS = {
    "SYN again": Kind("S", again),
    "SYN next": Kind("S", nxt),
    "SYN inside": Kind("S", inside),
    "SYN far above": Kind("S", far_above),
    "SYN with data": Kind("S", again, count=10),
    "SYN,FIN": Kind("SF", again),
    "SYN,RST": Kind("SR", again),
    "SYN,RST next": Kind("SR", nxt),
    "SYN,ACK again": Kind("SA", again, everything),
    "SYN,ACK inside": Kind("SA", inside, everything),
    "SYN,ACK ahead": Kind("SA", again, ahead),
    "SYN,ACK with data": Kind("SA", again, everything, 10),
    "SYN,FIN,ACK": Kind("SFA", again, everything),
    "ACK": Kind("A", nxt, una),
    "ACK of a part": Kind("A", nxt, part),
    "ACK of all": Kind("A", nxt, everything),
    "ACK ahead": Kind("A", nxt, ahead),
    "ACK far ahead": Kind("A", nxt, far_ahead),
    "ACK old": Kind("A", nxt, old),
    "ACK too old": Kind("A", nxt, too_old),
    "ACK below": Kind("A", again, una),
    "ACK far below": Kind("A", far_below, una),
    "ACK inside": Kind("A", inside, una),
    "ACK of all inside": Kind("A", inside, everything),
    "ACK last": Kind("A", last, una),
    "ACK edge": Kind("A", edge, una),
    "ACK above": Kind("A", above, una),
    "window opened": Kind("A", nxt, una, window=30_000),
    "window shut": Kind("A", nxt, una, window=0),
    "no flag": Kind("", nxt),
    "data, no ACK": Kind("P", nxt, count=10),
    "FIN, no ACK": Kind("F", nxt),
    "FIN,PSH,URG": Kind("FPU", nxt, urgent=1),
    "data": Kind("A", nxt, una, 10),
    "data, ACK of all": Kind("A", nxt, everything, 10),
    "data before": Kind("A", ten_before, una, 10),
    "data across left": Kind("A", five_before, una, 10),
    "data inside": Kind("A", inside, una, 10),
    "data across right": Kind("A", five_before_the_edge, una, 10),
    "data that fills": Kind("A", nxt, una, full),
    "data too much": Kind("A", nxt, una, too_much),
    "data beyond": Kind("A", edge, una, 10),
    "data, ACK ahead": Kind("A", nxt, ahead, 10),
    "data urgent": Kind("UA", nxt, una, 10, urgent=10),
    "FIN": Kind("FA", nxt, una),
    "FIN, ACK of all": Kind("FA", nxt, everything),
    "FIN with data": Kind("FA", nxt, una, 10),
    "FIN with data, of all": Kind("FA", nxt, everything, 10),
    "FIN inside": Kind("FA", inside, una),
    "FIN again": Kind("FA", again, una),
    "FIN again, ACK of all": Kind("FA", again, everything),
    "FIN beyond": Kind("FA", edge, una),
    "FIN behind all it takes": Kind("FA", nxt, una, full),
    "FIN, ACK ahead": Kind("FA", nxt, ahead),
    "RST": Kind("R", nxt),
    "RST,ACK": Kind("RA", nxt, everything),
    "RST,ACK ahead": Kind("RA", nxt, ahead),
    "RST inside": Kind("R", inside),
    "RST last": Kind("R", last),
    "RST edge": Kind("R", edge),
    "RST below": Kind("R", again),
    "RST with data": Kind("R", nxt, count=10),
    "FIN,RST": Kind("FR", nxt),
}
