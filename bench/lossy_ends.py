"""The two ends of a transfer over a lossy path: the kernel's sockets or our engine, each as sender and as receiver.

Run by lossy.py as `lossy_ends.py PART FACTS`, FACTS in JSON. A sender sends until it is killed. A receiver counts, for
each connection, the octets that its program read in the first `seconds` after the connection was accepted, prints
the list and ends.
"""

import json
import select
import socket
import sys
import time
from typing import Any

from handshook import Config, Connection, Stack, State
from handshook.link.device import FrameDescriptor
from handshook.link.pump import Pump

PORT = 5001
CHUNK = bytes(1 << 18)

Facts = dict[str, Any]


class Tally:
    """What each connection has brought so far."""

    def __init__(self, facts: Facts) -> None:
        self._seconds = facts["seconds"]
        self._wanted = facts["connections"]
        self._until: list[float] = []
        self.octets: list[int] = []

    def begin(self) -> int:
        """A connection was accepted; returns its number."""
        self._until.append(time.monotonic() + self._seconds)
        self.octets.append(0)
        return len(self.octets) - 1

    def add(self, number: int, octets: int) -> None:
        if time.monotonic() < self._until[number]:
            self.octets[number] += octets

    @property
    def over(self) -> bool:
        return len(self._until) == self._wanted and time.monotonic() >= max(self._until)


def kernel_send(facts: Facts) -> None:
    poller = select.epoll()
    senders = {}
    for _ in range(facts["connections"]):
        sender = socket.socket()
        sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
        sender.setblocking(False)
        sender.connect_ex((facts["to"], PORT))
        senders[sender.fileno()] = sender
        poller.register(sender, select.EPOLLOUT)
    while True:
        for descriptor, _ in poller.poll():
            try:
                senders[descriptor].send(CHUNK)
            except BlockingIOError:
                continue
            except ConnectionError:
                # The receiver has seen enough.
                return


def kernel_receive(facts: Facts) -> None:
    poller = select.epoll()
    listener = socket.create_server((facts["at"], PORT), backlog=128)
    poller.register(listener, select.EPOLLIN)
    print("ready", flush=True)
    tally = Tally(facts)
    receivers: dict[int, tuple[socket.socket, int]] = {}
    buffer = bytearray(1 << 20)
    while not tally.over:
        for descriptor, _ in poller.poll(0.1):
            if descriptor == listener.fileno():
                receiver, _ = listener.accept()
                receivers[receiver.fileno()] = receiver, tally.begin()
                poller.register(receiver, select.EPOLLIN)
            else:
                receiver, number = receivers[descriptor]
                tally.add(number, receiver.recv_into(buffer))
    print(json.dumps(tally.octets), flush=True)


def _engine(facts: Facts) -> tuple[Stack, Pump]:
    device = FrameDescriptor(facts["device"], name="relay", mtu=facts["mtu"])
    stack = Stack([facts["at"]], config=Config(**facts["config"]), framing=device.framing)
    return stack, Pump(stack, device)


def engine_send(facts: Facts) -> None:
    stack, pump = _engine(facts)
    senders = [stack.connect((facts["to"], PORT)) for _ in range(facts["connections"])]
    while True:
        for connection in senders:
            if connection.state is State.ESTABLISHED:
                while connection.send(CHUNK):
                    pass
        pump.turn()
        stack.events()


def engine_receive(facts: Facts) -> None:
    stack, pump = _engine(facts)
    listener = stack.listen(PORT)
    print("ready", flush=True)
    tally = Tally(facts)
    numbers: dict[Connection, int] = {}
    while not tally.over:
        pump.turn(0.1)
        while (accepted := listener.accept()) is not None:
            numbers[accepted] = tally.begin()
        stack.events()
        for connection, number in numbers.items():
            while data := connection.recv(1 << 20):
                tally.add(number, len(data))
    print(json.dumps(tally.octets), flush=True)


PARTS = {part.__name__: part for part in (kernel_send, kernel_receive, engine_send, engine_receive)}

if __name__ == "__main__":
    PARTS[sys.argv[1]](json.loads(sys.argv[2]))
