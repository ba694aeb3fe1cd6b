"""The little of UDP and of pings that a network needs for which we carry both: read from packets, written as packets.

(RFC 768, RFC 792, RFC 4443.) What is read here came over a link of our own, from a kernel that leaves checksums to
whoever is next; so none is looked at. What is written has all of them.
"""

from dataclasses import dataclass

from .checksum import checksum, fold, word_sum
from .icmp import EchoRequest
from .kinds import PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_UDP

UDP_HEADER = 8


@dataclass(frozen=True)
class Datagram:
    """A UDP datagram: addresses as 4 or 16 bytes, ports, and what it carries."""

    source: bytes
    destination: bytes
    source_port: int
    destination_port: int
    data: bytes


def read_datagram(packet: bytes) -> Datagram | EchoRequest | None:
    """The UDP datagram or the ping in an IP packet; None for anything else, for fragments, and for nonsense."""
    if packet[0] >> 4 == 4:
        header = (packet[0] & 15) * 4
        total = int.from_bytes(packet[2:4], "big")
        fragment = int.from_bytes(packet[6:8], "big") & 0x3FFF
        if len(packet) < 20 or header < 20 or fragment or not header <= total <= len(packet):
            return None
        protocol, source, destination = packet[9], packet[12:16], packet[16:20]
    else:
        header = 40
        total = 40 + int.from_bytes(packet[4:6], "big")
        if len(packet) < 40 or total > len(packet):
            return None
        protocol, source, destination = packet[6], packet[8:24], packet[24:40]
    body = packet[header:total]
    if len(body) < UDP_HEADER:
        return None
    if protocol == PROTOCOL_UDP:
        length = int.from_bytes(body[4:6], "big")
        if not UDP_HEADER <= length <= len(body):
            return None
        ports = int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big")
        return Datagram(source, destination, *ports, body[UDP_HEADER:length])
    if (protocol, body[0]) in ((PROTOCOL_ICMP, 8), (PROTOCOL_ICMPV6, 128)) and body[1] == 0:
        return EchoRequest(source, destination, body[4:])
    return None


def write_datagram(datagram: Datagram) -> bytes:
    """The datagram as a whole IP packet, without a link header. Raises `ValueError` for more than a packet holds."""
    length = UDP_HEADER + len(datagram.data)
    source, destination = datagram.source, datagram.destination
    wide = len(source) != 4
    if length > 65_535 - (0 if wide else 20):
        raise ValueError(f"{len(datagram.data)} bytes: more than a datagram can have")
    ports = datagram.source_port.to_bytes(2, "big") + datagram.destination_port.to_bytes(2, "big")
    size = length.to_bytes(2, "big")
    pseudo = source + destination + b"\0" + bytes((PROTOCOL_UDP,)) + size + ports + size
    total = word_sum(pseudo, 0, len(pseudo)) + word_sum(datagram.data, 0, len(datagram.data))
    # RFC 768: a sum of zero is sent as all ones, for zero says that there is none.
    body = ports + size + (fold(total) ^ 0xFFFF or 0xFFFF).to_bytes(2, "big") + datagram.data
    if wide:
        return b"\x60\x00\x00\x00" + size + bytes((PROTOCOL_UDP, 64)) + source + destination + body
    header = b"\x45\x00" + (20 + length).to_bytes(2, "big") + b"\x00\x00\x40\x00\x40" + bytes((PROTOCOL_UDP, 0, 0))
    header += source + destination
    return header[:10] + checksum(header).to_bytes(2, "big") + header[12:] + body
