"""What an ICMP error may do to a connection (RFC 9293 3.9.2.2), and what it must prove first (RFC 5927)."""

from ..outcomes import Outcome
from ..tcp.connection import Connection
from ..tcp.happened import TROUBLED
from ..tcp.sequence import before, before_or_at
from ..tcp.states import CLOSED, SYN_RECEIVED, SYN_SENT
from ..tcp.tcb import set_mss
from ..wire.icmp import IcmpError, Trouble

# RFC 1122 3.2.2.1: protocol and port unreachable are hard; RFC 5927 5.2 lets them end only what isn't open yet.
HARD = frozenset({Trouble.PROTOCOL_UNREACHABLE, Trouble.PORT_UNREACHABLE})
# No path of today is narrower (Linux's min_pmtu); a forged message can't make segments smaller (RFC 5927 7.2).
LEAST_PATH_MTU4 = 552
LEAST_PATH_MTU6 = 1280


def suffer(connection: Connection | None, error: IcmpError, now: float) -> Outcome:
    """Let the message have its effect on the connection it quotes, if it quotes one; returns the outcome."""
    if error.trouble is Trouble.SOURCE_QUENCH:
        return Outcome.ICMP_IGNORED  # MUST-55
    c = connection
    if c is None or c.stage == CLOSED or not (before_or_at(c.snd_una, error.seq) and before(error.seq, c.snd_nxt)):
        # RFC 5927 4.1: whoever saw the segment knows a number that is in flight.
        return Outcome.ICMP_FOR_NO_ONE
    if error.trouble is Trouble.TOO_BIG:
        return _lower_mtu(c, error)
    c.trouble = error.trouble
    if error.trouble in HARD and c.stage in (SYN_SENT, SYN_RECEIVED):
        c.stage = CLOSED
        c.why = Outcome.ICMP_REFUSED
        return Outcome.ICMP_REFUSED
    if c.terms.soft_errors:
        c.happened |= TROUBLED
    return Outcome.ICMP_NOTED


def _lower_mtu(c: Connection, error: IcmpError) -> Outcome:
    """RFC 1191 4, RFC 8201 4: segments shrink, and what was too big goes again."""
    least = LEAST_PATH_MTU4 if len(c.key) == 12 else LEAST_PATH_MTU6
    mtu = max(error.mtu, least)
    if mtu >= c.mtu:
        return Outcome.ICMP_IGNORED
    c.mtu = mtu
    set_mss(c, c.peer_mss)
    if c.scoreboard is not None:
        c.scoreboard.lose_longer(c.mss)
        c.must_resend = c.scoreboard.lost > 0
    return Outcome.MTU_LOWERED
