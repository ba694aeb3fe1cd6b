"""Where a flood may be sent: into a private network that the tool has made, and nowhere else.

What sends asks here first. A private network has no device but loopback and the wire to the engine, so nothing that is
sent in it can come out; a network with any other device is somebody's.
"""

import socket
import sys

from ..lab.addresses import ENGINE4, KERNEL4
from ..lab.wiring import ENGINE_DEVICE, KERNEL_DEVICE

# What the kernel puts into every new network where it has these tunnels, always down.
_FALLBACKS = {"tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0"}


def is_private() -> bool:
    """Is this process in a private network of the tool's?"""
    devices = {name for _, name in socket.if_nameindex()}
    if KERNEL_DEVICE not in devices or devices - {"lo", KERNEL_DEVICE, ENGINE_DEVICE} - _FALLBACKS:
        return False
    # Its addresses too are the lab's own, which nobody else has on a device of that name.
    for address in (KERNEL4, ENGINE4):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            try:
                asker.bind((address, 0))
                return True
            except OSError:
                continue
    return False


def refuse_outside() -> None:
    """Ends the process where it is not."""
    if not is_private():
        sys.exit("floods are sent in a private network of the tool's own making, and nowhere else")
