"""What the explorer of `handshook prove` found, as scripts."""

from tcp.ways import PLAIN

from handshook import Outcome, State
from handshook.testing import Script


def closed_half_way():
    """The program opens, an old SYN of the peer's comes, and the program closes before its own SYN is acknowledged."""
    t = Script(config=PLAIN)
    connection = t.connecting()
    t.send("SYN", seq=0, mss=1000)
    t.expect("SYN,ACK", seq=0, ack=1)
    connection.close()
    t.expect("FIN,ACK", seq=1, ack=1)
    assert connection.state is State.FIN_WAIT_1
    return t, connection


def test_a_peer_in_another_connection_is_told_so_even_when_the_program_has_closed_half_way():
    """RFC 9293 3.5.2, group 2: in any non-synchronized state what acknowledges something not yet sent gets a RST.

    A program that closes in SYN-RECEIVED goes to FIN-WAIT-1 (3.10.4), but nothing is synchronized by that. With an ACK
    each, two ends that mean different connections would answer each other until their patience ends.
    """
    t, connection = closed_half_way()
    assert t.send("ACK", seq=1, ack=1_000_000) is Outcome.SYN_ACK_ACK_BAD
    t.expect("RST", seq=1_000_000)
    t.expect_nothing()
    assert connection.state is State.FIN_WAIT_1


def test_what_acknowledges_more_than_was_sent_is_told_so_too():
    t, _ = closed_half_way()
    assert t.send("ACK", seq=1, ack=3) is Outcome.SYN_ACK_ACK_BAD
    t.expect("RST", seq=3)


def test_the_peer_that_is_in_this_connection_goes_on():
    t, connection = closed_half_way()
    assert t.send("ACK", seq=1, ack=1) is Outcome.ACKED
    assert t.send("FIN,ACK", seq=1, ack=2) is Outcome.FIN_BOTH
    t.expect("ACK", seq=2, ack=2)
    assert connection.state is State.TIME_WAIT
