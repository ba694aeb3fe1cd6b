"""What a flood drill is to do: one attack on one server. It names no target, for there is only one."""

import json
from dataclasses import asdict, dataclass, fields

ATTACKS = ("syn", "ack", "connect", "syn-rst", "rst-fin")
DEFENCES = ("none", "short-timer", "oldest", "cache", "cookies", "full")
KERNELS = ("kernel", "kernel-cookies")
"""What is attacked: the engine with one of the defences, or, to compare, the Linux kernel without and with cookies."""

PORT = 7
# No more packets than this, and no longer: a drill ends.
MOST = 2_000_000
LONGEST = 60.0
# Honest clients, and how long each of them waits: longer than a lost SYN takes to be repeated.
HONEST_RATE = 100.0
HONEST_PATIENCE = 3.0


@dataclass(frozen=True)
class Order:
    """`rate` packets a second, 0 for as many as can be sent; `count` packets in all.

    Raises `ValueError` for what can't be.
    """

    defence: str = "full"
    attack: str = "syn"
    rate: float = 10_000.0
    count: int = 50_000
    ipv6: bool = False
    hold: bool = False
    honest: float = HONEST_RATE
    link: str = "auto"

    def __post_init__(self) -> None:
        if self.attack not in ATTACKS:
            raise ValueError(f"attack {self.attack!r}: it is one of {', '.join(ATTACKS)}")
        if self.defence not in DEFENCES + KERNELS:
            raise ValueError(f"defence {self.defence!r}: it is one of {', '.join(DEFENCES)}")
        if not 1 <= self.count <= MOST:
            raise ValueError(f"count {self.count}: it is 1 to {MOST:,}")
        if not 0 <= self.rate <= 1e7:
            raise ValueError(f"rate {self.rate:g}: it is 0, for as fast as can be, to 10,000,000 a second")
        if self.rate and self.count / self.rate > LONGEST:
            raise ValueError(f"rate {self.rate:g}: {self.count:,} packets last longer than {LONGEST:g} s then")
        if not 1 <= self.honest <= 1000:
            raise ValueError(f"honest {self.honest:g}: it is 1 to 1,000 clients a second")

    def as_text(self) -> str:
        """For a process's arguments."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "Order":
        """What `as_text` gave."""
        return cls(**json.loads(text))

    @property
    def names(self) -> list[str]:
        """The names of all that it says."""
        return [each.name for each in fields(self)]
