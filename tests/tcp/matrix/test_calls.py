"""Every user call in every place (RFC 9293 3.10.1 to 3.10.6), and every segment after every call."""

from itertools import product

import pytest
from requirements import requirement
from segments import MASK, read
from tcp.matrix import calls
from tcp.matrix.calls import CALLS, CELLS, RESULTS, WHERE, reach
from tcp.matrix.kinds import KINDS, MODES
from tcp.matrix.places import BY_NAME, OURS, Place, stream
from tcp.matrix.tables import MOVES
from tcp.matrix.walk import arrive

from handshook import State
from handshook.host.listener import Listener
from handshook.tcp.connection import Connection
from handshook.testing import check, check_idle

VERSIONS = pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
CALLABLE = [key for key, cell in CELLS.items() if cell is not None]


def call(g, name):
    """Make the call: what it returned or raised, and what left at once."""
    before = len(g.t.steps)
    try:
        result = CALLS[name](g)
    except (OSError, RuntimeError) as error:
        result = error
    if isinstance(result, Connection):
        g.connection = result
    elif isinstance(result, Listener):
        g.listener = result
    for step in g.t.steps[before:]:
        assert (step.before, step.after) in MOVES, f"{step.before.rfc_name} to {step.after.rfc_name} by {step.outcome}"
    answers = [read(frame) for frame in g.stack.transmit(g.t.now)]
    if answers and "S" in answers[0].flags:
        g.t.stack_isn = answers[0].seq
    if g.connection is not None:
        check(g.connection)
    return result, answers


def numbers_of(where):
    """The place's numbers; of a connection that has ended, only that it has."""
    return BY_NAME.get(where) or Place(State.CLOSED, where)


@requirement("RFC 9293 3.10.1", "RFC 9293 3.10.2", "RFC 9293 3.10.3", "RFC 9293 3.10.4", "RFC 9293 3.10.5")
@VERSIONS
@pytest.mark.parametrize("where, name", CALLABLE, ids=[f"{where}-{name}" for where, name in CALLABLE])
def test_a_call(where, name, ipv6):
    cell, place = CELLS[where, name], numbers_of(where)
    g = reach(where, ipv6)
    error = None if g.connection is None else type(g.connection.error)
    result, answers = call(g, name)

    if cell.result == "data":
        assert result == stream(1, place.unread)
    elif cell.result == "ok":
        assert result is None or isinstance(result, Connection if name == "connect" else Listener)
    elif isinstance(RESULTS[cell.result], type):
        assert type(result) is RESULTS[cell.result]
    else:
        assert result == RESULTS[cell.result]
    if cell.result == "taken":
        assert result.errno == 98

    wanted = {
        "": [],
        "SYN": [("S", 0, 0, b"")],
        "ACK": [("A", place.N, place.R, b"")],
        "DATA": [("A", place.N, place.R, OURS)],
        "FIN": [("FA", place.N, place.R, b"")],
        "RST": [("RA", place.N, place.R, b"")],
    }[cell.answer]
    found = []
    for a in answers:
        ack = (a.ack - g.t.isn) & MASK if "A" in a.flags else 0
        found.append((a.flags.replace("P", ""), (a.seq - g.t.stack_isn) & MASK, ack, a.data))
    assert found == wanted

    if g.connection is not None and name != "listen":
        assert g.connection.state is cell.state
    elif name == "listen":
        assert g.connection is None or g.connection.state is cell.state
        assert not g.listener.closed
    else:
        assert g.state() is cell.state
    if name == "abort":
        # What is over, or only rests, stays what it was (MUST-12).
        over = place.state in (State.CLOSED, State.TIME_WAIT)
        assert type(g.connection.error) is (error if over else ConnectionAbortedError)
    elif name != "connect" and g.connection is not None:
        assert type(g.connection.error) is error
    if where.startswith("TIME-WAIT"):
        assert [entry.state for entry in g.stack.snapshot()] == [State.TIME_WAIT]


@pytest.mark.parametrize("where, name", CALLABLE, ids=[f"{where}-{name}" for where, name in CALLABLE])
def test_each_kind_of_segment_after_a_call(where, name):
    """Two steps, and then nothing: whatever came, an abort and time leave nothing behind."""
    # The modes take turns, so that over all places and calls each kind of segment meets each of them.
    turn = CALLABLE.index((where, name))
    for at, kind in enumerate(KINDS, turn):
        mode_name = list(MODES)[at % len(MODES)]
        mode = MODES[mode_name]
        g = reach(where, ipv6=at % 2 == 1, stamped=mode.stamped)
        call(g, name)
        g.place = after(g, where)
        was_closed = g.connection is not None and g.connection.state is State.CLOSED
        held = g.connection
        try:
            arrive(g, KINDS[kind], mode)
            if was_closed:
                assert held.state is State.CLOSED, "a closed connection came back to life"
            wind_up(g)
        except AssertionError as error:
            raise AssertionError(f"{where}, then {name}, then {kind}, timestamps {mode_name}: {error}") from error


def after(g, where):
    """Where the connection stands after the call, as far as a segment's numbers go: the call may have sent one."""
    place, c = numbers_of(where), g.connection
    if c is None or c.state in (State.CLOSED, State.TIME_WAIT) or c.state is State.SYN_SENT:
        return place
    isn, irs = c.iss, g.t.isn
    return Place(
        c.state,
        place.variant,
        R=(c.rcv_nxt - irs) & MASK,
        W=(c.rcv_edge - c.rcv_nxt) & MASK,
        U=(c.snd_una - isn) & MASK,
        N=(c.snd_nxt - isn) & MASK,
    )


def wind_up(g):
    """The program lets go of everything; then time passes, and the stack is back where it began."""
    g.stack.events()
    if g.listener is not None and not g.listener.closed:
        waiting = g.listener.accept()
        if waiting is not None:
            check(waiting)
            waiting.abort()
        g.listener.close()
    if g.connection is not None:
        g.connection.abort()
        assert g.connection.state is State.CLOSED
    g.t.wait(200)
    if g.connection is not None:
        assert g.connection.state is State.CLOSED
    check_idle(g.stack)


class TestTheTable:
    def test_it_has_every_cell_and_no_other(self):
        assert set(CELLS) == set(product(WHERE, CALLS))
        assert len(CELLS) == len(WHERE) * len(CALLS)

    def test_nothing_is_left_out_but_where_there_is_nothing_to_call(self):
        for (where, name), cell in CELLS.items():
            g = reach(where)
            on = g.stack if name in ("connect", "listen") else (g.connection or g.listener)
            assert (cell is None) == (not hasattr(on, name)), f"{where}, {name}"

    def test_each_note_is_used(self):
        assert {cell.note for cell in CELLS.values() if cell} - {None} == set(calls.NOTES)

    def test_every_next_state_is_one_that_the_transition_table_allows(self):
        for (where, name), cell in CELLS.items():
            if cell is not None:
                # Note 2: what the program connects from a port that listens is another record.
                before = State.CLOSED if cell.note == "2" else numbers_of(where).state
                assert (before, cell.state) in MOVES, f"{where}, {name}"

    def test_every_way_by_a_call_is_walked(self):
        from handshook.tcp.states import TRANSITIONS, Event

        walked = {(numbers_of(where).state, cell.state) for (where, _), cell in CELLS.items() if cell}
        by_call = {Event.PASSIVE_OPEN, Event.ACTIVE_OPEN, Event.CLOSE, Event.ABORT}
        assert {(before, after) for (before, event), after in TRANSITIONS.items() if event in by_call} <= walked
