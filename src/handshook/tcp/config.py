"""The knobs of a stack: each with its unit, its default, and why that is the default."""

from dataclasses import dataclass

MOST_SCALE = 14  # RFC 7323 2.3
LEAST_MTU4 = 68  # RFC 791 3.2
LEAST_MTU6 = 1280  # RFC 8200 5


@dataclass(frozen=True)
class Config:
    """How a stack behaves. Times are seconds, sizes bytes. Raises `ValueError` for what no TCP can do."""

    receive_window: int = 1 << 20
    """The most data that waits for the program to read it, and so the largest window offered.

    1 MiB: enough for 1 Gbit/s over 8 ms. Memory is taken only by data that is there."""

    send_buffer: int = 1 << 20
    """The most data taken from the program that the peer has not acknowledged yet. 1 MiB, as `receive_window`."""

    initial_rto: float = 1.0
    """The first wait for an acknowledgment, before any round trip was measured (RFC 6298 2.1)."""

    min_rto: float = 0.2
    """The shortest wait. RFC 6298 2.4 says 1 s for clocks of old; 0.2 s is what Linux has used for decades, and
    anything above it makes a lost last segment the slowest thing on a fast path."""

    max_rto: float = 60.0
    """The longest wait, after all the doubling (RFC 6298 2.5: at least 60 s)."""

    syn_retries: int = 7
    """How often an unanswered SYN is repeated. With 1 s doubling up to 60 s it is given up after 183 s; RFC 9293
    MUST-23 asks for at least 180."""

    syn_ack_retries: int = 5
    """How often a SYN,ACK is repeated. With 1 s doubling an entry lives 63 s, as in Linux: a half-open
    entry is what a SYN flood is after, and a true client repeats its SYN anyway."""

    user_timeout: float = 300.0
    """How long data may stay unacknowledged before the connection is given up: R2 (RFC 9293 3.8.3: at least 100 s;
    3.9.1.1: five minutes)."""

    msl: float = 30.0
    """The longest life of a segment in the network; TIME-WAIT lasts twice that. RFC 9293 3.4.2 takes 2 minutes as an
    engineering choice; Linux and the BSDs have taken 30 s. It is the network's, not a connection's: the stack's own
    counts, whatever a listener's or connection's config says."""

    fin_wait_2_timeout: float = 60.0
    """How long a peer may take to finish after the program has let go of the connection; Linux's default."""

    delayed_ack: float = 0.04
    """How long an ACK may wait for something to ride on (RFC 9293 MUST-40: under 0.5 s). 40 ms as in Linux;
    0 acknowledges at once."""

    keep_alive: float = 0.0
    """After how much silence an idle peer is asked whether it still lives; 0 is never (RFC 9293 MUST-25: off unless
    asked for; MUST-28: 7200 s or more where it is on by default)."""

    keep_alive_interval: float = 75.0
    """The time between probes that go unanswered; BSD's and Linux's figure."""

    keep_alive_probes: int = 9
    """How many unanswered probes make a dead peer (RFC 9293 MUST-29: more than one); Linux's figure."""

    mtu: int = 1500
    """The largest IP packet that the link takes, headers included."""

    timestamps: bool = True
    """Offer timestamps (RFC 7323): old segments are told by their age, not by luck."""

    sack: bool = True
    """Offer selective acknowledgment (RFC 2018)."""

    window_scale: bool = True
    """Offer window scaling (RFC 7323 2); without it no window exceeds 65,535."""

    ecn: str = "accept"
    """Explicit congestion notification (RFC 3168): "accept" it where the peer asks, as Linux does, "ask" for it in our
    own SYNs too, or "off"."""

    nagle: bool = True
    """Hold a small segment back while another is unacknowledged (RFC 9293 3.7.4)."""

    congestion: str = "cubic"
    """How the congestion window moves: "cubic" (RFC 9438), what the large stacks use, or "reno" (RFC 5681)."""

    half_open_limit: int = 1024
    """How many half-open connections a listener keeps; a SYN beyond them is dropped. Linux keeps as many."""

    ttl: int = 64
    """Time to live, or hop limit, of each packet (RFC 9293 MUST-49)."""

    def __post_init__(self) -> None:
        for name in ("receive_window", "send_buffer", "half_open_limit"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it takes at least 1")
        for name in ("initial_rto", "min_rto", "max_rto", "msl", "user_timeout", "fin_wait_2_timeout"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)} s; it must be above 0")
        for name in ("syn_retries", "syn_ack_retries", "keep_alive", "keep_alive_interval", "keep_alive_probes"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it can't be negative")
        if not 0 <= self.delayed_ack < 0.5:
            raise ValueError(f"delayed_ack is {self.delayed_ack} s; RFC 9293 MUST-40 wants less than 0.5")
        if not LEAST_MTU4 <= self.mtu <= 65535:
            raise ValueError(f"mtu is {self.mtu}; an IP packet has {LEAST_MTU4} to 65535 bytes")
        if self.ecn not in ("off", "accept", "ask"):
            raise ValueError(f"ecn is {self.ecn!r}; it is 'off', 'accept' or 'ask'")
        if self.congestion not in ("cubic", "reno"):
            raise ValueError(f"congestion is {self.congestion!r}; it is 'cubic' or 'reno'")
        if not 0 < self.ttl < 256:
            raise ValueError(f"ttl is {self.ttl}; it is 1 to 255")
        if self.receive_window > 65535 << MOST_SCALE:
            raise ValueError(f"receive_window is {self.receive_window}; RFC 7323 allows 2^30")

    @property
    def receive_scale(self) -> int:
        """The window shift to offer: the least that lets `receive_window` be told in 16 bits (RFC 7323 2.2)."""
        return max(0, self.receive_window.bit_length() - 16) if self.window_scale else 0
