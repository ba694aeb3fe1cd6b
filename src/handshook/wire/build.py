"""A segment to bytes: TCP and its options, the IP header, and whatever the link wants before it.

A `Builder` belongs to one stack. Headers are written into its scratch space and leave as one fresh `bytes` with the
payload behind them, so that a segment of 64 KB costs one header and one copy.
"""

from array import array

from ..outcomes import Outcome
from .checksum import fold, word_sum
from .flags import ACK, CWR, RST
from .framing import PLAIN, VNET_GSO_ECN, VNET_GSO_TCPV4, VNET_GSO_TCPV6, VNET_NEEDS_CHECKSUM, Framing
from .kinds import (
    OPTION_MSS,
    OPTION_NOP,
    OPTION_SACK,
    OPTION_SACK_PERMITTED,
    OPTION_SCALE,
    OPTION_TIMESTAMPS,
    PROTOCOL_TCP,
)
from .word import WORD

SENT_RST_FOR_NO_ONE = Outcome.SENT_RST_FOR_NO_ONE
OUTCOMES = max(Outcome) + 1
# A slice of a C pointer is new bytes already.
COMPILED = not __file__.endswith(".py")

# Room for a link header, IPv6 (40), TCP with all its options (60).
SCRATCH = 256
# RFC 9293 MUST-49 wants it configurable; 64 is the value IANA recommends.
DEFAULT_TTL = 64


class Builder:
    """Writes segments in one link's framing."""

    __slots__ = (
        "clock",
        "counts",
        "dscp",
        "ecn",
        "framing",
        "gathers",
        "headroom",
        "log",
        "option_end",
        "own_dscp",
        "own_ttl",
        "parts",
        "scratch",
        "start",
        "ttl",
        "urgent",
        "vnet",
        "written",
    )

    def __init__(self, framing: Framing = PLAIN, ttl: int = DEFAULT_TTL, dscp: int = 0) -> None:
        self.framing = framing
        self.headroom = framing.headroom
        self.vnet = framing.vnet
        self.gathers = framing.gathers
        self.parts: tuple[bytes | memoryview, ...] | None = None  # the data of the next frame, where it leaves in parts
        # What a segment has that belongs to no connection; and what the one being written has.
        self.ttl = self.own_ttl = ttl
        self.dscp = self.own_dscp = dscp
        self.ecn = 0
        self.urgent = 0  # the urgent pointer of the next segment
        # What each frame was for: counted always, listed in order while somebody watches.
        self.counts = array("Q", [0]) * OUTCOMES
        self.log: list[int] | None = None
        self.scratch = bytearray(SCRATCH)
        self.written = 0  # for which IP version the link's header stands in it; `_vnet_header` sets all of its own
        self.clock = 0
        self.start = 0
        self.option_end = 0

    def set_clock(self, now: float) -> None:
        """The time at which the next segments leave, for their timestamps: `clock` counts milliseconds."""
        milliseconds = int(now * 1000)
        self.clock = milliseconds & WORD

    def begin(self, version: int) -> None:
        """Start a segment for a link of this IP version; options follow, then `finish`."""
        self.start = self.headroom + (20 if version == 4 else 40)
        self.option_end = self.start + 20
        self.own_ttl = self.ttl
        self.own_dscp = self.dscp

    def mark(self, ttl: int, dscp: int) -> None:
        """The time to live and the DSCP of the segment that was begun, where its connection has some of its own."""
        self.own_ttl = ttl
        self.own_dscp = dscp

    def add_mss(self, mss: int) -> None:
        """Maximum segment size (RFC 9293 3.7.1); belongs in a SYN only (MUST-65)."""
        p = self.scratch
        at = self.option_end
        p[at] = OPTION_MSS
        p[at + 1] = 4
        p[at + 2] = mss >> 8
        p[at + 3] = mss & 0xFF
        self.option_end = at + 4

    def add_scale(self, shift: int) -> None:
        """Window scale (RFC 7323 2), with a NOP before it to keep words aligned."""
        p = self.scratch
        at = self.option_end
        p[at] = OPTION_NOP
        p[at + 1] = OPTION_SCALE
        p[at + 2] = 3
        p[at + 3] = shift
        self.option_end = at + 4

    def add_sack_permitted(self) -> None:
        """SACK-permitted (RFC 2018 2), two NOPs before it."""
        p = self.scratch
        at = self.option_end
        p[at] = p[at + 1] = OPTION_NOP
        p[at + 2] = OPTION_SACK_PERMITTED
        p[at + 3] = 2
        self.option_end = at + 4

    def add_timestamps(self, tsval: int, tsecr: int) -> None:
        """Timestamps (RFC 7323 3), two NOPs before it."""
        p = self.scratch
        at = self.option_end
        p[at] = p[at + 1] = OPTION_NOP
        p[at + 2] = OPTION_TIMESTAMPS
        p[at + 3] = 10
        self._put32(at + 4, tsval)
        self._put32(at + 8, tsecr)
        self.option_end = at + 12

    def add_sack(self, blocks: list[tuple[int, int]]) -> None:
        """SACK blocks (RFC 2018 3): the (left, right) edges of what arrived beyond a gap, newest first.

        As many as the header has room for, two NOPs before them.
        """
        p = self.scratch
        at = self.option_end
        room = (self.start + 60 - at - 4) // 8
        count = min(len(blocks), room)
        if count <= 0:
            return
        p[at] = p[at + 1] = OPTION_NOP
        p[at + 2] = OPTION_SACK
        p[at + 3] = 2 + 8 * count
        at += 4
        for index in range(count):
            edges = blocks[index]
            self._put32(at, edges[0])
            self._put32(at + 4, edges[1])
            at += 8
        self.option_end = at

    def options_length(self) -> int:
        """How many bytes of options were added since `begin`."""
        return self.option_end - self.start - 20

    def finish(
        self,
        key: bytes,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        payload: bytes,
        first: int,
        last: int,
        unit: int,
        outcome: int,
    ) -> bytes:
        """The frame: all headers, then payload[first:last] or `parts`; `outcome` names why it is sent.

        `key` is the connection's key as it stands in *arriving* packets; addresses and ports are turned round here.
        `unit` is the most payload of one packet: a longer one leaves for the link to be cut up (with `vnet` only).
        """
        self.counts[outcome] += 1
        if self.log is not None:
            self.log.append(outcome)
        p = self.scratch
        tcp = self.start
        data = self.option_end
        size = last - first
        width = (len(key) - 4) // 2
        k = key
        p[tcp] = k[2 * width + 2]
        p[tcp + 1] = k[2 * width + 3]
        p[tcp + 2] = k[2 * width]
        p[tcp + 3] = k[2 * width + 1]
        self._put32(tcp + 4, seq)
        self._put32(tcp + 8, ack)
        p[tcp + 12] = (data - tcp) << 2
        p[tcp + 13] = flags
        p[tcp + 14] = window >> 8
        p[tcp + 15] = window & 0xFF
        p[tcp + 16] = p[tcp + 17] = 0
        p[tcp + 18] = self.urgent >> 8
        p[tcp + 19] = self.urgent & 0xFF
        length = data - tcp + size
        if width == 4:
            self._ipv4_header(key, length)
        else:
            self._ipv6_header(key, length)
        # The pseudo-header's addresses sum up the same in either order.
        total = word_sum(key, 0, 2 * width) + PROTOCOL_TCP + length
        if self.vnet:
            total = fold(total)
            self._vnet_header(width, data, size, unit, flags)
        else:
            total = fold(total + word_sum(self.scratch, tcp, data) + word_sum(payload, first, last)) ^ 0xFFFF
        p[tcp + 16] = total >> 8
        p[tcp + 17] = total & 0xFF
        header: bytes = p[:data] if COMPILED else bytes(p[:data])  # type: ignore[assignment]
        if self.parts is not None:
            return (header, *self.parts)  # type: ignore[return-value]  # as the framing says
        if size == 0:
            return header
        return b"".join((header, payload if size == len(payload) else memoryview(payload)[first:last]))

    def _put32(self, at: int, value: int) -> None:
        p = self.scratch
        p[at] = (value >> 24) & 0xFF
        p[at + 1] = (value >> 16) & 0xFF
        p[at + 2] = (value >> 8) & 0xFF
        p[at + 3] = value & 0xFF

    def _ipv4_header(self, key: bytes, length: int) -> None:
        p = self.scratch
        k = key
        at = self.headroom
        if self.written != 4:
            self.scratch[:at] = self.framing.header4
            self.written = 4
        length += 20
        p[at] = 0x45
        p[at + 1] = self.own_dscp << 2 | self.ecn  # RFC 2474 3, RFC 3168 5
        p[at + 2] = length >> 8
        p[at + 3] = length & 0xFF
        # Never fragmented (DF), so that the path's MTU is found out and the identification may stay 0 (RFC 6864 4.1).
        p[at + 4] = p[at + 5] = 0
        p[at + 6] = 0x40
        p[at + 7] = 0
        p[at + 8] = self.own_ttl
        p[at + 9] = PROTOCOL_TCP
        p[at + 10] = p[at + 11] = 0
        for i in range(4):
            p[at + 12 + i] = k[4 + i]
            p[at + 16 + i] = k[i]
        total = fold(word_sum(self.scratch, at, at + 20)) ^ 0xFFFF
        p[at + 10] = total >> 8
        p[at + 11] = total & 0xFF

    def _ipv6_header(self, key: bytes, length: int) -> None:
        p = self.scratch
        k = key
        at = self.headroom
        if self.written != 6:
            self.scratch[:at] = self.framing.header6
            self.written = 6
        p[at] = 0x60 | self.own_dscp >> 2
        p[at + 1] = (self.own_dscp & 3) << 6 | self.ecn << 4
        p[at + 2] = p[at + 3] = 0
        p[at + 4] = length >> 8
        p[at + 5] = length & 0xFF
        p[at + 6] = PROTOCOL_TCP
        p[at + 7] = self.own_ttl
        for i in range(16):
            p[at + 8 + i] = k[16 + i]
            p[at + 24 + i] = k[i]

    def _vnet_header(self, width: int, data: int, size: int, unit: int, flags: int) -> None:
        """struct virtio_net_hdr: the checksum is left to the other side, and so is cutting up a long segment."""
        p = self.scratch
        p[0] = VNET_NEEDS_CHECKSUM
        # What csum_start counts from follows the ten bytes themselves.
        checksum_start = self.start - 10
        p[6] = checksum_start & 0xFF
        p[7] = checksum_start >> 8
        p[8] = 16
        p[9] = 0
        if size > unit:
            p[1] = (VNET_GSO_TCPV4 if width == 4 else VNET_GSO_TCPV6) | (VNET_GSO_ECN if flags & CWR else 0)
            p[2] = (data - 10) & 0xFF
            p[3] = (data - 10) >> 8
            p[4] = unit & 0xFF
            p[5] = unit >> 8
        else:
            p[1] = p[2] = p[3] = p[4] = p[5] = 0


def reset_for(builder: Builder, key: bytes, seq: int, ack: int, flags: int, length: int) -> bytes:
    """The RST that answers a segment of no connection (RFC 9293 3.10.7.1); `length` is its SEG.LEN.

    It takes its place from the segment's own ACK where there is one, else it acknowledges what the segment held.
    """
    builder.begin(4 if len(key) == 12 else 6)
    if flags & ACK:
        return builder.finish(key, ack, 0, RST, 0, b"", 0, 0, 0, SENT_RST_FOR_NO_ONE)
    return builder.finish(key, 0, (seq + length) & WORD, RST | ACK, 0, b"", 0, 0, 0, SENT_RST_FOR_NO_ONE)
