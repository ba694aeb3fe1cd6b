"""Ways into each state of a connection, segment by segment, and where each leaves the numbers.

Every way begins with the stack's own SYN. Sequence numbers are counted from each side's initial one, as in `Script`.
"""

from dataclasses import dataclass

import pytest

from handshook import Config, State
from handshook.tcp.connection import Connection
from handshook.testing import Script

VERSIONS = pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])

PLAIN = Config(congestion="reno", timestamps=False, sack=False, window_scale=False)
"""No options but MSS, so that segments hold what the test says and no more."""


@dataclass(frozen=True)
class Stand:
    """Where a connection stands: `seq` is the script's next number (RCV.NXT), `una` and `nxt` are the stack's."""

    seq: int
    una: int
    nxt: int


STANDS = {
    State.SYN_RECEIVED: Stand(1, 0, 1),
    State.ESTABLISHED: Stand(1, 1, 1),
    State.FIN_WAIT_1: Stand(1, 1, 2),
    State.FIN_WAIT_2: Stand(1, 2, 2),
    State.CLOSE_WAIT: Stand(2, 1, 1),
    State.CLOSING: Stand(2, 1, 2),
    State.LAST_ACK: Stand(2, 1, 2),
    State.TIME_WAIT: Stand(2, 2, 2),
}
SYNCHRONIZED = [state for state in STANDS if state is not State.SYN_RECEIVED]
OPEN_OR_CLOSING = [state for state in SYNCHRONIZED if state is not State.TIME_WAIT]


def reach(t: Script, state: State) -> Connection:
    """Bring the stack's connection into `state`; nothing is left unsaid."""
    connection = _WAYS[state](t)
    t.expect_nothing()
    assert connection.state is state
    return connection


def _syn_sent(t: Script) -> Connection:
    connection = t.connecting()
    t.expect("SYN", seq=0)
    return connection


def _syn_received(t: Script) -> Connection:
    connection = _syn_sent(t)
    t.send("SYN", seq=0)
    t.expect("SYN,ACK", seq=0, ack=1)
    return connection


def _established(t: Script) -> Connection:
    return t.connected()


def _fin_wait_1(t: Script) -> Connection:
    connection = t.connected()
    connection.shutdown()
    t.expect("FIN,ACK", seq=1, ack=1)
    return connection


def _fin_wait_2(t: Script) -> Connection:
    connection = _fin_wait_1(t)
    t.send("ACK", seq=1, ack=2)
    return connection


def _close_wait(t: Script) -> Connection:
    connection = t.connected()
    t.send("FIN,ACK", seq=1, ack=1)
    t.expect("ACK", seq=1, ack=2)
    return connection


def _closing(t: Script) -> Connection:
    connection = _fin_wait_1(t)
    t.send("FIN,ACK", seq=1, ack=1)
    t.expect("ACK", seq=2, ack=2)
    return connection


def _last_ack(t: Script) -> Connection:
    connection = _close_wait(t)
    connection.shutdown()
    t.expect("FIN,ACK", seq=1, ack=2)
    return connection


def _time_wait(t: Script) -> Connection:
    connection = _fin_wait_2(t)
    t.send("FIN,ACK", seq=1, ack=2)
    t.expect("ACK", seq=2, ack=2)
    return connection


_WAYS = {
    State.SYN_SENT: _syn_sent,
    State.SYN_RECEIVED: _syn_received,
    State.ESTABLISHED: _established,
    State.FIN_WAIT_1: _fin_wait_1,
    State.FIN_WAIT_2: _fin_wait_2,
    State.CLOSE_WAIT: _close_wait,
    State.CLOSING: _closing,
    State.LAST_ACK: _last_ack,
    State.TIME_WAIT: _time_wait,
}
