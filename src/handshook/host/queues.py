"""How full a stack's queues are: half-open entries, held SYNs, connections to accept, TIME-WAIT."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Queue:
    """One queue: how many are in it, and how many may be, None where there is no limit of its own.

    `name` is "half-open", "held" (of the half-open: those that wait for the program, or that it wants unanswered),
    "accept", "half-open in all", "half-open from one prefix" (the fullest), "SYN cache" or "TIME-WAIT". `where` is
    whose it is: the (address, port) of a listener, None standing for any; or the prefix as text; or None for the whole
    stack's.
    """

    name: str
    fill: int
    limit: int | None
    where: tuple[str | None, int | None] | str | None = None
