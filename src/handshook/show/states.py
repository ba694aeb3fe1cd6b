"""The states and every way between them, drawn from `TRANSITIONS`: as a table, and as a diagram in Mermaid's words.

Nothing here knows a transition by itself, so a picture and the engine can't disagree.
"""

from collections.abc import Iterable

from ..tcp.states import TRANSITIONS, Event, State

SUDDEN = frozenset({Event.RST, Event.ABORT, Event.GIVE_UP})
"""What ends a connection from nearly every state; drawn apart, for the order would drown in it."""
ORDERLY = frozenset(Event) - SUDDEN
"""What opens a connection and releases it in order (RFC 9293 3.3.2, figure 5)."""


def arrows(events: Iterable[Event] = tuple(Event)) -> dict[tuple[State, State], list[Event]]:
    """The ways that these events make: (state, next state) to the events that lead from one to the other."""
    wanted = frozenset(events)
    found: dict[tuple[State, State], list[Event]] = {}
    for (before, event), after in TRANSITIONS.items():
        if event in wanted:
            found.setdefault((before, after), []).append(event)
    return found


def diagram(events: Iterable[Event] = tuple(Event)) -> str:
    """A Mermaid state diagram of the ways that these events make, without a fence around it."""
    ways = arrows(events)
    met = {state for way in ways for state in way}
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state.rfc_name}" as {state.name}' for state in State if state in met]
    lines += [
        f"    {before.name} --> {after.name} : {' / '.join(event.value for event in by)}"
        for (before, after), by in ways.items()
    ]
    return "\n".join(lines)


def table() -> str:
    """A Markdown table: a row for each state, a column for each event, the next state where there is one."""
    rows = [["", *(event.value for event in Event)], ["---"] * (len(Event) + 1)]
    for state in State:
        nexts = (TRANSITIONS.get((state, event)) for event in Event)
        rows.append([state.rfc_name, *("" if after is None else after.rfc_name for after in nexts)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
