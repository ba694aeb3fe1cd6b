"""Loss: RFC 6298 (the timer), RFC 5681 3 and RFC 6582 (fast retransmit, slow start), RFC 9293 3.8.1 to 3.8.3."""

import errno
import itertools

import pytest
from requirements import requirement
from tcp.ways import PLAIN, VERSIONS

from handshook import Config, Outcome, State
from handshook.tcp.happened import Happened
from handshook.testing import Script

MSS = 1000


def drain(t):
    received = []
    while (one := t.receive()) is not None:
        received.append(one)
    return received


def opened(config=PLAIN, rtt=0.0, **more):
    """A connection whose handshake took `rtt`."""
    t = Script(config=config, **more)
    listener = t.listening()
    t.send("SYN", seq=0, mss=MSS)
    t.expect("SYN,ACK")
    t.wait(rtt)
    t.send("ACK", seq=1, ack=1)
    return t, listener.accept()


def leaves_at(t, until):
    """When anything leaves, relative to now, in steps of 1 ms or 0.1 s."""
    step = 0.001 if until < 10 else 0.1
    start = t.now
    times = []
    while t.now - start < until:
        t.wait(step)
        times += [round(t.now - start, 3)] * len(drain(t))
    return times


class TestTimer:
    @requirement("MUST-18", "MUST-19", "RFC 6298 2.1", "RFC 6298 5.1", "RFC 6298 5.5")
    @VERSIONS
    def test_it_doubles_each_time(self, ipv6):
        """RFC 6298 5.5, MUST-19; before any round trip was measured it is 1 s (2.1)."""
        t = Script(config=PLAIN, ipv6=ipv6)
        t.listening()
        t.send("SYN", seq=0, mss=MSS)
        t.expect("SYN,ACK")
        t.wait(1.5)
        t.expect("SYN,ACK")
        t, connection = opened(ipv6=ipv6, rtt=0.4)
        connection.send(b"x")
        t.expect("ACK", data=b"x")
        # RTT 0.4 s: SRTT = 0.4, RTTVAR = 0.2, RTO = 1.2 s.
        times = leaves_at(t, 20)
        assert times == pytest.approx([1.2, 3.6, 8.4, 18.0], abs=0.11)

    @requirement("MUST-18", "RFC 6298 2.2", "RFC 6298 2.3")
    def test_it_follows_the_round_trips(self):
        """RFC 6298 2.2, 2.3: worked by hand."""
        t, connection = opened(rtt=0.5)
        srtt, rttvar = 0.5, 0.25
        seq = 1
        for rtt in (0.5, 0.7, 0.3, 0.3):
            connection.send(b"x")
            t.expect("ACK", seq=seq)
            seq += 1
            t.wait(rtt)
            t.send("ACK", seq=1, ack=seq)
            rttvar += (abs(srtt - rtt) - rttvar) / 4
            srtt += (rtt - srtt) / 8
        connection.send(b"x")
        drain(t)
        assert leaves_at(t, 3)[0] == pytest.approx(srtt + 4 * rttvar, abs=0.003)

    def test_it_is_never_shorter_than_the_least(self):
        t, connection = opened(rtt=0.001)
        connection.send(b"x")
        drain(t)
        assert leaves_at(t, 0.3)[0] == pytest.approx(0.2, abs=0.003)

    @requirement("RFC 6298 2.5")
    def test_it_is_never_longer_than_the_longest(self):
        """RFC 6298 2.5: at least 60 s."""
        t, connection = opened(config=Config(timestamps=False, user_timeout=1e9))
        connection.send(b"x")
        drain(t)
        times = leaves_at(t, 500)
        assert times[-1] - times[-2] == pytest.approx(60, abs=0.2)

    @requirement("RFC 6298 5.3")
    def test_an_ack_of_new_data_starts_it_anew(self):
        """RFC 6298 5.3."""
        t, connection = opened(rtt=0.4)
        connection.send(bytes(2 * MSS))
        assert len(drain(t)) == 2
        t.wait(1.0)
        t.send("ACK", seq=1, ack=1 + MSS)
        assert leaves_at(t, 2)[0] > 1.0

    @requirement("RFC 6298 5.2")
    def test_an_ack_of_all_stops_it(self):
        """RFC 6298 5.2."""
        t, connection = opened()
        connection.send(b"x")
        drain(t)
        t.send("ACK", seq=1, ack=2)
        t.expect_nothing()
        assert t.stack.deadline() is None

    @requirement("MUST-18", "RFC 6298 3")
    def test_what_was_sent_twice_is_not_timed(self):
        """Karn (RFC 6298 3, MUST-18): the ACK may be of either."""
        t, connection = opened(rtt=0.4)
        connection.send(b"x")
        drain(t)
        t.wait(1.3)
        assert len(drain(t)) == 1
        t.wait(1.0)
        t.send("ACK", seq=1, ack=2)
        assert connection.verdict.evidence["round_trip"] == pytest.approx(0.4)

    def test_the_back_off_stays_until_a_round_trip_was_measured(self):
        """RFC 6298 5: "collapsing" RTO takes a new sample, or a path that became slower is never found out."""
        t, connection = opened(rtt=0.1)
        connection.send(b"x")
        drain(t)
        # The path now takes 2 s. RTO is 0.3 s: 0.3, 0.9, 2.1.
        t.wait(2.0)
        assert len(drain(t)) == 2
        t.send("ACK", seq=1, ack=2)
        connection.send(b"y")
        drain(t)
        assert leaves_at(t, 1.19) == []
        t.wait(0.8)
        drain(t)
        t.send("ACK", seq=1, ack=3)
        sent_twice = 0
        for i in range(10):
            connection.send(b"z")
            drain(t)
            t.wait(2.0)
            sent_twice += len(drain(t))
            t.send("ACK", seq=1, ack=4 + i)
        assert sent_twice <= 3
        assert connection.verdict.evidence["round_trip"] > 0.5

    @requirement("RFC 6298 5.4", "RFC 5681 3.1 loss")
    def test_everything_out_is_sent_again_from_the_first(self):
        t, connection = opened(rtt=0.1)
        connection.send(bytes(3 * MSS))
        drain(t)
        t.wait(1)
        # RFC 5681 3.1: one segment, then slow start.
        assert {one.seq for one in drain(t)} == {1}
        t.send("ACK", seq=1, ack=1 + MSS)
        assert [one.seq for one in drain(t)] == [1 + MSS, 1 + 2 * MSS]

    def test_the_repetition_carries_the_newest_ack(self):
        t, connection = opened(rtt=0.1)
        connection.send(b"x")
        t.expect("ACK", seq=1, ack=1)
        t.send("ACK", seq=1, ack=1, data=b"abc")
        t.wait(0.25)
        t.expect("ACK", seq=2, ack=4)
        t.wait(0.25)
        t.expect("ACK", seq=1, ack=4, data=b"x")

    def test_the_count_in_the_verdict_is_of_segments(self):
        t, connection = opened(rtt=0.4)
        connection.send(b"x")
        t.wait(4)
        assert connection.verdict.evidence["retransmissions"] == 2

    def test_a_lost_fin_is_repeated(self):
        t, connection = opened(rtt=0.1)
        connection.shutdown()
        t.expect("FIN,ACK", seq=1)
        t.wait(0.4)
        t.expect("FIN,ACK", seq=1)
        t.send("ACK", seq=1, ack=2)
        t.expect_nothing()
        assert connection.state is State.FIN_WAIT_2
        assert t.stack.deadline() is None

    def test_data_and_fin_lost_together_are_repeated_together(self):
        t, connection = opened(rtt=0.1)
        connection.send(b"end")
        connection.shutdown()
        t.expect("FIN,ACK", seq=1, data=b"end")
        t.wait(0.4)
        t.expect("FIN,ACK", seq=1, data=b"end")
        t.send("ACK", seq=1, ack=4)
        t.wait(0.7)
        t.expect("FIN,ACK", seq=4, data=b"")


class TestFastRetransmit:
    """RFC 5681 3.2, RFC 6582."""

    def flight(self, count=8):
        t, connection = opened(rtt=0.1)
        connection.send(bytes(count * MSS))
        assert len(drain(t)) == count
        return t, connection

    @requirement("RFC 5681 3.2")
    def test_three_duplicate_acks_bring_the_missing_segment(self):
        t, _connection = self.flight()
        for _ in range(2):
            assert t.send("ACK", seq=1, ack=1) is Outcome.DUPLICATE_ACK
            t.expect_nothing()
        t.send("ACK", seq=1, ack=1)
        t.expect("ACK", seq=1, data=bytes(MSS))
        t.expect_nothing()

    def test_the_window_is_halved(self):
        """RFC 5681 (4)."""
        t, connection = self.flight()
        for _ in range(3):
            t.send("ACK", seq=1, ack=1)
        assert connection.congestion.ssthresh == 4 * MSS

    @requirement("RFC 6582 3.2 partial")
    def test_a_partial_ack_brings_the_next_gap_at_once(self):
        """RFC 6582 3.2."""
        t, connection = self.flight()
        for _ in range(3):
            t.send("ACK", seq=1, ack=1)
        t.expect("ACK", seq=1)
        t.send("ACK", seq=1, ack=1 + 3 * MSS)
        t.expect("ACK", seq=1 + 3 * MSS, data=bytes(MSS))
        t.send("ACK", seq=1, ack=1 + 8 * MSS)
        t.expect_nothing()
        assert connection.congestion.cwnd <= 4 * MSS + MSS

    @requirement("RFC 6582 3.2 recover")
    def test_duplicates_of_what_the_timer_repeats_do_not_halve_it_again(self):
        """RFC 6582 3.2 step 1, 4: `recover`."""
        t, connection = self.flight()
        t.wait(0.35)
        assert drain(t)
        before = connection.congestion.ssthresh
        for _ in range(5):
            t.send("ACK", seq=1, ack=1)
        t.expect_nothing()
        assert connection.congestion.ssthresh == before

    @requirement("RFC 5681 2")
    @pytest.mark.parametrize("different", [{"window": 60000}, {"data": b"x"}])
    def test_an_ack_with_data_or_another_window_is_no_duplicate(self, different):
        """RFC 5681 2."""
        t, _connection = self.flight()
        for _ in range(5):
            assert t.send("ACK", seq=1, ack=1, **different) is not Outcome.DUPLICATE_ACK
            different = {"window": 60000 + 1} if different.get("window") == 60000 else different
            if "window" in different:
                break
        assert all(one.data == b"" for one in drain(t))

    def test_with_nothing_out_there_are_no_duplicates(self):
        t, _connection = opened()
        for _ in range(5):
            assert t.send("ACK", seq=1, ack=1) is Outcome.ACK_NOTHING_NEW
        t.expect_nothing()

    def test_it_still_works_after_two_gigabytes_without_loss(self):
        """`recover` marks a moment of the past, and must not wrap into the future."""
        t, connection = self.flight()
        t.send("ACK", seq=1, ack=1 + 8 * MSS)
        # As if nearly 2^31 octets had been acknowledged since; the rest of them follows.
        for name in ("recover", "small_end"):
            setattr(connection, name, (getattr(connection, name) - 0x7FFF0000) & 0xFFFFFFFF)
        for _ in range(70):
            connection.send(bytes(MSS))
            t.expect("ACK", data=bytes(MSS))
            t.send("ACK", seq=1, ack=connection.snd_nxt - t.stack_isn & 0xFFFFFFFF)
        connection.send(b"small")
        t.expect("ACK", data=b"small")
        start = connection.snd_una - t.stack_isn & 0xFFFFFFFF
        connection.send(bytes(5 * MSS))
        drain(t)
        for _ in range(3):
            t.send("ACK", seq=1, ack=start)
        t.expect("ACK", seq=start)


class TestSlowStart:
    """RFC 5681 3.1, RFC 6928."""

    @requirement("RFC 5681 3.1 slow")
    def test_ten_segments_begin_it(self):
        t, connection = opened(config=Config(timestamps=False, window_scale=False))
        connection.send(bytes(100 * MSS))
        assert len(drain(t)) == 10

    @requirement("MUST-19", "RFC 5681 3.1 slow")
    def test_it_doubles_each_round_trip(self):
        t, connection = opened(config=Config(timestamps=False, window_scale=False))
        connection.send(bytes(200 * MSS))
        acked = 0
        flights = [len(drain(t))]
        for _ in range(2):
            sent = 0
            for _ in range(flights[-1]):
                acked += 1
                t.send("ACK", seq=1, ack=1 + acked * MSS)
                sent += len(drain(t))
            flights.append(sent)
        assert flights == [10, 20, 40]

    @requirement("MUST-19", "RFC 5681 3.1 slow")
    def test_after_half_of_what_was_lost_it_grows_by_one_segment_a_round_trip(self):
        t, connection = opened(config=Config(timestamps=False, window_scale=False, user_timeout=1e6, congestion="reno"))
        connection.send(bytes(400 * MSS))
        drain(t)
        t.wait(1.5)
        drain(t)
        assert connection.congestion.ssthresh == 5 * MSS
        acked = 0
        windows = []
        t.send("ACK", seq=1, ack=1 + 10 * MSS)
        acked = 10
        for _ in range(5):
            flight = len(drain(t))
            for _ in range(flight):
                acked += 1
                t.send("ACK", seq=1, ack=1 + acked * MSS)
            windows.append(connection.congestion.cwnd // MSS)
        assert all(b - a in (0, 1) for a, b in itertools.pairwise(windows)), windows


class TestGivingUp:
    """R2: RFC 9293 3.8.3 (MUST-20, MUST-21, SHLD-11)."""

    @requirement("MUST-20", "SHLD-11")
    @VERSIONS
    def test_after_five_minutes_without_an_ack_the_connection_ends(self, ipv6):
        t, connection = opened(rtt=0.1, ipv6=ipv6)
        connection.send(b"x")
        t.wait(299)
        assert connection.state is State.ESTABLISHED
        drain(t)
        t.stack.events()
        t.wait(62)
        assert connection.state is State.CLOSED
        assert connection.error.errno == errno.ETIMEDOUT
        assert connection.verdict.outcome is Outcome.SEND_TIMED_OUT
        assert drain(t)[-1].flags == "RST,ACK"
        assert t.stack.events() == [(connection, Happened.ENDED)]
        assert t.stack.deadline() is None
        with pytest.raises(TimeoutError):
            connection.send(b"y")

    @requirement("MUST-21")
    def test_how_long_is_the_connections_own(self):
        t = Script()
        connection = t.stack.connect((t.address, t.port), local_port=80, config=Config(user_timeout=10))
        t.expect("SYN")
        t.send("SYN,ACK", seq=0, ack=1)
        connection.send(b"x")
        t.wait(9)
        assert connection.state is State.ESTABLISHED
        t.wait(12)
        assert connection.state is State.CLOSED

    def test_it_counts_from_the_last_progress(self):
        t, connection = opened(rtt=0.1, config=Config(timestamps=False, user_timeout=20))
        connection.send(bytes(3 * MSS))
        for i in range(2):
            t.wait(15)
            t.send("ACK", seq=1, ack=1 + (i + 1) * MSS)
        assert connection.state is State.ESTABLISHED
        t.wait(60)
        assert connection.state is State.CLOSED

    @pytest.mark.parametrize("close", [True, False])
    def test_a_fin_is_given_up_as_well(self, close):
        t, connection = opened(rtt=0.1)
        connection.close() if close else connection.shutdown()
        t.wait(400)
        assert connection.state is State.CLOSED
        assert connection.verdict.outcome is Outcome.SEND_TIMED_OUT
