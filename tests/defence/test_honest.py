"""Honest loads: whatever they look like from afar, nobody is banned and no flood is declared."""

import random

import pytest
from defence.world import World

from handshook import Config


def is_left_alone(world):
    assert not world.alerts(), world.told("alert")
    assert "flood" not in world.states()
    assert not world.told("drop") and not world.defence.lists.bans.size and not world.defence.lists.limits.size
    return True


@pytest.mark.parametrize("cookies", ["never", "when-full", "always"])
def test_a_burst_of_real_connects(cookies):
    world = World(config=Config(cookies=cookies))
    hosts = [world.client(f"203.0.113.{n}") for n in range(1, 51)]
    for host in hosts:
        world.connect(host, 20)
    world.run(3.0)
    assert is_left_alone(world)
    assert world.stack.counters()[next(o for o in world.stack.counters() if o.name == "FIN_ACCEPTED")] == 1000


def test_a_busy_nat():
    world = World()
    nat = world.client("203.0.113.1")
    for _ in range(200):
        world.connect(nat, 6)
        world.turn()
    world.run(1.0)
    assert is_left_alone(world)


def test_a_nat_in_which_some_only_look_and_some_never_speak():
    world = World()
    nat = world.client("203.0.113.1")
    lookers = world.client("203.0.113.2", fate="leaves")
    silent = world.client("203.0.113.3", fate="silent")
    for turn in range(200):
        world.connect(nat, 4)
        world.connect(lookers, 1)
        if turn % 4 == 0:
            world.connect(silent)
        world.turn()
    world.run(1.0)
    assert is_left_alone(world)


def test_a_reconnect_storm_after_an_outage():
    """The server has lost its memory: a thousand peers still send into connections that it doesn't know, are reset, and
    come back all at once."""
    before = World()
    hosts = [before.client(f"203.0.{n // 200}.{1 + n % 200}", fate="silent") for n in range(300)]
    held = [host.connect(("198.51.100.2", 80)) for host in hosts for _ in range(3)]
    for host, _ in before.clients:
        host.events()
    before.run(0.3)
    world = World()
    world.clients = [(host, "speaks") for host in hosts]
    world.now, world._turns = before.now, before._turns
    world.defence.look(world.now)
    draw = random.Random(3)
    for _ in range(300):
        for place, connection in enumerate(held):
            if connection is not None and connection.error is None and draw.random() < 0.05:
                try:
                    connection.send(b"still there?")
                except OSError:
                    pass
            elif connection is not None and connection.error is not None:
                connection.owner.connect(("198.51.100.2", 80))
                held[place] = None
        world.turn()
    assert sum(connection is None for connection in held) > 800
    assert is_left_alone(world)


def test_nothing_at_all_wakes_nobody():
    world = World()
    client = world.client("203.0.113.1")
    world.connect(client)
    world.run(3.0)
    assert world.defence.deadline() == world.stack.deadline()
    looks = len(world.told("stats"))
    world.run(1.0)
    assert len(world.told("stats")) == looks
