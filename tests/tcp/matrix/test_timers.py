"""Every timer in every place (RFC 9293 3.10.8): whether it runs, what it sends, and where it leads."""

from itertools import product

import pytest
from requirements import requirement
from segments import MASK, read
from tcp.matrix import timers
from tcp.matrix.kinds import KINDS, MODES
from tcp.matrix.places import BY_NAME, OURS, Ground
from tcp.matrix.tables import MOVES
from tcp.matrix.timers import CELLS, OUTCOMES, TIMERS, WHERE
from tcp.matrix.walk import arrive

from handshook import State
from handshook.host.step import Direction
from handshook.testing import check


def expire(g, outcomes, until):
    """Let time pass, timer by timer, to the first expiry with one of these outcomes; it, and what it sent."""
    while True:
        due = g.stack.deadline()
        if due is None or due > until:
            return None, []
        g.t.now = max(g.t.now, due)
        before = len(g.t.steps)
        g.stack.advance(g.t.now)
        steps = [step for step in g.t.steps[before:] if step.direction is Direction.TIMER]
        for step in steps:
            assert (step.before, step.after) in MOVES
        frames = [read(frame) for frame in g.stack.transmit(g.t.now)]
        if g.connection is not None:
            check(g.connection)
        for step in steps:
            if step.outcome in outcomes:
                return step.outcome, frames


@requirement("RFC 9293 3.10.8 user", "RFC 9293 3.10.8 again", "RFC 9293 3.10.8 wait")
@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("timer", TIMERS)
@pytest.mark.parametrize("where", WHERE)
def test_a_timer(where, timer, ipv6):
    cell, place, spec = CELLS[where, timer], BY_NAME[where], TIMERS[timer]
    g = Ground(place, ipv6=ipv6, passive=ipv6, config=spec.config)
    rcv_nxt = place.R
    if spec.data:
        arrive(g, KINDS["data"], MODES["none"])
        rcv_nxt += 10
    outcome, frames = expire(g, {OUTCOMES[word] for word in spec.words}, g.t.now + spec.seconds)
    if cell is None:
        assert outcome is None
        return
    assert outcome is cell.outcome
    wanted = {
        "": None,
        "SYN": ("S", 0, 0, b""),
        "SYN,ACK": ("SA", 0, 1, b""),
        "ACK": ("A", place.N, rcv_nxt, b""),
        "DATA": ("A", place.U, rcv_nxt, OURS),
        "DATA,FIN": ("FA", place.U, rcv_nxt, OURS),
        "OCTET": ("A", place.N, rcv_nxt, OURS[:1]),
        "FIN": ("FA", place.U, rcv_nxt, b""),
        "KEEP-ALIVE": ("A", place.U - 1, rcv_nxt, b""),
        # A reset stands behind all that was sent, so that the peer believes it (RFC 5961 3.2).
        "RST": ("RA", place.N if timer != "user time-out" else None, rcv_nxt, b""),
    }[cell.answer]
    found = None
    if frames:
        first = frames[0]
        ack = (first.ack - g.t.isn) & MASK if "A" in first.flags else 0
        found = (first.flags.replace("P", ""), (first.seq - g.t.stack_isn) & MASK, ack, first.data)
        if wanted and wanted[1] is None:
            # A window probe may have taken an octet more.
            assert found[1] - place.N in (0, place.queued)
            found = (found[0], None, *found[2:])
    assert found == wanted
    assert g.state() is cell.state
    if g.connection is not None and cell.state is not State.LISTEN:
        assert g.connection.state is cell.state
        ends = cell.state is State.CLOSED and place.state is not State.TIME_WAIT and timer != "FIN-WAIT-2"
        assert type(g.connection.error) is (TimeoutError if ends else type(None))


class TestTheTable:
    def test_it_has_every_cell_and_no_other(self):
        assert set(CELLS) == set(product(WHERE, TIMERS))
        assert len(CELLS) == len(WHERE) * len(TIMERS)

    def test_each_word_and_each_note_is_used(self):
        used = {cell.outcome for cell in CELLS.values() if cell}
        assert used == set(OUTCOMES.values()) == {OUTCOMES[w] for timer in TIMERS.values() for w in timer.words}
        assert {cell.note for cell in CELLS.values() if cell} - {None} == set(timers.NOTES)

    def test_every_next_state_is_one_that_the_transition_table_allows(self):
        for (where, timer), cell in CELLS.items():
            if cell is not None:
                assert (BY_NAME[where].state, cell.state) in MOVES, f"{where}, {timer}"

    def test_every_way_by_a_timer_is_walked(self):
        from handshook.tcp.states import TRANSITIONS, Event

        walked = {(BY_NAME[where].state, cell.state) for (where, _), cell in CELLS.items() if cell}
        by_time = {Event.GIVE_UP, Event.TWO_MSL}
        assert {(before, after) for (before, event), after in TRANSITIONS.items() if event in by_time} <= walked
