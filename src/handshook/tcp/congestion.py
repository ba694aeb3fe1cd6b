"""How much may be in the network at once. Reno (RFC 5681) is the small one to read; CUBIC (cubic.py) is what is used.

All figures are octets. A connection asks `cwnd`; its recovery tells what was acknowledged and what was lost.
"""

from .clock import NEVER

# RFC 6928: ten segments to begin with, as every large stack does.
INITIAL_SEGMENTS = 10
HUGE = 1 << 30


def initial_window(mss: int) -> int:
    """RFC 6928 2 (1)."""
    return min(INITIAL_SEGMENTS * mss, max(2 * mss, 14600))


class Congestion:
    """The congestion window of one connection, by Reno's rules."""

    __slots__ = ("avoided", "cwnd", "prior_cwnd", "prior_ssthresh", "ssthresh", "used_at")

    def __init__(self, mss: int) -> None:
        self.cwnd = initial_window(mss)
        self.used_at = NEVER  # when data last left
        self.ssthresh = HUGE
        self.avoided = 0
        self.prior_cwnd = self.prior_ssthresh = 0

    def resume(self, mss: int, now: float, rto: float) -> None:
        """Data is to leave and none is out. After a pause longer than RTO nothing is known of the path any more, and
        the window is no larger than the first one (RFC 5681 4.1)."""
        if now - self.used_at > rto:
            self.cwnd = min(self.cwnd, initial_window(mss))
            self.used_at = now

    def acknowledged(self, octets: int, mss: int, now: float, srtt: float) -> None:
        """New data was acknowledged while the window was what held the sender back (else it must not grow)."""
        if self.cwnd < self.ssthresh:
            # RFC 5681 (2) with byte counting (RFC 3465); one ACK of a 64 KB unit stands for all of its segments.
            self.cwnd = min(self.cwnd + octets, HUGE)
        else:
            self.avoid(octets, mss, now, srtt)

    def avoid(self, octets: int, mss: int, now: float, srtt: float) -> None:
        """Congestion avoidance: one segment more for each window acknowledged (RFC 5681 3.1)."""
        self.avoided += octets
        if self.avoided >= self.cwnd:
            self.avoided -= self.cwnd
            self.cwnd = min(self.cwnd + mss, HUGE)

    def reduced(self, flight: int, mss: int, now: float) -> int:
        """What the window falls to when a loss, or ECN, tells of congestion: half of the flight (RFC 5681 (4))."""
        return max(flight // 2, 2 * mss)

    def lost(self, flight: int, mss: int, now: float) -> None:
        """A loss was found while ACKs still come: the window falls once for the whole of it (RFC 6675 5)."""
        self.ssthresh = self.reduced(flight, mss, now)
        self.cwnd = self.ssthresh
        self.avoided = 0

    def timed_out(self, flight: int, mss: int, first: bool, now: float) -> None:
        """The retransmission timer expired (RFC 5681 3.1): one segment, and slow start from there."""
        if first:
            self.ssthresh = self.reduced(flight, mss, now)
        self.cwnd = mss
        self.avoided = 0

    def remember(self) -> None:
        """A reduction follows that may turn out to be needless."""
        self.prior_cwnd = self.cwnd
        self.prior_ssthresh = self.ssthresh

    def restore(self) -> None:
        """It was needless (RFC 4015 3.2, RFC 9438 4.9)."""
        self.cwnd = max(self.cwnd, self.prior_cwnd)
        self.ssthresh = max(self.ssthresh, self.prior_ssthresh)
