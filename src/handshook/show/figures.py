"""A stack in numbers, as plain data: its queues, its half-open entries with their ages, every outcome counted.

What looks at a stack from outside is made of this: the live view, the text for Prometheus, a program's own.
"""

from collections import Counter
from typing import Any

from ..host.stack import Stack
from ..outcomes import Outcome
from ..tcp.states import State
from ..wire.addresses import spell, unpack

# So many of the oldest half-open entries are named; all are counted.
MOST_NAMED = 20
# Half-open entries by age, in seconds: up to which.
AGES = (0.1, 1.0, 3.0, 10.0, 60.0)

COOKIES = tuple(outcome for outcome in Outcome if "COOKIE" in outcome.name)
DROPS = tuple(outcome for outcome in Outcome if "DROPPED" in outcome.name or outcome.name.endswith("_LIMITED"))


def figures(stack: Stack, defence: dict[str, Any] | None = None) -> dict[str, Any]:
    """Everything, as JSON takes it; `defence` is a defence's own figures.

    It walks through every connection once: ask a few times a second, and not for each packet.
    """
    half_open = []
    states: Counter[str] = Counter()
    for entry in stack.snapshot():
        states[entry.state.name] += 1
        if entry.state == State.SYN_RECEIVED:
            half_open.append(entry)
    half_open.sort(key=lambda entry: -entry.age)
    ages = {f"{most:g}": sum(entry.age <= most for entry in half_open) for most in AGES}
    return {
        "listeners": [
            {
                "port": listener.port,
                "address": "" if listener.address is None else unpack(listener.address),
                "half_open": listener.half_open,
                "half_open_limit": listener.config.half_open_limit,
                "waiting": len(listener.queue),
                "backlog": listener.backlog,
            }
            for listener in stack.listeners
        ],
        "states": dict(states),
        "half_open_ages": {**ages, "+Inf": len(half_open)},
        "half_open": [
            {"remote": spell(entry.remote), "age": entry.age, "retries": entry.retries}
            for entry in half_open[:MOST_NAMED]
        ],
        "counters": {outcome.name: count for outcome, count in stack.counters().items()},
        "defence": defence,
    }
