"""A packet that is written already, changed: for those who break connections on purpose.

Packets here are bare IP packets with their checksums whole, one segment each. What comes out has whole checksums too,
but for `damaged`.
"""

from .checksum import checksum, fold, word_sum
from .flags import FIN, PSH
from .kinds import PROTOCOL_TCP
from .segment import Segment


def altered(
    packet: bytes,
    segment: Segment,
    *,
    flags: int | None = None,
    seq: int | None = None,
    window: int | None = None,
    length: int | None = None,
) -> bytes:
    """The packet with other flags, another sequence number or window, or only the first `length` bytes of its data.

    `segment` is the packet as it was read from its first byte. What is cut off takes PSH and FIN with it.
    """
    tcp, end = segment.tcp_start, segment.data_end
    kept = segment.flags if flags is None else flags
    if length is not None and segment.data_start + length < end:
        end = segment.data_start + length
        kept &= ~(PSH | FIN)
    p = bytearray(packet[:end])
    p[tcp + 13] = kept
    if seq is not None:
        p[tcp + 4 : tcp + 8] = seq.to_bytes(4, "big")
    if window is not None:
        p[tcp + 14 : tcp + 16] = window.to_bytes(2, "big")
    if segment.version == 4:
        p[2:4] = end.to_bytes(2, "big")
        p[10:12] = bytes(2)
        p[10:12] = checksum(p[: (p[0] & 15) * 4]).to_bytes(2, "big")
        addresses = word_sum(p, 12, 20)
    else:
        p[4:6] = (end - 40).to_bytes(2, "big")
        addresses = word_sum(p, 8, 40)
    p[tcp + 16 : tcp + 18] = bytes(2)
    total = fold(addresses + PROTOCOL_TCP + (end - tcp) + word_sum(p, tcp, end)) ^ 0xFFFF
    p[tcp + 16 : tcp + 18] = total.to_bytes(2, "big")
    return bytes(p)


def damaged(packet: bytes, segment: Segment, lot: float) -> bytes:
    """The packet with one bit of its segment turned, but not of its ports; `lot`, 0 to 1, says which.

    One bit is always found by the checksum.
    """
    first = segment.tcp_start + 4
    bits = (segment.data_end - first) * 8
    bit = min(int(lot * bits), bits - 1)
    p = bytearray(packet)
    p[first + bit // 8] ^= 1 << bit % 8
    return bytes(p)
