"""The log: JSON lines in the shape of Suricata's EVE, and judged again without a network."""

import json
import re

import pytest
from defence.world import World

from handshook.defence import Rules, read_rules
from handshook.defence.replay import LogWrong, decisions_of, replay
from handshook.defence.sample import Sample


def attacked():
    """A world in which several things have happened."""
    world = World()
    silent = world.client("203.0.113.5", fate="silent")
    world.run(0.3)
    world.run(1.0, world.flood("syn", 800))
    world.run(1.0)
    for _ in range(100):
        world.connect(silent, 5)
        world.turn()
    world.run(1.0, world.flood("ack", 800, version=6))
    world.run(1.0)
    return world


@pytest.fixture(scope="module")
def lines():
    return [json.dumps(event) for event in attacked().events]


def test_the_shape_of_an_event(lines):
    events = [json.loads(line) for line in lines]
    assert {event["event_type"] for event in events} == {"alert", "drop", "stats", "defence"}
    for event in events:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000", event["timestamp"])
        if event["event_type"] in ("alert", "drop"):
            assert {"src_ip", "dest_ip", "proto", "src_port", "dest_port"} <= event.keys()
            assert event["alert"].keys() == {
                "action", "gid", "signature_id", "rev", "signature", "category", "severity",
            }  # fmt: skip
            assert event["defence"]["evidence"], "no decision without its numbers"
    (drop,) = [event for event in events if event["event_type"] == "drop"]
    assert drop["src_ip"] == "203.0.113.5" and drop["defence"]["evidence"]["silent"] >= 40
    alert = next(event for event in events if event["event_type"] == "alert")
    assert alert["defence"]["evidence"]["unfinished"] >= 300 and not alert["defence"]["proved"]
    assert alert["src_ip"] == "0.0.0.0", "of so many prefixes none stands out"


def test_a_replay_decides_the_same(lines):
    again = replay(lines)
    assert again.same and again.looks > 20
    assert {each[0] for each in again.told} == {"alert", "state", "ban"}


def test_a_replay_by_other_rules(lines):
    never = 100_000
    text = f"[flood]\nunfinished = {never}\nguesses = {never}\nsilent = {never}\n[pressed]\nqueue = 1\n"
    blind = replay(lines, read_rules(text))
    assert not blind.same and not [each for each in blind.decided if each[0] in ("alert", "ban")]


def test_a_replay_shows_what_was_tampered_with(lines):
    without = [line for line in lines if '"alert"' not in line]
    assert not replay(without).same


def test_rules_that_change_are_in_the_log():
    world = World()
    world.run(0.5, world.flood("syn", 800))
    world.defence.rules = read_rules("[flood]\nunfinished = 50\n")
    world.run(1.0, world.flood("syn", 300))
    lines = [json.dumps(event) for event in world.events]
    assert replay(lines).same


NO_LOGS = [
    ("{", "line 1"),
    ("3", "event_type"),
    ('{"event_type": "stats"}', "stats"),
    ('{"event_type": "stats", "stats": {"tme": 3}}', "tme"),
]


@pytest.mark.parametrize(("line", "why"), NO_LOGS)
def test_lines_that_are_no_log(line, why):
    with pytest.raises(LogWrong, match=why):
        replay([line])


def test_the_clock_of_the_machine_is_set_back_and_forth():
    """It is only for people: bans end and decisions fall by the stack's own clock."""
    jumps = iter([1.8e9, 0.0, 4e9] * 10_000)
    odd, straight = World(wall=lambda: next(jumps)), World()
    for world in (odd, straight):
        world.run(1.0, world.flood("syn", 800))
        world.run(1.0)

    def strip(world):
        return [{k: v for k, v in e.items() if k != "timestamp"} for e in world.events]

    assert strip(odd) == strip(straight)


def test_a_stack_whose_clock_leaps():
    """The machine slept for an hour in mid-flood: no flood of the sleep is counted, and none is kept up by it."""
    world = World()
    world.run(0.6, world.flood("syn", 800))
    world.defence.advance(world.now + 3600)
    world.defence.look(world.now + 3600.1)
    world.defence.look(world.now + 3600.4)
    world.defence.look(world.now + 3600.8)
    assert world.defence.state.name == "NORMAL"


def test_samples_that_go_back_in_time_are_not_believed():
    flood = {"SYN_ANSWERED": 500}
    forth = [Sample(n / 10, flood) for n in range(10)]
    assert any(decision.kind == "alert" for decision in decisions_of(forth))
    back = [Sample(10 - n / 10, flood) for n in range(10)]
    assert not decisions_of(back, Rules())
