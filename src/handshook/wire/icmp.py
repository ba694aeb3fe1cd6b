"""The little ICMP that TCP lives with: errors about its segments, and echo (RFC 792, 4443, 1191, 8201).

Messages are read into plain data and written as whole IP packets. What a message may do to a connection is not decided
here but where the connection is (RFC 5927).
"""

from dataclasses import dataclass
from enum import Enum

from .checksum import checksum, fold, word_sum
from .kinds import PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP
from .segment import Segment

# An error quotes no more of the packet than keeps the whole within what every link carries (RFC 1812 4.3.2.3,
# RFC 4443 2.4).
MOST_QUOTED4 = 548
MOST_QUOTED6 = 1232
# The types of an answer to a ping, of either version.
ECHO_REPLIES = (0, 129)


class Trouble(Enum):
    """What an ICMP error says, the same for both IP versions."""

    NET_UNREACHABLE = "network unreachable"
    HOST_UNREACHABLE = "host unreachable"
    PROTOCOL_UNREACHABLE = "protocol unreachable"
    PORT_UNREACHABLE = "port unreachable"
    PROHIBITED = "communication administratively prohibited"
    TOO_BIG = "packet too big"
    TIME_EXCEEDED = "time to live exceeded in transit"
    PARAMETER_PROBLEM = "a parameter in the header is wrong"
    SOURCE_QUENCH = "source quench"


# (type, code) to meaning; RFC 1122 3.2.2.1 for the IPv4 codes that stand for others.
_MEANINGS4 = {
    (3, 0): Trouble.NET_UNREACHABLE,
    (3, 1): Trouble.HOST_UNREACHABLE,
    (3, 2): Trouble.PROTOCOL_UNREACHABLE,
    (3, 3): Trouble.PORT_UNREACHABLE,
    (3, 4): Trouble.TOO_BIG,
    (3, 5): Trouble.HOST_UNREACHABLE,
    (3, 6): Trouble.NET_UNREACHABLE,
    (3, 7): Trouble.HOST_UNREACHABLE,
    (3, 8): Trouble.HOST_UNREACHABLE,
    (3, 9): Trouble.PROHIBITED,
    (3, 10): Trouble.PROHIBITED,
    (3, 11): Trouble.NET_UNREACHABLE,
    (3, 12): Trouble.HOST_UNREACHABLE,
    (3, 13): Trouble.PROHIBITED,
    (4, 0): Trouble.SOURCE_QUENCH,
    (11, 0): Trouble.TIME_EXCEEDED,
    (11, 1): Trouble.TIME_EXCEEDED,
    (12, 0): Trouble.PARAMETER_PROBLEM,
    (12, 1): Trouble.PARAMETER_PROBLEM,
    (12, 2): Trouble.PARAMETER_PROBLEM,
}
_MEANINGS6 = {
    (1, 0): Trouble.NET_UNREACHABLE,
    (1, 1): Trouble.PROHIBITED,
    (1, 2): Trouble.HOST_UNREACHABLE,
    (1, 3): Trouble.HOST_UNREACHABLE,
    (1, 4): Trouble.PORT_UNREACHABLE,
    (1, 5): Trouble.PROHIBITED,
    (1, 6): Trouble.PROHIBITED,
    (2, 0): Trouble.TOO_BIG,
    (3, 0): Trouble.TIME_EXCEEDED,
    (3, 1): Trouble.TIME_EXCEEDED,
    (4, 0): Trouble.PARAMETER_PROBLEM,
    (4, 1): Trouble.PARAMETER_PROBLEM,
    (4, 2): Trouble.PARAMETER_PROBLEM,
}
# The type and code that say each thing, for those that this engine or its lab sends.
_CODES4 = {
    Trouble.NET_UNREACHABLE: (3, 0),
    Trouble.HOST_UNREACHABLE: (3, 1),
    Trouble.PROTOCOL_UNREACHABLE: (3, 2),
    Trouble.PORT_UNREACHABLE: (3, 3),
    Trouble.PROHIBITED: (3, 13),
    Trouble.TOO_BIG: (3, 4),
    Trouble.TIME_EXCEEDED: (11, 0),
}
_CODES6 = {
    Trouble.NET_UNREACHABLE: (1, 0),
    Trouble.HOST_UNREACHABLE: (1, 3),
    Trouble.PROTOCOL_UNREACHABLE: (4, 1),
    Trouble.PORT_UNREACHABLE: (1, 4),
    Trouble.PROHIBITED: (1, 1),
    Trouble.TOO_BIG: (2, 0),
    Trouble.TIME_EXCEEDED: (3, 0),
}


UNREACHABLE = frozenset(
    {
        Trouble.NET_UNREACHABLE,
        Trouble.HOST_UNREACHABLE,
        Trouble.PROTOCOL_UNREACHABLE,
        Trouble.PORT_UNREACHABLE,
        Trouble.PROHIBITED,
    }
)
"""The troubles that say that there is no way to a destination."""


@dataclass(frozen=True)
class IcmpError:
    """An error about a TCP segment that seems to have come from here.

    `key` names the connection as our own tables do (remote first), `seq` is the quoted sequence number, `mtu` the
    next hop's (TOO_BIG only, 0 where an old router didn't say), `reporter` who says so.
    """

    trouble: Trouble
    key: bytes
    seq: int
    mtu: int
    reporter: bytes


@dataclass(frozen=True)
class EchoRequest:
    """A ping: who asks, whom, and what must come back."""

    source: bytes
    destination: bytes
    body: bytes


def read_icmp(segment: Segment) -> IcmpError | EchoRequest | None:
    """The message in a packet that `parse` has read as ICMP; None for one that is malformed or says nothing to us."""
    frame, at, end = segment.frame, segment.tcp_start, segment.data_end
    message = frame[at:end]
    start = segment.packet_start
    if len(message) < 8:
        return None
    if segment.version == 4 and segment.protocol == PROTOCOL_ICMP:
        source, destination = frame[start + 12 : start + 16], frame[start + 16 : start + 20]
        if checksum(message) != 0:
            return None
        echo, meanings, quote_version = 8, _MEANINGS4, 4
    elif segment.version == 6 and segment.protocol == PROTOCOL_ICMPV6:
        source, destination = frame[start + 8 : start + 24], frame[start + 24 : start + 40]
        if _checksum6(source, destination, message) != 0:
            return None
        echo, meanings, quote_version = 128, _MEANINGS6, 6
    else:
        return None
    if message[0] == echo and message[1] == 0:
        return EchoRequest(source, destination, message[4:])
    trouble = meanings.get((message[0], message[1]))
    if trouble is None:
        return None
    mtu = 0
    if trouble is Trouble.TOO_BIG:
        mtu = int.from_bytes(message[6:8] if quote_version == 4 else message[4:8], "big")
    return _read_quote(message[8:], quote_version, trouble, mtu, source)


def _read_quote(quote: bytes, version: int, trouble: Trouble, mtu: int, reporter: bytes) -> IcmpError | None:
    """Find in the quoted packet which connection it belonged to; at least the ports and the sequence number."""
    if version == 4:
        if len(quote) < 20 or quote[0] >> 4 != 4 or quote[9] != PROTOCOL_TCP:
            return None
        header = (quote[0] & 0x0F) * 4
        source, destination = quote[12:16], quote[16:20]
    else:
        if len(quote) < 40 or quote[0] >> 4 != 6 or quote[6] != PROTOCOL_TCP:
            return None
        header = 40
        source, destination = quote[8:24], quote[24:40]
    tcp = quote[header : header + 8]
    if header < 20 or len(tcp) < 8:
        return None
    key = destination + source + tcp[2:4] + tcp[0:2]
    return IcmpError(trouble, key, int.from_bytes(tcp[4:8], "big"), mtu, reporter)


def write_echo_reply(request: EchoRequest) -> bytes:
    """The answer to a ping, as a whole IP packet without a link header (RFC 792, RFC 4443 4.2)."""
    kind = ECHO_REPLIES[len(request.source) != 4]
    return _write(request.destination, request.source, kind, 0, request.body)


def write_error(trouble: Trouble, packet: bytes, *, reporter: bytes | None = None, mtu: int = 0) -> bytes:
    """The ICMP error about `packet` (a whole IP packet), sent by `reporter` (default: its destination) to its source.

    Raises `ValueError` for a trouble that this IP version has no message for.
    """
    version = packet[0] >> 4
    codes = _CODES4 if version == 4 else _CODES6
    if trouble not in codes:
        raise ValueError(f"no ICMP message written here says {trouble.value!r}")
    kind, code = codes[trouble]
    if version == 4:
        source, destination = packet[12:16], packet[16:20]
        rest = bytes(2) + mtu.to_bytes(2, "big") + packet[:MOST_QUOTED4]
    else:
        source, destination = packet[8:24], packet[24:40]
        rest = mtu.to_bytes(4, "big") + packet[:MOST_QUOTED6]
    return _write(reporter or destination, source, kind, code, rest)


def _write(source: bytes, destination: bytes, kind: int, code: int, rest: bytes) -> bytes:
    message = bytes((kind, code, 0, 0)) + rest
    if len(source) == 4:
        total = checksum(message)
        message = message[:2] + total.to_bytes(2, "big") + message[4:]
        header = b"\x45\x00" + (20 + len(message)).to_bytes(2, "big") + b"\x00\x00\x40\x00\x40\x01\x00\x00"
        header += source + destination
        return header[:10] + checksum(header).to_bytes(2, "big") + header[12:] + message
    total = _checksum6(source, destination, message)
    message = message[:2] + total.to_bytes(2, "big") + message[4:]
    header = b"\x60\x00\x00\x00" + len(message).to_bytes(2, "big") + bytes((PROTOCOL_ICMPV6, 64))
    return header + source + destination + message


def _checksum6(source: bytes, destination: bytes, message: bytes) -> int:
    """RFC 8200 8.1: ICMPv6 sums a pseudo-header too."""
    addresses = source + destination
    total = word_sum(addresses, 0, 32) + len(message) + PROTOCOL_ICMPV6
    return fold(total + word_sum(message, 0, len(message))) ^ 0xFFFF
