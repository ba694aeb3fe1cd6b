"""Flow control: RFC 9293 3.8.6 (MUST-34 to MUST-39, SHLD-14 to SHLD-17, SHLD-29, SHLD-30)."""

import itertools

import pytest
from requirements import requirement
from tcp.ways import PLAIN, VERSIONS

from handshook import Config, Outcome, State
from handshook.testing import Script

SMALL = Config(timestamps=False, sack=False, window_scale=False, receive_window=4000)


def drain(t):
    """Everything that the stack has to say now."""
    received = []
    while (one := t.receive()) is not None:
        received.append(one)
    return received


class TestReceiver:
    @VERSIONS
    def test_unread_data_narrows_the_window_to_nothing(self, ipv6):
        t = Script(config=SMALL, ipv6=ipv6)
        t.accepted(mss=1000)
        windows = []
        for i in range(4):
            t.send("ACK", seq=1 + 1000 * i, ack=1, data=bytes(1000))
            t.wait(0.1)
            windows += [received.window for received in drain(t)]
        assert windows[-1] == 0
        assert sorted(windows, reverse=True) == windows

    @requirement("SHLD-14")
    def test_its_right_edge_never_moves_back(self):
        """SHLD-14."""
        t = Script(config=SMALL)
        connection = t.accepted(mss=1000)
        edge = 4001
        for i in range(40):
            t.send("ACK", seq=1 + 100 * i, ack=1, data=bytes(100))
            if i % 7 == 0:
                connection.recv(150)
            t.wait(0.1)
            for received in drain(t):
                assert received.ack + received.window >= edge
                edge = received.ack + received.window

    def test_a_shut_window_is_told_open_as_soon_as_the_program_has_read(self):
        t = Script(config=SMALL)
        connection = t.accepted(mss=1000)
        for i in range(4):
            t.send("ACK", seq=1 + 1000 * i, ack=1, data=bytes(1000))
        t.wait(0.1)
        assert drain(t)[-1].window == 0
        connection.recv(4000)
        t.expect("ACK", seq=1, ack=4001, window=4000)
        t.expect_nothing()
        assert t.stack.counters()[Outcome.SENT_WINDOW_UPDATE] == 1

    @requirement("MUST-39")
    def test_it_is_not_told_of_crumbs(self):
        """MUST-39: only a full segment or half of the buffer is worth a word."""
        t = Script(config=SMALL)
        connection = t.accepted(mss=1000)
        for i in range(4):
            t.send("ACK", seq=1 + 1000 * i, ack=1, data=bytes(1000))
        t.wait(0.1)
        drain(t)
        for _ in range(9):
            connection.recv(100)
            t.wait(0.1)
            t.expect_nothing()
        connection.recv(100)
        t.expect("ACK", window=1000)

    @requirement("MAY-8")
    def test_data_at_a_shut_window_is_answered_and_not_taken(self):
        """The peer's probe: MAY-8 lets the window stay shut for ever, the answers keep the connection alive."""
        t = Script(config=SMALL)
        connection = t.accepted(mss=1000)
        t.send("ACK", seq=1, ack=1, data=b"a" * 4000)
        t.expect("ACK", ack=4001, window=0)
        for _ in range(20):
            t.wait(1)
            assert t.send("ACK", seq=4001, ack=1, data=b"b") is Outcome.OUTSIDE_WINDOW
            t.expect("ACK", ack=4001, window=0)
        assert connection.recv(9000) == b"a" * 4000

    def test_an_ack_on_data_at_a_shut_window_still_counts(self):
        """RFC 9293 3.10.7.4; MUST-66's company."""
        t = Script(config=SMALL)
        connection = t.accepted(mss=1000)
        t.send("ACK", seq=1, ack=1, data=b"a" * 4000)
        connection.send(b"answer")
        t.expect("ACK", seq=1, data=b"answer", window=0)
        t.send("ACK", seq=4001, ack=7, data=b"b")
        t.expect("ACK", ack=4001)
        t.wait(5)
        t.expect_nothing()
        assert connection.verdict.evidence["bytes_unacknowledged"] == 0

    def test_the_ack_of_a_fin_on_data_at_a_shut_window_still_counts(self):
        t = Script(config=SMALL)
        connection = t.accepted(mss=1000)
        t.send("ACK", seq=1, ack=1, data=b"a" * 4000)
        connection.shutdown()
        t.expect("FIN,ACK", seq=1, ack=4001, window=0)
        t.send("ACK", seq=4001, ack=2, data=b"b")
        assert connection.state is State.FIN_WAIT_2
        assert connection.recv(4000) == b"a" * 4000
        t.expect("ACK", ack=4001)
        t.send("FIN,ACK", seq=4001, ack=2, data=b"b")
        assert connection.state is State.TIME_WAIT

    @requirement("MUST-66")
    def test_a_rst_at_a_shut_window_still_ends_it(self):
        """MUST-66."""
        t = Script(config=SMALL)
        connection = t.accepted(mss=1000)
        t.send("ACK", seq=1, ack=1, data=b"a" * 4000)
        t.expect("ACK", window=0)
        assert t.send("RST", seq=4001) is Outcome.CONNECTION_RESET
        assert connection.recv(5000) == b"a" * 4000
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


class TestSender:
    def opened(self, window, config=PLAIN, mss=1000, **more):
        """A connection whose peer offers `window`."""
        t = Script(config=config, **more)
        listener = t.listening()
        t.send("SYN", seq=0, window=window, mss=mss)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1, window=window)
        return t, listener.accept()

    def test_no_more_is_out_than_the_window_takes(self):
        t, connection = self.opened(2500)
        connection.send(bytes(10_000))
        assert sum(len(one.data) for one in drain(t)) == 2000
        t.send("ACK", seq=1, ack=1001, window=2500)
        assert [len(one.data) for one in drain(t)] == [1000]

    @requirement("MUST-38")
    def test_a_sliver_of_window_is_not_used(self):
        """MUST-38: a segment leaves when it is full, is all there is, or fills half of the largest window."""
        t, connection = self.opened(4000)
        connection.send(bytes(20_000))
        drain(t)
        t.send("ACK", seq=1, ack=4001, window=100)
        t.expect_nothing()
        t.send("ACK", seq=1, ack=4001, window=999)
        t.expect_nothing()
        t.send("ACK", seq=1, ack=4001, window=1000)
        t.expect("ACK", seq=4001, data=bytes(1000))

    def test_a_peer_whose_windows_are_always_small_is_served(self):
        """Half of the largest window seen is enough."""
        t, connection = self.opened(300)
        connection.send(bytes(900))
        for i in range(3):
            t.expect("ACK", seq=1 + 300 * i, data=bytes(300))
            t.send("ACK", seq=1, ack=301 + 300 * i, window=300)

    @requirement("MUST-60")
    def test_the_override_timer_uses_a_sliver_in_the_end(self):
        """RFC 9293 3.8.6.2.1: otherwise both sides could wait for ever."""
        t, connection = self.opened(4000)
        connection.send(bytes(5000))
        drain(t)
        t.send("ACK", seq=1, ack=4001, window=100)
        t.wait(1.1)
        (sent,) = drain(t)
        assert (sent.seq, len(sent.data)) == (4001, 100)

    @requirement("MUST-36", "SHLD-29", "SHLD-30")
    @VERSIONS
    def test_a_shut_window_is_probed_with_one_octet_after_one_rto_and_ever_more_slowly(self, ipv6):
        """MUST-35, MUST-36, SHLD-29, SHLD-30."""
        t, connection = self.opened(0, ipv6=ipv6)
        connection.send(b"waiting")
        t.expect_nothing()
        times = []
        while len(times) < 7:
            t.wait(0.1)
            for received in drain(t):
                assert (received.seq, received.data) == (1, b"w")
                times.append(round(t.now, 1))
                t.send("ACK", seq=1, ack=1, window=0)
        gaps = [round(b - a, 1) for a, b in zip([0.0, *times], times, strict=False)]
        assert gaps == pytest.approx([1, 2, 4, 8, 16, 32, 60], abs=0.15)
        assert t.stack.counters()[Outcome.WINDOW_PROBED] == 7

    def test_probes_never_come_further_apart_than_the_longest_rto(self):
        t, connection = self.opened(0)
        connection.send(b"x")
        times = []
        while t.now < 600:
            t.wait(1)
            for _ in drain(t):
                times.append(t.now)
                t.send("ACK", seq=1, ack=1, window=0)
        assert max(b - a for a, b in itertools.pairwise(times)) <= 61

    @requirement("MUST-37")
    def test_a_connection_lives_as_long_as_its_probes_are_answered(self):
        """MUST-37: an hour at a shut window, with a user time-out of five minutes."""
        t, connection = self.opened(0)
        connection.send(b"x")
        while t.now < 3600:
            t.wait(1)
            for _ in drain(t):
                t.send("ACK", seq=1, ack=1, window=0)
        assert connection.state is State.ESTABLISHED
        t.send("ACK", seq=1, ack=1, window=1000)
        t.expect("ACK", seq=1, data=b"x")

    def test_a_peer_that_answers_no_probe_is_given_up(self):
        """R2 (MUST-20)."""
        t, connection = self.opened(0)
        connection.send(b"x")
        t.wait(500)
        assert connection.state is State.CLOSED
        assert connection.verdict.outcome is Outcome.SEND_TIMED_OUT

    def test_an_octet_that_the_shut_window_took_is_not_sent_again(self):
        t, connection = self.opened(0)
        connection.send(b"abc")
        t.wait(1.1)
        t.expect("ACK", seq=1, data=b"a")
        t.send("ACK", seq=1, ack=2, window=0)
        t.wait(2.5)
        t.expect("ACK", seq=2, data=b"b")

    def test_the_opening_window_sets_everything_going_at_once(self):
        t, connection = self.opened(0)
        connection.send(b"abc")
        t.wait(1.1)
        t.expect("ACK", seq=1, data=b"a")
        t.send("ACK", seq=1, ack=1, window=0)
        t.wait(1)
        t.send("ACK", seq=1, ack=1, window=5000)
        t.expect("ACK", seq=1, data=b"a")
        t.send("ACK", seq=1, ack=2, window=5000)
        t.expect("ACK", seq=2, data=b"bc")

    def test_probing_long_does_not_slow_the_transfer_that_follows(self):
        """The probes' intervals say nothing about the path: a loss is repaired after an RTO, not after a minute."""
        t, connection = self.opened(0)
        connection.send(b"ab")
        taken = 1
        while t.now < 100:
            t.wait(1)
            for _ in drain(t):
                taken = 2
                t.send("ACK", seq=1, ack=2, window=0)
                if connection.outgoing.size < 2:
                    connection.send(b"c")
        assert taken == 2
        t.send("ACK", seq=1, ack=connection.snd_nxt - t.stack_isn, window=5000)
        drain(t)
        t.wait(1.1)
        assert drain(t) != []

    @requirement("MUST-34", "SHLD-15", "SHLD-16")
    def test_a_window_that_shrinks_stops_new_data_and_not_what_is_out(self):
        """MUST-34, SHLD-15, SHLD-16."""
        t, connection = self.opened(4000)
        connection.send(bytes(8000))
        assert len(drain(t)) == 4
        t.send("ACK", seq=1, ack=1001, window=1000)
        t.expect_nothing()
        t.wait(1.1)
        t.expect("ACK", seq=1001, data=bytes(1000))
        t.send("ACK", seq=1, ack=4001, window=4000)
        assert drain(t)[0].seq == 4001

    @requirement("MAY-7")
    def test_what_is_out_beyond_the_edge_is_sent_again_too(self):
        """The window may have opened since, in an ACK that was lost."""
        t, connection = self.opened(4000)
        connection.send(bytes(8000))
        assert [one.seq for one in drain(t)] == [1, 1001, 2001, 3001]
        t.send("ACK", seq=1, ack=1001, window=1500)
        edge = 2501
        t.wait(1.1)
        t.expect("ACK", seq=1001, data=bytes(1000))
        t.send("ACK", seq=1, ack=2001, window=500)
        across, beyond = drain(t)
        assert (across.seq, len(across.data)) == (2001, 1000)
        assert across.seq < edge < across.seq + len(across.data)
        assert (beyond.seq, len(beyond.data)) == (3001, 1000)
        assert beyond.seq >= edge

    @requirement("MUST-35")
    def test_a_window_that_shrinks_to_nothing_is_probed(self):
        """MUST-35: with what is out already."""
        t, connection = self.opened(4000)
        connection.send(bytes(4000))
        drain(t)
        t.send("ACK", seq=1, ack=1001, window=0)
        t.wait(1.1)
        sent = drain(t)
        assert sent
        assert sent[0].seq == 1001
        t.send("ACK", seq=1, ack=1001, window=4000)
        assert drain(t)[0].seq == 1001
        t.send("ACK", seq=1, ack=4001, window=4000)
        assert connection.verdict.evidence["bytes_unacknowledged"] == 0

    def test_an_old_segment_does_not_move_the_window_back(self):
        """SND.WL1, SND.WL2."""
        t, connection = self.opened(4000)
        t.send("ACK", seq=1, ack=1, window=100, data=b"a")
        t.send("ACK", seq=2, ack=1, window=5000, data=b"b")
        assert connection.snd_wnd == 5000
        connection.send(b"x")
        drain(t)
        t.send("ACK", seq=3, ack=2, window=6000)
        t.send("ACK", seq=3, ack=1, window=100)
        assert connection.snd_wnd == 6000

    def test_a_fin_needs_no_window(self):
        """It takes a number and no room."""
        t, connection = self.opened(0)
        connection.shutdown()
        t.expect("FIN,ACK", seq=1)

    def test_a_fin_waits_for_the_data_before_it(self):
        t, connection = self.opened(1000)
        connection.send(bytes(1500))
        connection.shutdown()
        t.expect("ACK", seq=1, data=bytes(1000))
        t.expect_nothing()
        assert connection.state is State.FIN_WAIT_1
        t.send("ACK", seq=1, ack=1001, window=1000)
        t.expect("FIN,ACK", seq=1001, data=bytes(500))
