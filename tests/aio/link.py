"""Two engines in one process, with a pair of kernel sockets as the wire between them: no network, no privileges."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from handshook.link.device import FrameDescriptor

NEAR, NEAR6 = "198.51.100.1", "2001:db8::1"
FAR, FAR6 = "198.51.100.2", "2001:db8::2"

# Catches what hangs.
HANG = 120.0


@contextmanager
def wire(mtu: int = 1500) -> Iterator[tuple[FrameDescriptor, FrameDescriptor]]:
    """Both ends of it; each frame is a bare IP packet."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with (
        FrameDescriptor(near.detach(), name="near", mtu=mtu) as one,
        FrameDescriptor(far.detach(), name="far", mtu=mtu) as other,
    ):
        yield one, other
