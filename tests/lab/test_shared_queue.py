"""A queue that is one of several, and the frames that one engine hands on to another."""

import socket

from lab.test_pump import Recorder

from handshook.link.device import BATCH, FrameDescriptor
from handshook.link.pump import Pump
from handshook.link.shared_queue import SharedQueue, make_ways


def two():
    """Two queues, the far ends of their links, and the ways between them."""
    ways = make_ways(2)
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2)]
    queues = [
        SharedQueue(FrameDescriptor(near.detach(), name=f"queue{n}", mtu=1500), n, ways)
        for n, (near, _) in enumerate(pairs)
    ]
    return queues, [far for _, far in pairs], ways


def close(queues, far, ways):
    for queue in queues:
        queue.close()
    for end in [*far, *(end for way in ways for end in way)]:
        end.close()


def test_what_is_handed_on_wakes_the_other_and_is_heard_by_it():
    queues, far, ways = two()
    engine = Recorder()
    with Pump(engine, queues[1]) as pump:
        queues[0].hand_on(1, b"for another")
        assert pump.turn(None)
        assert engine.heard == [b"for another"]
        far[1].send(b"its own")
        assert pump.turn(None)
        assert engine.heard == [b"for another", b"its own"]
        assert not pump.turn(0)
    close(queues, far, ways)


def test_a_queue_that_is_full_loses_and_counts():
    queues, far, ways = two()
    sent = 0
    while queues[0].lost == 0:
        queues[0].hand_on(1, bytes(60_000))
        sent += 1
    got = 0
    while frames := queues[1].read():
        assert len(frames) <= BATCH
        got += len(frames)
    assert got == sent - 1
    queues[0].hand_on(1, b"there is room again")
    assert queues[1].read() == [b"there is room again"]
    close(queues, far, ways)


def test_nobody_is_there():
    queues, far, ways = two()
    ways[1][0].close()
    queues[0].hand_on(1, b"to nobody")
    assert queues[0].lost == 1
    close(queues, far, ways)
