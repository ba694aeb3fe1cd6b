"""The explorer: what holds of the engine's handshake, what fails without a part of it, and that it can be believed."""

import ast
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from handshook.prove.bounds import Bounds, read_bounds
from handshook.prove.catalogue import Catalogue
from handshook.prove.cores import prove_all
from handshook.prove.explorer import Explorer
from handshook.prove.job import prove
from handshook.prove.knowledge import LEFT_OUT, NUMBERS, OBJECTS, TIMES
from handshook.prove.properties import Property
from handshook.prove.scopes import ENGINE, SCOPES
from handshook.prove.stories import STORIES
from handshook.prove.table import Table
from handshook.prove.variants import BY_NAME

SOURCES = Path(__file__).parents[2] / "src" / "handshook" / "tcp"
OTHERS = [(name, scope) for name, scopes in SCOPES.items() if name != "three-way" for scope in scopes]


def small(scope):
    return replace(scope, bounds=scope.small)


@pytest.mark.parametrize("scope", ENGINE, ids=lambda scope: scope.name)
def test_the_engines_own_handshake_holds(scope):
    result = prove(BY_NAME["three-way"], small(scope))
    assert [(failure.property, failure.trace.told) for failure in result.failures] == []
    assert result.exhausted
    assert result.states == result.expanded > 50


@pytest.mark.parametrize(("name", "scope"), OTHERS, ids=lambda each: getattr(each, "name", each))
def test_every_other_one_fails_where_it_is_said_to(name, scope):
    result = prove(BY_NAME[name], scope)
    assert result.missing == []
    assert [failure.property for failure in result.failures][: len(scope.shows)] == list(scope.shows)
    assert all((name, shown) in STORIES for shown in scope.shows)


def way(name, scope, wanted):
    """The shortest way to a failure, in words."""
    (chosen,) = [each for each in SCOPES[name] if each.name == scope]
    result = prove(BY_NAME[name], chosen)
    (failure,) = [failure for failure in result.failures if failure.property is wanted]
    assert failure.steps == len(failure.trace.told)
    return failure.trace.told


class TestClassicalTraces:
    """As Tomlinson (1975), Dalal and Sunshine (1978) and RFC 9293 3.5 tell them."""

    def test_an_old_duplicate_syn_opens_a_ghost(self):
        told = way("two-way", "old-segments", Property.GHOST)
        assert len(told) == 4
        assert "the client's SYN arrives at the server, and a copy of it stays" in told[1]
        assert told[-1].startswith("a copy of the client's SYN arrives at the server")
        assert told[-1].endswith("LISTEN → ESTABLISHED")

    def test_a_server_believes_in_a_client_that_is_not_there(self):
        told = way("two-way", "old-segments", Property.BELIEF)
        assert len(told) == 3
        assert "LISTEN → ESTABLISHED" in told[1]
        assert told[2] == "the client's program closes; SYN-SENT → CLOSED"

    def test_the_old_syn_meets_the_new_syn_ack(self):
        told = way("no-ack-check", "old-segments", Property.AGREEMENT)
        assert len(told) == 5
        assert told[3] == "the client opens again; CLOSED → SYN-SENT"
        assert told[4].endswith("SYN-SENT → ESTABLISHED")

    @pytest.mark.parametrize(("name", "scope"), [("repeated-isn", "old-segments"), ("no-time-wait", "old-segments")])
    def test_data_of_a_former_incarnation_is_accepted(self, name, scope):
        told = way(name, scope, Property.OWN_DATA)
        assert "the client opens again; CLOSED → SYN-SENT" in told
        assert told[-1].startswith("an old copy of the")
        assert "octet" in told[-1]

    def test_a_stranger_who_can_work_out_the_number_is_let_in(self):
        told = way("predictable-isn", "strangers", Property.BELIEF)
        assert not any(line.startswith("the client") for line in told)
        assert told[-1].endswith("SYN-RECEIVED → ESTABLISHED")


class TestBelievable:
    @pytest.mark.parametrize("scope", ENGINE, ids=lambda scope: scope.name)
    def test_equal_knowledge_does_equal_things(self, scope):
        """What the catalogue stands on: a state that was met on two ways answers every input alike on both."""
        catalogue = Catalogue(BY_NAME["three-way"], scope.small)
        explorer = Explorer(catalogue)
        while explorer.expanded < 1500 and explorer.expand(500):
            pass
        assert catalogue.others
        assert list(catalogue.audit()) == []

    def test_knowledge_that_leaves_something_out_is_found_out(self, monkeypatch):
        """The audit can fail."""
        shorter = tuple(name for name in NUMBERS if name not in ("snd_nxt", "fin_queued", "fin_sent", "stage"))
        monkeypatch.setattr("handshook.prove.knowledge.NUMBERS", shorter)
        catalogue = Catalogue(BY_NAME["three-way"], ENGINE[0].small)
        explorer = Explorer(catalogue)
        with pytest.raises(Exception):  # noqa: B017 - whatever comes of hosts that are taken for others
            while explorer.expand(500):
                pass
            assert list(catalogue.audit()) == []

    def test_every_variable_of_a_connection_is_known_or_left_out_with_a_reason(self):
        slots = set()
        for file in ("flow.py", "tcb.py", "connection.py"):
            for node in ast.walk(ast.parse((SOURCES / file).read_text())):
                if isinstance(node, ast.ClassDef) and node.name in ("Flow", "TCB", "Connection"):
                    slots |= {
                        name
                        for statement in node.body
                        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__slots__"
                        for name in ast.literal_eval(statement.value)
                    }
        left_out = {name for names in LEFT_OUT.values() for name in names.split()}
        known = {*NUMBERS, *TIMES, *OBJECTS}
        assert len(slots) > 80
        assert known | left_out == slots
        assert not known & left_out

    def test_the_order_of_exploration_does_not_change_how_much_there_is(self):
        """On several cores, and all alone."""
        alone = list(prove_all(BY_NAME["three-way"], [small(scope) for scope in ENGINE[:3]]))
        together = list(prove_all(BY_NAME["three-way"], [small(scope) for scope in ENGINE[:3]], cores=2))
        assert [result.scope for result in together] == [result.scope for result in alone]
        for one, other in zip(alone, together, strict=True):
            assert (one.states, one.ways, one.cut, one.depth) == (other.states, other.ways, other.cut, other.depth)

    def test_an_exploration_that_is_ended_early_says_so(self):
        result = prove(BY_NAME["three-way"], small(ENGINE[0]), most=1)
        assert result.states >= 1
        assert result.exhausted == (result.states == result.expanded)


def test_the_table_holds_every_state_once():
    chance = Random(1)
    table, known = Table(), {}
    for _ in range(6000):
        words = tuple(chance.choice([0, 1, 1 << 63, chance.getrandbits(64), chance.getrandbits(12)]) for _ in range(4))
        assert table.add(*words, 5, 7) == (words not in known)
        known.setdefault(words, len(known))
    assert len(table) == len(known) > 2048
    for words, place in known.items():
        assert tuple(table.word(place, at) for at in range(4)) == words
        assert (table.before(place), table.action(place)) == (5, 7)


class TestBounds:
    def test_as_they_are_said_so_they_are_read(self):
        for scopes in SCOPES.values():
            for scope in scopes:
                assert read_bounds(scope.bounds.sentence(), Bounds()) == scope.bounds

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("nonsense=1", "there are"),
            ("copies", "takes a number"),
            ("copies=x", "takes a number"),
            ("opens=1/2/3", "client/server"),
            ("slow_reader=2", "0 or 1"),
            ("copies=8", "0 to 7"),
            ("in_flight=9", "0 to 8"),
        ],
    )
    def test_what_is_no_bound_is_told(self, text, said):
        with pytest.raises(ValueError, match=said):
            read_bounds(text, Bounds())
