"""What an exploration has come to, in sentences: what held, what failed and why, what was covered and what was not."""

from ..host.step import Step
from ..show.watch import Watcher
from .job import Failure, Result
from .properties import Property
from .scopes import Scope
from .stories import STORIES
from .variants import Variant

NOT_COVERED = (
    "not covered: anything beyond these bounds; SACK, window scaling, ECN, and timestamps but in the one exploration; "
    "segments of more than a few octets, more than one four-tuple, ICMP, several segments in one batch; numbers that "
    "meet by chance; and that the rules are the right ones, which no exploration can say"
)


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
    elif result.failures:
        lines.append(f"  ended where it was seen; failed: {_names(result.failures)}")
    else:
        lines.append(f"  ended early, with {result.states - result.expanded:,} states ahead; until there all held")
    if result.exhausted and result.cut:
        lines.append(
            f"  {result.cut:,} of {result.ways:,} ways would have had more segments in the network than the bounds, "
            "and were not taken"
        )
    if scope.exempt:
        lines.append(f"  {', '.join(each.value for each in scope.exempt)} not asked for here: {scope.because}")
    lines.extend(f"  {each.value} was to fail here, and did not" for each in result.missing)
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


def close(variant: Variant, scopes: list[Scope], states: int, seconds: float, failed: bool) -> list[str]:
    """The last word on all of it."""
    rate = states / seconds if seconds else 0.0
    size = f"{states:,} states in {seconds:.1f} s, {rate:,.0f} a second"
    if failed:
        return [f"{variant.name} does not hold ({size})."]
    properties = ", ".join(each.value for each in Property)
    many = f"each of {len(scopes)} explorations" if len(scopes) > 1 else "this exploration"
    return [f"{variant.name} holds: no property failed within the bounds of {many} ({size}).",
            f"properties: {properties}", NOT_COVERED]  # fmt: skip


def draw(watcher: Watcher, seen: list[Step | str]) -> None:
    """The ladder of one host: its steps, and the notes between them."""
    for each in seen:
        if isinstance(each, str):
            watcher.say(each)
        else:
            watcher(each)
    watcher.close()
