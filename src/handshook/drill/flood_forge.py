"""The generator of a flood drill, in a process of its own: `python -m handshook.drill.flood_forge ORDER`.

It runs inside a private network and nowhere else, and has but one address to send to, the engine's there. It says
"ready" once the packets are made, sends when its input ends or has a line, and says how many it sent.
"""

import json
import os
import socket
import sys
import time

from ..lab.addresses import ENGINE4, ENGINE6
from .flood_order import LONGEST, PORT, Order
from .flood_packets import forge
from .flood_reach import refuse_outside

# How often it looks whether packets are due, in seconds.
TICK = 0.001
# So many are made before the first is sent; then they are sent again, when the engine has long forgotten the first or
# has never kept them.
MOST_MADE = 200_000


def send(order: Order, packets: list[bytes]) -> dict[str, float]:
    """Send them at the rate; returns how many were sent and refused, and the seconds that it took."""
    target = (ENGINE6, 0, 0, 0) if order.ipv6 else (ENGINE4, 0)
    sent = refused = 0
    with _raw(order.ipv6) as opened:
        began = time.monotonic()
        end = began + LONGEST
        while sent + refused < order.count and (now := time.monotonic()) < end:
            due = order.count if not order.rate else min(order.count, int((now - began) * order.rate))
            if due <= sent + refused:
                time.sleep(TICK)
                continue
            for number in range(sent + refused, min(due, sent + refused + 1000)):
                try:
                    opened.sendto(packets[number % len(packets)], target)
                    sent += 1
                except OSError:
                    # The device's queue is full: a packet that was lost on the way.
                    refused += 1
        return {"sent": sent, "refused": refused, "seconds": time.monotonic() - began}


def _raw(ipv6: bool) -> socket.socket:
    # IPPROTO_RAW takes whole packets, headers and all, for both versions (raw(7), and ipv6's raw sockets likewise).
    return socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def main(order_text: str) -> None:
    """Make, wait, send, tell."""
    refuse_outside()
    order = Order.from_text(order_text)
    seed = int.from_bytes(os.urandom(4), "big")
    count = min(order.count, MOST_MADE)
    packets = forge(order.attack, count, port=PORT, seed=seed, version=6 if order.ipv6 else 4)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(send(order, packets)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
