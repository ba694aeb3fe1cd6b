"""What must hold for every connection at every moment, whatever the network does."""

from ..host.stack import Stack
from ..tcp.connection import Connection
from ..tcp.sequence import before_or_at, distance
from ..tcp.states import CLOSED, SYNCHRONIZED


def check(connection: Connection) -> None:
    """Raise `AssertionError` when a connection's variables contradict each other (RFC 9293 3.3.1, 3.4)."""
    c = connection
    if c.stage == CLOSED:
        return
    assert before_or_at(c.snd_una, c.snd_nxt), f"SND.UNA {c.snd_una} is after SND.NXT {c.snd_nxt}"
    if c.scoreboard is not None:
        board = c.scoreboard
        out = board.out + board.lost + board.sacked
        assert min(board.out, board.lost, board.sacked) >= 0, "an account of what is out is overdrawn"
        assert out == distance(c.snd_una, c.snd_nxt), f"{out} octets on the scoreboard, {c.snd_una} to {c.snd_nxt} out"
    assert before_or_at(c.rcv_nxt, c.rcv_edge) or c.stage not in SYNCHRONIZED, "the window's edge is behind RCV.NXT"
    assert c.readable() <= c.capacity + 65535, f"{c.readable()} bytes wait in a buffer of {c.capacity}"
    if c.outgoing is not None:
        assert 0 < c.outgoing.size <= c.config.send_buffer, f"{c.outgoing.size} bytes in the send buffer"
    assert distance(c.snd_una, c.snd_nxt) <= c.max_window + 2 or not c.syn_acked, "more is out than was ever allowed"
    assert c.mss > 0
    assert c.rto <= c.terms.max_rto or c.retries == 0


def check_idle(stack: Stack) -> None:
    """Raise `AssertionError` unless a stack that has finished is back where it began: nothing kept, nothing due."""
    assert stack.snapshot() == [], stack.snapshot()
    assert stack.deadline() is None, f"something is due at {stack.deadline()}"
