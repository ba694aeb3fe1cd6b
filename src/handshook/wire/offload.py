"""What a network card does with a frame that was left to it: cut into packets, each with its checksums.

An engine whose framing has a `virtio_net_hdr` hands over segments of up to 64 KB. On a link that carries packets they
become what they stand for: the same header on each, the numbers counted on, PSH and FIN on the last alone, CWR on the
first (virtio 1.2, 5.1.6; RFC 3168 6.1.2).
"""

from .checksum import checksum
from .flags import CWR, FIN, PSH
from .framing import VNET_NEEDS_CHECKSUM, Framing
from .kinds import PROTOCOL_TCP


def cut(frame: bytes, framing: Framing) -> list[bytes]:
    """The IP packets that leave a card for one frame; with plain framing the frame is the packet.

    Raises `ValueError` for a frame that asks for what its header can't mean.
    """
    packet = frame[framing.headroom :]
    if not framing.vnet or not frame[0] & VNET_NEEDS_CHECKSUM:
        return [packet]
    header = (packet[0] & 15) * 4 if packet[0] >> 4 == 4 else 40
    text = header + (packet[header + 12] >> 4) * 4
    size = int.from_bytes(frame[4:6], "little") if frame[1] else len(packet)
    if size == 0:
        raise ValueError("a frame to be cut into pieces of nothing")
    pieces = []
    for first in range(text, max(len(packet), text + 1), size):
        last = min(first + size, len(packet))
        pieces.append(_piece(packet, header, text, first, last))
    return pieces


def _piece(packet: bytes, header: int, text: int, first: int, last: int) -> bytes:
    """The packet that carries packet[first:last] of the text."""
    ip = bytearray(packet[:header])
    tcp = bytearray(packet[header:text])
    tcp[4:8] = ((int.from_bytes(tcp[4:8], "big") + first - text) & 0xFFFFFFFF).to_bytes(4, "big")
    if last < len(packet):
        tcp[13] &= ~(FIN | PSH)
    if first > text:
        tcp[13] &= ~CWR
    tcp[16:18] = bytes(2)
    length = len(tcp) + last - first
    if ip[0] >> 4 == 4:
        ip[2:4] = (header + length).to_bytes(2, "big")
        ip[10:12] = bytes(2)
        ip[10:12] = checksum(bytes(ip)).to_bytes(2, "big")
        pseudo = bytes(ip[12:20]) + bytes((0, PROTOCOL_TCP)) + length.to_bytes(2, "big")
    else:
        ip[4:6] = length.to_bytes(2, "big")
        pseudo = bytes(ip[8:40]) + length.to_bytes(4, "big") + bytes((0, 0, 0, PROTOCOL_TCP))
    whole = bytes(tcp) + packet[first:last]
    total = checksum(pseudo + whole).to_bytes(2, "big")
    return bytes(ip) + whole[:16] + total + whole[18:]
