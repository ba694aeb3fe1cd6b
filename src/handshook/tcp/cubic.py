"""CUBIC (RFC 9438): after a loss the window returns along a cubic curve to where it was, rests there, then probes on.

The curve runs in time, not in round trips, so that long paths fill as quickly as short ones.
"""

from .clock import NEVER
from .congestion import HUGE, Congestion

C = 0.4  # RFC 9438 5.1, segments a second cubed
BETA = 0.7  # RFC 9438 4.6
ALPHA = 3 * (1 - BETA) / (1 + BETA)  # RFC 9438 4.3: with it Reno's average window comes of BETA


class Cubic(Congestion):
    """The congestion window of one connection, by CUBIC's rules; `w_max`, `estimate` and `peak` are in segments."""

    __slots__ = ("epoch", "estimate", "k", "peak", "prior_epoch", "prior_estimate", "prior_k", "prior_w_max", "w_max")

    def __init__(self, mss: int) -> None:
        Congestion.__init__(self, mss)
        self.w_max = 0.0
        self.estimate = 0.0  # what Reno would have by now (RFC 9438 4.3)
        self.peak = 0.0  # the window before the last reduction: cwnd_prior
        self.k = 0.0  # seconds from the epoch until the window is w_max again
        self.epoch = NEVER
        self.prior_w_max = self.prior_estimate = self.prior_k = 0.0
        self.prior_epoch = NEVER

    def avoid(self, octets: int, mss: int, now: float, srtt: float) -> None:
        """Congestion avoidance (RFC 9438 4.2 to 4.5)."""
        window = self.cwnd / mss
        if self.epoch == NEVER:
            self._begin(window, now)
        elapsed = now - self.epoch
        # Once it is back where the last loss was, Reno's own pace: what shrank less has made up for it by then.
        alpha = ALPHA if self.estimate < self.peak else 1.0
        self.estimate += alpha * octets / mss / window
        if self._curve(elapsed) < self.estimate:
            # 4.3, the Reno-friendly region: on short paths Reno is the quicker one.
            window = max(window, self.estimate)
        else:
            target = min(max(self._curve(elapsed + srtt), window), 1.5 * window)
            window += (target - window) / window * octets / mss
        self.cwnd = min(int(window * mss), HUGE)

    def _begin(self, window: float, now: float) -> None:
        """A new epoch of avoidance (RFC 9438 4.8 when there was no loss before it)."""
        self.epoch = now
        self.estimate = window
        if self.w_max <= window:
            self.w_max = window
            self.k = 0.0
        else:
            self.k = ((self.w_max - window) / C) ** (1 / 3)

    def _curve(self, elapsed: float) -> float:
        """W_cubic(t), RFC 9438 (1)."""
        past = elapsed - self.k
        return C * past * past * past + self.w_max

    def reduced(self, flight: int, mss: int, now: float) -> int:
        """RFC 9438 4.6, and fast convergence (4.7): a flow that shrinks again leaves room for newer ones."""
        window = self.cwnd / mss
        self.peak = window
        self.w_max = window * (1 + BETA) / 2 if window < self.w_max else window
        self.epoch = NEVER
        return max(int(self.cwnd * BETA), 2 * mss)

    def remember(self) -> None:
        Congestion.remember(self)
        self.prior_w_max = self.w_max
        self.prior_k = self.k
        self.prior_epoch = self.epoch
        self.prior_estimate = self.estimate

    def restore(self) -> None:
        Congestion.restore(self)
        self.w_max = self.prior_w_max
        self.k = self.prior_k
        self.epoch = self.prior_epoch
        self.estimate = self.prior_estimate
