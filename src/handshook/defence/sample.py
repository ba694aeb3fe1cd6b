"""What a defence sees in one look, as plain data: the only thing that decisions hang on, so a log of them is enough."""

from dataclasses import dataclass, field
from typing import Any

from ..outcomes import Outcome

ANSWERED = ("SYN_ANSWERED", "SYN_COOKIE", "SYN_CACHED", "TIME_WAIT_REOPENED")
TURNED_AWAY = ("DROPPED_SYN_QUEUE_FULL",)
OPENED = ("ESTABLISHED_PASSIVE", "COOKIE_ACCEPTED")
ABORTED = ("HALF_OPEN_RESET",)
STRAY_ACKS = (
    "LISTEN_ACK_RESET",
    "SYN_ACK_ACK_BAD",
    "CLOSED_PORT_RESET",
    "COOKIE_WRONG",
    "COOKIE_EXPIRED",
    "COOKIE_OPTIONS_BAD",
    "OUTSIDE_WINDOW",
)
STRAY_RESETS = (
    "LISTEN_RST_IGNORED",
    "CLOSED_PORT_IGNORED",
    "RST_OUTSIDE_WINDOW",
    "TIME_WAIT_RST_IGNORED",
    "CHALLENGE_ACK",
    "CHALLENGE_ACK_LIMITED",
)
STRAY_FINISHES = (*STRAY_ACKS, "LISTEN_IGNORED", "WITHOUT_ACK_DROPPED")
WATCHED = frozenset(
    Outcome[name] for name in {*ANSWERED, *TURNED_AWAY, *OPENED, *ABORTED, *STRAY_ACKS, *STRAY_RESETS, *STRAY_FINISHES}
)


@dataclass(frozen=True)
class Sample:
    """`time` in seconds of the stack's clock. Counts are what has been added since the look before.

    `outcomes` has those of `WATCHED` that changed, `gate` the packets by kind. `half_open` and `room` are the fill of
    the half-open queues and their limits together. `silent` and `used` are the connections that came to the age at
    which they should have been used. The lists are the heaviest of the current window: `sources` are prefixes by SYNs,
    which nobody has proved to be true; `openings` prefixes by finished handshakes; `peers` addresses with their unused
    and all their connections, `requests` addresses by requests.
    """

    time: float
    outcomes: dict[str, int] = field(default_factory=dict)
    gate: dict[str, int] = field(default_factory=dict)
    half_open: int = 0
    room: int = 1
    silent: int = 0
    used: int = 0
    sources: list[list[Any]] = field(default_factory=list)
    openings: list[list[Any]] = field(default_factory=list)
    peers: list[list[Any]] = field(default_factory=list)
    requests: list[list[Any]] = field(default_factory=list)

    def total(self, names: tuple[str, ...]) -> int:
        """How often any of these outcomes was reached."""
        return sum(self.outcomes.get(name, 0) for name in names)

    @property
    def fill(self) -> float:
        """The share of the half-open queues that is taken."""
        return self.half_open / self.room

    @property
    def idle(self) -> bool:
        """Has nothing happened that is worth a look?"""
        return not (self.outcomes or self.half_open or self.silent or self.used or any(self.gate.values()))

    def record(self) -> dict[str, Any]:
        """As JSON takes it; what is empty is left out."""
        return {name: value for name, value in vars(self).items() if value or name in ("time", "half_open", "room")}

    @classmethod
    def of(cls, record: dict[str, Any]) -> "Sample":
        """What `record` gave. Raises `TypeError` where that can't be."""
        return cls(**record)
