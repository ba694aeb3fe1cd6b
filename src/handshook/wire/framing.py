"""What a link wants to stand before each IP packet.

A plain link carries bare IP packets. A TUN device with `IFF_VNET_HDR` and a packet socket with `PACKET_VNET_HDR`
put a ten-byte `virtio_net_hdr` first: with it the kernel hands over, and takes, TCP segments of up to 64 KB whose
checksum is left to the other side. An Ethernet link adds its 14 bytes after that. The engine writes and reads these
bytes itself, so that a frame of 64 KB is never copied for the sake of its header.
"""

from dataclasses import dataclass

VNET_HEADER = 10
MOST_HEADROOM = 64

# struct virtio_net_hdr (virtio 1.2, 5.1.6), little endian
VNET_NEEDS_CHECKSUM = 1
VNET_DATA_VALID = 2
VNET_GSO_NONE = 0
VNET_GSO_TCPV4 = 1
VNET_GSO_TCPV6 = 4
VNET_GSO_ECN = 0x80  # the first of the pieces carries CWR


@dataclass(frozen=True)
class Framing:
    """The bytes before each packet that leaves, by IP version; an arriving frame has as many.

    `gathers` says that a long frame may leave as a tuple of its parts, bytes or memoryviews, which the device puts
    together (writev): its data is then not copied before the kernel takes it. Only with `vnet`.
    """

    header4: bytes = b""
    header6: bytes = b""
    vnet: bool = False
    gathers: bool = False

    def __post_init__(self) -> None:
        if len(self.header4) != len(self.header6):
            raise ValueError("the link headers of IPv4 and IPv6 differ in length")
        if len(self.header4) > MOST_HEADROOM:
            raise ValueError(f"a link header of {len(self.header4)} bytes; {MOST_HEADROOM} is the most")
        if self.vnet and len(self.header4) < VNET_HEADER:
            raise ValueError(f"a virtio_net_hdr needs {VNET_HEADER} bytes")
        if self.gathers and not self.vnet:
            raise ValueError("a frame in parts has no checksum of its own: gathers needs vnet")

    @property
    def headroom(self) -> int:
        """How many bytes stand before the IP packet."""
        return len(self.header4)


PLAIN = Framing()
