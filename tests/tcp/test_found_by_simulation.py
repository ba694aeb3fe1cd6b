"""What the simulation campaign found, as scripts: shut windows, crossing FINs, repeated segments with newer windows."""

from tcp.ways import PLAIN

from handshook import Config, Outcome, State
from handshook.testing import Script


def test_an_old_ack_does_not_move_the_window():
    """RFC 9293 3.10.7.4, fifth: the window is updated only if SND.UNA =< SEG.ACK."""
    t = Script(config=PLAIN)
    connection = t.accepted(mss=1000)
    connection.send(bytes(3000))
    assert [t.expect("ACK").seq for _ in range(3)] == [1, 1001, 2001]
    t.send("ACK", seq=1, ack=3001, window=1000)
    connection.send(bytes(3000))
    t.expect("ACK", seq=3001)
    # It left before the ACK of what was repeated, and yet has a newer number.
    t.send("ACK", seq=2, ack=2001, window=65535, data=b"x")
    t.expect("ACK", seq=4001, ack=1, data=b"")
    t.expect_nothing()
    assert connection.snd_wnd == 1000


def test_an_ack_on_an_older_segment_brings_the_window_that_belongs_to_it():
    """What is sent again has an older number and the newest window: the old one isn't counted from the new SND.UNA."""
    t = Script(config=PLAIN)
    connection = t.accepted(mss=1000)
    connection.send(bytes(2000))
    t.expect("ACK", seq=1)
    t.expect("ACK", seq=1001)
    t.send("ACK", seq=2, ack=1, window=2000, data=b"b")
    t.expect("ACK", seq=2001, ack=1)
    assert t.send("ACK", seq=1, ack=2001, window=0, data=b"a") is Outcome.DATA_ACCEPTED
    connection.send(bytes(1000))
    t.expect("ACK", seq=2001, ack=3, data=b"")
    t.expect_nothing()


def in_a_shut_window(*, config=PLAIN):
    """The peer's window is shut; the stack has probed it with one octet beyond the edge."""
    t = Script(config=config)
    connection = t.accepted(mss=1000)
    connection.send(bytes(2000))
    t.expect("ACK", seq=1)
    t.expect("ACK", seq=1001)
    t.send("ACK", seq=1, ack=2001, window=0)
    connection.send(bytes(100))
    t.wait(1.5)
    t.expect("ACK", seq=2001, data=b"\0")
    return t, connection


def test_an_ack_stays_inside_a_shut_window():
    """RFC 9293 3.10.7.4: with the window shut only RCV.NXT is acceptable, and the probe was not taken."""
    t, _ = in_a_shut_window()
    t.send("ACK", seq=1, ack=2001, window=0, data=b"hello")
    t.wait(0.1)
    t.expect("ACK", seq=2001, ack=6, data=b"")


def test_a_reset_stays_inside_a_shut_window():
    """RFC 5961 3: a RST beyond the edge would not be believed."""
    t, connection = in_a_shut_window()
    connection.abort()
    t.expect("RST,ACK", seq=2001)


def test_crossing_fins_whose_acks_were_lost_are_not_repeated_for_ever():
    """Each has the other's FIN, beyond the edge of a window that the data has filled, and both first ACKs were lost."""
    t = Script(config=PLAIN)
    connection = t.accepted(mss=1000, window=100)
    connection.send(bytes(100))
    connection.shutdown()
    t.expect("FIN,ACK", seq=1, data=bytes(100))
    assert t.send("FIN,ACK", seq=1, ack=1, window=100) is Outcome.FIN_ACCEPTED
    t.expect("ACK", ack=2)
    # The peer repeats its FIN; what it says with it is that it has ours.
    t.send("FIN,ACK", seq=1, ack=102, window=0)
    assert connection.state is State.TIME_WAIT


def test_an_ack_from_before_rcv_nxt_is_heard():
    """A peer that doesn't know whether we have its FIN may stay at the number before (as this stack does)."""
    t = Script(config=PLAIN)
    connection = t.accepted(mss=1000)
    connection.shutdown()
    t.expect("FIN,ACK", seq=1)
    t.send("FIN,ACK", seq=1, ack=1)
    t.expect("ACK", ack=2)
    t.send("ACK", seq=1, ack=2)
    assert connection.state is State.TIME_WAIT


def test_a_duplicate_that_acknowledges_nothing_new_changes_nothing():
    t = Script(config=PLAIN)
    connection = t.accepted(mss=1000)
    t.send("ACK", seq=1, ack=1, data=b"hello")
    t.expect_nothing()
    connection.send(bytes(3000))
    t.expect("ACK", seq=1, ack=6)
    window = connection.snd_wnd
    assert t.send("ACK", seq=1, ack=1, window=7, data=b"hello") is Outcome.DUPLICATE_SEGMENT
    assert t.send("ACK", seq=1, ack=1001, window=7, data=b"hell") is Outcome.DUPLICATE_SEGMENT
    assert (connection.snd_wnd, connection.snd_una) == (window, connection.iss + 1 & 0xFFFFFFFF)


def test_who_has_finished_before_the_handshake_is_kept_alive_too():
    """RFC 9293 3.8.4: FIN-WAIT-2 waits for a peer that may be gone."""
    config = Config(timestamps=False, keep_alive=100.0, keep_alive_interval=10.0, keep_alive_probes=2)
    t = Script(config=config)
    connection = t.connecting()
    connection.shutdown()
    t.expect("SYN", seq=0)
    t.send("SYN,ACK", seq=0, ack=1)
    t.expect("FIN,ACK", seq=1, ack=1)
    t.send("ACK", seq=1, ack=2)
    assert connection.state is State.FIN_WAIT_2
    t.wait(99.0)
    t.expect_nothing()
    t.wait(2.0)
    t.expect("ACK", seq=1, ack=1)
    t.wait(30.0)
    assert isinstance(connection.error, TimeoutError)
