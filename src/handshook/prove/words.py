"""What an exploration has come to, in sentences: what held, what failed and why, what was covered and what was not."""

from ..host.step import Step
from ..show.watch import Watcher
from .job import NOT_COVERED, Failure, Result
from .properties import Property
from .stories import STORIES


def report(result: Result) -> list[str]:
    """One exploration: how far it went, and what came of it."""
    scope = result.scope
    lines = [
        f"{scope.name}: {scope.about}",
        f"  bounds: {scope.bounds.sentence()}",
        f"  {result.expanded:,} states in {result.seconds:.1f} s ({result.rate:,.0f} a second), up to {result.depth} "
        f"steps deep; {result.host_states:,} states of a host, {result.executed:,} times the engine was asked",
    ]
    if result.exhausted and not result.failures:
        lines.append(f"  all that is within the bounds: every property held, in each of the {result.pairs:,} pairs")
    elif result.exhausted:
        lines.append(f"  all that is within the bounds; failed: {_names(result.failures)}")
    elif result.stopped:
        so_far = f"failed until there: {_names(result.failures)}" if result.failures else "nothing failed until there"
        lines.append(f"  ended early ({result.why}), with {result.ahead:,} states met and not gone on from; {so_far}")
    else:
        lines.append(f"  ended where it was seen; failed: {_names(result.failures)}")
    if result.exhausted and result.cut:
        lines.append(
            f"  {result.cut:,} of {result.ways:,} ways would have had more segments in the network than the bounds, "
            "and were not taken"
        )
    if scope.exempt:
        lines.append(f"  {', '.join(each.value for each in scope.exempt)} not asked for here: {scope.because}")
    so_far = " until there" if result.stopped else ""
    lines.extend(f"  {each.value} was to fail here, and did not{so_far}" for each in result.missing)
    return lines


def _names(failures: list[Failure]) -> str:
    return ", ".join(failure.property.value for failure in failures)


def tell(result: Result, failure: Failure) -> list[str]:
    """One failure: the rule, the shortest way in words, and what it means."""
    broken = failure.property
    lines = [f"{broken.value.upper()} FAILS: {broken.rule}", f"the shortest way, {failure.steps} steps:"]
    lines += [f"  {number}. {text}" for number, text in enumerate(failure.trace.told, 1)]
    lines.append(f"{broken.broken[0].upper()}{broken.broken[1:]}.")
    story = STORIES.get((result.variant.name, broken))
    return [*lines, story] if story else lines


def close(results: list[Result], seconds: float, left_out: list[str]) -> list[str]:
    """The last word on all of it; `left_out` are the explorations of this handshake that were not asked for."""
    states = sum(result.expanded for result in results)
    name = results[0].variant.name
    size = f"{states:,} states in {seconds:.1f} s, {states / seconds if seconds else 0.0:,.0f} a second"
    if any(result.failures for result in results):
        return [f"{name} does not hold ({size})."]
    stopped = [result.scope.name for result in results if result.stopped]
    many = f"each of {len(results)} explorations" if len(results) > 1 else "this exploration"
    if stopped:
        ended = f"{len(stopped)} of {len(results)} explorations were ended" if len(results) > 1 else "it was ended"
        first = (f"{name} is not decided: no property failed in what was covered, but {ended} before all "
                 f"within the bounds was covered ({size}): {', '.join(stopped)}.")  # fmt: skip
    else:
        first = f"{name} holds: no property failed within the bounds of {many} ({size})."
    properties = ", ".join(each.value for each in Property)
    others = [f"not asked for: {', '.join(left_out)}"] if left_out else []
    return [first, f"properties: {properties}", *others, f"not covered: {'; '.join(NOT_COVERED)}"]


def draw(watcher: Watcher, seen: list[Step | str]) -> None:
    """The ladder of one host: its steps, and the notes between them."""
    for each in seen:
        if isinstance(each, str):
            watcher.say(each)
        else:
            watcher(each)
    watcher.close()
