"""The engine walked through every entry of the transition table (RFC 9293 3.3.2, figure 5), and what isn't in it.

One function makes each event happen, whatever the state; so the table and the engine can't disagree unnoticed.
"""

from dataclasses import replace
from itertools import product

import pytest
from tcp.ways import STANDS, reach

from handshook import Config, Outcome, State
from handshook.tcp.states import MAY_RECEIVE, MAY_SEND, SYNCHRONIZED, TRANSITIONS, Event
from handshook.testing import Script

IMPATIENT = Config(
    user_timeout=3, fin_wait_2_timeout=3, syn_retries=1, syn_ack_retries=1, timestamps=False, keep_alive=0.0
)


COOKIES = replace(IMPATIENT, cookies="always")


def listening(t):
    """LISTEN is a state of a port."""
    t.listener = t.listening()


def enter(t, state):
    """Bring the script's stack to `state`; returns the connection, None for CLOSED and LISTEN."""
    if state is State.CLOSED:
        return None
    if state is State.LISTEN:
        listening(t)
        return None
    return reach(t, state)


def happen(t, state, connection, event):
    """Make `event` happen; returns the connection that it concerns."""
    stand = STANDS.get(state)
    seq, una, nxt = (stand.seq, stand.una, stand.nxt) if stand else (0, 0, 1)
    if event is Event.PASSIVE_OPEN:
        listening(t)
    elif event is Event.ACTIVE_OPEN:
        return t.connecting()
    elif event is Event.CLOSE:
        t.listener.close() if state is State.LISTEN else connection.close()
    elif event is Event.ABORT:
        t.listener.close() if state is State.LISTEN else connection.abort()
    elif event is Event.SYN:
        if state is State.TIME_WAIT:
            listening(t)
            seq = 100_000
        t.send("SYN", seq=seq)
    elif event is Event.SYN_ACK:
        t.send("SYN,ACK", seq=0, ack=1)
    elif event is Event.ACK_OF_SYN:
        t.send("ACK", seq=seq, ack=1)
    elif event is Event.COOKIE:
        t.listener.close()
        t.listener = t.stack.listen(80, config=COOKIES)
        t.send("SYN", seq=0)
        t.expect("SYN,ACK", seq=0, ack=1)
        t.send("ACK", seq=1, ack=1)
    elif event is Event.FIN:
        t.send("FIN,ACK", seq=seq, ack=max(una, 1))
    elif event is Event.ACK_OF_FIN:
        t.send("ACK", seq=seq, ack=2)
    elif event is Event.FIN_WITH_ACK_OF_FIN:
        t.send("FIN,ACK", seq=seq, ack=2)
    elif event is Event.RST:
        t.send("RST,ACK", seq=seq, ack=nxt)
    elif event is Event.GIVE_UP:
        if connection is not None and state in (State.ESTABLISHED, State.CLOSE_WAIT):
            connection.send(b"never acknowledged")
        if state is State.FIN_WAIT_2:
            connection.close()
        t.wait(30)
    elif event is Event.TWO_MSL:
        t.wait(60.1)
    return connection


def state_of(t, connection):
    """What the four-tuple or the port is in now."""
    snapshot = t.stack.snapshot()
    if snapshot:
        assert connection is None or connection.state in (snapshot[0].state, State.CLOSED)
        return snapshot[0].state if connection is None or snapshot[0].state is State.SYN_RECEIVED else connection.state
    if connection is None and t.listener is not None and not t.listener.closed:
        return State.LISTEN
    return State.CLOSED


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize(
    "state, event", TRANSITIONS, ids=[f"{state.rfc_name} {event.value}" for state, event in TRANSITIONS]
)
def test_the_engine_goes_where_the_table_says(ipv6, state, event):
    t = Script(config=IMPATIENT, ipv6=ipv6)
    t.listener = None
    connection = enter(t, state)
    connection = happen(t, state, connection, event)
    assert state_of(t, connection) is TRANSITIONS[state, event]
    if connection is not None and event is not Event.SYN:
        assert connection.state is TRANSITIONS[state, event]


ARRIVING = [Event.SYN, Event.SYN_ACK, Event.ACK_OF_SYN, Event.FIN, Event.ACK_OF_FIN, Event.FIN_WITH_ACK_OF_FIN]
# A segment can be two events at once: a SYN,ACK is also the ACK of our SYN (figure 7), a FIN with the ACK of ours is
# also a FIN and also an ACK of ours.
ALSO = {
    (State.SYN_RECEIVED, Event.SYN_ACK): State.ESTABLISHED,
    (State.FIN_WAIT_2, Event.FIN_WITH_ACK_OF_FIN): State.TIME_WAIT,
    (State.CLOSING, Event.FIN_WITH_ACK_OF_FIN): State.TIME_WAIT,
    (State.LAST_ACK, Event.FIN_WITH_ACK_OF_FIN): State.CLOSED,
}


@pytest.mark.parametrize(
    "state, event",
    [pair for pair in product([State.SYN_SENT, *STANDS], [*ARRIVING, Event.CLOSE]) if pair not in TRANSITIONS],
    ids=lambda value: getattr(value, "rfc_name", None) or value.value,
)
def test_what_is_not_in_the_table_does_not_change_the_state(state, event):
    t = Script(config=IMPATIENT)
    t.listener = None
    connection = enter(t, state)
    happen(t, state, connection, event)
    assert connection.state is ALSO.get((state, event), state)


def test_every_state_can_be_reached_and_left():
    reached = {State.CLOSED} | {after for (before, _), after in TRANSITIONS.items() if before is not after}
    left = {before for (before, _), after in TRANSITIONS.items() if before is not after}
    assert reached == left == set(State)


def test_from_every_state_closed_can_be_reached_without_the_peer():
    """By the program or by time: nothing depends on the other side's goodwill."""
    alone = {Event.ABORT, Event.GIVE_UP, Event.TWO_MSL, Event.CLOSE}
    for state in set(State) - {State.CLOSED}:
        assert any(TRANSITIONS.get((state, event)) is State.CLOSED for event in alone), state


def test_the_sets_are_those_of_the_rfc():
    assert frozenset(State) - {State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED} == SYNCHRONIZED
    assert {State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2} == MAY_RECEIVE
    assert {State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED, State.CLOSE_WAIT} == MAY_SEND


@pytest.mark.parametrize("state", [State.SYN_SENT, *STANDS], ids=lambda state: state.name)
def test_data_is_taken_from_the_program_in_the_states_of_the_set(state):
    connection = reach(Script(), state)
    if state in MAY_SEND:
        assert connection.send(b"x") == 1
    else:
        with pytest.raises(BrokenPipeError):
            connection.send(b"x")


@pytest.mark.parametrize("state", [state for state in STANDS if state in SYNCHRONIZED], ids=lambda state: state.name)
def test_data_is_taken_from_the_peer_in_the_states_of_the_set(state):
    t = Script()
    connection = reach(t, state)
    t.send("ACK", seq=STANDS[state].seq, ack=STANDS[state].nxt if state is not State.CLOSING else 1, data=b"x")
    assert connection.recv(1) == (b"x" if state in MAY_RECEIVE else b"")


def test_the_names_are_those_of_the_rfc():
    assert [state.rfc_name for state in State] == [
        "CLOSED",
        "LISTEN",
        "SYN-SENT",
        "SYN-RECEIVED",
        "ESTABLISHED",
        "FIN-WAIT-1",
        "FIN-WAIT-2",
        "CLOSE-WAIT",
        "CLOSING",
        "LAST-ACK",
        "TIME-WAIT",
    ]


def test_every_outcome_has_a_section_and_a_meaning():
    for outcome in Outcome:
        assert outcome.meaning
        assert outcome.section or outcome is Outcome.NOTHING
