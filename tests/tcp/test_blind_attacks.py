"""RST and SYN in every synchronized state: RFC 9293 3.10.7.4 second to fourth, RFC 5961 3, 4 and 7."""

import errno

import pytest
from requirements import requirement
from tcp.ways import OPEN_OR_CLOSING, STANDS, VERSIONS, reach

from handshook import Config, Outcome, State
from handshook.tcp.happened import Happened
from handshook.testing import Script

STATES = pytest.mark.parametrize("state", OPEN_OR_CLOSING, ids=lambda state: state.name)


class TestReset:
    @requirement("RFC 5961 3.2", "RFC 9293 3.10.7.4 second", "MUST-12")
    @VERSIONS
    @STATES
    @pytest.mark.parametrize("flags", ["RST", "RST,ACK"])
    def test_with_exactly_the_next_number_it_ends_the_connection(self, ipv6, state, flags):
        t = Script(ipv6=ipv6)
        connection = reach(t, state)
        t.stack.events()
        stand = STANDS[state]
        assert t.send(flags, seq=stand.seq, ack=stand.nxt) is Outcome.CONNECTION_RESET
        t.expect_nothing()
        assert connection.state is State.CLOSED
        assert type(connection.error) is ConnectionResetError
        assert connection.error.errno == errno.ECONNRESET
        assert connection.error.verdict.outcome is Outcome.CONNECTION_RESET
        assert t.stack.events() == [(connection, Happened.ENDED)]
        assert t.stack.snapshot() == []
        assert t.stack.deadline() is None

    @requirement("RFC 5961 3.2")
    @VERSIONS
    @STATES
    @pytest.mark.parametrize("offset", [1, 500, 999])
    def test_elsewhere_in_the_window_it_is_challenged(self, ipv6, state, offset):
        t = Script(ipv6=ipv6, config=Config(receive_window=1000))
        connection = reach(t, state)
        stand = STANDS[state]
        window = connection.rcv_edge - connection.rcv_nxt & 0xFFFFFFFF
        if offset >= window:
            offset = window - 1
        assert t.send("RST", seq=stand.seq + offset) is Outcome.CHALLENGE_ACK
        t.expect("ACK", seq=stand.nxt, ack=stand.seq)
        t.expect_nothing()
        assert connection.state is state

    @requirement("RFC 5961 3.2", "DIFF-EDGE")
    @STATES
    @pytest.mark.parametrize("offset", [-1, -1000, 1000, 1001, 0x40000000])
    def test_outside_the_window_it_is_dropped(self, state, offset):
        """At the right edge Linux says outside and FreeBSD inside; here: by the advertised window exactly."""
        t = Script(config=Config(receive_window=1000))
        connection = reach(t, state)
        assert t.send("RST", seq=STANDS[state].seq + offset) is Outcome.RST_OUTSIDE_WINDOW
        t.expect_nothing()
        assert connection.state is state

    @requirement("SHLD-2")
    def test_its_data_does_not_move_it_into_the_window(self):
        """SHLD-2 lets a RST carry data, which says why; the number decides."""
        t = Script()
        connection = reach(t, State.ESTABLISHED)
        assert t.send("RST", seq=0, data=b"reason") is Outcome.RST_OUTSIDE_WINDOW
        t.expect_nothing()
        assert t.send("RST", seq=1, data=b"reason") is Outcome.CONNECTION_RESET
        assert connection.state is State.CLOSED

    @requirement("RFC 5961 3.2")
    def test_a_true_peer_answers_the_challenge_with_the_exact_number(self):
        """RFC 5961 3.2: the peer that has lost its state resets what the challenge says it acknowledges."""
        t = Script()
        connection = reach(t, State.ESTABLISHED)
        t.send("RST", seq=10)
        challenge = t.expect("ACK", seq=1, ack=1)
        assert t.send("RST", seq=challenge.ack) is Outcome.CONNECTION_RESET
        assert connection.state is State.CLOSED

    def test_what_came_before_it_is_still_read(self):
        t = Script()
        connection = t.accepted()
        t.send("ACK", seq=1, ack=1, data=b"before")
        t.send("RST", seq=7)
        assert connection.recv(3) == b"bef"
        assert connection.recv(30) == b"ore"
        with pytest.raises(ConnectionResetError) as caught:
            connection.recv(1)
        assert caught.value.verdict.outcome is Outcome.CONNECTION_RESET
        with pytest.raises(ConnectionResetError):
            connection.send(b"x")

    def test_what_came_before_it_with_a_fin_is_read_to_its_end(self):
        t = Script()
        connection = t.accepted()
        t.send("FIN,ACK", seq=1, ack=1, data=b"all")
        t.expect("ACK")
        t.send("RST", seq=5)
        assert (connection.recv(9), connection.recv(9)) == (b"all", b"")
        with pytest.raises(ConnectionResetError):
            connection.send(b"x")

    @requirement("DIFF-RESET")
    def test_in_close_wait_the_error_is_reset_and_not_broken_pipe(self):
        """Where Linux says broken pipe."""
        t = Script()
        connection = reach(t, State.CLOSE_WAIT)
        t.send("RST", seq=2)
        assert connection.error.errno == errno.ECONNRESET

    def test_a_connection_reset_before_it_was_accepted_says_so(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1)
        t.send("RST", seq=1)
        connection = listener.accept()
        assert connection.state is State.CLOSED
        assert connection.error.errno == errno.ECONNRESET
        assert (connection, Happened.ENDED) in t.stack.events()


class TestSyn:
    @requirement("RFC 5961 4.2", "RFC 9293 3.10.7.4 fourth")
    @VERSIONS
    @STATES
    @pytest.mark.parametrize("offset", [-1, 0, 1, 500, -100_000, 100_000])
    @pytest.mark.parametrize("flags", ["SYN", "SYN,ACK"])
    def test_whatever_its_number_it_is_challenged(self, ipv6, state, offset, flags):
        """RFC 5961 4.2."""
        t = Script(ipv6=ipv6)
        connection = reach(t, state)
        stand = STANDS[state]
        assert t.send(flags, seq=stand.seq + offset, ack=stand.nxt) is Outcome.CHALLENGE_ACK
        t.expect("ACK", seq=stand.nxt, ack=stand.seq)
        t.expect_nothing()
        assert connection.state is state

    def test_its_data_and_fin_are_not_taken(self):
        t = Script()
        connection = reach(t, State.ESTABLISHED)
        t.send("SYN,FIN,ACK", seq=0, ack=1, data=b"x")
        assert connection.state is State.ESTABLISHED
        assert connection.recv(1) is None


class TestChallengeLimit:
    """RFC 5961 7."""

    def flood(self, t, count=100, **segment):
        answers = 0
        outcomes = []
        for _ in range(count):
            outcomes.append(t.send(**segment))
            answers += t.receive() is not None
        return answers, outcomes

    @requirement("RFC 5961 7")
    @pytest.mark.parametrize(
        "segment",
        [
            {"flags": "RST", "seq": 100},
            {"flags": "SYN", "seq": 100},
            {"flags": "ACK", "seq": 1, "ack": 5000},
            {"flags": "ACK", "seq": 500_000, "ack": 1},
        ],
    )
    def test_ten_in_five_seconds(self, segment):
        t = Script(config=Config(receive_window=1000))
        connection = t.accepted()
        t.wait(20)
        answers, outcomes = self.flood(t, **segment)
        assert answers == 10
        assert set(outcomes[10:]) == {Outcome.CHALLENGE_ACK_LIMITED}
        t.wait(5.1)
        assert self.flood(t, **segment)[0] == 10
        assert connection.state is State.ESTABLISHED

    def test_one_connections_limit_is_no_other_connections(self):
        """A limit for all of a host is a side channel (CVE-2016-5696)."""
        t = Script()
        t.accepted()
        self.flood(t, flags="RST", seq=100)
        other = Script()
        other.stack = t.stack
        other.port = 40001
        listener = t.stack.listen(81)
        other.stack_port = 81
        other.send("SYN", seq=0)
        other.expect("SYN,ACK")
        other.send("ACK", seq=1, ack=1)
        assert listener.accept() is not None
        assert self.flood(other, flags="RST", seq=100)[0] == 10

    def test_true_data_is_not_limited(self):
        t = Script(config=Config(delayed_ack=0))
        connection = t.accepted()
        self.flood(t, flags="RST", seq=100)
        for i in range(30):
            assert t.send("ACK", seq=1 + i, ack=1, data=b"x") is Outcome.DATA_ACCEPTED
            t.expect("ACK", ack=2 + i)
        assert connection.recv(50) == b"x" * 30
