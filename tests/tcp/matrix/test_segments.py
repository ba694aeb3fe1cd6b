"""Every kind of segment in every place, with timestamps and without, over IPv4 and IPv6: one test a cell."""

from itertools import product

import pytest
from requirements import requirement
from tcp.matrix.kinds import KINDS, MODES
from tcp.matrix.places import ALL, Ground
from tcp.matrix.stamps import MODE_NAMES, RULES, rule_of, stamped, unused
from tcp.matrix.tables import CELLS, MOVES, TABLES
from tcp.matrix.walk import arrive, see

from handshook import State


@requirement(
    "RFC 9293 3.10.7.1",
    "RFC 9293 3.10.7.2 RST",
    "RFC 9293 3.10.7.2 ACK",
    "RFC 9293 3.10.7.2 SYN",
    "RFC 9293 3.10.7.3 ACK",
    "RFC 9293 3.10.7.3 RST",
    "RFC 9293 3.10.7.3 SYN",
    "RFC 9293 3.10.7.4 first",
    "RFC 9293 3.10.7.4 second",
    "RFC 9293 3.10.7.4 fourth",
    "RFC 9293 3.10.7.4 fifth",
    "RFC 9293 3.10.7.4 fifth FIN",
    "RFC 9293 3.10.7.4 seventh",
    "RFC 9293 3.10.7.4 eighth",
)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ALL, ids=lambda place: place.name)
def test_a_segment_arrives(place, kind):
    wrong = []
    for (mode_name, mode), version in product(MODES.items(), (4, 6)):
        # Who began makes no difference later: IPv6 has the stack begin passively where the place leaves it open.
        ground = Ground(place, ipv6=version == 6, passive=version == 6, stamped=mode.stamped)
        try:
            see(ground, KINDS[kind], mode, stamped(place, kind, mode_name, CELLS[place, kind]))
        except AssertionError as error:
            wrong.append(f"IPv{version}, timestamps {mode_name}: {str(error).splitlines()[0]}")
    assert not wrong, "\n".join(wrong)


@requirement("RFC 9293 3.10.7.4 wait")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [place for place in ALL if place.state is State.TIME_WAIT], ids=lambda p: p.name)
def test_only_the_peers_fin_again_begins_the_wait_anew(place, kind):
    """3.10.7.4, eighth, TIME-WAIT: "restart the 2 MSL time-wait timeout"."""
    cell = CELLS[place, kind]
    ground = Ground(place)
    ground.t.wait(1.9 * ground.stack.config.msl)
    arrive(ground, KINDS[kind], MODES["none"])
    ground.t.wait(0.2 * ground.stack.config.msl)
    if cell.word == "begins anew":
        assert ground.state() is State.SYN_RECEIVED
    else:
        assert ground.state() is (State.TIME_WAIT if cell.word == "rests, FIN" else State.CLOSED)


class TestTheTable:
    """The tables themselves: nothing is missing from them, and nothing in them is never walked."""

    def test_it_has_every_cell_and_no_other(self):
        assert set(CELLS) == set(product(ALL, KINDS))
        assert len(CELLS) == len(ALL) * len(KINDS) == sum(len(table.cells) for table in TABLES)

    def test_it_has_every_state_and_each_variant_once(self):
        assert {place.state for place in ALL} == set(State)
        assert len({place.name for place in ALL}) == len(ALL)

    def test_each_note_is_used(self):
        for table in TABLES:
            assert {cell.note for cell in table.cells.values()} - {None} == set(table.notes)

    def test_timestamps_have_one_rule_for_each_place_and_mode(self):
        assert set(MODES) == set(MODE_NAMES)
        rules = [rule_of(place, mode) for place, mode in product(ALL, MODES)]
        assert len(rules) == len(ALL) * len(MODES)
        assert unused() == set()
        for rule in RULES.values():
            assert set(rule.cells) <= set(KINDS)

    @pytest.mark.parametrize("mode", MODES)
    def test_every_next_state_is_one_that_the_transition_table_allows(self, mode):
        for (place, kind), cell in CELLS.items():
            after = stamped(place, kind, mode, cell).state
            assert (place.state, after) in MOVES, f"{place.name}, {kind}: {after.rfc_name}"

    def test_every_way_by_a_segment_is_walked(self):
        """No arrow of figure 5 that a segment makes is left out."""
        from handshook.tcp.states import TRANSITIONS, Event

        segments = {
            Event.SYN,
            Event.SYN_ACK,
            Event.ACK_OF_SYN,
            Event.FIN,
            Event.ACK_OF_FIN,
            Event.FIN_WITH_ACK_OF_FIN,
            Event.RST,
        }
        walked = {(place.state, cell.state) for (place, _), cell in CELLS.items()}
        wanted = {(before, after) for (before, event), after in TRANSITIONS.items() if event in segments}
        assert wanted <= walked
