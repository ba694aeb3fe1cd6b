"""A TUN device: the kernel routes IP packets into a file descriptor, and takes them from there.

`IFF_VNET_HDR` with `TUNSETOFFLOAD` makes it fast: TCP segments of up to 64 KB cross in one read or write,
their checksum left to the other side. The header is set to little endian where the kernel lets us, as the
engine writes it.
"""

import errno
import fcntl
import os
import socket
import struct

from ..wire.framing import PLAIN, VNET_HEADER, Framing
from .device import FrameDescriptor, LinkDown

TUN_NODE = "/dev/net/tun"

# A TUN's own 500 packets drop a burst of small connections; 5,000 hold what one scheduling delay can bring.
QUEUE_PACKETS = 5_000

# linux/if_tun.h
_TUNSETIFF = 0x400454CA
_TUNSETOFFLOAD = 0x400454D0
_TUNSETVNETHDRSZ = 0x400454D8
_TUNSETVNETLE = 0x400454DC
_IFF_TUN = 0x0001
_IFF_MULTI_QUEUE = 0x0100
_IFF_NO_PI = 0x1000
_IFF_VNET_HDR = 0x4000
_TUN_F_CSUM = 0x01
_TUN_F_TSO4 = 0x02
_TUN_F_TSO6 = 0x04
_TUN_F_TSO_ECN = 0x08

# linux/sockios.h, linux/if.h
_SIOCGIFFLAGS = 0x8913
_SIOCGIFMTU = 0x8921
_IFF_UP = 0x1

FRAMING = Framing(bytes(VNET_HEADER), bytes(VNET_HEADER), vnet=True, gathers=True)


class Tun(FrameDescriptor):
    """The engine's end of a TUN device; `offload` as it was opened with."""

    def __init__(self, descriptor: int, *, name: str, mtu: int, offload: bool = True) -> None:
        super().__init__(descriptor, name=name, mtu=mtu, framing=FRAMING if offload else PLAIN)

    @classmethod
    def attach(cls, name: str) -> "Tun":
        """Opens a TUN device that exists and is up, such as one that an administrator made for this user.

        Raises OSError with a message that says what is in the way: no such device, no permission, another
        program holds it; `LinkDown` when it is not up.
        """
        if name not in (known for _, known in socket.if_nameindex()):
            # TUNSETIFF would make it, for root, with no address and only until we end: nothing anybody asked
            # for.
            raise OSError(errno.ENODEV, f"there is no network device {name}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            if not _ask_interface(asker, _SIOCGIFFLAGS, name) & _IFF_UP:
                raise LinkDown(errno.ENETDOWN, f"{name} is down; bring it up with: ip link set {name} up")
            mtu = _ask_interface(asker, _SIOCGIFMTU, name)
        try:
            descriptor = open_queue(name)
        except OSError as error:
            why = {
                errno.EPERM: f"{name} belongs to another user",
                errno.EBUSY: f"another program holds {name}",
                errno.EINVAL: f"{name} is not a TUN device",
                errno.EACCES: f"{TUN_NODE} may not be opened by this user",
                errno.ENOENT: f"there is no {TUN_NODE}",
            }
            if error.errno not in why:
                raise
            raise OSError(error.errno, why[error.errno]) from error
        return cls(descriptor, name=name, mtu=mtu)


def open_queue(name: str, *, offload: bool = True, one_of_many: bool = False) -> int:
    """A descriptor of the TUN device of that name in this network namespace; makes it where there is none.

    Without `offload` each frame is a bare IP packet of at most the MTU, its checksum in it. The device lives as
    long as the descriptor, unless somebody made it persistent. With `one_of_many` it may have more queues: the kernel
    gives each flow to the queue that last sent for it or, while none has, to one by the flow's hash. Raises OSError.
    """
    descriptor = os.open(TUN_NODE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    flags = _IFF_TUN | _IFF_NO_PI | (_IFF_VNET_HDR if offload else 0) | (_IFF_MULTI_QUEUE if one_of_many else 0)
    try:
        _bind_queue(descriptor, name, flags)
        if offload:
            _take_offloads(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _take_offloads(descriptor: int) -> None:
    fcntl.ioctl(descriptor, _TUNSETVNETHDRSZ, struct.pack("i", VNET_HEADER))
    try:
        fcntl.ioctl(descriptor, _TUNSETVNETLE, struct.pack("i", 1))
    except OSError:
        # Kernels before 4.1 have only the machine's own order, which is the right one on nearly all of
        # them.
        if struct.pack("=H", 1) != struct.pack("<H", 1):
            raise
    fcntl.ioctl(descriptor, _TUNSETOFFLOAD, _TUN_F_CSUM | _TUN_F_TSO4 | _TUN_F_TSO6 | _TUN_F_TSO_ECN)


def _bind_queue(descriptor: int, name: str, flags: int) -> None:
    try:
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        # A device made with multi_queue lets nobody in who does not say so.
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), flags | _IFF_MULTI_QUEUE))


def _ask_interface(asker: socket.socket, request: int, name: str) -> int:
    answer = fcntl.ioctl(asker, request, struct.pack("16s24x", name.encode()))
    if request == _SIOCGIFFLAGS:
        return int(struct.unpack_from("H", answer, 16)[0])
    return int(struct.unpack_from("i", answer, 16)[0])
