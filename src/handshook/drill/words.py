"""A sentence on each model, out of what was measured and nothing else: what it did with the load, and why."""

from .figures import Figures, Seconds, figures
from .job import Measured
from .load import Act


def opening(act: Act) -> str:
    """What comes, before it comes."""
    load = act.load
    if act.name == "crowd":
        return (
            f"A crowd: {load.clients:,} clients within {brief(load.clients / load.rate)}, every request takes "
            f"{brief(load.slow)}, and a client gives up after {brief(load.timeout)}."
        )
    slow = sum(load.is_slow(number) for number in range(load.clients))
    return (
        f"Some slow ones among many: {load.clients:,} clients, {load.rate:g} a second; a request takes "
        f"{brief(load.handler)}, but {slow} of them {brief(load.slow)}; a client gives up after {brief(load.timeout)}."
    )


def sentence(measured: Measured) -> str:
    """On one model under one load."""
    found = figures(measured)
    said = (_CROWD if measured.act.name == "crowd" else _SLOW)[measured.model.kind](measured, found)
    if found.failed:
        said += f" {found.failed:,} failed otherwise."
    return said


# --- a few slow ones among many ------------------------------------------------------------------------------------


def _one_slow(measured: Measured, found: Figures) -> str:
    return f"who comes after a slow one waits for it: {_quick_lost(measured, found)}{_for_nothing(found)}."


def _thread_slow(measured: Measured, found: Figures) -> str:
    return (
        f"a slow request keeps its own thread busy and nobody else: {_quick_lost(measured, found)}; at most "
        f"{measured.threads - 1} handlers' threads at once{_for_nothing(found)}."
    )


def _pool_slow(measured: Measured, found: Figures) -> str:
    busy = "some threads were left for the others" if not found.quick_lost else "there were not threads enough for that"
    return (
        f"a slow request takes one of {measured.model.threads} threads, and {busy}: "
        f"{_quick_lost(measured, found)}{_for_nothing(found)}."
    )


def _loop_slow(measured: Measured, found: Figures) -> str:
    return f"a slow request awaits, and the loop serves others meanwhile: {_quick_lost(measured, found)}; one thread."


def _blocked_slow(measured: Measured, found: Figures) -> str:
    return (
        "a handler that blocks holds up the loop, the engine in it too, and the loop is one at a time again: "
        f"{_quick_lost(measured, found)}{_for_nothing(found)}."
    )


def _quick_lost(measured: Measured, found: Figures) -> str:
    if not found.quick_lost:
        return f"not one of {found.quick:,} quick ones was lost, p99 of the wait {_said(found.wait_99)}"
    return (
        f"{found.quick_lost:,} of {found.quick:,} quick ones, each {brief(measured.act.load.handler)} of work, "
        "got no answer"
    )


def _for_nothing(found: Figures) -> str:
    if not found.for_nothing:
        return ""
    return f"; {found.for_nothing:,} {_were(found.for_nothing)} worked on for clients that had left"


# --- a crowd -------------------------------------------------------------------------------------------------------


def _one_crowd(measured: Measured, found: Figures) -> str:
    rest = "; the rest waited in the backlog, or outside of it, until they gave up" if found.timed_out else ""
    return f"{_served(measured, found)}{rest}{_unanswered(measured)}{_for_nothing(found)}."


def _thread_crowd(measured: Measured, found: Figures) -> str:
    threads = measured.threads - 1
    each = measured.memory / max(1, threads)
    said = f"{_served(measured, found)}, at the price of {threads:,} threads at once and {size(measured.memory)}"
    said += f", {size(each)} for each, beside the address space of its stack"
    if refused := measured.counts.get("no-thread", 0):
        said += f"; the system had no thread left for {refused:,} more, which were reset"
    return said + "."


def _pool_crowd(measured: Measured, found: Figures) -> str:
    how = measured.model.when_full
    said = (
        f"{measured.model.threads} threads and {size(measured.memory)}, however many come; {_served(measured, found)}"
    )
    if how == "wait" and found.timed_out:
        said += f"; {found.timed_out:,} waited {brief(measured.act.load.timeout)} to learn nothing"
        said += _unanswered(measured)
    elif how == "refuse":
        if found.refused:
            said += f"; {found.refused:,} refused, half of them within {_said(found.told)}, could go elsewhere"
        said += f"; {found.timed_out:,} in the queue gave up" if found.timed_out else ""
    elif found.refused:
        said += f"; {found.refused:,} reset, half of them within {_said(found.told)}, for the sake of later ones"
    return f"{said}{_for_nothing(found)}."


def _loop_crowd(measured: Measured, found: Figures) -> str:
    each = measured.memory / measured.act.load.clients
    return f"{_served(measured, found)}, on one thread and {size(measured.memory)}, {size(each)} for each."


def _blocked_crowd(measured: Measured, found: Figures) -> str:
    return f"the first handler that blocked held up the loop for everybody: {_served(measured, found)}."


def _served(measured: Measured, found: Figures) -> str:
    clients = measured.act.load.clients
    if found.finished == clients:
        return f"all {clients:,} were served"
    return f"{found.finished:,} of {clients:,} {_were(found.finished)} served"


def _unanswered(measured: Measured) -> str:
    silent = measured.counters.get("DROPPED_ACCEPT_QUEUE_FULL", 0)
    return f" ({silent:,} segments met a full backlog, and silence)" if silent else ""


_SLOW = {
    "one": _one_slow,
    "thread": _thread_slow,
    "pool": _pool_slow,
    "asyncio": _loop_slow,
    "asyncio:block": _blocked_slow,
}
_CROWD = {
    "one": _one_crowd,
    "thread": _thread_crowd,
    "pool": _pool_crowd,
    "asyncio": _loop_crowd,
    "asyncio:block": _blocked_crowd,
}


# --- numbers -------------------------------------------------------------------------------------------------------


def brief(seconds: float, between: str = " ") -> str:
    """A length of time, in at most five characters beside what is `between` number and unit."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.{2 if seconds < 0.00995 else 3}g}{between}ms"
    return f"{seconds:.3g}{between}s"


def size(number: float) -> str:
    """Bytes."""
    return f"{number / 1024:.0f} KB" if number < 1 << 20 else f"{number / (1 << 20):.1f} MB"


def _said(seconds: Seconds | None) -> str:
    if seconds is None:
        return "unknown"
    return f"at least {brief(seconds.value)}" if seconds.at_least else brief(seconds.value)


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
