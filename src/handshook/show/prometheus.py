"""The figures of a stack as the text that Prometheus reads (its exposition format 0.0.4)."""

from collections.abc import Iterable
from typing import Any

from ..outcomes import Outcome

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DEFENCE_STATES = ("normal", "pressed", "flood")

Sample = tuple[dict[str, str], float]


def prometheus(figures: dict[str, Any]) -> str:
    """The text, of what `figures` gave."""
    listeners = [({"port": str(each["port"]), "address": each["address"]}, each) for each in figures["listeners"]]
    text = [
        _metric(
            "handshook_outcomes_total",
            "counter",
            "What the engine decided, by the name of the decision.",
            (
                ({"outcome": name, "section": Outcome[name].section}, count)
                for name, count in sorted(figures["counters"].items())
            ),
        ),
        _metric(
            "handshook_connections",
            "gauge",
            "Entries of the stack by state, those half-open and in TIME-WAIT among them.",
            (({"state": name}, count) for name, count in sorted(figures["states"].items())),
        ),
        *(
            _metric(f"handshook_{name}", "gauge", meaning, ((labels, each[key]) for labels, each in listeners))
            for name, key, meaning in (
                ("half_open", "half_open", "Half-open connections of a listener."),
                ("half_open_limit", "half_open_limit", "How many half-open connections a listener keeps."),
                ("accept_queue", "waiting", "Finished connections that wait for the program."),
                ("accept_queue_limit", "backlog", "How many finished connections may wait."),
            )
        ),
        _metric(
            "handshook_half_open_oldest_seconds",
            "gauge",
            "The age of the oldest half-open connection.",
            [({}, figures["half_open"][0]["age"] if figures["half_open"] else 0.0)],
        ),
    ]
    if figures["defence"] is not None:
        text += _defence(figures["defence"])
    return "".join(text)


def _defence(figures: dict[str, Any]) -> list[str]:
    gate = ("syns", "resets", "finishes", "others", "banned", "limited")
    return [
        _metric(
            "handshook_defence_state",
            "gauge",
            "1 for the state that the defence is in.",
            (({"state": name}, float(figures["state"] == name)) for name in DEFENCE_STATES),
        ),
        _metric("handshook_defence_bans", "gauge", "Prefixes that are shut out.", [({}, figures["bans"])]),
        _metric("handshook_defence_limits", "gauge", "Prefixes that are slowed down.", [({}, figures["limits"])]),
        _metric(
            "handshook_gate_packets_total",
            "counter",
            "Packets at the gate, by what they are; banned and limited ones were turned away.",
            (({"kind": kind}, figures[kind]) for kind in gate),
        ),
    ]


def _metric(name: str, kind: str, meaning: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
        lines.append(f"{name}{{{inside}}} {_number(value)}" if inside else f"{name} {_number(value)}")
    return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    # A counter's last digits count.
    return str(int(value)) if value == int(value) else repr(value)
