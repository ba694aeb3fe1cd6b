"""docs/states.md is current, and every way of the transition table is in its diagrams and in its table."""

import re
from itertools import product

from tcp.states_page import PAGE, write

from handshook import State
from handshook.show.states import ORDERLY, SUDDEN, arrows, diagram
from handshook.tcp.states import TRANSITIONS, Event

TEXT = PAGE.read_text(encoding="utf-8")
NAMES = {state.rfc_name: state for state in State}
EVENTS = {event.value: event for event in Event}


def drawn(text):
    """The ways in a diagram: (state, event, next state)."""
    lines = re.findall(r"^ +(\w+) --> (\w+) : (.+)$", text, re.M)
    return {(State[a], EVENTS[event], State[b]) for a, b, by in lines for event in by.split(" / ")}


WAYS = {(before, event, after) for (before, event), after in TRANSITIONS.items()}


def test_the_page_is_current():
    assert write() == TEXT, "make docs"


def test_every_way_is_drawn_and_no_other():
    assert drawn(TEXT) == WAYS


def test_each_is_drawn_once():
    orderly, sudden = (drawn(block) for block in re.findall(r"```mermaid\n(.*?)```", TEXT, re.S))
    assert not orderly & sudden
    assert {event for _, event, _ in orderly} == ORDERLY
    assert {event for _, event, _ in sudden} == SUDDEN


def test_every_entry_is_in_the_table_and_no_other():
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("|")]
    head, _, *body = rows
    assert head[1:] == [event.value for event in Event]
    assert [row[0] for row in body] == [state.rfc_name for state in State]
    found = {
        (NAMES[row[0]], EVENTS[event], NAMES[cell])
        for row in body
        for event, cell in zip(head[1:], row[1:], strict=True)
        if cell
    }
    assert found == WAYS


def test_a_diagram_of_some_events_has_only_the_states_they_touch():
    only = diagram({Event.TWO_MSL})
    assert drawn(only) == {(State.TIME_WAIT, Event.TWO_MSL, State.CLOSED)}
    assert re.findall(r"as (\w+)", only) == ["CLOSED", "TIME_WAIT"]


def test_arrows_are_the_table_by_pairs_of_states():
    pairs = arrows()
    assert {(a, event, b) for (a, b), by in pairs.items() for event in by} == WAYS
    for before, after in product(State, State):
        assert ((before, after) in pairs) == any((a, b) == (before, after) for a, _, b in WAYS)
