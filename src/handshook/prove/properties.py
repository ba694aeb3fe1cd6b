"""What must hold in every state, and how a state is judged.

Each property looks at the two hosts only through what a program or a packet capture could know of them, and at the
explorer's own notes on what has been (host.py).
"""

from collections.abc import Iterator
from enum import Enum

from ..tcp.sequence import before, before_or_at
from ..tcp.states import CLOSED, SYN_RECEIVED, SYN_SENT, TIME_WAIT
from ..wire.flags import ACK, RST, SYN
from ..wire.segment import Segment, segment_length
from ..wire.word import WORD
from .host import Facts


class Property(Enum):
    """A property by its name; `rule` is what it says, `broken` what it means that it doesn't hold."""

    rule: str
    broken: str

    def __new__(cls, name: str, rule: str, broken: str) -> "Property":
        member = object.__new__(cls)
        member._value_ = name
        member.rule = rule
        member.broken = broken
        return member

    AGREEMENT = (
        "agreement",
        "who is open has the peer's initial number, and the peer has his",
        "one side is open with a peer that means another connection: what they send can't be put together",
    )
    BELIEF = (
        "belief",
        "who is open has been heard: the peer is in that very connection, or has once answered its number",
        "one side is open towards a peer who knows nothing of it, and never did",
    )
    GHOST = (
        "ghost",
        "an old segment opens no connection: each of the peer's openings opens at most one here",
        "an old copy of a SYN has opened a connection once more that was long over",
    )
    OWN_DATA = (
        "own-data",
        "what is delivered was sent in this incarnation of the connection",
        "data of a former incarnation was delivered as if it belonged to this one",
    )
    ONCE = (
        "once",
        "what is delivered was sent in this order, nothing twice and nothing left out",
        "an octet was delivered twice, or another was passed over",
    )
    CLOSE = (
        "close",
        "a connection that both sides have finished ends in order, unless one of them aborts, gives up or crashes",
        "a connection was reset that both sides had finished: its last segments met a host that had forgotten it",
    )
    UNHARMED = (
        "unharmed",
        "nobody is reset while the peer is still in that very connection",
        "a connection was reset that its peer has neither aborted nor forgotten",
    )
    RESETS = (
        "resets",
        "a RST is sent exactly when and as RFC 9293 3.5.2 says",
        "a RST was sent that RFC 9293 3.5.2 doesn't allow, or one that it demands was not, or with another number",
    )
    AN_END = (
        "an-end",
        "from everywhere some way leads to where both sides are closed, and half-open connections are found out on it",
        "both sides can no longer come to an end, though nothing is lost any more",
    )


def judge_pair(a: Facts, b: Facts) -> Iterator[Property]:
    """What is wrong with two hosts at one moment."""
    if a.open and b.open and (a.iss, a.irs) != (b.irs, b.iss):
        yield Property.AGREEMENT
    for one, other in ((a, b), (b, a)):
        if one.open and other.iss == one.irs and other.irs not in (one.iss, -1):
            yield Property.AGREEMENT
        if one.open and not _is_believed(one, other):
            yield Property.BELIEF
        if _has_ghost(one, other):
            yield Property.GHOST
        births = {tag >> 3 & 15 for tag in one.got}
        if births and min(births) < one.partner:
            yield Property.OWN_DATA
        if births and max(births) > one.partner:
            yield Property.AGREEMENT
        if one.got and not _is_in_order(one.got):
            yield Property.ONCE
        if one.reset and other.open and (other.irs, other.iss) == one.reset:
            yield Property.UNHARMED
        if one.reset_late and not one.rude and not other.rude:
            yield Property.CLOSE


def _is_believed(one: Facts, other: Facts) -> bool:
    return other.iss == one.irs or (one.irs, one.iss) in other.known


def _has_ghost(one: Facts, other: Facts) -> bool:
    """Has one opening of the other's opened more than one connection here?"""
    numbers = [irs for _, irs in one.opened]
    return any(other.births.count(number) < numbers.count(number) for number in numbers if number in other.births)


def _is_in_order(got: bytes) -> bool:
    """Whose they are is another property's matter."""
    places: dict[int, int] = {}
    for tag in got:
        expected = places.get(tag >> 3, 0)
        if tag & 7 != expected:
            return False
        places[tag >> 3] = expected + 1
    return True


def judge_reset(before_it: Facts, window: int, listens: bool, s: Segment, sent: list[Segment]) -> bool:
    """Did the arrival of `s` cause the resets that it must, and no other (RFC 9293 3.5.2, 3.10.7)?

    What the program makes of it by itself, such as a RST for data that comes after it has closed (3.6.1), is no answer
    to the segment's place, and judged by its own number only.
    """
    resets = [each for each in sent if each.flags & RST]
    due = _reset_due(before_it, window, listens, s)
    if due is None:
        return True
    if not due:
        return not resets
    if len(resets) != 1:
        return False
    reset = resets[0]
    if s.flags & ACK:
        return reset.seq == s.ack
    return reset.seq == 0 and bool(reset.flags & ACK) and reset.ack == (s.seq + segment_length(s)) & WORD


def _reset_due(h: Facts, window: int, listens: bool, s: Segment) -> bool | None:
    """Must a RST answer this segment? None where the program's closing has a say."""
    if s.flags & RST:
        return False
    if s.key != h.key:
        # Of another four-tuple, whatever there is under this one.
        return bool(s.flags & ACK) if listens else True
    if h.stage == CLOSED:
        # 1: the connection doesn't exist; a listener answers only what acknowledges something (2).
        return bool(s.flags & ACK) if listens else True
    if h.stage == SYN_SENT:
        # 2: it acknowledges something not yet sent.
        return bool(s.flags & ACK) and s.ack != (h.iss + 1) & WORD
    if h.stage == TIME_WAIT:
        return False
    if not h.open:
        # 2, also where the program has closed before that: FIN-WAIT-1 is then only the state's name (3.10.4).
        return _reset_due_half_way(h, window, s)
    # 3: in a synchronized state never; but data for a program that has closed resets.
    return None if s.data_end > s.data_start else False


def _reset_due_half_way(h: Facts, window: int, s: Segment) -> bool:
    """Our SYN is out, and the peer's is here: a bad acknowledgment in what is otherwise acceptable."""
    nxt = (h.irs + 1) & WORD
    if h.recent >= 0 and (not s.timestamps or before(s.tsval, h.recent)):
        return False  # RFC 7323 5.3 comes first
    if not s.flags & ACK or (before(h.iss, s.ack) and before_or_at(s.ack, h.nxt)):
        return False
    if s.flags & SYN:
        # The peer's SYN once more, now with an ACK: the end of a simultaneous open. Any other is challenged.
        return h.stage == SYN_RECEIVED and s.seq == h.irs
    if h.stage != SYN_RECEIVED and s.ack == h.iss:
        return False  # it acknowledges nothing, and nothing that was not sent
    return before_or_at(nxt, s.seq) and before(s.seq, (nxt + window) & WORD)
