"""CUBIC's window, figure by figure (RFC 9438)."""

import pytest

from handshook.tcp.cubic import Cubic

MSS = 1000
LONG = 0.2  # seconds: a path so long that the cubic curve, not Reno's, is what counts


def grown(window, rtt):
    """A window of so many segments that has just fallen to 0.7 of that, and a round trip's ACKs at a time."""
    c = Cubic(MSS)
    c.acknowledged(window * MSS - c.cwnd, MSS, 0.0, rtt)
    assert c.cwnd == window * MSS
    c.lost(c.cwnd, MSS, 0.0)
    return c


def a_round(c, now, rtt):
    for _ in range(c.cwnd // MSS):
        c.acknowledged(MSS, MSS, now, rtt)


def test_a_loss_leaves_seven_tenths():
    """4.6."""
    assert grown(100, LONG).cwnd == 70 * MSS


def test_after_k_seconds_the_window_is_what_it_was():
    """4.2: K = cbrt((W_max - cwnd) / C)."""
    c = grown(1000, LONG)
    k = (300 / 0.4) ** (1 / 3)
    now = 0.0
    while now < k:
        a_round(c, now, LONG)
        now += LONG
    assert c.cwnd / MSS == pytest.approx(1000, rel=0.02)


def test_a_window_that_shrinks_again_aims_lower():
    """4.7, fast convergence."""
    c = grown(100, LONG)
    assert c.w_max == pytest.approx(100)
    c.lost(c.cwnd, MSS, 1.0)
    assert c.w_max == pytest.approx(70 * 0.85)


def test_on_a_short_path_it_grows_as_reno_would():
    """4.3: by 0.53 segments a round trip until it is back, then by one."""
    rtt = 0.001
    c = grown(40, rtt)
    now = rtt
    a_round(c, now, rtt)
    paces = []
    while c.cwnd < 60 * MSS:
        before = c.estimate
        a_round(c, now, rtt)
        paces.append((before, c.estimate - before))
        now += rtt
    assert [pace for at, pace in paces if at < 39] == pytest.approx(
        [9 / 17] * len([1 for at, _ in paces if at < 39]), rel=0.1
    )
    assert [pace for at, pace in paces if at > 41] == pytest.approx(
        [1.0] * len([1 for at, _ in paces if at > 41]), rel=0.1
    )
    assert c.cwnd == int(c.estimate * MSS)


def test_a_needless_reduction_is_taken_back():
    """4.9."""
    c = grown(100, LONG)
    for now in (1.0, 1.2, 1.4):
        a_round(c, now, LONG)
    stood = (c.cwnd, c.ssthresh, c.w_max, c.k, c.epoch, c.estimate)
    c.remember()
    c.timed_out(c.cwnd, MSS, True, 1.5)
    assert c.cwnd == MSS
    c.restore()
    assert (c.cwnd, c.ssthresh, c.w_max, c.k, c.epoch, c.estimate) == stood
