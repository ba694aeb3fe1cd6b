"""TIME-WAIT: RFC 9293 3.6.1 (MUST-13, SHLD-4, MAY-2), 3.10.7.4; RFC 1337; RFC 6191."""

from itertools import product

import pytest
from requirements import requirement
from tcp.ways import PLAIN, VERSIONS, reach

from handshook import Config, Outcome, State
from handshook.testing import Script


def rested(ipv6=False, config=None, tsval=None, listening=True):
    """A script whose connection to a listener of the stack has just come to rest; SEQ 2 and ACK 2 are next.

    `tsval` is the last timestamp that the script sent on it.
    """
    t = Script(ipv6=ipv6, config=config)
    connection = t.accepted(tsval=tsval)
    connection.shutdown()
    t.expect("FIN,ACK", seq=1)
    t.send("FIN,ACK", seq=1, ack=2, tsval=tsval)
    t.expect("ACK", seq=2, ack=2)
    assert connection.state is State.TIME_WAIT
    return t, connection


def states(t):
    return [entry.state for entry in t.stack.snapshot()]


class TestTheWait:
    @requirement("MUST-13", "DIFF-MSL", "RFC 9293 3.10.8 wait")
    @pytest.mark.parametrize("msl", [0.5, 30, 120])
    def test_it_lasts_two_msl(self, msl):
        t, connection = rested(config=Config(msl=msl))
        t.wait(2 * msl - 0.1)
        assert connection.state is State.TIME_WAIT
        t.wait(0.2)
        assert connection.state is State.CLOSED
        assert t.stack.counters()[Outcome.TIME_WAIT_OVER] == 1
        assert t.stack.deadline() is None

    def test_they_end_one_after_the_other(self):
        t = Script()
        listener = t.listening()
        for i in range(5):
            t.port, t.stack_isn = 1000 + i, None
            t.send("SYN", seq=0)
            t.expect("SYN,ACK")
            t.send("ACK", seq=1, ack=1)
            listener.accept().close()
            t.expect("FIN,ACK")
            t.send("FIN,ACK", seq=1, ack=2)
            t.expect("ACK")
            t.wait(1)
        assert len(states(t)) == 5
        t.wait(55.1)
        for left in (4, 3, 2, 1, 0):
            assert len(states(t)) == left
            t.wait(1)

    def test_a_listeners_own_configuration_does_not_change_it(self):
        """Both the table and its order are the stack's."""
        t = Script()
        listener = t.stack.listen(80, config=Config(msl=300))
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1)
        listener.accept().close()
        t.expect("FIN,ACK")
        t.send("FIN,ACK", seq=1, ack=2)
        t.wait(60.1)
        assert states(t) == []

    @requirement("RFC 9293 3.10.7.4 wait")
    @VERSIONS
    def test_the_peers_fin_again_is_acknowledged_and_starts_it_anew(self, ipv6):
        t, connection = rested(ipv6)
        t.wait(50)
        assert t.send("FIN,ACK", seq=1, ack=2) is Outcome.TIME_WAIT_FIN_REPEATED
        t.expect("ACK", seq=2, ack=2)
        t.wait(59)
        assert connection.state is State.TIME_WAIT
        t.wait(2)
        assert connection.state is State.CLOSED

    def test_the_fin_again_with_its_data_is_still_that_fin(self):
        t = Script()
        connection = reach(t, State.FIN_WAIT_2)
        t.send("FIN,ACK", seq=1, ack=2, data=b"end")
        t.expect("ACK", ack=5)
        assert connection.state is State.TIME_WAIT
        assert t.send("FIN,ACK", seq=1, ack=2, data=b"end") is Outcome.TIME_WAIT_FIN_REPEATED
        t.expect("ACK", ack=5)

    @pytest.mark.parametrize("seq", [-1000, 2, 50, 0x70000000])
    def test_a_fin_from_elsewhere_does_not(self, seq):
        t, connection = rested()
        t.wait(50)
        assert t.send("FIN,ACK", seq=seq, ack=2) is Outcome.TIME_WAIT_ACKED
        t.expect("ACK", seq=2, ack=2)
        t.wait(11)
        assert connection.state is State.CLOSED

    @requirement("RFC 1337 3", "DIFF-TIME-WAIT")
    @pytest.mark.parametrize("seq", [0, 1, 2, 3, 1000])
    def test_a_rst_does_not_end_it(self, seq):
        """RFC 1337 3, F1."""
        t, connection = rested()
        assert t.send("RST", seq=seq) is Outcome.TIME_WAIT_RST_IGNORED
        assert t.send("RST,ACK", seq=seq, ack=2) is Outcome.TIME_WAIT_RST_IGNORED
        t.expect_nothing()
        assert connection.state is State.TIME_WAIT

    @VERSIONS
    @pytest.mark.parametrize("seq", [-100, 1, 2, 100])
    def test_old_data_is_answered(self, ipv6, seq):
        t, connection = rested(ipv6)
        assert t.send("ACK", seq=seq, ack=2, data=b"old") is Outcome.TIME_WAIT_ACKED
        t.expect("ACK", seq=2, ack=2)
        assert connection.state is State.TIME_WAIT

    def test_a_bare_ack_is_not(self):
        """Two ends that answered each other's would never stop."""
        t, _ = rested()
        for seq in (1, 2, 3):
            assert t.send("ACK", seq=seq, ack=2) is Outcome.TIME_WAIT_IGNORED
        t.expect_nothing()

    @pytest.mark.parametrize("flags", ["none", "PSH", "FIN"])
    @pytest.mark.parametrize("seq", [1, 2, 100])
    def test_what_has_no_ack_is_dropped(self, flags, seq):
        """RFC 9293 3.10.7.4, fifth."""
        t, connection = rested()
        assert t.send(flags, seq=seq, data=b"text") is Outcome.TIME_WAIT_IGNORED
        t.expect_nothing()
        assert connection.state is State.TIME_WAIT

    def test_a_syn_ack_is_answered_with_an_ack(self):
        """RFC 5961 4."""
        t, _ = rested()
        assert t.send("SYN,ACK", seq=100, ack=2) is Outcome.TIME_WAIT_ACKED
        t.expect("ACK", seq=2, ack=2)

    @requirement("DIFF-TIME-WAIT")
    def test_syn_and_fin_together_are_dropped(self):
        t, _ = rested()
        assert t.send("SYN,FIN", seq=100) is Outcome.FLAGS_NONSENSE
        t.expect_nothing()

    def test_its_ack_carries_the_timestamps_of_the_connection(self):
        t, _ = rested(tsval=1000)
        t.wait(1.0)
        t.send("FIN,ACK", seq=1, ack=2, tsval=1000)
        answer = t.expect("ACK", seq=2, ack=2).segment
        assert answer.timestamps
        assert answer.tsecr == 1000

    def test_the_four_tuple_cannot_be_connected_from(self):
        t, _ = rested()
        with pytest.raises(OSError, match="in use"):
            t.stack.connect((t.address, t.port), local_port=80)


class TestNewConnection:
    """RFC 6191 2, row by row: what the old connection had, what the SYN has, what comes of it."""

    @requirement("MAY-2", "SHLD-4", "RFC 6191 2", "DIFF-REOPEN")
    @pytest.mark.parametrize(
        "old, new, seq, accepted",
        [
            # Timestamps then and now: the newer one, or the same and a newer number.
            (1000, 1001, -50_000, True),
            (1000, 1000, 3, True),
            (1000, 1000, 1, False),
            (1000, 999, 50_000, False),
            # Timestamps then, none now: the number.
            (1000, None, 3, True),
            (1000, None, 1, False),
            # None then, timestamps now: accepted.
            (None, 1, -50_000, True),
            # None then and now: the number.
            (None, None, 3, True),
            # The FIN took number 1, so 2 is larger than the last that was seen.
            (1000, 1000, 2, True),
            (1000, None, 2, True),
            (None, None, 2, True),
            (None, None, 1, False),
            (None, None, -50_000, False),
        ],
    )
    def test_a_syn_is_taken_when_it_is_newer(self, old, new, seq, accepted):
        t, _connection = rested(tsval=old)
        outcome = t.send("SYN", seq=seq, tsval=new)
        if accepted:
            assert outcome is Outcome.TIME_WAIT_REOPENED
            assert states(t) == [State.SYN_RECEIVED]
            t.stack_isn = None
            t.expect("SYN,ACK", seq=0, ack=(seq + 1) & 0xFFFFFFFF)
        else:
            assert outcome is Outcome.TIME_WAIT_SYN_DROPPED
            assert states(t) == [State.TIME_WAIT]
            t.expect_nothing()

    @requirement("RFC 6191 2")
    def test_timestamps_that_would_not_be_agreed_on_count_as_none(self):
        """RFC 6191: "if TCP Timestamps would be enabled for the new incarnation"."""
        t, _ = rested(config=Config(timestamps=False))
        assert t.send("SYN", seq=-50_000, tsval=1) is Outcome.TIME_WAIT_SYN_DROPPED
        assert t.send("SYN", seq=50_000, tsval=1) is Outcome.TIME_WAIT_REOPENED

    @VERSIONS
    def test_the_new_connection_works_and_the_old_wait_is_over(self, ipv6):
        t, old = rested(ipv6)
        t.wait(10)
        t.stack_isn = None
        t.send("SYN", seq=100_000)
        t.expect("SYN,ACK", seq=0, ack=100_001)
        assert old.state is State.CLOSED
        t.send("ACK", seq=100_001, ack=1, data=b"again")
        connection = next(source for source, _ in t.stack.events() if hasattr(source, "accept")).accept()
        assert connection.recv(10) == b"again"
        t.wait(60)
        assert connection.state is State.ESTABLISHED

    @requirement("MAY-2")
    @pytest.mark.parametrize("octets", [1, 1_000_000])
    def test_its_number_is_beyond_all_that_the_old_one_used(self, octets):
        """MAY-2 (1): "larger than the largest sequence number it used on the previous connection incarnation".

        The clock of RFC 6528 doesn't see to it when much was sent in a short time.
        """
        t = Script(config=PLAIN)
        connection = t.accepted(mss=1460)
        sent = 0
        while sent < octets:
            sent += connection.send(bytes(min(50_000, octets - sent)))
            while received := t.receive():
                t.send("ACK", seq=1, ack=received.seq + len(received.data))
        connection.shutdown()
        fin = t.expect("FIN,ACK")
        t.send("FIN,ACK", seq=1, ack=fin.seq + 1)
        t.expect("ACK")
        t.send("SYN", seq=100_000)
        new = t.expect("SYN,ACK")
        assert fin.seq < new.seq < fin.seq + 2**31

    def test_where_nobody_listens_it_is_answered_with_an_ack_and_the_wait_goes_on(self):
        """Most TIME-WAITs are the active opener's: a forged SYN to its port must not end them."""
        t = Script()
        reach(t, State.TIME_WAIT)
        assert t.send("SYN", seq=100_000) is Outcome.TIME_WAIT_ACKED
        t.expect("ACK", seq=2, ack=2)
        assert states(t) == [State.TIME_WAIT]

    def test_where_the_listener_has_no_room_the_wait_goes_on(self):
        t, _ = rested(config=Config(half_open_limit=1, cookies="never"))
        t.port = 40001
        t.send("SYN", seq=0)
        t.receive()
        t.port = 40000
        assert t.send("SYN", seq=100_000) is Outcome.DROPPED_SYN_QUEUE_FULL
        assert State.TIME_WAIT in states(t)

    @requirement("RFC 1337 2")
    def test_a_new_connection_does_not_hear_of_the_old_ones_segments(self):
        """The three hazards of RFC 1337: old data is outside the new window."""
        t, _ = rested()
        t.send("SYN", seq=100_000)
        t.expect("SYN,ACK")
        assert t.send("ACK", seq=1, ack=2, data=b"old") is Outcome.OUTSIDE_WINDOW


def test_every_kind_of_segment_leaves_the_wait_as_it_is():
    """But for a newer SYN and the peer's FIN."""
    t, connection = rested()
    flags = ["".join(bits) for bits in product(("", "RST,"), ("", "FIN,"), ("", "PSH,"), ("", "URG,"), ("", "ACK,"))]
    for one in flags:
        for seq in (-1000, 0, 3, 1000):
            t.send(one.rstrip(",") or "none", seq=seq, ack=2, data=b"x")
            answer = t.receive()
            assert answer is None or answer.flags == "ACK"
    t.wait(60.1)
    assert connection.state is State.CLOSED
