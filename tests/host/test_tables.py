"""The stack's tables held against plain ones: the timers' heap, the ring of TIME-WAIT entries."""

from random import Random

import pytest

from handshook.host.seed import Secrets
from handshook.host.time_waits import TimeWaits
from handshook.host.timers import Timers
from handshook.tcp.flow import Flow
from handshook.tcp.time_wait import TimeWait

NEVER = float("inf")


@pytest.mark.parametrize("seed", range(20))
def test_flows_come_up_when_they_are_due_whatever_moves_in_between(seed):
    chance = Random(seed)
    timers, flows, now = Timers(), [Flow() for _ in range(200)], 0.0
    for _ in range(5000):
        flow = chance.choice(flows)
        act = chance.random()
        if act < 0.7:
            flow.due = now + chance.choice([0.0, 0.5, 1.0, chance.random() * 10, NEVER])
            timers.arm(flow)
        elif act < 0.8:
            timers.disarm(flow)
            assert flow.due == NEVER
        else:
            now += chance.random()
        # What is due comes up, each once, and nothing else does.
        due = {flow for flow in flows if flow.due <= now}
        while (flow := timers.pop(now)) is not None:
            due.remove(flow)
            flow.due = NEVER
        assert not due
        assert timers.next() == min(flow.due for flow in flows)
    for flow in flows:
        timers.disarm(flow)
    assert len(timers) == 0
    assert timers.next() == NEVER


def key(number):
    """Of both IP versions, by turns."""
    return bytes([number % 2]) * (8 if number % 2 else 32) + number.to_bytes(4, "big")


def wait(number, expires):
    made = TimeWait()
    made.snd_nxt, made.rcv_nxt, made.ts_recent = number, number + 1, number + 2
    made.window, made.timestamps, made.expires = number & 0xFFFF, number % 3 == 0, expires
    return made


@pytest.mark.parametrize("seed", range(10))
def test_time_wait_entries_are_found_until_they_expire(seed):
    chance = Random(seed)
    table, model, now = TimeWaits(Secrets(1).initial_sequence), {}, 0.0
    for _ in range(3000):
        number = chance.randrange(400)
        act = chance.random()
        if act < 0.6:
            model.pop(key(number), None)
            model[key(number)] = wait(number, now + 20)
            table.add(key(number), wait(number, now + 20))
        elif act < 0.7:
            model.pop(key(number), None)
            table.remove(key(number))
        else:
            now += chance.random()
        while (gone := table.pop(now)) is not None:
            assert model.pop(gone).expires <= now
        assert len(table) == len(model)
        found, expected = table.find(key(number)), model.get(key(number))
        assert (found is None) == (expected is None)
        for name in ("snd_nxt", "rcv_nxt", "ts_recent", "window", "timestamps", "expires"):
            assert getattr(found, name, None) == getattr(expected, name, None)
    assert all(entry.expires > now for entry in model.values())
    assert [found for found, _ in table.items()] == list(model)


def test_an_entry_that_begins_anew_for_ever_takes_no_more_room():
    """A peer may repeat its FIN as often as it likes."""
    table = TimeWaits(Secrets(1).initial_sequence)
    table.add(key(1), wait(1, 1e9))
    for turn in range(10_000):
        table.add(key(2), wait(2, turn))
    assert table.room == 64
