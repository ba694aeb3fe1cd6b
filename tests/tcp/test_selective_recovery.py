"""Loss found by SACK and by time: RFC 2018 5 and 8 (the sender), RFC 6675 5, RFC 8985 (RACK-TLP)."""

import pytest
from requirements import requirement

from handshook import Config, Outcome
from handshook.testing import Script

SACK = Config(congestion="reno", timestamps=False, window_scale=False)
TRIP = 0.1


def sending(segments=10, config=SACK, more=0):
    """A connection that has measured a round trip of 0.1 s and then sent so many segments of 1,000 octets at once."""
    t = Script(config=config)
    connection = t.accepted(mss=1000, sack_permitted=True)
    connection.send(b"x" * 1000)
    said(t)
    t.wait(TRIP)
    t.send("ACK", seq=1, ack=1001)
    connection.send(bytes(1000 * segments + more))
    assert said(t) == [1001 + 1000 * i for i in range(min(segments + (more > 0), 10))]
    return t, connection


def said(t):
    """The numbers of the data segments that the stack has to send now."""
    return [one.seq for one in iter(t.receive, None) if one.data]


class TestSender:
    @requirement("RFC 2018 5", "RFC 6675 5")
    def test_only_what_is_missing_is_sent_again(self):
        t, _ = sending()
        t.wait(TRIP)
        t.send("ACK", seq=1, ack=1001, sack=[(2001, 4001), (5001, 11_001)])
        assert said(t) == [1001, 4001]
        t.send("ACK", seq=1, ack=11_001)
        t.wait(5)
        assert said(t) == []

    @requirement("RFC 6675 5")
    def test_one_loss_reduces_the_window_once_however_many_segments_it_took(self):
        t, connection = sending()
        t.wait(TRIP)
        t.send("ACK", seq=1, ack=1001, sack=[(4001, 11_001)])
        assert connection.congestion.cwnd == 5000
        said(t)
        t.wait(TRIP)
        t.send("ACK", seq=1, ack=2001, sack=[(4001, 11_001)])
        assert connection.congestion.cwnd == 5000
        assert connection.retransmissions == 3

    @requirement("RFC 6675 5")
    def test_what_is_sent_again_waits_for_room_in_the_pipe(self):
        t, connection = sending()
        t.wait(TRIP)
        t.send("ACK", seq=1, ack=1001, sack=[(10_001, 11_001)])
        t.wait(TRIP / 2)
        assert connection.congestion.cwnd == 5000
        assert said(t) == [1001, 2001, 3001, 4001, 5001]

    @requirement("RFC 2018 8")
    def test_after_a_time_out_what_the_peer_may_have_thrown_away_goes_again(self):
        """Blocks are advice: the first octet unacknowledged was in one, and is not acknowledged all the same."""
        t, _ = sending(2)
        t.wait(TRIP)
        t.send("ACK", seq=1, ack=1001, sack=[(1001, 3001)])
        t.wait(1)
        assert set(said(t)) >= {1001}
        t.send("ACK", seq=1, ack=2001)
        assert said(t) == [2001]


class TestRack:
    @requirement("RFC 8985 6.2")
    def test_what_was_sent_before_something_that_arrived_is_lost_after_a_reordering_window(self):
        """A quarter of a round trip at first, and the timer that waits for it."""
        t, _ = sending(2)
        t.wait(TRIP)
        t.send("ACK", seq=1, ack=1001, sack=[(2001, 3001)])
        assert said(t) == []
        t.wait(TRIP / 4 - 0.001)
        assert said(t) == []
        t.wait(0.002)
        assert said(t) == [1001]

    @requirement("RFC 8985 6.3")
    def test_the_timer_that_looks_again_has_its_name_and_does_nothing_where_it_was_only_late(self):
        t, connection = sending(2)
        t.wait(TRIP)
        t.send("ACK", seq=1, ack=1001, sack=[(2001, 3001)])
        t.wait(TRIP / 8)
        t.send("ACK", seq=1, ack=3001)
        t.wait(5)
        assert said(t) == []
        assert connection.retransmissions == 0
        lost, _ = sending(2)
        lost.wait(TRIP)
        lost.send("ACK", seq=1, ack=1001, sack=[(2001, 3001)])
        lost.wait(TRIP)
        assert lost.stack.counters()[Outcome.REORDERING_OVER] == 1

    @requirement("RFC 8985 6.2")
    def test_three_segments_beyond_it_need_no_such_patience(self):
        t, _ = sending(4)
        t.wait(TRIP)
        t.send("ACK", seq=1, ack=1001, sack=[(2001, 5001)])
        assert said(t) == [1001]

    @requirement("RFC 8985 6.2")
    def test_a_path_that_reorders_is_given_its_time(self):
        """Once it has been seen that late is not lost, three segments beyond it are no proof any more."""
        t, connection = sending(4)
        t.wait(TRIP)
        t.send("ACK", seq=1, ack=1001, sack=[(2001, 3001)])
        t.send("ACK", seq=1, ack=3001)
        t.send("ACK", seq=1, ack=5001)
        connection.send(bytes(4000))
        assert said(t) == [5001, 6001, 7001, 8001]
        t.wait(TRIP)
        t.send("ACK", seq=1, ack=5001, sack=[(6001, 9001)])
        assert said(t) == []
        t.wait(TRIP / 4 + 0.001)
        assert said(t) == [5001]


class TestTailLossProbe:
    @requirement("RFC 8985 7.2", "RFC 8985 7.3")
    def test_after_two_round_trips_the_last_segment_goes_once_more(self):
        t, connection = sending(3)
        assert connection.rto > 2.5 * TRIP
        t.wait(2 * TRIP - 0.001)
        assert said(t) == []
        t.wait(0.05)
        assert said(t) == [3001]
        assert t.stack.counters()[Outcome.SENT_TAIL_PROBE] == 1

    @requirement("RFC 8985 7.2")
    def test_a_lone_segment_is_given_the_time_of_a_delayed_ack_too(self):
        t, _ = sending(1)
        t.wait(2 * TRIP + 0.05)
        assert said(t) == []

    @requirement("RFC 8985 7.3")
    def test_new_data_is_a_better_probe(self):
        t, _ = sending(10, more=5000)
        t.wait(2 * TRIP + 0.05)
        assert said(t) == [11_001]

    @requirement("RFC 8985 7.2")
    def test_there_is_one_probe_and_then_the_time_out(self):
        t, _ = sending(3)
        found = []
        for _ in range(100):
            t.wait(0.01)
            found += said(t)
        assert found[:2] == [3001, 1001]

    @requirement("RFC 8985 7.4")
    def test_a_probe_that_repaired_a_loss_reduces_the_window(self):
        t, connection = sending(3)
        before = connection.congestion.cwnd
        t.wait(2 * TRIP + 0.05)
        assert said(t) == [3001]
        t.send("ACK", seq=1, ack=4001)
        # That may be the ACK of the first copy, late. One beyond it, and no word of a duplicate, tells (7.4.2).
        assert connection.congestion.cwnd == before
        connection.send(bytes(1000))
        assert said(t) == [4001]
        t.send("ACK", seq=1, ack=5001)
        assert connection.congestion.cwnd < before

    @requirement("RFC 8985 7.4")
    def test_one_that_the_peer_got_twice_does_not(self):
        """Its D-SACK (RFC 2883) says that the first copy had arrived."""
        other, spared = sending(3)
        before = spared.congestion.cwnd
        other.wait(2 * TRIP + 0.05)
        said(other)
        other.send("ACK", seq=1, ack=4001, sack=[(3001, 4001)])
        spared.send(bytes(1000))
        assert said(other) == [4001]
        other.send("ACK", seq=1, ack=5001)
        assert spared.congestion.cwnd >= before

    def test_without_sack_there_is_none(self):
        t = Script(config=Config(sack=False, timestamps=False))
        connection = t.accepted(mss=1000)
        connection.send(bytes(3000))
        t.wait(60)
        assert Outcome.SENT_TAIL_PROBE not in t.stack.counters()


@pytest.mark.parametrize("blocks", [[(1, 1)], [(2001, 1001)], [(50_000, 60_000)], [(0, 900)]])
def test_blocks_that_name_nothing_that_is_out_are_no_news(blocks):
    t, connection = sending(4)
    before = connection.congestion.cwnd
    for _ in range(10):
        t.send("ACK", seq=1, ack=1001, sack=blocks)
    assert (said(t), connection.congestion.cwnd) == ([], before)
