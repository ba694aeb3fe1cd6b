"""Sequence numbers that wrap: RFC 9293 3.4. Both directions begin a few octets before 2^32."""

import pytest
from tcp.ways import PLAIN, VERSIONS

from handshook import Config, Outcome, State
from handshook.testing import Script

SPACE = 1 << 32


def near_the_wrap(before, *, ipv6=False, config=PLAIN, passive=True, isn=None):
    """A script whose stack chooses an initial number `before` octets from the wrap: at the right time, by RFC 6528."""
    probe = Script(ipv6=ipv6)
    probe.connecting()
    at_zero = probe.expect("SYN").segment.seq
    t = Script(ipv6=ipv6, config=config, isn=SPACE - before if isn is None else isn)
    t.wait(((SPACE - before - at_zero) % SPACE + 0.5) / 250_000)
    connection = t.accepted(mss=1000) if passive else t.connected(mss=1000)
    assert t.stack_isn == SPACE - before
    return t, connection


@VERSIONS
@pytest.mark.parametrize("passive", [True, False])
@pytest.mark.parametrize("before", [0x80000000, 5000, 1001, 1000, 999, 3, 2, 1])
def test_data_goes_both_ways_across_it(ipv6, passive, before):
    t, connection = near_the_wrap(before, ipv6=ipv6, passive=passive)
    text = bytes(i * 31 & 0xFF for i in range(8000))
    for at in range(0, 8000, 2000):
        t.send("ACK", seq=1 + at, ack=1, data=text[at : at + 1000])
        t.send("ACK", seq=1001 + at, ack=1, data=text[at + 1000 : at + 2000])
        t.expect("ACK", seq=1, ack=2001 + at)
    assert connection.recv(9000) == text
    connection.send(text)
    got = b""
    while len(got) < 8000:
        received = t.expect("ACK", seq=1 + len(got))
        got += received.data
        t.send("ACK", seq=8001, ack=1 + len(got))
    assert got == text
    connection.close()
    t.expect("FIN,ACK", seq=8001, ack=8001)
    t.send("FIN,ACK", seq=8001, ack=8002)
    t.expect("ACK", seq=8002, ack=8002)
    assert connection.state is State.TIME_WAIT
    assert t.send("FIN,ACK", seq=8001, ack=8002) is Outcome.TIME_WAIT_FIN_REPEATED


@pytest.mark.parametrize("before", [2500, 1500, 2, 1])
def test_out_of_order_overlapping_and_beyond_across_it(before):
    t, connection = near_the_wrap(before, config=Config(timestamps=False, window_scale=False, receive_window=4000))
    text = bytes(i * 31 & 0xFF for i in range(4000))
    assert t.send("ACK", seq=4001, ack=1, data=b"x") is Outcome.OUTSIDE_WINDOW
    assert t.send("ACK", seq=0, ack=1, data=b"x") is Outcome.DUPLICATE_SEGMENT
    for at in (3000, 1500, 2900, 1000, 500):
        assert t.send("ACK", seq=1 + at, ack=1, data=text[at : at + 1000]) is Outcome.DATA_OUT_OF_ORDER
    t.send("ACK", seq=1, ack=1, data=text[:1000])
    t.send("ACK", seq=2501, ack=1, data=text[2500:3000])
    assert connection.recv(9000) == text


@pytest.mark.parametrize("before", [2500, 1001, 2, 1])
def test_loss_is_repaired_across_it(before):
    t, connection = near_the_wrap(before)
    connection.send(bytes(6000))
    assert [t.expect("ACK").seq for _ in range(6)] == [1 + 1000 * i for i in range(6)]
    for _ in range(3):
        t.send("ACK", seq=1, ack=1)
    t.expect("ACK", seq=1, data=bytes(1000))
    t.send("ACK", seq=1, ack=3001)
    t.expect("ACK", seq=3001)
    t.wait(1.5)
    assert t.receive().seq == 3001
    t.send("ACK", seq=1, ack=6001)
    while t.receive():
        pass
    assert connection.verdict.evidence["bytes_unacknowledged"] == 0


@pytest.mark.parametrize("before", [1, 2])
def test_the_syn_itself_may_stand_on_it(before):
    """ISN 2^32 - 1: the SYN is the last number, data begins at 0."""
    t, connection = near_the_wrap(before)
    connection.send(b"first")
    assert t.expect("ACK", seq=1, data=b"first").segment.seq == (1 - before) % SPACE


@pytest.mark.parametrize("before", [1, 500, 1000])
def test_the_three_answers_to_a_rst_hold_across_it(before):
    """RFC 5961 3."""
    config = Config(timestamps=False, receive_window=1000)
    for seq, outcome in (
        (0, Outcome.RST_OUTSIDE_WINDOW),
        (1001, Outcome.RST_OUTSIDE_WINDOW),
        (1000, Outcome.CHALLENGE_ACK),
        (2, Outcome.CHALLENGE_ACK),
        (1, Outcome.CONNECTION_RESET),
    ):
        t, _ = near_the_wrap(before, config=config)
        assert t.send("RST", seq=seq) is outcome
