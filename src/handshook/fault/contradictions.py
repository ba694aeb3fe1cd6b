"""Two rules that can't both be meant: where one always acts, what the other waits for never comes."""

from .rule import Rule, RuleError


def check(rule: Rule, others: list[Rule]) -> None:
    """Raises `RuleError` where a rule contradicts one of the others, with the names of both."""
    for other in others:
        if rule.text == other.text:
            raise RuleError(f"`{rule}` is in force already")
        if _same_connections(rule, other):
            for stopping, waiting in ((rule, other), (other, rule)):
                _check(stopping, waiting)


def _check(stopping: Rule, waiting: Rule) -> None:
    stops, acts = stopping.stops, waiting.acts
    if stops is not None and acts is not None and acts >= stops:
        raise RuleError(
            f"`{waiting}` and `{stopping}` contradict each other: where the second always acts, the first never can. "
            "Give one of them a `to`, a `first`, a `for` or a `probability`"
        )


def _same_connections(rule: Rule, other: Rule) -> bool:
    to = rule.to is not None and rule.to.apart_from(other.to)
    source = rule.source is not None and rule.source.apart_from(other.source)
    return not to and not source
