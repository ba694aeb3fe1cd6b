"""The knobs of a stack: each with its unit, its default, and why that is the default."""

from dataclasses import dataclass, field, fields
from inspect import cleandoc
from textwrap import indent
from typing import ClassVar, TypeVar

from .terms import Terms

MOST_SCALE = 14  # RFC 7323 2.3
MOST_BUFFER = 1 << 30  # RFC 7323 2.2: the largest window there can be
# RFC 791 3.2 lets a link be as narrow as 68; below this there would be headers and options and hardly any data.
LEAST_MTU = 256
# RFC 9293 3.7.1 (MUST-15): what a peer takes that didn't say.
DEFAULT_MSS4 = 536
DEFAULT_MSS6 = 1220
# No negotiation makes a segment smaller than this; below it headers would be all there is (cf. CVE-2019-11479).
LEAST_MSS = 64

# What a connection may change while it lives; all else is agreed on with the SYNs, or is the stack's own.
CHANGEABLE = frozenset(
    {
        "advise_after",
        "delayed_ack",
        "dscp",
        "fin_wait_2_timeout",
        "keep_alive",
        "keep_alive_interval",
        "keep_alive_probes",
        "nagle",
        "send_buffer",
        "soft_errors",
        "syn_retries",
        "ttl",
        "user_timeout",
    }
)

NOT_NEGATIVE = (
    "prefix_half_open_limit",
    "syn_retries",
    "syn_ack_retries",
    "pressed_syn_ack_retries",
    "challenge_limit",
    "keep_alive",
    "keep_alive_interval",
    "keep_alive_probes",
)
AT_LEAST_1 = (
    "receive_window",
    "send_buffer",
    "half_open_limit",
    "host_half_open_limit",
    "advise_after",
    "host_challenge_limit",
)
WHOLE = (
    "receive_window",
    "send_buffer",
    "half_open_limit",
    "host_half_open_limit",
    "prefix_half_open_limit",
    "half_open_prefix4",
    "half_open_prefix6",
    "advise_after",
    "host_challenge_limit",
    "syn_retries",
    "syn_ack_retries",
    "pressed_syn_ack_retries",
    "challenge_limit",
    "keep_alive_probes",
    "mtu",
    "ttl",
    "dscp",
)


Value = TypeVar("Value", int, float, bool, str)


def knob(default: Value, unit: str, reason: str) -> Value:
    """A field of `Config`, with what it is counted in, and what it is for and why that is its default."""
    return field(default=default, metadata={"unit": unit, "reason": cleandoc(reason)})


@dataclass(frozen=True)
class Config:
    """How a stack behaves. Times are seconds, sizes bytes. Raises `ValueError` for what no TCP can do."""

    terms: ClassVar[Terms]
    """The same, as the engine reads it; made with each config."""

    receive_window: int = knob(
        1 << 20,
        "bytes",
        """The most data that waits for the program to read it, and so the largest window offered.

        1 MiB: enough for 1 Gbit/s over 8 ms. Memory is taken only by data that is there.""",
    )

    send_buffer: int = knob(
        1 << 20,
        "bytes",
        """The most data taken from the program that the peer has not acknowledged yet. 1 MiB, as `receive_window`.""",
    )

    initial_rto: float = knob(
        1.0,
        "seconds",
        """The first wait for an acknowledgment, before any round trip was measured (RFC 6298 2.1).""",
    )

    min_rto: float = knob(
        0.2,
        "seconds",
        """The shortest wait. RFC 6298 2.4 says 1 s for clocks of old; 0.2 s is what Linux has used for decades, and
        anything above it makes a lost last segment the slowest thing on a fast path.""",
    )

    max_rto: float = knob(
        60.0,
        "seconds",
        """The longest wait, after all the doubling (RFC 6298 2.5: at least 60 s).""",
    )

    syn_retries: int = knob(
        7,
        "repetitions",
        """How often an unanswered SYN is repeated. With 1 s doubling up to 60 s it is given up after 183 s; RFC 9293
        MUST-23 asks for at least 180.""",
    )

    syn_ack_retries: int = knob(
        5,
        "repetitions",
        """How often a SYN,ACK is repeated. With 1 s doubling an entry lives 63 s, as in Linux: a half-open
        entry is what a SYN flood is after, and a true client repeats its SYN anyway.""",
    )

    pressed_syn_ack_retries: int = knob(
        1,
        "repetitions",
        """How often it is repeated when the half-open queue is full; from half full on it falls towards this, step by
        step. With 1 an entry lives 3 s then, which still forgives one loss; Linux goes down to 2. Set it to
        `syn_ack_retries` and the wait is never shortened.""",
    )

    half_open_policy: str = knob(
        "drop-new",
        "a word",
        """What a SYN meets that finds no room and gets no cookie (`cookies`): "drop-new" drops it, "drop-oldest" the
        oldest half-open entry of its listener (RFC 4987 3.4), "cache" puts it into a SYN cache (3.5).""",
    )

    user_timeout: float = knob(
        300.0,
        "seconds",
        """How long data, or a SYN, may stay unanswered before the connection is given up: R2 (RFC 9293 3.8.3: at least
        100 s; 3.9.1.1: five minutes). A SYN has `syn_retries` besides. A peer that answers with a shut window counts as
        answering for as long as the program holds the connection, and no longer (RFC 6429 4).""",
    )

    msl: float = knob(
        30.0,
        "seconds",
        """The longest life of a segment in the network; TIME-WAIT lasts twice that. RFC 9293 3.4.2 takes 2 minutes as
        an engineering choice; Linux and the BSDs have taken 30 s. It is the network's, not a connection's: the stack's
        own counts, whatever a listener's or connection's config says.""",
    )

    fin_wait_2_timeout: float = knob(
        60.0,
        "seconds",
        """How long a peer may take to finish after the program has let go of the connection; Linux's default.""",
    )

    delayed_ack: float = knob(
        0.04,
        "seconds",
        """How long an ACK may wait for something to ride on (RFC 9293 MUST-40: under 0.5 s). 40 ms as in Linux;
        0 acknowledges at once.""",
    )

    keep_alive: float = knob(
        0.0,
        "seconds",
        """After how much silence an idle peer is asked whether it still lives; 0 is never (RFC 9293 MUST-25: off unless
        asked for; MUST-28: 7200 s or more where it is on by default).""",
    )

    keep_alive_interval: float = knob(
        75.0,
        "seconds",
        """The time between probes that go unanswered; BSD's and Linux's figure.""",
    )

    keep_alive_probes: int = knob(
        9,
        "probes",
        """How many unanswered probes make a dead peer (RFC 9293 MUST-29: more than one); Linux's figure.""",
    )

    mtu: int = knob(
        1500,
        "bytes",
        """The largest IP packet that the link takes, headers included.""",
    )

    timestamps: bool = knob(
        True,
        "yes or no",
        """Offer timestamps (RFC 7323): old segments are told by their age, not by luck.""",
    )

    sack: bool = knob(
        True,
        "yes or no",
        """Offer selective acknowledgment (RFC 2018).""",
    )

    window_scale: bool = knob(
        True,
        "yes or no",
        """Offer window scaling (RFC 7323 2); without it no window exceeds 65,535.""",
    )

    ecn: str = knob(
        "accept",
        "a word",
        """Explicit congestion notification (RFC 3168): "accept" it where the peer asks, as Linux does, "ask" for it in
        our own SYNs too, or "off".""",
    )

    nagle: bool = knob(
        True,
        "yes or no",
        """Hold a small segment back while another is unacknowledged (RFC 9293 3.7.4).""",
    )

    congestion: str = knob(
        "cubic",
        "a word",
        """How the congestion window moves: "cubic" (RFC 9438), what the large stacks use, or "reno" (RFC 5681).""",
    )

    half_open_limit: int = knob(
        1024,
        "connections",
        """How many half-open connections a listener keeps; what becomes of a SYN beyond them, `cookies` says. Linux
        keeps as many.""",
    )

    cookies: str = knob(
        "when-full",
        "a word",
        """Answer a SYN with a cookie (RFC 4987 3.6), which needs no half-open entry: "when-full" is when there is no
        room for one, "always", or "never". As Linux's `tcp_syncookies` of 1, 2 and 0, whose default is 1, too.""",
    )

    host_half_open_limit: int = knob(
        8192,
        "connections",
        """How many half-open connections all listeners of a stack keep together; they take 3 MB. It is the stack's own,
        whatever a listener's config says, as are the next three.""",
    )

    prefix_half_open_limit: int = knob(
        0,
        "connections",
        """How many half-open connections the addresses of one prefix may have; 0 is no bound. Behind one address may
        be a whole country's clients, and a forged source is in any prefix that its sender likes: so not by default.""",
    )

    half_open_prefix4: int = knob(
        24,
        "bits",
        """How long the prefixes are that `prefix_half_open_limit` counts, for IPv4: the least that is routed alone.""",
    )

    half_open_prefix6: int = knob(
        48,
        "bits",
        """The same for IPv6: what one site is given (RFC 6177), all of whose addresses are its own to use.""",
    )

    hold_timeout: float = knob(
        180.0,
        "seconds",
        """How long a listener that holds SYNs waits for its program to decide, and how long a SYN that the program
        ignores stays unanswered. For 180 s a client has to keep trying (RFC 9293 MUST-23); Linux gives up after
        127.""",
    )

    challenge_limit: int = knob(
        10,
        "segments",
        """How many segments that could be forged a connection answers in five seconds, and a half-open entry in its
        life (RFC 5961 7, its own example).""",
    )

    host_challenge_limit: int = knob(
        1000,
        "segments a second",
        """How many the whole stack answers in a second. The true limit is drawn anew each second, within half of this
        either way, so that nobody learns anything from it (CVE-2016-5696). Linux's figure of after that discovery.""",
    )

    ttl: int = knob(
        64,
        "hops",
        """Time to live, or hop limit, of each packet (RFC 9293 MUST-49).""",
    )

    dscp: int = knob(
        0,
        "code point",
        """The differentiated services code point of each packet (RFC 2474): 0 to 63, and 0 asks for nothing (RFC 9293
        MUST-48).""",
    )

    advise_after: int = knob(
        3,
        "repetitions",
        """After how many repetitions without an answer the program is told, with `Happened.TROUBLED`: R1 (RFC 9293
        SHLD-9, SHLD-10: at least 3).""",
    )

    soft_errors: bool = knob(
        True,
        "yes or no",
        """Tell the program of what goes wrong and ends nothing: R1, ICMP errors (RFC 9293 MUST-47; SHLD-20).""",
    )

    def __post_init__(self) -> None:
        for name in WHOLE:
            if not isinstance(getattr(self, name), int):
                raise ValueError(f"{name} is {getattr(self, name)!r}; it takes a whole number")
        for name in AT_LEAST_1:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it takes at least 1")
        for name in ("initial_rto", "min_rto", "max_rto", "msl", "user_timeout", "fin_wait_2_timeout", "hold_timeout"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)} s; it must be above 0")
        for name in NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it can't be negative")
        if not 0 <= self.delayed_ack < 0.5:
            raise ValueError(f"delayed_ack is {self.delayed_ack} s; RFC 9293 MUST-40 wants less than 0.5")
        if not LEAST_MTU <= self.mtu <= 65535:
            raise ValueError(f"mtu is {self.mtu}; an IP packet has {LEAST_MTU} to 65535 bytes")
        if self.ecn not in ("off", "accept", "ask"):
            raise ValueError(f"ecn is {self.ecn!r}; it is 'off', 'accept' or 'ask'")
        if self.congestion not in ("cubic", "reno"):
            raise ValueError(f"congestion is {self.congestion!r}; it is 'cubic' or 'reno'")
        if self.half_open_policy not in ("drop-new", "drop-oldest", "cache"):
            raise ValueError(
                f"half_open_policy is {self.half_open_policy!r}; it is 'drop-new', 'drop-oldest' or 'cache'"
            )
        for name, most in (("half_open_prefix4", 32), ("half_open_prefix6", 128)):
            if not 0 <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}; it is 0 to {most}")
        if self.cookies not in ("never", "when-full", "always"):
            raise ValueError(f"cookies is {self.cookies!r}; it is 'never', 'when-full' or 'always'")
        if not 0 < self.ttl < 256:
            raise ValueError(f"ttl is {self.ttl}; it is 1 to 255")
        if not 0 <= self.dscp < 64:
            raise ValueError(f"dscp is {self.dscp}; it is 0 to 63")
        if self.send_buffer > MOST_BUFFER:
            raise ValueError(f"send_buffer is {self.send_buffer}; no window is larger than {MOST_BUFFER}")
        if self.receive_window > 65535 << MOST_SCALE:
            raise ValueError(f"receive_window is {self.receive_window}; RFC 7323 allows 2^30")
        object.__setattr__(self, "terms", Terms(self))

    @property
    def receive_scale(self) -> int:
        """The window shift to offer: the least that lets `receive_window` be told in 16 bits (RFC 7323 2.2)."""
        return max(0, self.receive_window.bit_length() - 16) if self.window_scale else 0


def _describe() -> str:
    """What `help(Config)` shows: the knobs, each with its default, its unit and its reason."""
    lines = [cleandoc(Config.__doc__ or "")]
    for each in fields(Config):
        unit, reason = (each.metadata.get(name, "") for name in ("unit", "reason"))
        lines.append(f"{each.name} = {each.default!r} ({unit})\n" + indent(reason, "    "))
    return "\n\n".join(lines)


Config.__doc__ = _describe()
