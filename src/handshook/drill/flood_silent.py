"""Those who connect and never speak, from addresses that are theirs: `python -m handshook.drill.flood_silent ORDER`.

It gives the private network's kernel some more addresses and connects from them, `rate` times a second, and holds what
it has opened. As the generator of forged packets does, it waits for a line, and says in the end how much it did.
"""

import json
import resource
import select
import socket
import sys
import time
from collections import deque

from pyroute2 import IPRoute

from ..lab.addresses import ENGINE4, ENGINE6
from ..lab.wiring import KERNEL_DEVICE
from .flood_order import LONGEST, PORT, Order
from .flood_reach import refuse_outside

SOURCES = 8
# RFC 5737 and RFC 3849: nobody's.
SOURCE4 = "203.0.113.{}"
SOURCE6 = "2001:db8:bad:{}::1"


def lay(ipv6: bool) -> list[str]:
    """The addresses, once the kernel has them."""
    sources = [(SOURCE6 if ipv6 else SOURCE4).format(number) for number in range(1, SOURCES + 1)]
    family = socket.AF_INET6 if ipv6 else socket.AF_INET
    with IPRoute() as netlink:
        index = socket.if_nametoindex(KERNEL_DEVICE)
        for source in sources:
            # No duplicate address detection: the wire is silent.
            more = {"flags": 2} if ipv6 else {}
            netlink.addr("add", index=index, family=family, address=source, prefixlen=128 if ipv6 else 32, **more)
    return sources


def connect(order: Order, sources: list[str]) -> dict[str, float]:
    """Open them at the rate, none waited for; those beyond what may be open at once take the place of the oldest."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held: deque[socket.socket] = deque()
    sent = refused = 0
    began = time.monotonic()
    while sent + refused < order.count and (now := time.monotonic()) < began + LONGEST:
        due = order.count if not order.rate else min(order.count, int((now - began) * order.rate))
        if due <= sent + refused:
            select.select([], [], [], 0.001)
            continue
        if len(held) > most - 50:
            held.popleft().close()
        opened = socket.socket(socket.AF_INET6 if order.ipv6 else socket.AF_INET, socket.SOCK_STREAM)
        opened.setblocking(False)
        try:
            opened.bind((sources[sent % len(sources)], 0))
            opened.connect_ex((ENGINE6 if order.ipv6 else ENGINE4, PORT))
            held.append(opened)
            sent += 1
        except OSError:
            opened.close()
            refused += 1
    return {"sent": sent, "refused": refused, "seconds": time.monotonic() - began}


def main(order_text: str) -> None:
    """Lay, wait, connect, tell; hold what is open until the input ends."""
    refuse_outside()
    order = Order.from_text(order_text)
    sources = lay(order.ipv6)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(connect(order, sources)), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
