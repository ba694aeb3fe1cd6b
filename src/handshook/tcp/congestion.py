"""How much may be in the network at once: Reno's slow start and congestion avoidance (RFC 5681)."""

# RFC 6928: ten segments to begin with, as every large stack does.
INITIAL_SEGMENTS = 10
HUGE = 1 << 30


class Congestion:
    """The congestion window of one connection, in octets."""

    __slots__ = ("avoided", "cwnd", "ssthresh")

    def __init__(self, mss: int) -> None:
        self.cwnd = min(INITIAL_SEGMENTS * mss, max(2 * mss, 14600))
        self.ssthresh = HUGE
        self.avoided = 0

    def acknowledged(self, octets: int, mss: int, limited: bool) -> None:
        """New data was acknowledged. `limited`: the window was what held the sender back (RFC 7661's concern)."""
        if not limited:
            return
        if self.cwnd < self.ssthresh:
            # RFC 5681 (2), with the appropriate byte counting of RFC 3465 and L = 2 segments per acknowledgment;
            # acknowledgments that cover a whole 64 KB unit count as the segments they stand for.
            self.cwnd = min(self.cwnd + octets, HUGE)
            return
        self.avoided += octets
        if self.avoided >= self.cwnd:
            self.avoided -= self.cwnd
            self.cwnd = min(self.cwnd + mss, HUGE)

    def lost(self, flight: int, mss: int) -> None:
        """Three duplicate ACKs: half of what is in flight (RFC 5681 (4))."""
        self.ssthresh = max(flight // 2, 2 * mss)
        self.cwnd = self.ssthresh + 3 * mss
        self.avoided = 0

    def inflate(self, mss: int) -> None:
        """A further duplicate ACK: one segment has left the network (RFC 5681 3.2, step 4)."""
        self.cwnd = min(self.cwnd + mss, HUGE)

    def deflate(self, octets: int, mss: int) -> None:
        """A partial acknowledgment (RFC 6582 3.2, step 3)."""
        self.cwnd = max(self.cwnd - octets + (mss if octets >= mss else 0), mss)

    def recovered(self, flight: int, mss: int) -> None:
        """All that was out when the loss was found is acknowledged (RFC 6582 3.2, step 3, option 1)."""
        self.cwnd = min(self.ssthresh, max(flight, mss) + mss)

    def timed_out(self, flight: int, mss: int, first: bool) -> None:
        """The retransmission timer expired (RFC 5681 3.1): one segment, slow start up to half of the flight."""
        if first:
            self.ssthresh = max(flight // 2, 2 * mss)
        self.cwnd = mss
        self.avoided = 0
