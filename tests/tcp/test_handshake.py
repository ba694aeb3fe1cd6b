"""The three-way handshake and its twin: RFC 9293 3.5, and SEGMENT ARRIVES up to ESTABLISHED (3.10.7.2 to 3.10.7.4)."""

import errno

import pytest
from requirements import requirement
from tcp.ways import PLAIN, VERSIONS, reach

from handshook import Config, Outcome, Stack, State
from handshook.tcp.happened import Happened
from handshook.testing import Script


class TestActiveOpen:
    """Figure 6, its left side."""

    @requirement("MUST-14", "RFC 9293 3.10.7.3 SYN")
    @VERSIONS
    def test_three_segments_open_the_connection(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = t.connecting()
        assert connection.state is State.SYN_SENT
        t.expect("SYN", seq=0)
        assert t.send("SYN,ACK", seq=0, ack=1) is Outcome.ESTABLISHED_ACTIVE
        assert connection.state is State.ESTABLISHED
        t.expect("ACK", seq=1, ack=1, data=b"")
        t.expect_nothing()
        assert connection.verdict.outcome is Outcome.OPEN
        assert connection.error is None

    @VERSIONS
    def test_the_syn_acknowledges_nothing_and_its_ack_field_is_0(self, ipv6):
        t = Script(ipv6=ipv6)
        t.connecting()
        syn = t.expect("SYN")
        assert syn.segment.ack == 0
        assert syn.data == b""

    def test_the_program_is_told_once(self):
        t = Script()
        connection = t.connecting()
        t.expect("SYN")
        assert t.stack.events() == []
        t.send("SYN,ACK", seq=0, ack=1)
        assert t.stack.events() == [(connection, Happened.OPENED)]
        assert t.stack.events() == []

    def test_data_sent_before_the_handshake_leaves_with_the_last_ack(self):
        t = Script(config=PLAIN)
        connection = t.connecting()
        assert connection.send(b"GET /") == 5
        t.expect("SYN", data=b"")
        t.send("SYN,ACK", seq=0, ack=1)
        t.expect("ACK", seq=1, ack=1, data=b"GET /")
        t.expect_nothing()

    def test_data_on_the_syn_ack_is_delivered(self):
        t = Script()
        connection = t.connecting()
        t.expect("SYN")
        t.send("SYN,ACK", seq=0, ack=1, data=b"hello")
        t.expect("ACK", seq=1, ack=6)
        assert connection.recv(10) == b"hello"

    def test_a_fin_on_the_syn_ack_leads_to_close_wait(self):
        t = Script()
        connection = t.connecting()
        t.expect("SYN")
        t.send("SYN,FIN,ACK", seq=0, ack=1, data=b"bye")
        t.expect("ACK", seq=1, ack=5)
        assert connection.state is State.CLOSE_WAIT
        assert (connection.recv(10), connection.recv(10)) == (b"bye", b"")

    def test_shutdown_before_the_handshake_follows_it(self):
        t = Script(config=PLAIN)
        connection = t.connecting()
        connection.send(b"all")
        connection.shutdown()
        t.expect("SYN")
        t.send("SYN,ACK", seq=0, ack=1)
        assert connection.state is State.FIN_WAIT_1
        t.expect("FIN,ACK", seq=1, ack=1, data=b"all")

    @requirement("RFC 9293 3.10.4")
    def test_close_in_syn_sent_deletes_it_silently(self):
        """RFC 9293 3.10.4: SYN-SENT."""
        t = Script()
        connection = reach(t, State.SYN_SENT)
        connection.close()
        assert connection.state is State.CLOSED
        assert connection.error is None
        t.expect_nothing()
        assert t.stack.snapshot() == []
        assert t.stack.deadline() is None

    def test_a_connection_closed_before_its_syn_left_sends_none(self):
        t = Script()
        t.connecting().close()
        t.expect_nothing()

    def test_a_connection_aborted_in_syn_sent_sends_no_rst(self):
        """RFC 9293 3.10.5: the peer may never have heard of it."""
        t = Script()
        connection = reach(t, State.SYN_SENT)
        connection.abort()
        t.expect_nothing()
        assert connection.state is State.CLOSED


class TestSynSentRules:
    """RFC 9293 3.10.7.3."""

    @requirement("RFC 9293 3.10.7.3 ACK")
    @VERSIONS
    @pytest.mark.parametrize("ack", [0, 2, 1000, -1])
    def test_a_bad_ack_is_reset_by_its_own_number_and_the_wait_goes_on(self, ipv6, ack):
        t = Script(ipv6=ipv6)
        connection = reach(t, State.SYN_SENT)
        assert t.send("SYN,ACK", seq=0, ack=ack) is Outcome.SYN_SENT_ACK_BAD
        t.expect("RST", seq=ack & 0xFFFFFFFF)
        t.expect_nothing()
        assert connection.state is State.SYN_SENT
        t.send("SYN,ACK", seq=0, ack=1)
        assert connection.state is State.ESTABLISHED

    @requirement("DIFF-BAD-ACK")
    def test_after_a_bad_ack_the_next_syn_comes_at_the_normal_time(self):
        t = Script()
        reach(t, State.SYN_SENT)
        t.wait(0.25)
        t.send("ACK", seq=0, ack=99)
        t.expect("RST", seq=99)
        t.wait(0.74)
        t.expect_nothing()
        t.wait(0.02)
        t.expect("SYN", seq=0)

    @requirement("RFC 9293 3.10.7.3 ACK", "RFC 9293 3.10.7.3 RST")
    @pytest.mark.parametrize("ack", [0, 2, 1000])
    def test_a_rst_with_a_bad_ack_is_ignored(self, ack):
        t = Script()
        connection = reach(t, State.SYN_SENT)
        assert t.send("RST,ACK", seq=0, ack=ack) is Outcome.SYN_SENT_RST_IGNORED
        t.expect_nothing()
        assert connection.state is State.SYN_SENT

    @requirement("RFC 9293 3.10.7.3 RST")
    def test_a_rst_without_ack_is_ignored(self):
        t = Script()
        connection = reach(t, State.SYN_SENT)
        assert t.send("RST", seq=1) is Outcome.SYN_SENT_RST_IGNORED
        assert connection.state is State.SYN_SENT

    @requirement("RFC 9293 3.10.7.3 RST")
    @VERSIONS
    def test_a_rst_that_acknowledges_the_syn_refuses_the_connection(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = reach(t, State.SYN_SENT)
        t.stack.events()
        assert t.send("RST,ACK", seq=0, ack=1) is Outcome.CONNECTION_REFUSED
        t.expect_nothing()
        assert connection.state is State.CLOSED
        error = connection.error
        assert type(error) is ConnectionRefusedError
        assert error.errno == errno.ECONNREFUSED
        assert error.verdict.outcome is Outcome.CONNECTION_REFUSED
        assert connection.verdict.outcome is Outcome.CONNECTION_REFUSED
        assert t.stack.events() == [(connection, Happened.ENDED)]
        with pytest.raises(ConnectionRefusedError):
            connection.send(b"x")
        with pytest.raises(ConnectionRefusedError):
            connection.recv(1)
        assert t.stack.snapshot() == []

    @requirement("RFC 9293 3.10.7.3 SYN")
    @pytest.mark.parametrize("flags", ["ACK", "FIN,ACK", "PSH,ACK"])
    def test_a_good_ack_without_syn_is_ignored(self, flags):
        """Fourth: "if neither of the SYN or RST bits is set, then drop the segment"."""
        t = Script()
        connection = reach(t, State.SYN_SENT)
        assert t.send(flags, seq=0, ack=1) is Outcome.SYN_SENT_IGNORED
        t.expect_nothing()
        assert connection.state is State.SYN_SENT


class TestPassiveOpen:
    """Figure 6, its right side; 3.10.7.2 and the SYN-RECEIVED parts of 3.10.7.4."""

    @requirement("RFC 9293 3.10.7.2 SYN")
    @VERSIONS
    def test_three_segments_open_the_connection(self, ipv6):
        t = Script(ipv6=ipv6)
        listener = t.listening()
        assert t.send("SYN", seq=0) is Outcome.SYN_ANSWERED
        t.expect("SYN,ACK", seq=0, ack=1, data=b"")
        assert listener.accept() is None
        assert t.stack.events() == []
        assert t.send("ACK", seq=1, ack=1) is Outcome.ESTABLISHED_PASSIVE
        t.expect_nothing()
        assert t.stack.events() == [(listener, Happened.ACCEPTABLE)]
        connection = listener.accept()
        assert connection.state is State.ESTABLISHED
        assert connection.local == (t.stack_address, 80)
        assert connection.remote == (t.address, 40000)
        assert listener.accept() is None

    def test_data_on_the_last_ack_is_delivered(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1, data=b"GET /")
        connection = listener.accept()
        assert t.stack.events() != []
        assert connection.recv(10) == b"GET /"

    def test_data_that_overtook_the_last_ack_opens_the_connection_too(self):
        """Each segment carries the ACK, so a lost third segment costs nothing."""
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        assert t.send("ACK", seq=3, ack=1, data=b"cd") is Outcome.ESTABLISHED_PASSIVE
        t.expect("ACK", seq=1, ack=1)
        connection = listener.accept()
        assert connection.recv(10) is None
        t.send("ACK", seq=1, ack=1, data=b"ab")
        assert connection.recv(10) == b"abcd"

    def test_a_fin_on_the_last_ack_leads_to_close_wait(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        t.send("FIN,ACK", seq=1, ack=1, data=b"x")
        t.expect("ACK", seq=1, ack=3)
        connection = listener.accept()
        assert connection.state is State.CLOSE_WAIT
        assert (connection.recv(10), connection.recv(10)) == (b"x", b"")

    @requirement("DIFF-SYN-DATA", "RFC 9293 3.10.7.2 SYN")
    def test_data_on_the_syn_is_held_until_the_connection_is_open(self):
        """3.4 and 3.10.7.2: it may be queued, and must not be delivered before the connection is ESTABLISHED."""
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0, data=b"early")
        t.expect("SYN,ACK", seq=0, ack=6)
        assert listener.accept() is None
        t.send("ACK", seq=6, ack=1)
        connection = listener.accept()
        assert (connection, Happened.READABLE) in t.stack.events()
        assert connection.recv(10) == b"early"

    def test_data_on_a_syn_beyond_what_is_held_is_for_the_client_to_repeat(self):
        t = Script(config=Config(half_open_limit=100))
        t.listening()
        t.send("SYN", seq=0, data=bytes(65000))
        t.expect("SYN,ACK", ack=65001)
        for port in range(1, 3):
            t.port = port
            t.send("SYN", seq=0, data=bytes(500))
            t.expect("SYN,ACK", ack=501 if port == 1 else 1)

    def test_what_half_open_entries_hold_is_freed_with_them(self):
        t = Script()
        t.listening()
        for _ in range(3):
            t.send("SYN", seq=0, data=bytes(60000))
            t.expect("SYN,ACK", seq=0, ack=60001)
            t.send("RST", seq=60001)
            t.stack_isn = None

    @requirement("RFC 9293 3.10.7.4 fifth")
    @VERSIONS
    @pytest.mark.parametrize("ack", [0, 2, 5000, -1])
    def test_a_bad_ack_is_reset_by_its_own_number_and_the_entry_stays(self, ipv6, ack):
        t = Script(ipv6=ipv6)
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        assert t.send("ACK", seq=1, ack=ack) is Outcome.SYN_ACK_ACK_BAD
        t.expect("RST", seq=ack & 0xFFFFFFFF)
        t.expect_nothing()
        assert listener.half_open == 1
        t.send("ACK", seq=1, ack=1)
        assert listener.accept().state is State.ESTABLISHED

    @requirement("MUST-11", "RFC 9293 3.10.7.4 second")
    def test_a_rst_with_the_exact_number_removes_the_entry_in_silence(self):
        """Passive: "return this connection to the LISTEN state ... the user need not be informed"."""
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        assert t.send("RST", seq=1) is Outcome.HALF_OPEN_RESET
        t.expect_nothing()
        assert t.stack.snapshot() == []
        assert t.stack.events() == []
        assert (listener.half_open, listener.accept()) == (0, None)
        assert t.stack.deadline() is None

    @requirement("RFC 5961 3.2")
    def test_a_rst_elsewhere_in_the_window_is_challenged(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        assert t.send("RST", seq=2) is Outcome.CHALLENGE_ACK
        t.expect("ACK", seq=1, ack=1)
        assert listener.half_open == 1

    @pytest.mark.parametrize("seq", [0, -1, 70000])
    def test_a_rst_outside_the_window_is_dropped(self, seq):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        assert t.send("RST", seq=seq) is Outcome.RST_OUTSIDE_WINDOW
        t.expect_nothing()
        assert listener.half_open == 1

    def test_the_same_syn_again_is_answered_with_the_same_syn_ack(self):
        t = Script(config=PLAIN)
        listener = t.listening()
        t.send("SYN", seq=0)
        first = t.expect("SYN,ACK", seq=0, ack=1)
        t.wait(0.25)
        assert t.send("SYN", seq=0) is Outcome.SYN_REPEATED
        again = t.expect("SYN,ACK", seq=0, ack=1)
        assert again.packet == first.packet
        assert listener.half_open == 1

    @requirement("RFC 5961 4.2")
    def test_another_syn_in_the_window_is_challenged(self):
        """RFC 5961 4; the entry goes at the RST with which a true peer answers."""
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        assert t.send("SYN", seq=500) is Outcome.CHALLENGE_ACK
        t.expect("ACK", seq=1, ack=1)
        t.send("RST", seq=1)
        assert listener.half_open == 0

    @requirement("RFC 9293 3.10.7.4 first")
    def test_an_unacceptable_segment_is_told_where_we_stand(self):
        t = Script()
        t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        assert t.send("ACK", seq=100_000, ack=1) is Outcome.OUTSIDE_WINDOW
        t.expect("ACK", seq=1, ack=1)

    @requirement("RFC 5961 7")
    def test_a_half_open_entry_says_no_more_than_ten_times_where_it_stands(self):
        """RFC 5961 7."""
        t = Script()
        t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        answers = 0
        for _ in range(100):
            t.send("ACK", seq=100_000, ack=1)
            answers += t.receive() is not None
        assert answers == 10

    def test_a_segment_without_ack_is_dropped(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        assert t.send("none", seq=1, data=b"x") is Outcome.WITHOUT_ACK_DROPPED
        t.expect_nothing()
        assert listener.half_open == 1

    @requirement("RFC 7323 5.3")
    def test_a_segment_older_by_its_timestamp_does_not_open_it(self):
        """RFC 7323 5.3 R1 holds in SYN-RECEIVED too."""
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0, tsval=5000)
        t.expect("SYN,ACK")
        assert t.send("ACK", seq=1, ack=1, tsval=4999) is Outcome.PAWS_REJECTED
        t.expect("ACK", ack=1)
        assert listener.accept() is None
        t.send("ACK", seq=1, ack=1, tsval=5000)
        assert listener.accept() is not None

    @requirement("RFC 7323 3.2 every")
    def test_the_last_ack_lacks_agreed_timestamps_and_is_dropped(self):
        """RFC 7323 3.2: "if a non-RST segment is received without a TSopt, a TCP SHOULD silently drop the segment"."""
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0, tsval=5000)
        t.expect("SYN,ACK")
        assert t.send("ACK", seq=1, ack=1) is Outcome.TIMESTAMP_MISSING
        t.expect_nothing()
        assert listener.accept() is None


class TestListenRules:
    """RFC 9293 3.10.7.2: RST, then ACK, then SYN, and nothing else."""

    @requirement("RFC 9293 3.10.7.2 RST")
    @VERSIONS
    @pytest.mark.parametrize(
        "flags, outcome",
        [
            ("RST", Outcome.LISTEN_RST_IGNORED),
            ("RST,ACK", Outcome.LISTEN_RST_IGNORED),
            ("FIN", Outcome.LISTEN_IGNORED),
            ("none", Outcome.LISTEN_IGNORED),
            ("SYN,FIN", Outcome.FLAGS_NONSENSE),
            ("SYN,RST", Outcome.FLAGS_NONSENSE),
        ],
    )
    def test_it_is_dropped_in_silence(self, ipv6, flags, outcome):
        t = Script(ipv6=ipv6)
        t.listening()
        assert t.send(flags, seq=0, ack=5) is outcome
        t.expect_nothing()
        assert t.stack.snapshot() == []

    @requirement("RFC 9293 3.10.7.2 ACK")
    @VERSIONS
    @pytest.mark.parametrize("flags", ["ACK", "SYN,ACK", "FIN,ACK"])
    def test_an_ack_is_reset_by_its_own_number(self, ipv6, flags):
        t = Script(ipv6=ipv6)
        t.listening()
        assert t.send(flags, seq=0, ack=77) is Outcome.LISTEN_ACK_RESET
        t.expect("RST", seq=77)
        assert t.stack.snapshot() == []


class TestSimultaneousOpen:
    """MUST-10; figure 7."""

    @requirement("MUST-10", "RFC 9293 3.10.7.3 SYN")
    @VERSIONS
    def test_both_syns_cross_and_both_syn_acks_open_it(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = t.connecting()
        t.expect("SYN", seq=0)
        assert t.send("SYN", seq=0) is Outcome.SIMULTANEOUS_SYN
        assert connection.state is State.SYN_RECEIVED
        t.expect("SYN,ACK", seq=0, ack=1)
        t.expect_nothing()
        assert t.send("SYN,ACK", seq=0, ack=1) is Outcome.ESTABLISHED_PASSIVE
        assert connection.state is State.ESTABLISHED
        assert t.stack.events() == [(connection, Happened.OPENED)]

    def test_an_ack_opens_it_as_well(self):
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        assert t.send("ACK", seq=1, ack=1) is Outcome.ESTABLISHED_PASSIVE
        t.expect_nothing()
        assert connection.state is State.ESTABLISHED

    def test_our_syn_ack_is_repeated_when_the_peers_was_lost(self):
        """The peer is ESTABLISHED by ours and answers the repetition with an ACK (RFC 5961 4)."""
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        t.wait(1.01)
        t.expect("SYN,ACK", seq=0, ack=1)
        t.send("ACK", seq=1, ack=1)
        assert connection.state is State.ESTABLISHED
        t.expect_nothing()

    def test_the_peers_syn_again_brings_our_lost_syn_ack_again(self):
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        assert t.send("SYN", seq=0) is Outcome.SYN_REPEATED
        t.expect("SYN,ACK", seq=0, ack=1)
        t.send("SYN,ACK", seq=0, ack=1)
        assert connection.state is State.ESTABLISHED

    def test_the_peers_syn_ack_again_is_challenged_and_its_own_wait_ended(self):
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        t.send("SYN,ACK", seq=0, ack=1)
        t.expect_nothing()
        assert t.send("SYN,ACK", seq=0, ack=1) is Outcome.CHALLENGE_ACK
        t.expect("ACK", seq=1, ack=1)
        assert connection.state is State.ESTABLISHED

    def test_syn_and_syn_ack_in_one_batch_are_answered_by_one_ack(self):
        t = Script()
        connection = t.connecting()
        t.expect("SYN", seq=0)
        t.send("SYN", seq=0)
        t.send("SYN,ACK", seq=0, ack=1)
        assert connection.state is State.ESTABLISHED
        t.expect("ACK", seq=1, ack=1)
        t.expect_nothing()

    def test_a_bad_ack_is_reset_and_the_state_stays(self):
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        for flags, seq in (("ACK", 1), ("SYN,ACK", 0)):
            assert t.send(flags, seq=seq, ack=77) is Outcome.SYN_ACK_ACK_BAD
            t.expect("RST", seq=77)
        assert connection.state is State.SYN_RECEIVED

    @requirement("MUST-11", "DIFF-REFUSED")
    def test_a_rst_refuses_it_for_this_side_opened_actively(self):
        """MUST-11; RFC 9293 3.10.7.4: "connection refused", where Linux says reset."""
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        assert t.send("RST", seq=1) is Outcome.CONNECTION_REFUSED
        t.expect_nothing()
        assert connection.state is State.CLOSED
        assert connection.error.errno == errno.ECONNREFUSED
        assert t.stack.events() == [(connection, Happened.ENDED)]

    def test_a_rst_elsewhere_in_the_window_is_challenged(self):
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        assert t.send("RST", seq=2) is Outcome.CHALLENGE_ACK
        t.expect("ACK", seq=1, ack=1)
        assert connection.state is State.SYN_RECEIVED

    def test_close_in_syn_received_sends_a_fin(self):
        """RFC 9293 3.10.4: nothing to send, so the FIN is formed at once, FIN-WAIT-1."""
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        connection.close()
        assert connection.state is State.FIN_WAIT_1
        t.expect("FIN,ACK", seq=1, ack=1)
        t.send("ACK", seq=1, ack=2)
        assert connection.state is State.FIN_WAIT_2
        t.send("FIN,ACK", seq=1, ack=2)
        t.expect("ACK", seq=2, ack=2)
        assert connection.state is State.TIME_WAIT

    def test_finished_in_syn_received_the_program_is_told_when_it_is_open(self):
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        connection.shutdown()
        t.expect("FIN,ACK", seq=1, ack=1)
        assert t.stack.events() == []
        t.send("ACK", seq=1, ack=1)
        assert connection.state is State.FIN_WAIT_1
        assert t.stack.events() == [(connection, Happened.OPENED)]
        t.send("ACK", seq=1, ack=2)
        assert connection.state is State.FIN_WAIT_2
        assert t.stack.events() == []

    @VERSIONS
    def test_finished_in_syn_received_nothing_is_taken_before_the_ack_of_our_syn(self, ipv6):
        """RFC 9293 3.4: data must not reach the program before the connection is known to be no old duplicate's."""
        t = Script(ipv6=ipv6)
        connection = reach(t, State.SYN_RECEIVED)
        connection.shutdown()
        t.expect("FIN,ACK", seq=1, ack=1)
        t.send("FIN,ACK", seq=1, ack=0, data=b"early")
        t.expect_nothing()
        assert connection.state is State.FIN_WAIT_1
        assert connection.recv(10) is None
        assert t.stack.events() == []
        assert t.send("FIN,ACK", seq=1, ack=1, data=b"early") is Outcome.FIN_ACCEPTED
        t.expect("ACK", seq=2, ack=7)
        assert connection.state is State.CLOSING
        assert connection.recv(10) == b"early"
        assert connection.recv(10) == b""
        assert t.stack.events() == [(connection, Happened.OPENED | Happened.READABLE | Happened.FINISHED)]

    def test_close_in_syn_received_and_the_syn_ack_was_lost(self):
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        connection.shutdown()
        t.expect("FIN,ACK", seq=1, ack=1)
        t.wait(1.01)
        t.expect("SYN,ACK", seq=0, ack=1)
        t.expect("FIN,ACK", seq=1, ack=1)
        t.send("ACK", seq=1, ack=2)
        assert connection.state is State.FIN_WAIT_2
        assert connection.verdict.evidence["handshake"] < 2

    def test_close_in_syn_received_with_data_waits_for_established(self):
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        connection.send(b"data")
        connection.close()
        assert connection.state is State.SYN_RECEIVED
        t.expect_nothing()
        t.send("ACK", seq=1, ack=1)
        assert connection.state is State.FIN_WAIT_1
        t.expect("FIN,ACK", seq=1, ack=1, data=b"data")

    def test_abort_in_syn_received_sends_a_rst(self):
        t = Script()
        connection = reach(t, State.SYN_RECEIVED)
        connection.abort()
        t.expect("RST,ACK", seq=1, ack=1)
        assert connection.state is State.CLOSED

    @requirement("MUST-10")
    def test_both_ends_of_it_can_be_this_engine(self):
        """Two stacks, both with SYNs in flight, no listener at either."""
        a, b = Stack(["198.51.100.1"], seed=1), Stack(["198.51.100.2"], seed=2)
        one = a.connect(("198.51.100.2", 7), local_port=8)
        two = b.connect(("198.51.100.1", 8), local_port=7)
        for now in (0.0, 0.1, 0.2, 0.3):
            from_a, from_b = a.transmit(now), b.transmit(now)
            a.receive_many(from_b, now)
            b.receive_many(from_a, now)
        assert (one.state, two.state) == (State.ESTABLISHED, State.ESTABLISHED)
        assert a.transmit(0.4) == b.transmit(0.4) == []
        assert one.send(b"hello") == 5
        b.receive_many(a.transmit(0.5), 0.5)
        assert two.recv(9) == b"hello"


class TestOldDuplicatesAndHalfOpenConnections:
    """RFC 9293 3.5, figures 8 to 11."""

    def test_figure_8_an_old_syn_is_recovered_from(self):
        """The listener's side: the old SYN's entry falls to the client's RST, the true SYN follows."""
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=-10)
        t.expect("SYN,ACK", ack=-9 & 0xFFFFFFFF)
        t.send("RST", seq=-9)
        assert listener.half_open == 0
        t.stack_isn = None
        t.send("SYN", seq=100)
        t.expect("SYN,ACK", seq=0, ack=101)
        t.send("ACK", seq=101, ack=1)
        assert listener.accept().state is State.ESTABLISHED

    def test_figure_8_the_client_resets_what_acknowledges_an_old_syn(self):
        t = Script()
        connection = reach(t, State.SYN_SENT)
        t.send("SYN,ACK", seq=300, ack=-900)
        t.expect("RST", seq=-900 & 0xFFFFFFFF)
        t.send("SYN,ACK", seq=400, ack=1)
        assert connection.state is State.ESTABLISHED

    @VERSIONS
    def test_figure_9_the_side_that_lives_on_answers_the_new_syn_with_an_ack(self, ipv6):
        """And the RST that this draws from the restarted side ends the old connection."""
        t = Script(ipv6=ipv6)
        connection = t.accepted()
        connection.send(bytes(299))
        t.expect("ACK", seq=1, ack=1)
        t.send("ACK", seq=1, ack=300)
        assert t.send("SYN", seq=100_400) is Outcome.CHALLENGE_ACK
        t.expect("ACK", seq=300, ack=1)
        assert connection.state is State.ESTABLISHED
        assert t.send("RST", seq=1) is Outcome.CONNECTION_RESET
        assert connection.error.errno == errno.ECONNRESET
        # The restarted side's next SYN finds the listener.
        t.stack_isn = None
        assert t.send("SYN", seq=100_400) is Outcome.SYN_ANSWERED
        t.expect("SYN,ACK", seq=0, ack=100_401)

    def test_figure_9_the_restarted_side_resets_the_ack_and_its_syn_stays_out(self):
        t = Script()
        connection = reach(t, State.SYN_SENT)
        t.send("ACK", seq=300, ack=100)
        t.expect("RST", seq=100)
        assert connection.state is State.SYN_SENT

    @VERSIONS
    def test_figure_10_data_for_a_connection_that_is_not_there_is_reset(self, ipv6):
        t = Script(ipv6=ipv6)
        assert t.send("ACK", seq=300, ack=100, data=bytes(10)) is Outcome.CLOSED_PORT_RESET
        t.expect("RST", seq=100)

    def test_figure_11_an_old_syn_ack_with_a_listener_on_both_sides(self):
        """The listener's RST takes its number from the ACK, so that the other side believes it."""
        t = Script()
        t.listening()
        assert t.send("SYN,ACK", seq=0, ack=4242) is Outcome.LISTEN_ACK_RESET
        t.expect("RST", seq=4242)
        assert t.stack.snapshot() == []
