"""What the clients saw, in figures: how many of each fate, and how long they waited and were worked for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .clients import Fate
from .job import Measured


@dataclass(frozen=True)
class Seconds:
    """A length of time; with `at_least` all that is known is that it is no shorter."""

    value: float
    at_least: bool = False


@dataclass(frozen=True)
class Figures:
    """`quick` are those whose work is not slow, `quick_lost` how many of these got no answer.

    `for_nothing` requests were worked on to their end after their client had left. The waits count those who gave up
    with as long as they must have waited at least, their patience less their work; the services are those of the
    finished. `told` is the median time in which the refused learnt it. What nobody had is None.
    """

    finished: int
    timed_out: int
    refused: int
    failed: int
    quick: int
    quick_lost: int
    for_nothing: int
    wait_50: Seconds | None
    wait_99: Seconds | None
    service_50: Seconds | None
    service_99: Seconds | None
    told: Seconds | None


def figures(measured: Measured) -> Figures:
    """Of one model under one load."""
    load, clients = measured.act.load, measured.clients
    fates = Counter(client.fate for client in clients)
    waits, quick, quick_lost = [], 0, 0
    for number, client in enumerate(clients):
        if not load.is_slow(number):
            quick += 1
            quick_lost += client.fate is not Fate.FINISHED
        if client.wait is not None:
            waits.append(Seconds(client.wait))
        elif client.fate is Fate.TIMED_OUT and load.work(number) < load.timeout:
            waits.append(Seconds(load.timeout - load.work(number), at_least=True))
    services = [Seconds(client.service) for client in clients if client.service is not None]
    told = [Seconds(client.took) for client in clients if client.fate is Fate.REFUSED]
    return Figures(
        finished=fates[Fate.FINISHED],
        timed_out=fates[Fate.TIMED_OUT],
        refused=fates[Fate.REFUSED],
        failed=fates[Fate.FAILED],
        quick=quick,
        quick_lost=quick_lost,
        for_nothing=max(0, measured.done - fates[Fate.FINISHED]),
        wait_50=percentile(waits, 50),
        wait_99=percentile(waits, 99),
        service_50=percentile(services, 50),
        service_99=percentile(services, 99),
        told=percentile(told, 50),
    )


def percentile(found: Sequence[Seconds], share: int) -> Seconds | None:
    """The shortest that `share` per cent are no longer than (nearest rank); None of nothing."""
    ranked = sorted(found, key=lambda each: (each.value, each.at_least))
    return ranked[max(0, -(-len(ranked) * share // 100) - 1)] if ranked else None


def record(measured: Measured, sentence: str) -> dict[str, Any]:
    """For machines: seconds and bytes; a wait of which only the least is known has "at_least"."""
    found = vars(figures(measured))
    flat = {
        name: vars(value) if isinstance(value, Seconds) and value.at_least
        else value.value if isinstance(value, Seconds) else value
        for name, value in found.items()
    }  # fmt: skip
    return {
        "act": measured.act.name,
        "model": measured.model.name,
        "load": vars(measured.act.load),
        **flat,
        "threads": measured.threads,
        "memory": measured.memory,
        "counts": measured.counts,
        "counters": measured.counters,
        "sentence": sentence,
    }
