"""Bytes to a segment: IPv4 or IPv6, then TCP and its options.

`parse` fills a `Segment` that the caller keeps and uses again, and says under which outcome a packet is dropped when it
isn't one. It believes no length before it has held it against what really came, and never raises.
"""

from ..outcomes import Outcome
from .checksum import fold, word_sum
from .flags import FIN, SYN, flag_names
from .kinds import (
    OPTION_END,
    OPTION_MSS,
    OPTION_NOP,
    OPTION_SACK,
    OPTION_SACK_PERMITTED,
    OPTION_SCALE,
    OPTION_TIMESTAMPS,
    PROTOCOL_TCP,
)

IP_TRUNCATED = Outcome.IP_TRUNCATED
IP_VERSION_UNKNOWN = Outcome.IP_VERSION_UNKNOWN
IP_HEADER_LENGTH_BAD = Outcome.IP_HEADER_LENGTH_BAD
IP_LENGTH_BAD = Outcome.IP_LENGTH_BAD
IP_CHECKSUM_BAD = Outcome.IP_CHECKSUM_BAD
IP_SOURCE_ROUTE = Outcome.IP_SOURCE_ROUTE
IP_FRAGMENT = Outcome.IP_FRAGMENT
IP_EXTENSION_BAD = Outcome.IP_EXTENSION_BAD
IP_PROTOCOL_UNKNOWN = Outcome.IP_PROTOCOL_UNKNOWN
TCP_TRUNCATED = Outcome.TCP_TRUNCATED
TCP_OFFSET_BAD = Outcome.TCP_OFFSET_BAD
TCP_CHECKSUM_BAD = Outcome.TCP_CHECKSUM_BAD
TCP_OPTION_BAD = Outcome.TCP_OPTION_BAD

# RFC 8200 4: hop-by-hop, routing, destination options; the fragment header has a shape of its own.
HOP_BY_HOP = 0
ROUTING = 43
FRAGMENT = 44
DESTINATION_OPTIONS = 60
# RFC 791 3.1: the packet says which way it must go.
LOOSE_ROUTE = 131
STRICT_ROUTE = 137
# More than this many extension headers on one packet are an attack on whoever walks them (RFC 9098).
MOST_EXTENSIONS = 8


class Segment:
    """One TCP segment, and where in its frame the parts stand.

    Options that weren't there read as 0 (`mss`), -1 (`scale`), False (`sack_permitted`, `timestamps`) and None (`sack`,
    else a tuple of (left, right) edges). `key` names the connection (wire.addresses).
    """

    __slots__ = (
        "ack",
        "data_end",
        "data_start",
        "ecn",
        "flags",
        "frame",
        "key",
        "mss",
        "packet_start",
        "protocol",
        "sack",
        "sack_permitted",
        "scale",
        "seq",
        "tcp_start",
        "timestamps",
        "tsecr",
        "tsval",
        "ttl",
        "urgent",
        "version",
        "window",
    )

    def __init__(self) -> None:
        self.frame: bytes = b""
        self.key: bytes = b""
        self.sack: tuple[tuple[int, int], ...] | None = None
        self.packet_start = self.tcp_start = self.data_start = self.data_end = 0
        self.version = self.protocol = self.ttl = self.ecn = 0
        self.seq = self.ack = self.flags = self.window = self.urgent = 0
        self.mss = 0
        self.scale = -1
        self.sack_permitted = self.timestamps = False
        self.tsval = self.tsecr = 0

    @property
    def length(self) -> int:
        """SEG.LEN: the octets of data, with SYN and FIN counted as one each (RFC 9293 3.4)."""
        return segment_length(self)

    @property
    def data(self) -> bytes:
        """The payload."""
        if self.data_start == self.data_end:
            return b""
        return self.frame[self.data_start : self.data_end]

    @property
    def options(self) -> bytes:
        """The options as they stand in the header, padding included."""
        return self.frame[self.tcp_start + 20 : self.data_start]

    def __repr__(self) -> str:
        return f"<Segment {flag_names(self.flags)} seq={self.seq} ack={self.ack} len={self.length}>"


def segment_length(segment: Segment) -> int:
    """SEG.LEN, for the engine's own use."""
    length = segment.data_end - segment.data_start
    if segment.flags & (SYN | FIN):
        # Two truth values would be added as Python's own numbers.
        length += (1 if segment.flags & SYN else 0) + (1 if segment.flags & FIN else 0)
    return length


def _u32(p: bytes, at: int) -> int:
    word = p[at]
    return (word << 24) | (p[at + 1] << 16) | (p[at + 2] << 8) | p[at + 3]


def parse(frame: bytes, start: int, trusted: bool, segment: Segment) -> int:
    """Read the IP packet that begins at frame[start] into `segment`.

    `trusted` says that whoever handed the frame over vouches for the TCP checksum (a virtio_net_hdr can). Returns 0
    when it is a TCP segment and every part of it is sound, else the outcome that names what is wrong. A packet of
    another protocol gives IP_PROTOCOL_UNKNOWN with `version`, `protocol`, `tcp_start` (of the payload) and `data_end`
    filled in.
    """
    segment.frame = frame
    segment.packet_start = start
    if len(frame) - start < 20:
        return IP_TRUNCATED
    version = frame[start] >> 4
    segment.version = version
    if version == 4:
        why = _read_ipv4(frame, start, segment)
    elif version == 6:
        why = _read_ipv6(frame, start, segment)
    else:
        return IP_VERSION_UNKNOWN
    if why:
        return why
    if segment.protocol != PROTOCOL_TCP:
        return IP_PROTOCOL_UNKNOWN
    return _read_tcp(frame, trusted, segment)


def _read_ipv4(frame: bytes, start: int, segment: Segment) -> int:
    p = frame
    available = len(frame) - start
    header = (p[start] & 0x0F) * 4
    if header < 20 or header > available:
        return IP_HEADER_LENGTH_BAD
    total = (p[start + 2] << 8) | p[start + 3]
    if total > available or total < header:
        return IP_LENGTH_BAD
    if fold(word_sum(frame, start, start + header)) != 0xFFFF:
        return IP_CHECKSUM_BAD
    if ((p[start + 6] & 0x3F) | p[start + 7]) != 0:
        return IP_FRAGMENT
    segment.ecn = p[start + 1] & 3
    segment.ttl = p[start + 8]
    segment.protocol = p[start + 9]
    segment.tcp_start = start + header
    segment.data_end = start + total
    return _read_ip_options(frame, start + 20, start + header) if header > 20 else 0


def _read_ip_options(frame: bytes, at: int, end: int) -> int:
    """Options of the IPv4 header are stepped over (RFC 9293 MUST-50), but for a source route: LSRR or SSRR."""
    p = frame
    while at + 1 < end and p[at] != OPTION_END:
        if p[at] == OPTION_NOP:
            at += 1
            continue
        if p[at] == LOOSE_ROUTE or p[at] == STRICT_ROUTE:
            return IP_SOURCE_ROUTE
        if p[at + 1] < 2:
            break
        at += p[at + 1]
    return 0


def _read_ipv6(frame: bytes, start: int, segment: Segment) -> int:
    p = frame
    if len(frame) - start < 40:
        return IP_TRUNCATED
    end = start + 40 + ((p[start + 4] << 8) | p[start + 5])
    if end > len(frame):
        return IP_LENGTH_BAD
    segment.ecn = (p[start + 1] >> 4) & 3
    segment.ttl = p[start + 7]
    protocol = p[start + 6]
    at = start + 40
    hops = 0
    while protocol in (HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS, FRAGMENT):
        hops += 1
        if at + 8 > end or hops > MOST_EXTENSIONS:
            return IP_EXTENSION_BAD
        if protocol == FRAGMENT:
            # A "fragment" that is the whole packet (RFC 6946) is read like any packet.
            if (((p[at + 2] << 8) | p[at + 3]) & 0xFFF9) != 0:
                return IP_FRAGMENT
            protocol = p[at]
            at += 8
        else:
            if protocol == ROUTING and p[at + 3] != 0:
                # Segments are left: its way doesn't end here (RFC 8200 4.4, RFC 5095 3).
                return IP_SOURCE_ROUTE
            protocol = p[at]
            at += 8 + p[at + 1] * 8
    if at > end:
        return IP_EXTENSION_BAD
    segment.protocol = protocol
    segment.tcp_start = at
    segment.data_end = end
    return 0


def _read_tcp(frame: bytes, trusted: bool, segment: Segment) -> int:
    p = frame
    start = segment.packet_start
    tcp = segment.tcp_start
    end = segment.data_end
    if end - tcp < 20:
        return TCP_TRUNCATED
    data = tcp + (p[tcp + 12] >> 4) * 4
    if data < tcp + 20 or data > end:
        return TCP_OFFSET_BAD
    # The pseudo-header of RFC 9293 3.1: both addresses, the protocol, the length.
    addresses, width = (start + 12, 8) if segment.version == 4 else (start + 8, 32)
    if not trusted:
        total = word_sum(frame, addresses, addresses + width) + PROTOCOL_TCP + (end - tcp)
        if fold(total + word_sum(frame, tcp, end)) != 0xFFFF:
            return TCP_CHECKSUM_BAD
    if tcp == addresses + width:
        segment.key = p[addresses : tcp + 4]
    else:
        segment.key = p[addresses : addresses + width] + p[tcp : tcp + 4]
    segment.seq = _u32(p, tcp + 4)
    segment.ack = _u32(p, tcp + 8)
    segment.flags = p[tcp + 13]
    segment.window = (p[tcp + 14] << 8) | p[tcp + 15]
    segment.urgent = (p[tcp + 18] << 8) | p[tcp + 19]
    segment.data_start = data
    segment.mss = 0
    segment.scale = -1
    segment.sack_permitted = False
    segment.timestamps = False
    segment.sack = None
    if data == tcp + 20:
        return 0
    return _read_options(frame, tcp + 20, data, segment)


def _read_options(frame: bytes, at: int, end: int, segment: Segment) -> int:
    p = frame
    if end - at == 12 and p[at] == OPTION_NOP and p[at + 1] == OPTION_NOP and p[at + 2] == OPTION_TIMESTAMPS:
        # RFC 7323 appendix A: how nearly every segment's options look.
        at += 2
    while at < end:
        kind = p[at]
        if kind == OPTION_END:
            return 0
        if kind == OPTION_NOP:
            at += 1
            continue
        if at + 2 > end:
            return TCP_OPTION_BAD
        size = p[at + 1]
        if size < 2 or at + size > end:
            return TCP_OPTION_BAD
        if kind == OPTION_TIMESTAMPS:
            if size != 10:
                return TCP_OPTION_BAD
            segment.timestamps = True
            segment.tsval = _u32(p, at + 2)
            segment.tsecr = _u32(p, at + 6)
        elif kind == OPTION_MSS:
            if size != 4:
                return TCP_OPTION_BAD
            segment.mss = (p[at + 2] << 8) | p[at + 3]
        elif kind == OPTION_SCALE:
            if size != 3:
                return TCP_OPTION_BAD
            segment.scale = p[at + 2]
        elif kind == OPTION_SACK_PERMITTED:
            if size != 2:
                return TCP_OPTION_BAD
            segment.sack_permitted = True
        elif kind == OPTION_SACK:
            if size < 10 or (size - 2) % 8:
                return TCP_OPTION_BAD
            segment.sack = _read_sack(frame, at + 2, at + size)
        at += size
    return 0


def _read_sack(frame: bytes, at: int, end: int) -> tuple[tuple[int, int], ...]:
    return tuple(
        (int.from_bytes(frame[i : i + 4], "big"), int.from_bytes(frame[i + 4 : i + 8], "big"))
        for i in range(at, end, 8)
    )
