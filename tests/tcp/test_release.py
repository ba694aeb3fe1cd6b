"""How connections end in order: RFC 9293 3.6, 3.10.4 (CLOSE), 3.10.5 (ABORT), and the FIN's part of 3.10.7.4."""

import errno

import pytest
from requirements import requirement
from tcp.ways import OPEN_OR_CLOSING, STANDS, VERSIONS, reach

from handshook import Config, Outcome, State
from handshook.tcp.happened import Happened
from handshook.testing import Script


class TestActiveClose:
    """Figure 12, its left side."""

    @requirement("RFC 9293 3.10.7.4 fifth FIN", "RFC 9293 3.10.7.4 eighth")
    @VERSIONS
    def test_fin_ack_fin_ack_and_a_wait(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = t.connected()
        connection.close()
        assert connection.state is State.FIN_WAIT_1
        t.expect("FIN,ACK", seq=1, ack=1)
        assert t.send("ACK", seq=1, ack=2) is Outcome.FIN_ACKED
        assert connection.state is State.FIN_WAIT_2
        assert t.send("FIN,ACK", seq=1, ack=2) is Outcome.FIN_ACCEPTED
        assert connection.state is State.TIME_WAIT
        t.expect("ACK", seq=2, ack=2)
        t.expect_nothing()
        t.wait(59.9)
        assert connection.state is State.TIME_WAIT
        t.wait(0.2)
        assert connection.state is State.CLOSED
        assert connection.error is None
        assert connection.verdict.outcome is Outcome.CLOSED_NORMALLY
        assert t.stack.snapshot() == []
        assert t.stack.deadline() is None

    def test_fin_and_ack_in_one_segment_lead_straight_to_time_wait(self):
        t = Script()
        connection = reach(t, State.FIN_WAIT_1)
        assert t.send("FIN,ACK", seq=1, ack=2) is Outcome.FIN_BOTH
        t.expect("ACK", seq=2, ack=2)
        t.expect_nothing()
        assert connection.state is State.TIME_WAIT

    def test_data_with_the_peers_fin_is_still_read(self):
        """RFC 9293 3.6: after SHUTDOWN, or half-close, receiving goes on."""
        t = Script()
        connection = reach(t, State.FIN_WAIT_1)
        t.send("FIN,ACK", seq=1, ack=2, data=b"last words")
        t.expect("ACK", ack=12)
        assert connection.state is State.TIME_WAIT
        assert connection.recv(100) == b"last words"
        assert connection.recv(100) == b""

    def test_the_program_is_told(self):
        t = Script()
        connection = reach(t, State.FIN_WAIT_2)
        t.stack.events()
        t.send("FIN,ACK", seq=1, ack=2)
        assert t.stack.events() == [(connection, Happened.FINISHED | Happened.ENDED)]
        t.wait(61)
        assert t.stack.events() == []


class TestHowItEnded:
    """RFC 9293 3.6, MUST-12: in order, or by whose reset."""

    def in_order(self, t, connection):
        t.send("FIN,ACK", seq=1, ack=1)
        connection.shutdown()
        t.expect("FIN,ACK", seq=1, ack=2)
        t.send("ACK", seq=2, ack=2)

    def aborted_here(self, t, connection):
        connection.abort()
        t.expect("RST,ACK", seq=1, ack=1)

    def reset_by_the_peer(self, t, connection):
        t.send("RST", seq=1)

    @requirement("MUST-12")
    @VERSIONS
    @pytest.mark.parametrize(
        "way, outcome, error, number",
        [
            (in_order, Outcome.CLOSED_NORMALLY, None, None),
            (aborted_here, Outcome.CALLED_ABORT, ConnectionAbortedError, errno.ECONNABORTED),
            (reset_by_the_peer, Outcome.CONNECTION_RESET, ConnectionResetError, errno.ECONNRESET),
        ],
        ids=["in order", "aborted here", "reset by the peer"],
    )
    def test_the_error_and_the_verdict_say_so(self, ipv6, way, outcome, error, number):
        t = Script(ipv6=ipv6)
        connection = t.accepted()
        t.stack.events()
        way(self, t, connection)
        assert connection.state is State.CLOSED
        ((_, happened),) = t.stack.events()
        assert Happened.ENDED in happened
        assert connection.verdict.outcome is outcome
        if error is None:
            assert connection.error is None
            assert connection.recv(1) == b""
        else:
            assert type(connection.error) is error
            assert connection.error.errno == number
            assert connection.error.verdict.outcome is outcome
            with pytest.raises(error):
                connection.recv(1)


class TestPassiveClose:
    """Figure 12, its right side."""

    @requirement("RFC 9293 3.10.7.4 fifth FIN", "RFC 9293 3.10.7.4 eighth")
    @VERSIONS
    def test_fin_ack_fin_ack_and_it_is_over(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = t.accepted()
        t.stack.events()
        assert t.send("FIN,ACK", seq=1, ack=1) is Outcome.FIN_ACCEPTED
        assert connection.state is State.CLOSE_WAIT
        assert t.stack.events() == [(connection, Happened.FINISHED)]
        t.expect("ACK", seq=1, ack=2)
        assert connection.recv(1) == b""
        connection.close()
        assert connection.state is State.LAST_ACK
        t.expect("FIN,ACK", seq=1, ack=2)
        assert t.send("ACK", seq=2, ack=2) is Outcome.FIN_ACKED
        t.expect_nothing()
        assert connection.state is State.CLOSED
        assert connection.error is None
        assert connection.verdict.outcome is Outcome.CLOSED_NORMALLY
        assert t.stack.events() == [(connection, Happened.ENDED)]
        assert t.stack.snapshot() == []

    def test_the_ack_of_the_fin_rides_on_ours(self):
        """A close that follows a FIN leaves as one segment, not two."""
        t = Script()
        connection = t.accepted()
        t.send("FIN,ACK", seq=1, ack=1)
        connection.close()
        t.expect("FIN,ACK", seq=1, ack=2)
        t.expect_nothing()

    def test_data_still_flows_the_other_way(self):
        """Half-close."""
        t = Script()
        connection = reach(t, State.CLOSE_WAIT)
        for i in range(5):
            connection.send(b"more!")
            t.expect("ACK", seq=1 + 5 * i, ack=2, data=b"more!")
            t.send("ACK", seq=2, ack=6 + 5 * i)
        connection.close()
        t.expect("FIN,ACK", seq=26, ack=2)
        assert t.send("ACK", seq=2, ack=27) is Outcome.FIN_ACKED
        assert connection.state is State.CLOSED

    def test_data_after_the_peers_own_fin_is_ignored(self):
        t = Script()
        connection = reach(t, State.CLOSE_WAIT)
        assert t.send("ACK", seq=2, ack=1, data=b"zombie") is Outcome.DATA_AFTER_FIN_IGNORED
        assert connection.recv(10) == b""
        assert connection.state is State.CLOSE_WAIT


class TestHalfClose:
    @requirement("MAY-1")
    def test_after_our_fin_data_still_arrives_and_is_acknowledged(self):
        t = Script()
        connection = reach(t, State.FIN_WAIT_2)
        for i in range(5):
            t.send("ACK", seq=1 + 3 * i, ack=2, data=b"abc")
            t.wait(0.1)
            t.expect("ACK", seq=2, ack=4 + 3 * i)
            assert connection.recv(10) == b"abc"
        t.send("FIN,ACK", seq=16, ack=2)
        assert connection.state is State.TIME_WAIT

    def test_it_may_last_as_long_as_the_peer_wants(self):
        """The limit is for connections that the program has let go."""
        t = Script()
        connection = reach(t, State.FIN_WAIT_2)
        assert t.stack.deadline() is None
        t.wait(86400)
        assert connection.state is State.FIN_WAIT_2
        t.send("ACK", seq=1, ack=2, data=b"at last")
        assert connection.recv(10) == b"at last"

    def test_data_queued_before_it_leaves_first(self):
        t = Script(config=Config(timestamps=False))
        connection = t.accepted(mss=1000)
        connection.send(bytes(2500))
        connection.shutdown()
        assert connection.state is State.FIN_WAIT_1
        t.expect("ACK", seq=1)
        t.expect("ACK", seq=1001)
        t.expect("FIN,ACK", seq=2001, data=bytes(500))

    def test_twice_is_once(self):
        t = Script()
        connection = reach(t, State.FIN_WAIT_1)
        connection.shutdown()
        t.expect_nothing()

    def test_on_a_closed_connection_it_is_misuse(self):
        t = Script()
        connection = t.accepted()
        t.send("RST", seq=1)
        with pytest.raises(ConnectionResetError):
            connection.shutdown()
        connection = reach(Script(), State.SYN_SENT)
        connection.close()
        with pytest.raises(RuntimeError):
            connection.shutdown()


class TestSimultaneousClose:
    """Figure 13."""

    @requirement("RFC 9293 3.10.7.4 fifth FIN", "RFC 9293 3.10.7.4 eighth")
    @VERSIONS
    def test_the_fins_cross(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = reach(t, State.FIN_WAIT_1)
        assert t.send("FIN,ACK", seq=1, ack=1) is Outcome.FIN_ACCEPTED
        assert connection.state is State.CLOSING
        t.expect("ACK", seq=2, ack=2)
        t.expect_nothing()
        assert t.send("ACK", seq=2, ack=2) is Outcome.FIN_ACKED
        assert connection.state is State.TIME_WAIT
        t.expect_nothing()
        t.wait(60.1)
        assert connection.state is State.CLOSED

    @requirement("DIFF-CLOSING")
    def test_a_fin_without_ack_of_ours_is_answered_with_an_ack_alone(self):
        """Where FreeBSD repeats its FIN."""
        t = Script()
        reach(t, State.CLOSING)
        t.wait(0.9)
        t.expect_nothing()

    def test_our_fin_is_repeated_in_closing(self):
        t = Script()
        connection = reach(t, State.CLOSING)
        t.wait(1.1)
        t.expect("FIN,ACK", seq=1, ack=2)
        t.send("ACK", seq=2, ack=2)
        assert connection.state is State.TIME_WAIT

    def test_the_peers_repeated_fin_is_acknowledged_in_closing(self):
        t = Script()
        connection = reach(t, State.CLOSING)
        assert t.send("FIN,ACK", seq=1, ack=1) is Outcome.DUPLICATE_SEGMENT
        t.expect("ACK", seq=2, ack=2)
        assert connection.state is State.CLOSING


class TestTheFin:
    def test_it_follows_data_in_the_same_segment(self):
        t = Script()
        connection = t.accepted()
        t.send("FIN,ACK", seq=1, ack=1, data=b"bye")
        t.expect("ACK", ack=5)
        assert (connection.recv(9), connection.recv(9)) == (b"bye", b"")

    @pytest.mark.parametrize("state", [State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2])
    def test_one_that_overtakes_its_data_waits_for_it(self, state):
        t = Script()
        connection = reach(t, state)
        ack = STANDS[state].nxt
        t.send("FIN,ACK", seq=4, ack=ack, data=b"def")
        t.expect("ACK", ack=1)
        assert connection.recv(10) is None
        t.send("ACK", seq=1, ack=ack, data=b"abc")
        t.expect("ACK", ack=8)
        assert (connection.recv(10), connection.recv(10)) == (b"abcdef", b"")
        assert connection.state is (State.CLOSE_WAIT if state is State.ESTABLISHED else State.TIME_WAIT)

    def test_a_bare_one_that_overtakes_data_waits_too(self):
        t = Script()
        connection = t.accepted()
        t.send("FIN,ACK", seq=4, ack=1)
        t.expect("ACK", ack=1)
        assert connection.state is State.ESTABLISHED
        t.send("ACK", seq=1, ack=1, data=b"abc")
        t.expect("ACK", ack=5)
        assert connection.state is State.CLOSE_WAIT

    def test_nothing_counts_beyond_it(self):
        """Data that lies after a known FIN can't be the peer's."""
        t = Script()
        connection = t.accepted()
        t.send("FIN,ACK", seq=4, ack=1)
        t.send("ACK", seq=4, ack=1, data=b"evil")
        t.send("ACK", seq=1, ack=1, data=b"abcEVIL")
        assert (connection.recv(10), connection.recv(10)) == (b"abc", b"")
        assert connection.state is State.CLOSE_WAIT

    @pytest.mark.parametrize("state", [State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK])
    def test_one_that_comes_again_is_acknowledged_again(self, state):
        t = Script()
        connection = reach(t, state)
        assert t.send("FIN,ACK", seq=1, ack=1) is Outcome.DUPLICATE_SEGMENT
        t.expect("ACK", seq=STANDS[state].nxt, ack=2)
        assert connection.state is state

    def test_without_ack_it_is_dropped(self):
        t = Script()
        connection = t.accepted()
        assert t.send("FIN", seq=1) is Outcome.WITHOUT_ACK_DROPPED
        assert connection.state is State.ESTABLISHED

    def test_one_lost_with_an_ack_of_data_only(self):
        """The ACK of the data before our FIN isn't the ACK of the FIN."""
        t = Script()
        connection = t.accepted()
        connection.send(b"abc")
        connection.shutdown()
        t.expect("FIN,ACK", seq=1, data=b"abc")
        assert t.send("ACK", seq=1, ack=4) is Outcome.ACKED
        assert connection.state is State.FIN_WAIT_1
        t.wait(1.1)
        t.expect("FIN,ACK", seq=4, data=b"")
        assert t.send("ACK", seq=1, ack=5) is Outcome.FIN_ACKED
        assert connection.state is State.FIN_WAIT_2


class TestCloseWithUnreadData:
    """SHLD-3, RFC 2525 2.17: the peer must learn that what it sent was not read."""

    @requirement("SHLD-3")
    @VERSIONS
    def test_it_is_a_reset(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = t.accepted()
        t.send("ACK", seq=1, ack=1, data=b"unread")
        connection.close()
        t.expect("RST,ACK", seq=1, ack=7)
        t.expect_nothing()
        assert connection.state is State.CLOSED
        assert connection.verdict.outcome is Outcome.CLOSED_UNREAD_RESET
        assert connection.error is None
        assert t.stack.snapshot() == []

    def test_half_read_is_unread(self):
        t = Script()
        connection = t.accepted()
        t.send("ACK", seq=1, ack=1, data=b"unread")
        assert connection.recv(3) == b"unr"
        connection.close()
        t.expect("RST,ACK")

    def test_with_everything_read_it_is_a_fin(self):
        t = Script()
        connection = t.accepted()
        t.send("ACK", seq=1, ack=1, data=b"read")
        connection.recv(10)
        connection.close()
        t.expect("FIN,ACK", seq=1, ack=5)

    def test_in_close_wait_as_well(self):
        t = Script()
        connection = t.accepted()
        t.send("FIN,ACK", seq=1, ack=1, data=b"unread")
        connection.close()
        t.expect("RST,ACK", seq=1, ack=8)


class TestDataAfterClose:
    """SHLD-3: "If such a host issues a CLOSE call while ... new data is received, TCP SHOULD send a RST"."""

    @requirement("SHLD-3")
    @VERSIONS
    @pytest.mark.parametrize("acked", [True, False])
    def test_it_is_reset(self, ipv6, acked):
        t = Script(ipv6=ipv6)
        connection = t.accepted()
        connection.close()
        t.expect("FIN,ACK", seq=1)
        if acked:
            t.send("ACK", seq=1, ack=2)
        assert t.send("ACK", seq=1, ack=2, data=b"too late") is Outcome.DATA_AFTER_CLOSE_RESET
        t.expect("RST,ACK", seq=2)
        t.expect_nothing()
        assert connection.state is State.CLOSED
        assert t.stack.snapshot() == []

    def test_a_repetition_of_what_was_read_is_not(self):
        t = Script()
        connection = t.accepted()
        t.send("ACK", seq=1, ack=1, data=b"known")
        connection.recv(10)
        connection.close()
        t.expect("FIN,ACK", ack=6)
        assert t.send("ACK", seq=1, ack=2, data=b"known") is Outcome.DUPLICATE_SEGMENT
        t.expect("ACK", ack=6)
        assert connection.state is not State.CLOSED


class TestFinWait2Limit:
    """A connection that the program has let go doesn't wait for ever for a peer that never finishes."""

    def test_it_ends_a_minute_after_the_ack_of_our_fin(self):
        t = Script()
        connection = t.connected()
        connection.close()
        t.expect("FIN,ACK")
        t.send("ACK", seq=1, ack=2)
        t.wait(59)
        assert connection.state is State.FIN_WAIT_2
        t.wait(2)
        assert connection.state is State.CLOSED
        assert connection.verdict.outcome is Outcome.FIN_WAIT_2_OVER
        assert t.stack.snapshot() == []
        t.expect_nothing()

    def test_or_a_minute_after_the_close_that_follows_a_shutdown(self):
        t = Script()
        connection = reach(t, State.FIN_WAIT_2)
        t.wait(1000)
        connection.close()
        t.wait(59)
        assert connection.state is State.FIN_WAIT_2
        t.wait(2)
        assert connection.state is State.CLOSED

    def test_a_late_fin_of_it_is_reset(self):
        t = Script()
        connection = t.connected()
        connection.close()
        t.expect("FIN,ACK")
        t.send("ACK", seq=1, ack=2)
        t.wait(61)
        assert t.send("FIN,ACK", seq=1, ack=2) is Outcome.CLOSED_PORT_RESET
        t.expect("RST", seq=2)


class TestClose:
    def test_twice_is_once(self):
        t = Script()
        connection = t.connected()
        connection.close()
        connection.close()
        t.expect("FIN,ACK")
        t.expect_nothing()
        assert t.stack.counters()[Outcome.CALLED_CLOSE] == 1

    def test_queued_data_is_still_sent(self):
        t = Script()
        connection = t.connected()
        connection.send(b"goodbye")
        connection.close()
        t.expect("FIN,ACK", seq=1, data=b"goodbye")

    def test_after_the_peer_has_reset_it_does_nothing(self):
        t = Script()
        connection = t.connected()
        t.send("RST", seq=1)
        connection.close()
        t.expect_nothing()

    def test_in_time_wait_the_wait_goes_on(self):
        t = Script()
        connection = reach(t, State.TIME_WAIT)
        connection.close()
        t.expect_nothing()
        assert connection.state is State.TIME_WAIT


class TestAbort:
    """RFC 9293 3.10.5."""

    @requirement("MUST-12", "RFC 9293 3.10.5")
    @VERSIONS
    @pytest.mark.parametrize(
        "state",
        [
            State.SYN_RECEIVED,
            State.ESTABLISHED,
            State.FIN_WAIT_1,
            State.FIN_WAIT_2,
            State.CLOSE_WAIT,
        ],
    )
    def test_a_rst_with_the_next_number_and_it_is_over(self, ipv6, state):
        t = Script(ipv6=ipv6)
        connection = reach(t, state)
        t.stack.events()
        connection.abort()
        stand = STANDS[state]
        t.expect("RST,ACK", seq=stand.nxt, ack=stand.seq)
        t.expect_nothing()
        assert connection.state is State.CLOSED
        assert connection.verdict.outcome is Outcome.CALLED_ABORT
        assert connection.error.errno == errno.ECONNABORTED
        assert t.stack.events() == [(connection, Happened.ENDED)]
        assert t.stack.snapshot() == []
        assert t.stack.deadline() is None

    @pytest.mark.parametrize("state", [State.CLOSING, State.LAST_ACK])
    def test_where_both_have_finished_it_is_forgotten_without_a_rst(self, state):
        """ "Respond with "ok" and delete the TCB"."""
        t = Script()
        connection = reach(t, state)
        connection.abort()
        t.expect_nothing()
        assert connection.state is State.CLOSED
        assert t.stack.snapshot() == []

    def test_in_last_ack_with_the_fin_still_waiting_for_room_the_peer_is_told(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0, window=100)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1, window=100)
        connection = listener.accept()
        t.send("FIN,ACK", seq=1, ack=1, window=100)
        t.expect("ACK", ack=2)
        connection.send(bytes(1000))
        connection.shutdown()
        t.expect("ACK", seq=1, data=bytes(100))
        assert connection.state is State.LAST_ACK
        connection.abort()
        t.expect("RST,ACK", seq=101, ack=2)

    def test_in_time_wait_the_program_lets_go_and_the_four_tuple_rests_on(self):
        """Ending the rest early would bring back what RFC 1337 warns of."""
        t = Script()
        connection = reach(t, State.TIME_WAIT)
        connection.abort()
        t.expect_nothing()
        assert connection.state is State.CLOSED
        assert [entry.state for entry in t.stack.snapshot()] == [State.TIME_WAIT]

    def test_queued_data_is_lost(self):
        t = Script()
        connection = t.connected()
        connection.send(b"never sent")
        connection.abort()
        t.expect("RST,ACK", seq=1)
        t.expect_nothing()

    @requirement("MUST-12")
    def test_in_time_wait_it_has_ended_in_order_and_the_four_tuple_rests_on(self):
        """MUST-12: aborted is what it was not. MUST-13: the rest is the stack's matter."""
        t = Script()
        connection = reach(t, State.TIME_WAIT)
        connection.abort()
        t.expect_nothing()
        assert connection.state is State.CLOSED
        assert connection.error is None
        assert connection.verdict.outcome is Outcome.CLOSED_NORMALLY
        assert [entry.state for entry in t.stack.snapshot()] == [State.TIME_WAIT]
        t.wait(60.1)
        assert t.stack.snapshot() == []

    def test_twice_is_once(self):
        t = Script()
        connection = t.connected()
        connection.abort()
        connection.abort()
        t.expect("RST,ACK")
        t.expect_nothing()

    @pytest.mark.parametrize("state", OPEN_OR_CLOSING)
    def test_what_comes_after_it_is_for_no_one(self, state):
        t = Script()
        connection = reach(t, state)
        connection.abort()
        t.receive()
        assert t.send("ACK", seq=STANDS[state].seq, ack=STANDS[state].nxt) is Outcome.CLOSED_PORT_RESET
        t.expect("RST", seq=STANDS[state].nxt)
