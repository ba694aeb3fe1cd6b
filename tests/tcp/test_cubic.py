"""CUBIC's window against RFC 9438's own formulas (MAY-18: another congestion control that conforms)."""

import pytest
from requirements import requirement

from handshook import Config
from handshook.tcp.cubic import Cubic
from handshook.testing import Script

MSS = 1000
C, BETA = 0.4, 0.7


def lost_at(window):
    """A window of so many segments that has just met a loss."""
    cubic = Cubic(MSS)
    cubic.acknowledged((window - 10) * MSS, MSS, 0.0, 0.1)
    assert cubic.cwnd == window * MSS
    cubic.lost(cubic.cwnd, MSS, 0.0)
    return cubic


def grown(cubic, seconds, trip):
    """A whole window is acknowledged in each round trip; (time, segments) after each."""
    curve = []
    now = 0.0
    while now < seconds:
        for _ in range(cubic.cwnd // MSS):
            cubic.acknowledged(MSS, MSS, now, trip)
        now += trip
        curve.append((now, cubic.cwnd / MSS))
    return curve


@requirement("RFC 9438 4.6")
def test_a_loss_leaves_seven_tenths():
    assert lost_at(100).cwnd == 70 * MSS


@requirement("RFC 9438 4.2", "MAY-18")
def test_the_window_returns_along_the_curve_and_rests_where_it_was():
    cubic = lost_at(1000)
    k = (1000 * (1 - BETA) / C) ** (1 / 3)
    trip = 0.1
    for now, window in grown(cubic, 2 * k, trip):
        assert window == pytest.approx(C * (now - k) ** 3 + 1000, rel=0.02)
    # Where it was, it hardly moves for a while.
    again = lost_at(1000)
    flat = [window for now, window in grown(again, 2 * k, trip) if abs(now - k) < 1]
    assert max(flat) - min(flat) < 2


@requirement("RFC 9438 4.3", "RFC 9438 4.3 cap")
def test_on_a_short_path_it_grows_as_reno_would():
    """Where the curve would be slower: by alpha = 3 (1 - beta) / (1 + beta) segments a round trip until the window is
    back where it was, then by one, which is Reno's own pace."""
    cubic = lost_at(40)
    back = round(12 / (3 * (1 - BETA) / (1 + BETA)))
    curve = grown(cubic, 0.001 * (back + 30), 0.001)
    assert [window for _, window in curve[:back]] == pytest.approx(
        [28 + 9 / 17 * i for i in range(1, back + 1)], rel=0.02
    )
    assert curve[-1][1] - curve[-21][1] == pytest.approx(20, rel=0.05)


@requirement("RFC 9438 4.7")
def test_a_flow_that_shrinks_again_aims_lower():
    cubic = lost_at(100)
    assert cubic.w_max == 100
    cubic.lost(cubic.cwnd, MSS, 1.0)
    assert cubic.w_max == pytest.approx(70 * (1 + BETA) / 2)


@requirement("MAY-18")
@pytest.mark.parametrize("name, share", [("cubic", 0.7), ("reno", 0.5)])
def test_each_connection_uses_the_one_that_is_configured(name, share):
    t = Script(config=Config(congestion=name, timestamps=False, sack=False, window_scale=False))
    connection = t.accepted(mss=1000)
    connection.send(bytes(20_000))
    while t.receive() is not None:
        pass
    for _ in range(3):
        t.send("ACK", seq=1, ack=1)
    assert connection.congestion.ssthresh == int(10_000 * share)


@requirement("RFC 9438 4.9")
def test_a_needless_reduction_is_taken_back():
    cubic = lost_at(100)
    grown(cubic, 1.4, 0.2)
    stood = (cubic.cwnd, cubic.ssthresh, cubic.w_max, cubic.k, cubic.epoch, cubic.estimate)
    cubic.remember()
    cubic.timed_out(cubic.cwnd, MSS, True, 1.5)
    assert cubic.cwnd == MSS
    cubic.restore()
    assert (cubic.cwnd, cubic.ssthresh, cubic.w_max, cubic.k, cubic.epoch, cubic.estimate) == stood
