"""How much may leave when nothing is known of the path: at the start (RFC 6928), and after a pause (RFC 5681 4.1)."""

import pytest
from peer import Peer, engine
from requirements import requirement
from segments import mss, read, scale

from handshook import Config, Framing
from handshook.testing import Script

MSS = 1000
FIRST = 10 * MSS
VNET = Framing(bytes(10), bytes(10), vnet=True)


def flight(t):
    """The octets that leave now."""
    octets = 0
    while (one := t.receive()) is not None:
        octets += len(one.data)
    return octets


def grown(config):
    """A connection with a round trip of 0.1 s whose window has grown; all that it sent is acknowledged."""
    t = Script(config=config)
    connection = t.accepted(mss=MSS, scale=7)
    connection.send(bytes(1 << 20))
    acked = 1
    while connection.outgoing is not None:
        acked += flight(t)
        t.wait(0.1)
        t.send("ACK", seq=1, ack=acked)
    assert connection.congestion.cwnd > 10 * FIRST
    return t, connection


@requirement("RFC 6928")
@pytest.mark.parametrize("framing", [Framing(), VNET], ids=["packets", "64 KB units"])
def test_the_first_flight_is_ten_segments(framing):
    """Whoever cuts a unit up sends all of its pieces at once."""
    stack = engine(config=Config(timestamps=False), framing=framing)
    peer = Peer(stack, before=bytes(framing.headroom))
    connection = peer.opens(stack.listen(80), options=mss(MSS) + scale(7))
    connection.send(bytes(100 * MSS))
    assert sum(len(read(frame, framing).data) for frame in stack.transmit(0.0)) == FIRST


@requirement("RFC 5681 4.1")
@pytest.mark.parametrize("congestion", ["cubic", "reno"])
def test_after_a_pause_longer_than_rto_the_window_is_the_first_one(congestion):
    t, connection = grown(Config(timestamps=False, congestion=congestion))
    t.wait(connection.rto + 0.01)
    connection.send(bytes(100 * MSS))
    assert flight(t) == FIRST


@requirement("RFC 5681 4.1")
def test_after_a_shorter_one_it_is_what_it_was():
    t, connection = grown(Config(timestamps=False))
    t.wait(connection.rto - 0.11)
    connection.send(bytes(100 * MSS))
    assert flight(t) == 100 * MSS
