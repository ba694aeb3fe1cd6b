"""The honest clients of a flood drill: `python -m handshook.drill.flood_clients ORDER`, in the private network.

Each connects, says a word, hears it again and closes. One comes after the other at a steady rate until the input ends;
what became of each is a line: when it came, how long the connection took to open, and whether it was served.
"""

import json
import select
import socket
import sys
import time
from dataclasses import dataclass

from ..lab.addresses import ENGINE4, ENGINE6
from .flood_order import HONEST_PATIENCE, PORT, Order

WORD = b"hello"


@dataclass
class Client:
    """One of them; times are seconds of the monotonic clock, `opened_at` 0 until it is."""

    socket: socket.socket
    began: float
    opened_at: float = 0.0


class Clients:
    """All that are under way."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._poller = select.epoll()
        self._under_way: dict[int, Client] = {}
        self._leaving = False
        self._poller.register(0, select.EPOLLIN | select.EPOLLHUP)

    def run(self) -> None:
        """Until the input ends and the last has been served or given up."""
        due = time.monotonic()
        while not self._leaving or self._under_way:
            now = time.monotonic()
            if not self._leaving and now >= due:
                self._begin(now)
                due = max(due + 1 / self._order.honest, now)
            for descriptor, events in self._poller.poll(max(0.0, min(0.05, due - now) if not self._leaving else 0.05)):
                if descriptor == 0:
                    self._leaving = True
                    self._poller.unregister(0)
                elif descriptor in self._under_way:
                    self._go_on(self._under_way[descriptor], events)
            self._give_up(time.monotonic() - HONEST_PATIENCE)

    def _begin(self, now: float) -> None:
        family = socket.AF_INET6 if self._order.ipv6 else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        client = Client(opened, now)
        self._under_way[opened.fileno()] = client
        self._poller.register(opened, select.EPOLLOUT)
        opened.connect_ex((ENGINE6 if self._order.ipv6 else ENGINE4, PORT))

    def _go_on(self, client: Client, events: int) -> None:
        if client.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._end(client, False)
        elif not client.opened_at and events & select.EPOLLOUT:
            client.opened_at = time.monotonic()
            client.socket.send(WORD)
            self._poller.modify(client.socket, select.EPOLLIN)
        elif events & select.EPOLLIN:
            try:
                self._end(client, client.socket.recv(100) == WORD)
            except OSError:
                self._end(client, False)

    def _give_up(self, before: float) -> None:
        for client in [client for client in self._under_way.values() if client.began < before]:
            self._end(client, False)

    def _end(self, client: Client, served: bool) -> None:
        del self._under_way[client.socket.fileno()]
        self._poller.unregister(client.socket)
        client.socket.close()
        took = client.opened_at - client.began if client.opened_at else None
        print(json.dumps({"began": client.began, "connect": took, "served": served}), flush=True)


def main(order: str) -> None:
    """Runs them."""
    Clients(Order.from_text(order)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
