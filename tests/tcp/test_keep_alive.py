"""Keep-alive: RFC 9293 3.8.4 (MUST-24 to MUST-29, SHLD-12)."""

import errno

import pytest
from requirements import requirement
from tcp.ways import VERSIONS

from handshook import Config, Outcome, State
from handshook.testing import Script

ASKING = Config(keep_alive=60, keep_alive_interval=10, keep_alive_probes=3)


@requirement("MUST-25")
def test_must_25_it_is_off_unless_asked_for():
    t = Script()
    connection = t.accepted()
    t.expect_nothing()
    assert t.stack.deadline() is None
    t.wait(30 * 86400)
    t.expect_nothing()
    assert connection.state is State.ESTABLISHED


@requirement("MUST-27", "SHLD-12", "MAY-5")
@VERSIONS
@pytest.mark.parametrize("told", [True, False], ids=["events taken", "events left"])
def test_an_idle_peer_is_asked_and_one_that_answers_lives_on(ipv6, told):
    """MUST-27; SHLD-12: the probe carries no data, and a number that must be answered."""
    t = Script(config=ASKING, ipv6=ipv6)
    connection = t.connected()
    if told:
        t.stack.events()
    for _ in range(5):
        t.wait(59.9)
        t.expect_nothing()
        t.wait(0.2)
        t.expect("ACK", seq=0, ack=1, data=b"")
        t.send("ACK", seq=1, ack=1)
        t.expect_nothing()
    assert connection.state is State.ESTABLISHED


@requirement("MUST-29")
@pytest.mark.parametrize("told", [True, False], ids=["events taken", "events left"])
def test_must_29_only_a_peer_that_answers_none_of_several_is_gone(told):
    t = Script(config=ASKING)
    connection = t.connected()
    if told:
        t.stack.events()
    times = []
    while connection.state is State.ESTABLISHED and t.now < 200:
        t.wait(1)
        while (received := t.receive()) is not None:
            times.append((round(t.now), received.flags))
    assert times == [(60, "ACK"), (70, "ACK"), (80, "ACK"), (90, "RST,ACK")]
    assert connection.error.errno == errno.ETIMEDOUT
    assert connection.verdict.outcome is Outcome.KEEP_ALIVE_TIMED_OUT


@requirement("MUST-29")
def test_one_lost_answer_is_forgiven():
    t = Script(config=ASKING)
    connection = t.connected()
    for _ in range(10):
        t.wait(60.1)
        t.expect("ACK", seq=0)
        t.wait(10)
        t.expect("ACK", seq=0)
        t.send("ACK", seq=1, ack=1)
    assert connection.state is State.ESTABLISHED


def test_whatever_is_heard_puts_it_off():
    t = Script(config=ASKING)
    t.connected()
    for i in range(10):
        t.wait(40)
        t.send("ACK", seq=1 + i, ack=1, data=b"x")
        t.wait(0.1)
        t.expect("ACK", seq=1, ack=2 + i)
    t.expect_nothing()
    t.wait(59.8)
    t.expect_nothing()
    t.wait(0.3)
    t.expect("ACK", seq=0)


def test_an_interval_longer_than_the_silence_does_not_put_off_the_first_probe():
    t = Script(config=Config(keep_alive=60, keep_alive_interval=75))
    t.connected()
    t.wait(30)
    t.send("ACK", seq=1, ack=1, data=b"x")
    t.wait(0.1)
    t.expect("ACK", ack=2)
    t.wait(59.7)
    t.expect_nothing()
    t.wait(0.3)
    t.expect("ACK", seq=0)


@requirement("MUST-26")
def test_must_26_while_data_is_out_its_own_timer_does_this_work():
    t = Script(config=ASKING)
    connection = t.connected()
    connection.send(b"x")
    while t.now < 250:
        t.wait(1)
        while (received := t.receive()) is not None:
            assert received.data == b"x"
    assert connection.state is State.ESTABLISHED


@requirement("MUST-24")
def test_must_24_it_is_each_connections_own():
    t = Script()
    listener = t.stack.listen(80, config=ASKING)
    t.send("SYN", seq=0)
    t.expect("SYN,ACK")
    t.send("ACK", seq=1, ack=1)
    connection = listener.accept()
    t.wait(60.1)
    t.expect("ACK", seq=0, ack=1)
    assert connection.state is State.ESTABLISHED


@VERSIONS
def test_a_peers_probe_is_answered(ipv6):
    """Its number is one below what we expect; with one octet of garbage (MAY-6) or none."""
    t = Script(ipv6=ipv6)
    connection = t.connected()
    for data in (b"", b"\0"):
        assert t.send("ACK", seq=0, ack=1, data=data) is Outcome.DUPLICATE_SEGMENT
        t.expect("ACK", seq=1, ack=1)
    assert connection.recv(1) is None


def test_it_can_be_changed_while_only_the_peer_still_speaks():
    """In FIN-WAIT-2 the peer may be gone like in any other state."""
    t = Script(config=Config(keep_alive=10.0, keep_alive_interval=1.0, keep_alive_probes=3))
    connection = t.accepted(mss=1460)
    connection.shutdown()
    t.expect("FIN,ACK")
    t.send("ACK", seq=1, ack=2)
    connection.configure(keep_alive_probes=4)
    t.wait(100)
    assert connection.verdict.outcome is Outcome.KEEP_ALIVE_TIMED_OUT
