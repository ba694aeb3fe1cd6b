"""The kernel's own echo server in a flood drill, in the far network.

`python -m handshook.drill.flood_kernel_server ORDER` sets that network's kernel as the order says,
with SYN cookies or without, sends what goes to forged addresses back where it came from, serves, and says now and then
how many connections are half-open.
"""

import contextlib
import json
import select
import socket
import sys
import time

from pyroute2 import IPRoute

from ..lab.wiring import KERNEL_DEVICE
from .flood_order import PORT, Order
from .flood_reach import refuse_outside

BACKLOG = 1024
TELL = 0.1
SYN_RECV = " 03 "


def set_up(order: Order) -> None:
    """The kernel's knobs, those of this network only, and a way to everywhere."""
    settings = {
        "net/ipv4/tcp_syncookies": "1" if order.defence == "kernel-cookies" else "0",
        "net/ipv4/tcp_max_syn_backlog": str(BACKLOG),
        "net/core/somaxconn": str(BACKLOG),
        # Without cookies the kernel keeps the last quarter of the queue for whom it remembers: the honest clients here
        # stand for those who come for the first time.
        "net/ipv4/tcp_no_metrics_save": "1",
    }
    for name, value in settings.items():
        with open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
            file.write(value)
    with IPRoute() as netlink:
        index = socket.if_nametoindex(KERNEL_DEVICE)
        for family, everywhere in ((socket.AF_INET, "0.0.0.0/0"), (socket.AF_INET6, "::/0")):
            with contextlib.suppress(Exception):
                netlink.route("add", family=family, dst=everywhere, oif=index)


def half_open() -> int:
    """As the kernel's own table says it."""
    count = 0
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), open(f"/proc/net/{table}", encoding="ascii") as file:
            count += sum(SYN_RECV in line for line in file)
    return count


def serve(listener: socket.socket) -> None:
    """Echo to everyone until the input ends."""
    poller = select.epoll()
    poller.register(listener, select.EPOLLIN)
    poller.register(0, select.EPOLLIN)
    open_ones: dict[int, socket.socket] = {}
    told = 0.0
    while True:
        for descriptor, _ in poller.poll(TELL):
            if descriptor == 0:
                return
            if descriptor == listener.fileno():
                accepted, _ = listener.accept()
                accepted.setblocking(False)
                open_ones[accepted.fileno()] = accepted
                poller.register(accepted, select.EPOLLIN)
                continue
            data = b""
            with contextlib.suppress(OSError):
                data = open_ones[descriptor].recv(1000)
                open_ones[descriptor].send(data)
            if not data:
                open_ones.pop(descriptor).close()
        if time.monotonic() > told + TELL:
            told = time.monotonic()
            print(json.dumps({"half_open": half_open(), "room": BACKLOG}), flush=True)


def main(order_text: str) -> None:
    """Set up and serve."""
    refuse_outside()
    set_up(Order.from_text(order_text))
    with socket.create_server(("::", PORT), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True) as listener:
        print(json.dumps({"half_open": 0, "room": BACKLOG}), flush=True)
        serve(listener)


if __name__ == "__main__":
    main(*sys.argv[1:])
