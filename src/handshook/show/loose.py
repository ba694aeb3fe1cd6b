"""Packets of no connection: why an ICMP message was passed over, and what was only sent to everybody."""

from ..host.step import Step
from ..outcomes import Outcome
from ..wire.checksum import checksum
from ..wire.kinds import PROTOCOL_ICMPV6, PROTOCOL_TCP
from ..wire.segment import Segment, parse

# Destination unreachable, source quench, time exceeded, parameter problem; packet too big is of its own in ICMPv6.
ERRORS4 = (3, 4, 11, 12)
ERRORS6 = (1, 2, 3, 4)

MULTICAST6 = 0xFF  # RFC 4291 2.7
MULTICAST4 = 224  # RFC 1112 4; broadcast lies above it

UNASKED = frozenset(
    {Outcome.ICMP_IGNORED, Outcome.NOT_OURS, Outcome.IP_PROTOCOL_UNKNOWN, Outcome.SOURCE_INVALID, Outcome.IP_FRAGMENT}
)
"""What becomes of the neighbourhood's own talk: routers looked for, groups joined, names asked for."""


def to_everybody(step: Step) -> bool:
    """Whether the step is a multicast or broadcast that came to nothing: no news about TCP, and there is much of it."""
    packet = step.packet
    if step.outcome not in UNASKED or not packet:
        return False
    if packet[0] >> 4 == 6:
        return len(packet) >= 40 and packet[24] == MULTICAST6
    return len(packet) >= 20 and packet[16] >= MULTICAST4


def why_ignored(step: Step) -> str:
    """Why an ICMP message was ignored, as a sentence; "" for a step that is not about one."""
    segment = Segment()
    if step.frame is None or parse(step.frame, step.framing.headroom, True, segment) != Outcome.IP_PROTOCOL_UNKNOWN:
        return ""
    message = segment.frame[segment.tcp_start : segment.data_end]
    if len(message) < 8:
        return "An ICMP message has eight bytes at least, this one is shorter: ignored (RFC 792)."
    pseudo = b""
    if segment.version == 6:
        # RFC 8200 8.1
        addresses = segment.frame[segment.packet_start + 8 : segment.packet_start + 40]
        pseudo = addresses + len(message).to_bytes(4, "big") + bytes((0, 0, 0, PROTOCOL_ICMPV6))
    if checksum(pseudo + message):
        return "The ICMP message's checksum is wrong: ignored (RFC 792, RFC 4443 2.3)."
    kind, code = message[0], message[1]
    if kind in (ERRORS6 if segment.version == 6 else ERRORS4) and not _quotes_tcp(message[8:], segment.version):
        return f"An ICMP error (type {kind}, code {code}) about something else than a TCP segment: ignored."
    return f"ICMP type {kind}, code {code}, asks nothing of TCP: ignored (RFC 1122 3.2.2)."


def _quotes_tcp(quote: bytes, version: int) -> bool:
    """Whether as much of a TCP segment is quoted as tells whose it was: eight bytes of it (RFC 792)."""
    if version == 6:
        return len(quote) >= 48 and quote[6] == PROTOCOL_TCP
    return len(quote) >= 28 and quote[9] == PROTOCOL_TCP
