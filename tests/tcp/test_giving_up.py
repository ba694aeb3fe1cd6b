"""SYN and SYN,ACK repeated and given up: RFC 9293 3.8.3 (MUST-20, 22, 23), RFC 6298 2.1, 5.5, 5.7."""

import errno

import pytest
from requirements import requirement
from tcp.ways import VERSIONS, reach

from handshook import Config, Outcome, State
from handshook.tcp.happened import Happened
from handshook.testing import Script


def times_of(t, flags, until):
    """When segments with these flags leave, to the nearest 0.1 s."""
    times = []
    for tick in range(int(until * 10) + 1):
        t.wait(tick / 10 - t.now + 0.001)
        while (received := t.receive()) is not None:
            assert received.flags == flags
            times.append(tick / 10)
    return times


@requirement("MUST-22", "MUST-23", "RFC 6298 2.1", "RFC 6298 5.5", "DIFF-PATIENCE")
@VERSIONS
def test_an_unanswered_syn_is_repeated_ever_more_slowly_for_three_minutes(ipv6):
    t = Script(ipv6=ipv6)
    connection = t.connecting()
    assert times_of(t, "SYN", 182) == [0, 1, 3, 7, 15, 31, 63, 123]
    assert connection.state is State.SYN_SENT
    t.stack.events()
    t.wait(183.1 - t.now)
    assert connection.state is State.CLOSED
    assert t.now >= 180
    t.expect_nothing()
    error = connection.error
    assert type(error) is TimeoutError
    assert error.errno == errno.ETIMEDOUT
    assert error.verdict.outcome is Outcome.CONNECT_TIMED_OUT
    assert "8 SYNs" in error.verdict.sentence
    assert t.stack.events() == [(connection, Happened.ENDED)]
    assert t.stack.snapshot() == []
    assert t.stack.deadline() is None


def test_every_repetition_is_the_same_syn_but_for_its_timestamp():
    t = Script(config=Config(timestamps=False))
    t.connecting()
    first = t.expect("SYN", seq=0).packet
    t.wait(7.5)
    assert [t.expect("SYN").packet for _ in range(3)] == [first] * 3


def test_the_verdict_says_how_many_were_sent():
    t = Script()
    connection = t.connecting()
    t.wait(3.5)
    assert "3 SYNs sent" in connection.verdict.sentence
    assert connection.verdict.outcome is Outcome.OPENING
    assert connection.verdict.evidence["retransmissions"] == 2


@requirement("MUST-21")
@pytest.mark.parametrize("retries, over", [(0, 1), (1, 3), (3, 15)])
def test_how_often_is_the_callers_to_say(retries, over):
    """MUST-21, for the SYN."""
    t = Script()
    connection = t.stack.connect((t.address, t.port), config=Config(syn_retries=retries))
    t.wait(over - 0.1)
    assert connection.state is State.SYN_SENT
    t.wait(0.2)
    assert connection.state is State.CLOSED


@VERSIONS
def test_an_unanswered_syn_ack_is_repeated_and_its_entry_given_up(ipv6):
    t = Script(ipv6=ipv6)
    listener = t.listening()
    t.send("SYN", seq=0)
    assert times_of(t, "SYN,ACK", 62) == [0, 1, 3, 7, 15, 31]
    assert listener.half_open == 1
    t.wait(1.5)
    assert listener.half_open == 0
    assert t.stack.counters()[Outcome.HALF_OPEN_GIVEN_UP] == 1
    assert t.stack.events() == []
    assert t.stack.snapshot() == []
    assert t.stack.deadline() is None


def test_a_half_open_entry_given_up_leaves_no_trace_for_its_late_ack():
    t = Script()
    t.listening()
    t.send("SYN", seq=0)
    t.expect("SYN,ACK")
    t.wait(64)
    while t.receive():
        pass
    assert t.send("ACK", seq=1, ack=1) is Outcome.LISTEN_ACK_RESET
    t.expect("RST", seq=1)


@requirement("MUST-23")
def test_an_active_open_that_met_a_syn_keeps_its_three_minutes():
    """MUST-23 in a simultaneous open: the SYN,ACK that is repeated there is this side's SYN."""
    t = Script()
    connection = t.connecting()
    t.expect("SYN")
    t.wait(64)
    t.send("SYN", seq=0)
    assert connection.state is State.SYN_RECEIVED
    t.wait(118)
    assert connection.state is State.SYN_RECEIVED
    t.wait(2)
    assert connection.state is State.CLOSED
    assert connection.error.errno == errno.ETIMEDOUT


@requirement("RFC 6298 5.7")
def test_after_a_lost_syn_the_first_data_waits_three_seconds():
    """RFC 6298 5.7: the path may be slow."""
    t = Script()
    connection = reach(t, State.SYN_SENT)
    t.wait(1.1)
    t.expect("SYN")
    t.send("SYN,ACK", seq=0, ack=1)
    connection.send(b"x")
    t.expect("ACK", data=b"x")
    t.wait(2.9)
    t.expect_nothing()
    t.wait(0.2)
    t.expect("ACK", seq=1, data=b"x")


@requirement("RFC 6298 5.7")
def test_after_a_lost_syn_ack_the_first_data_waits_three_seconds():
    t = Script()
    listener = t.listening()
    t.send("SYN", seq=0)
    t.expect("SYN,ACK")
    t.wait(1.1)
    t.expect("SYN,ACK")
    t.send("ACK", seq=1, ack=1)
    connection = listener.accept()
    connection.send(b"x")
    t.expect("ACK", data=b"x")
    t.wait(2.9)
    t.expect_nothing()
    t.wait(0.2)
    t.expect("ACK", data=b"x")


def test_a_syn_ack_after_the_last_repetition_still_opens():
    t = Script()
    connection = reach(t, State.SYN_SENT)
    t.wait(182)
    t.send("SYN,ACK", seq=0, ack=1)
    assert connection.state is State.ESTABLISHED
