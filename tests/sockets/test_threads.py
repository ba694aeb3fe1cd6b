"""Many threads on one host: open, talk, close, and nothing is lost or left."""

import hashlib
import random
import threading

import pytest
from aio.link import FAR, HANG, NEAR, wire
from sockets.conftest import Running, nothing_left

from handshook.io.threads import Host

THREADS = 200


class Storm:
    """`THREADS` threads that open connections, talk to an echo and close, each for as long as `go_on(round)` says.

    Each connection rests in TIME-WAIT, so many of them need more than one port to go to.
    """

    def __init__(self, host, address, ports, go_on):
        self._host, self._address, self._ports, self._go_on = host, address, ports, go_on
        self._lock = threading.Lock()
        self.connections = self.octets = 0

    def run(self):
        threads = [Running(self._one, number) for number in range(THREADS)]
        for thread in threads:
            thread.result()

    def _one(self, number):
        draw = random.Random(number)
        turn = 0
        while self._go_on(turn):
            turn += 1
            said = 0
            port = draw.choice(self._ports)
            with self._host.create_connection((self._address, port), timeout=HANG) as sock:
                for _ in range(draw.randrange(1, 4)):
                    data = draw.randbytes(draw.choice((1, 100, 5000, 70_000)))
                    sock.sendall(data)
                    back = bytearray()
                    while len(back) < len(data):
                        piece = sock.recv(1 << 16)
                        assert piece, "it ended early"
                        back += piece
                    assert back == data
                    said += len(data)
            with self._lock:
                self.connections += 1
                self.octets += said


def test_two_hundred_threads_against_the_kernel(ground, host):
    server = ground.peer("echo_many", 9000)
    server.stdout.readline()
    storm = Storm(host, ground.kernel, [9000], lambda turn: turn < 3)
    storm.run()
    assert storm.connections == 3 * THREADS
    assert host.settle(HANG)
    with host.lock:
        assert {entry.state.name for entry in host.stack.snapshot()} <= {"TIME_WAIT"}


def test_two_hundred_threads_as_the_server(ground, host):
    """The kernel's clients, and a thread of ours for each."""
    found = []

    def echo(connection):
        digest = hashlib.blake2b()
        with connection:
            while data := connection.recv(1 << 16):
                digest.update(data)
                connection.sendall(data)
        found.append(digest.hexdigest())

    with host.create_server(("", 7), backlog=THREADS) as server:
        clients = ground.peer("talk_many", ground.engine, 7, THREADS)
        server.settimeout(HANG)
        threads = [Running(echo, server.accept()[0]) for _ in range(THREADS)]
        for thread in threads:
            thread.result()
    told = clients.stdout.read().decode().split()
    assert len(told) == THREADS and sorted(told) == sorted(found)


def test_many_threads_on_one_socket(pair):
    """What they send arrives whole, call by call; what arrives is had once."""
    ours, theirs = pair
    taken, lock = [], threading.Lock()

    def take():
        while data := theirs.recv(1):
            with lock:
                taken.append(data[0])

    takers = [Running(take) for _ in range(8)]
    senders = [Running(lambda n=n: [ours.sendall(bytes([n])) for _ in range(100)]) for n in range(16)]
    for sender in senders:
        sender.result()
    ours.shutdown(1)
    for taker in takers:
        taker.result()
    assert sorted(taken) == sorted(list(range(16)) * 100)


def test_many_threads_on_one_listener(hosts):
    near, far = hosts
    with far.create_server((FAR, 7), backlog=64) as server:
        takers = [Running(server.accept) for _ in range(32)]
        calls = [Running(near.create_connection, (FAR, 7), HANG) for _ in range(32)]
        for one in [call.result() for call in calls] + [taker.result()[0] for taker in takers]:
            one.close()


def test_a_callback_that_calls_its_own_host_is_told_so_and_does_not_hang():
    told = []

    def observer(step):
        for call in (far.create_connection, far.create_server):
            try:
                call((FAR, 9))
            except RuntimeError as error:
                told.append(str(error))

    with nothing_left(), wire() as (one, other), Host(one, [NEAR]) as near:
        with Host(other, [FAR], observer=observer) as far, pytest.raises(ConnectionRefusedError):
            near.create_connection((FAR, 7), timeout=HANG)
        assert len(told) >= 2 and all("can't call the host" in each for each in told)
