"""Loss recovery with SACK: RACK-TLP (RFC 8985), D-SACK (RFC 2883), and what was needless (RFC 3522, RFC 4015)."""

import pytest
from requirements import requirement

from handshook import Config, Outcome
from handshook.testing import Script

MSS = 1000
RTT = 0.1


def drain(t):
    received = []
    while (one := t.receive()) is not None:
        received.append(one)
    return received


def numbers(received):
    """Which segments of MSS octets these are, from 0."""
    return [(one.seq - 1) // MSS for one in received]


def edges(*segments):
    return [(1 + first * MSS, 1 + (last + 1) * MSS) for first, last in segments]


def opened(timestamps=False, count=10, **more):
    """A connection with a round trip of 0.1 s and so many segments out."""
    t = Script(config=Config(timestamps=timestamps, window_scale=False, **more), timestamps=timestamps)
    listener = t.listening()
    t.send("SYN", seq=0, mss=MSS + (12 if timestamps else 0), sack_permitted=True)
    t.expect("SYN,ACK")
    t.wait(RTT)
    t.send("ACK", seq=1, ack=1)
    connection = listener.accept()
    connection.send(bytes(count * MSS))
    assert numbers(drain(t)) == list(range(count))
    return t, connection


def ack(t, upto, *segments, **more):
    """An ACK of the first `upto` segments, with SACK blocks of others."""
    return t.send("ACK", seq=1, ack=1 + upto * MSS, sack=edges(*segments), **more)


class TestReorderingWindow:
    """RFC 8985 6.2 step 4."""

    def test_three_segments_behind_it_and_it_is_lost_at_once(self):
        t, _ = opened()
        t.wait(RTT)
        ack(t, 0, (1, 2))
        t.expect_nothing()
        ack(t, 0, (1, 3))
        assert numbers(drain(t)) == [0]

    def test_with_fewer_a_quarter_of_the_round_trip_later(self):
        t, _ = opened()
        t.wait(RTT)
        ack(t, 0, (1, 1))
        t.wait(RTT / 4 - 0.002)
        t.expect_nothing()
        t.wait(0.004)
        assert numbers(drain(t)) == [0]

    def reordered(self):
        """A connection on a path that was seen to reorder, ten new segments out and a round trip old."""
        t, connection = opened()
        t.wait(RTT)
        ack(t, 0, (1, 1))
        ack(t, 10)
        assert connection.scoreboard.reordering
        connection.send(bytes(10 * MSS))
        drain(t)
        t.wait(RTT)
        return t, connection

    @requirement("RFC 8985 6.2")
    def test_where_reordering_was_seen_there_is_always_one(self):
        t, _ = self.reordered()
        ack(t, 10, (11, 15))
        t.expect_nothing()
        t.wait(RTT / 4 + 0.002)
        assert numbers(drain(t))[0] == 10

    @pytest.mark.parametrize("needless", [1, 2])
    def test_needless_copies_make_it_longer_once_a_round_trip(self, needless):
        """RACK.reo_wnd_mult, RACK.dsack_round; RFC 2883's blocks tell of them."""
        t, connection = self.reordered()
        for _ in range(needless):
            t.send("ACK", seq=1, ack=1 + 10 * MSS, sack=edges((3, 3)))
        assert connection.scoreboard.patience == 2
        ack(t, 10, (11, 15))
        t.wait(RTT / 2 - 0.002)
        assert 10 not in numbers(drain(t))
        t.wait(0.004)
        assert 10 in numbers(drain(t))

    def test_a_needless_copy_behind_the_ack_is_told_of_too(self):
        """RFC 2883 4: the first block lies in the second."""
        t, connection = self.reordered()
        ack(t, 10, (14, 14), (12, 16))
        assert connection.scoreboard.patience == 2

    def test_a_needless_copy_is_no_reordering(self):
        """It may be that only its first ACK was lost."""
        t, connection = opened()
        t.wait(RTT)
        ack(t, 2)
        t.send("ACK", seq=1, ack=1 + 2 * MSS, sack=edges((0, 0)))
        assert not connection.scoreboard.reordering

    def test_after_sixteen_recoveries_without_it_is_short_again(self):
        """RACK.reo_wnd_persist."""
        t, connection = opened()
        t.wait(RTT)
        ack(t, 2)
        t.send("ACK", seq=1, ack=1 + 2 * MSS, sack=edges((0, 0)))
        assert connection.scoreboard.patience == 2
        ack(t, 10)
        done = 10
        for recovery in range(16):
            assert connection.scoreboard.patience == 2, recovery
            connection.send(bytes(2 * MSS))
            assert numbers(drain(t)) == [done, done + 1]
            t.wait(RTT)
            ack(t, done, (done + 1, done + 1))
            t.wait(RTT)
            assert numbers(drain(t)) == [done]
            done += 2
            ack(t, done)
        assert connection.scoreboard.patience == 1


class TestLostAgain:
    @requirement("RFC 6675 5")
    def test_a_copy_that_was_lost_too_is_found_by_what_left_after_it(self):
        """RFC 8985 3.1: time, not sequence, tells; the congestion window falls once for both."""
        t, connection = opened()
        connection.send(bytes(10 * MSS))
        t.wait(RTT)
        ack(t, 0, (1, 9))
        assert numbers(drain(t))[:1] == [0]
        window = connection.congestion.cwnd
        t.wait(RTT)
        ack(t, 0, (1, 10))
        assert numbers(drain(t))[:1] == [0]
        assert connection.congestion.cwnd == window


class TestTailProbe:
    """RFC 8985 7."""

    def test_a_lost_tail_is_asked_for_after_two_round_trips(self):
        t, connection = opened(min_rto=1.0)
        t.wait(RTT)
        ack(t, 9)
        t.wait(2 * RTT + 0.19)
        t.expect_nothing()
        t.wait(0.02)
        assert numbers(drain(t)) == [9]
        assert connection.verdict.evidence["retransmissions"] == 1

    def test_more_than_one_segment_out_and_no_delayed_ack_is_waited_for(self):
        t, _ = opened()
        t.wait(2 * RTT + 0.01)
        assert numbers(drain(t)) == [9]

    @requirement("RFC 8985 7.4")
    @pytest.mark.parametrize("first", [True, False])
    def test_a_probe_that_came_twice_was_no_loss(self, first):
        """7.4.2: D-SACK tells, or a duplicate ACK; the late ACK of the first copy tells nothing yet."""
        t, connection = opened()
        window = connection.congestion.cwnd
        t.wait(2 * RTT + 0.01)
        assert numbers(drain(t)) == [9]
        ack(t, 10)
        if first:
            t.send("ACK", seq=1, ack=1 + 10 * MSS, sack=edges((9, 9)))
            assert not connection.tail_probed
        connection.send(bytes(MSS))
        assert numbers(drain(t)) == [10]
        if not first:
            t.send("ACK", seq=1, ack=1 + 10 * MSS, sack=edges((9, 9)))
        t.wait(RTT)
        ack(t, 11)
        assert connection.congestion.cwnd >= window

    @pytest.mark.parametrize("gap", [1.4, 1.9])
    def test_new_data_puts_it_off_no_longer_than_rto(self, gap):
        """7.2: else a program that goes on writing would never find out that its peer is gone."""
        t, connection = opened(nagle=False, user_timeout=5)
        ack(t, 10)
        connection.send(bytes(3 * MSS))
        drain(t)
        again = 0
        for _ in range(100):
            t.wait(gap * connection.srtt)
            if connection.error is not None:
                break
            connection.send(b"b")
            again += sum(one.seq < connection.snd_nxt - connection.iss - 1 for one in drain(t))
        assert again > 2
        assert connection.verdict.outcome is Outcome.SEND_TIMED_OUT

    def test_an_ack_that_comes_before_it_has_left_is_its_answer(self):
        """7.3: else what leaves next would leave twice."""
        t, connection = opened()
        t.now = connection.due
        t.stack.advance(t.now)
        ack(t, 10)
        connection.shutdown()
        t.expect("FIN,ACK")
        t.expect_nothing()

    def test_a_probe_that_repaired_a_loss_costs_what_a_loss_costs(self):
        """7.4.2: known once something after it is acknowledged and no duplicate was told of."""
        t, connection = opened()
        t.wait(2 * RTT + 0.01)
        assert numbers(drain(t)) == [9]
        t.wait(RTT)
        ack(t, 10)
        window = connection.congestion.cwnd
        connection.send(bytes(MSS))
        assert numbers(drain(t)) == [10]
        t.wait(RTT)
        ack(t, 11)
        assert connection.congestion.ssthresh == int(0.7 * window)

    def test_there_is_none_in_recovery(self):
        """7.2: what was set before the loss was found doesn't go off."""
        t, connection = opened(min_rto=1.0)
        connection.send(bytes(10 * MSS))
        t.wait(RTT)
        ack(t, 0, (1, 9))
        assert numbers(drain(t)) == [0, *range(10, 16)]
        t.wait(0.9)
        t.expect_nothing()


class TestNeedless:
    """Eifel: RFC 3522 finds it by the timestamps, RFC 4015 takes the reduction back."""

    def later(self, count=10):
        """Segments whose ACKs are late: the timer has expired and the first was sent again."""
        t, connection = opened(timestamps=True, count=count)
        before = connection.congestion.cwnd
        sent = int(t.now * 1000)
        # First the probe of the tail, then the timer.
        t.wait(1.0)
        assert 0 in numbers(drain(t))
        assert connection.congestion.cwnd == MSS
        return t, connection, before, (sent + connection.ts_offset) & 0xFFFFFFFF

    @requirement("RFC 3522 3.2")
    def test_the_echo_of_the_first_copy_takes_the_timers_work_back(self):
        t, connection, before, stamp = self.later()
        ack(t, 2, tsecr=stamp)
        assert connection.congestion.cwnd >= before
        assert connection.congestion.ssthresh > before
        # The rest is on its way and nothing of it is sent again.
        connection.send(bytes(2 * MSS))
        assert numbers(drain(t)) == [10, 11]

    @requirement("RFC 3522 3.2")
    def test_the_echo_of_the_second_copy_does_not(self):
        t, connection, before, stamp = self.later()
        ack(t, 2, tsecr=(stamp + 999) & 0xFFFFFFFF)
        assert connection.congestion.cwnd < before
        assert numbers(drain(t))[0] == 2

    @requirement("RFC 3522 3.2")
    def test_only_the_first_ack_of_new_data_counts(self):
        """RFC 3522 3.2 step 4."""
        t, connection, before, stamp = self.later()
        ack(t, 1, tsecr=(stamp + 999) & 0xFFFFFFFF)
        ack(t, 2, tsecr=stamp)
        assert connection.congestion.cwnd < before

    def test_a_probes_copy_may_have_been_needed(self):
        """Its timestamp, too, is older than that of the timer's copy."""
        t, connection = opened(timestamps=True, count=1)
        before = connection.congestion.cwnd
        stamp = (int(t.now * 1000) + connection.ts_offset) & 0xFFFFFFFF
        t.wait(1.0)
        assert connection.congestion.cwnd < before
        ack(t, 1, tsecr=(stamp + 400) & 0xFFFFFFFF)
        assert connection.congestion.cwnd < before

    def test_a_fast_retransmission_as_well(self):
        """What was taken for lost was three segments late."""
        t, connection = opened(timestamps=True)
        before = connection.congestion.cwnd
        stamp = (int(t.now * 1000) + connection.ts_offset) & 0xFFFFFFFF
        t.wait(RTT)
        ack(t, 0, (1, 3), tsecr=stamp)
        assert numbers(drain(t)) == [0]
        assert connection.congestion.cwnd < before
        ack(t, 4, tsecr=stamp)
        assert connection.congestion.cwnd >= before
        assert not connection.recovering

    def test_without_timestamps_nothing_can_be_told(self):
        t, connection = opened()
        before = connection.congestion.cwnd
        t.wait(1.0)
        drain(t)
        assert ack(t, 2) is Outcome.ACKED
        assert connection.congestion.cwnd < before
