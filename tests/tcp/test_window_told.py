"""What is told of the receive window, in units of 2^scale (RFC 7323 2.2, 2.4), against what there is room for."""

import pytest
from requirements import requirement

from handshook import Config, Outcome
from handshook.testing import Script

SEGMENT = 1400


def edge_of(received, scale, edge):
    """The window's right edge as the peer has it now, counted from its first number."""
    for one in received:
        edge = max(edge, one.ack + (one.window << scale))
    return edge


def drain(t):
    received = []
    while (one := t.receive()) is not None:
        received.append(one)
    return received


@requirement("MUST-39")
@pytest.mark.parametrize("capacity", [100_000, 1 << 20, 1 << 24])
def test_a_peer_that_obeys_it_never_fills_more_than_the_buffer(capacity):
    """It sends all but one octet of what it may, so that the edge never stands on a whole unit."""
    t = Script(config=Config(receive_window=capacity, timestamps=False))
    connection = t.accepted(mss=1460, scale=7)
    scale = connection.rcv_scale
    seq, edge = 1, 65535
    for _ in range(2 * capacity // SEGMENT + 200):
        count = min(SEGMENT, edge - seq - 1)
        if count <= 0:
            break
        t.send("ACK", seq=seq, ack=1, data=bytes(count))
        seq += count
        if edge - seq < 4 * SEGMENT:
            t.wait(0.05)
        edge = edge_of(drain(t), scale, edge)
    assert capacity - (2 << scale) - SEGMENT <= connection.readable() <= capacity


@requirement("SHLD-14")
def test_what_was_told_once_is_taken_even_where_rounding_takes_it_back():
    t = Script(config=Config(receive_window=1 << 28, timestamps=False))
    connection = t.accepted(mss=1460, scale=7)
    scale = connection.rcv_scale
    assert 1 << scale > SEGMENT
    seq, edge = 1, 65535
    for _ in range(200):
        for _ in range(4):
            t.send("ACK", seq=seq, ack=1, data=bytes(SEGMENT))
            seq += SEGMENT
        t.wait(0.05)
        edge = edge_of(drain(t), scale, edge)
    # To the last octet that was ever told of.
    assert t.send("ACK", seq=edge - 10, ack=1, data=bytes(10)) is Outcome.DATA_OUT_OF_ORDER


@requirement("SHLD-31")
def test_one_gap_may_have_as_many_segments_behind_it_as_the_window_takes():
    t = Script(config=Config(timestamps=False))
    connection = t.accepted(mss=1460, scale=7, sack_permitted=True)
    for number in range(1, 4000):
        seq = 1 + 100 * number
        if seq + 100 > 60_000:
            break
        assert t.send("ACK", seq=seq, ack=1, data=bytes([number & 0xFF]) * 100) is Outcome.DATA_OUT_OF_ORDER
    assert number > 512
    t.send("ACK", seq=1, ack=1, data=bytes(100))
    got = connection.recv(1 << 20)
    assert got == b"".join(bytes([n & 0xFF]) * 100 for n in range(number))
