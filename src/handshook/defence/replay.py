"""A log judged again: the looks that it holds give the decisions that it tells of, or those of other rules."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .detector import Decision, Detector
from .events import Events
from .rules import Rules, read_rules
from .sample import Sample


class LogWrong(ValueError):
    """A line of a log that can't be read: says which and why."""


@dataclass(frozen=True)
class Replay:
    """`decided` are the decisions of the looks, `told` those that the log tells of, both as `essence` has them."""

    decided: list[tuple[Any, ...]]
    told: list[tuple[Any, ...]]
    looks: int

    @property
    def same(self) -> bool:
        """Were the decisions those?"""
        return self.decided == self.told


def replay(lines: Iterable[str], rules: Rules | None = None) -> Replay:
    """Judge a log again, by the rules that it names, or by others. Raises `LogWrong`."""
    decided: list[tuple[Any, ...]] = []
    told: list[tuple[Any, ...]] = []
    looks = 0
    detector = Detector(rules or Rules())

    def keep(event: dict[str, Any]) -> None:
        if (found := essence(event)) is not None:
            decided.append(found)

    events = Events(keep, lambda: 0.0, "")
    for number, event in _read(lines):
        try:
            if event["event_type"] == "stats":
                looks += 1
                for decision in detector.judge(Sample.of(event["stats"])):
                    events.decision(decision, detector.state)
            elif event["event_type"] == "defence" and event["defence"].get("change") == "rules":
                if rules is None:
                    detector.rules = read_rules(event["defence"]["text"])
            elif (found := essence(event)) is not None:
                told.append(found)
        except (KeyError, TypeError, ValueError) as error:
            raise LogWrong(f"line {number}: {error!r}") from error
    return Replay(decided, told, looks)


def decisions_of(samples: Iterable[Sample], rules: Rules | None = None) -> list[Decision]:
    """What a row of looks leads to."""
    detector = Detector(rules or Rules())
    return [decision for sample in samples for decision in detector.judge(sample)]


def essence(event: dict[str, Any]) -> tuple[Any, ...] | None:
    """What a decision was, without when people's clock said it was; None for what is none."""
    ours = event.get("defence", {})
    if event["event_type"] == "alert":
        return ("alert", ours["name"], ours["time"], ours["prefix"])
    if event["event_type"] == "drop":
        return (ours["change"], ours["name"], ours["time"], ours["prefix"], ours["seconds"])
    if event["event_type"] == "defence" and ours.get("change") == "state":
        return ("state", ours["name"], ours["time"])
    return None


def _read(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except ValueError as error:
            raise LogWrong(f"line {number}: {error}") from error
        if not isinstance(event, dict) or "event_type" not in event:
            raise LogWrong(f"line {number}: an event is an object with an event_type")
        yield number, event
