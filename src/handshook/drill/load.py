"""What clients ask of a server: how many come, how fast, how long each one's work takes, how long each one waits.

All of it is decided beforehand: client `n` comes at `n / rate` seconds, and every so-maniest is slow. So each model
has the very same to do.
"""

from dataclasses import dataclass

MOST_CLIENTS = 10_000
MOST_SECONDS = 60.0


@dataclass(frozen=True)
class Load:
    """`clients` connections, `rate` of them a second, each with one request of `handler` seconds of work.

    A share `slow_share` of them, evenly spread, has `slow` seconds of work instead. A client gives up `timeout` seconds
    after it began to connect. Raises ValueError, with a sentence, for what can't be.
    """

    clients: int
    rate: float
    handler: float
    slow_share: float
    slow: float
    timeout: float

    def __post_init__(self) -> None:
        if not 1 <= self.clients <= MOST_CLIENTS:
            raise ValueError(f"{self.clients} clients: 1 to {MOST_CLIENTS:,}")
        if not 0 < self.rate <= MOST_CLIENTS or self.clients / self.rate > MOST_SECONDS:
            raise ValueError(
                f"{self.rate:g} clients a second: more than 0 and at most {MOST_CLIENTS:,}, "
                f"and all {self.clients} must have come within {MOST_SECONDS:g} seconds"
            )
        if not 0 <= self.slow_share <= 1:
            raise ValueError(f"a slow share of {self.slow_share:g}: 0 is none, 1 is all")
        for name, value in (("handler", self.handler), ("slow", self.slow), ("timeout", self.timeout)):
            if not 0 <= value <= MOST_SECONDS:
                raise ValueError(f"{name} of {value:g} seconds: 0 to {MOST_SECONDS:g}")
        if self.timeout == 0:
            raise ValueError("a client that waits 0 seconds gets no answer from anybody")

    def work(self, number: int) -> float:
        """How many seconds the work of a client takes; the first is number 0."""
        return self.slow if self.is_slow(number) else self.handler

    def is_slow(self, number: int) -> bool:
        """Whether a client is one of the slow ones: in the middle of each stretch of which one is slow."""
        return int(number * self.slow_share + 0.5) < int((number + 1) * self.slow_share + 0.5)

    @property
    def seconds(self) -> float:
        """When the last client has its answer or has given up."""
        return self.clients / self.rate + self.timeout


def crowd(load: Load, clients: int) -> Load:
    """So many within a second, each as slow as the slow ones of `load`, and patient for twice as long."""
    return Load(clients, clients, load.slow, 0.0, load.slow, 2 * load.slow)


@dataclass(frozen=True)
class Act:
    """A load by its name: "slow", a few slow requests among many, or "crowd", all at once and all slow."""

    name: str
    load: Load
