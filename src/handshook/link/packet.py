"""A packet socket on one end of a veth pair: the link for where `/dev/net/tun` can't be opened.

With `PACKET_VNET_HDR` the kernel's TCP hands over and takes 64 KB segments with partial checksums here too.
The one difference from a TUN is the Ethernet header between the `virtio_net_hdr` and the IP packet, which the
offsets in the `virtio_net_hdr` (`hdr_len`, `csum_start`) count in.
"""

import contextlib
import socket
import struct

from ..wire.framing import VNET_HEADER, Framing
from .device import FrameDescriptor

# linux/if_ether.h
_ETH_P_ALL = 0x0003
_ETHERTYPE_IP = 0x0800
_ETHERTYPE_IPV6 = 0x86DD

# linux/socket.h, linux/if_packet.h, asm-generic/socket.h
_SOL_PACKET = 263
_PACKET_VNET_HDR = 15
_PACKET_FANOUT = 18
_PACKET_QDISC_BYPASS = 20
_PACKET_IGNORE_OUTGOING = 23
_PACKET_FANOUT_HASH = 0
_PACKET_FANOUT_FLAG_IGNORE_OUTGOING = 0x4000
_SO_SNDBUFFORCE = 32
_SO_RCVBUFFORCE = 33

# Some sixty whole 64 KB segments, each of which the kernel counts with its overhead.
_BUFFER_BYTES = 8 << 20


class PacketSocket(FrameDescriptor):
    """The engine's end of a veth pair.

    The frames that leave go from `engine_mac` to `kernel_mac`, six bytes each.
    """

    def __init__(self, descriptor: int, *, name: str, mtu: int, kernel_mac: bytes, engine_mac: bytes) -> None:
        before = bytes(VNET_HEADER) + kernel_mac + engine_mac
        framing = Framing(
            before + struct.pack(">H", _ETHERTYPE_IP),
            before + struct.pack(">H", _ETHERTYPE_IPV6),
            vnet=True,
            gathers=True,
        )
        super().__init__(descriptor, name=name, mtu=mtu, framing=framing)


def open_packet_socket(name: str, *, one_of_many: bool = False) -> int:
    """A descriptor for all frames that arrive at the device of that name, which must be up.

    With `one_of_many` it shares them with the others that were opened so, each flow's always the same one's, by the
    flow's hash (packet(7), PACKET_FANOUT). Needs CAP_NET_RAW in the network namespace. Raises OSError.
    """
    # Protocol 0 hears nothing: frames of other devices can't slip in before the bind.
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as opened:
        opened.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
        opened.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        # A veth has no queue of its own to bypass, so an old kernel that can't costs nothing.
        with contextlib.suppress(OSError):
            opened.setsockopt(_SOL_PACKET, _PACKET_QDISC_BYPASS, 1)
        _enlarge(opened, _SO_RCVBUFFORCE, socket.SO_RCVBUF)
        _enlarge(opened, _SO_SNDBUFFORCE, socket.SO_SNDBUF)
        opened.bind((name, _ETH_P_ALL))
        if one_of_many:
            _share(opened)
        return opened.detach()


def _share(opened: socket.socket) -> None:
    try:
        _join(opened, _PACKET_FANOUT_HASH | _PACKET_FANOUT_FLAG_IGNORE_OUTGOING)
    except OSError:
        # A kernel that doesn't know the flag shows us what we send, too, and the engine drops it: it is not for us.
        _join(opened, _PACKET_FANOUT_HASH)


def _join(opened: socket.socket, how: int) -> None:
    # The group's number is its own in each network namespace, and there is one group in ours.
    opened.setsockopt(_SOL_PACKET, _PACKET_FANOUT, struct.pack("I", 1 | how << 16))


def _enlarge(opened: socket.socket, forced: int, allowed: int) -> None:
    try:
        opened.setsockopt(socket.SOL_SOCKET, forced, _BUFFER_BYTES)
    except PermissionError:
        # Beyond net.core.rmem_max only the machine's own administrator may go; the kernel cuts this one down
        # to it.
        opened.setsockopt(socket.SOL_SOCKET, allowed, _BUFFER_BYTES)
