"""What each kind of entry costs in memory: a stack that keeps a million of them must be able to."""

import gc
import tracemalloc

import pytest
from peer import Peer, engine

from handshook import Config, Stack
from handshook.tcp import connection as module

COMPILED = not module.__file__.endswith(".py")
ENTRIES = 1500 if COMPILED else 300
# Without C types each number is an object of its own.
IDLE, HALF_OPEN, TIME_WAIT = (1500, 400, 100) if COMPILED else (5000, 2500, 100)


@pytest.fixture
def weigh():
    """Measures by how much memory grows for each entry; what the tables round up to is counted in."""

    def weigh(make):
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        kept = make()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
        assert kept is not None
        return grown / ENTRIES

    tracemalloc.start()
    yield weigh
    tracemalloc.stop()


def peers(stack, version):
    """Peers of a stack, each at a port of its own."""
    return (Peer(stack, port=1024 + number, version=version) for number in range(ENTRIES))


@pytest.mark.parametrize("version", [4, 6])
def test_a_half_open_entry(weigh, version):
    stack = engine(config=Config(half_open_limit=ENTRIES))
    stack.listen(80)

    def make():
        for peer in peers(stack, version):
            stack.receive(peer.frame("S"), 0.0)
        stack.transmit(0.0)
        return len(stack.snapshot()) == ENTRIES or None

    assert weigh(make) <= HALF_OPEN


@pytest.mark.parametrize("version", [4, 6])
def test_an_idle_open_connection_of_which_data_has_come_and_gone(weigh, version):
    stack = engine(config=Config(half_open_limit=ENTRIES, delayed_ack=0.0))
    listener = stack.listen(80, ENTRIES)

    def make():
        held = []
        for peer in peers(stack, version):
            connection = peer.opens(listener)
            stack.receive(peer.frame("PA", 1, 1, data=b"request"), 0.0)
            assert connection.recv(100) == b"request"
            connection.send(b"answer")
            stack.transmit(0.0)
            stack.receive(peer.frame("A", 8, 7), 0.0)
            held.append(connection)
        return held

    assert weigh(make) <= IDLE


@pytest.mark.parametrize("version", [4, 6])
def test_a_time_wait_entry(weigh, version):
    stack = engine(config=Config(half_open_limit=ENTRIES))
    listener = stack.listen(80, ENTRIES)

    def make():
        for peer in peers(stack, version):
            connection = peer.opens(listener)
            connection.close()
            stack.transmit(0.0)
            peer.says("FA", 1, 2)
        stack.events()
        return len(stack.snapshot()) == ENTRIES or None

    assert weigh(make) <= TIME_WAIT


def test_an_empty_stack_is_no_burden(weigh):
    assert weigh(lambda: [Stack(["198.51.100.2"]) for _ in range(100)]) * ENTRIES / 100 < 100_000
