"""Each attack is seen within a second, named, answered, and over when it is over (virtual time)."""

import pytest
from defence.world import TURN, World

from handshook import Config
from handshook.defence import read_rules

RATE = 1000  # a second; the suite runs uncompiled, too
SECOND = 1.0
BEGINS = 0.5
SIGNALS = {"syn": "unfinished", "ack": "guesses", "syn-rst": "aborted", "rst-fin": "finishes"}


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("attack", SIGNALS)
def test_a_forged_flood_is_seen_within_a_second_and_over_within_one(attack, version):
    world = World()
    world.run(BEGINS)
    rate = 2 * RATE if attack in ("syn-rst", "rst-fin") else RATE
    world.run(2 * SECOND, world.flood(attack, rate, version=version))
    assert world.alerts()[SIGNALS[attack]] <= BEGINS + SECOND, world.alerts()
    assert world.defence.state.name == "FLOOD"
    ended = world.now
    world.run(SECOND)
    assert world.defence.state.name == "NORMAL"
    assert world.told("defence")[-1]["defence"]["time"] <= ended + SECOND
    assert not world.told("drop") and not world.defence.lists.bans.size, "nobody has proved anything"


def test_a_reset_storm_is_seen_as_one():
    world = World()
    world.run(SECOND, world.flood("rst-fin", 3 * RATE))
    assert set(world.alerts()) == {"resets", "finishes"}


@pytest.mark.parametrize("address", ["203.0.113.5", "2001:db8:77::5"])
def test_who_connects_and_never_speaks_is_seen_within_a_second_and_shut_out(address):
    world = World()
    attacker = world.client(address, fate="silent")
    honest = world.client("203.0.113.99")
    begins = world.now

    for turn in range(round(1.5 * SECOND / TURN)):
        if not world.defence.lists.bans.size:
            world.connect(attacker, 6)
        if turn % 10 == 0:
            world.connect(honest)
        world.turn()
    assert world.alerts()["silent"] <= begins + SECOND
    bans = world.defence.lists.banned(world.now)
    assert [ban.prefix for ban in bans] == [address if "." in address else "2001:db8:77::/64"]
    drop = world.told("drop")[0]
    assert drop["alert"]["action"] == "blocked" and drop["defence"]["proved"]
    assert drop["src_ip"] == address or ":" in address
    # What it held is gone, and it opens no more; others do.
    before = world.stack.counters()
    world.connect(attacker, 5)
    world.connect(honest, 5)
    world.run(0.5)
    opened = [name for name in before if name.name in ("ESTABLISHED_PASSIVE", "COOKIE_ACCEPTED")]
    assert sum(world.stack.counters()[n] - before[n] for n in opened) == 5
    # The ban is over in its time, which is said where it is shown.
    assert bans[0].left <= 60
    world.defence.receive_many([], world.now + 61)
    world.defence.look(world.now + 61)
    assert not world.defence.lists.bans.size


def test_honest_clients_are_served_through_a_flood():
    world = World()
    honest = world.client("203.0.113.99")
    flood = world.flood("syn", 10 * RATE)
    opened = []
    for turn in range(150):
        if turn % 10 == 5:
            opened.append(honest.connect(("198.51.100.2", 80)))
        world.turn(flood())
    world.run(0.5)
    assert len(opened) == 15 and all(c.error is None and c.snd_una != c.iss for c in opened)
    assert all(c.retransmissions == 0 for c in opened), "each at once"


def test_the_knobs_are_turned_and_turned_back():
    world = World(config=Config(syn_ack_retries=5))
    own = world.listener.config
    world.run(SECOND, world.flood("syn", RATE))
    assert world.listener.config.cookies == "always" and world.listener.config.syn_ack_retries == 0
    world.run(2 * SECOND)
    assert world.listener.config == own


def test_a_rule_that_is_off_does_nothing():
    rules = read_rules("[act]\ncookies = false\nshorten = false\nban = false\n")
    world = World(rules)
    own = world.listener.config
    world.run(SECOND, world.flood("syn", RATE))
    assert "unfinished" in world.alerts()
    assert world.listener.config == own


def test_a_flood_is_over_only_when_its_queue_has_drained():
    rules = read_rules("[act]\ncookies = false\nshorten = false\n")
    world = World(rules, config=Config(cookies="never", half_open_limit=500, initial_rto=2.0, syn_ack_retries=0))
    world.run(SECOND, world.flood("syn", RATE))
    assert world.defence.state.name == "FLOOD"
    while world.listener.half_open > 50:
        assert world.defence.state.name == "FLOOD"
        world.turn()
        assert world.now < 10
    world.run(SECOND)
    assert world.defence.state.name == "NORMAL"


def test_a_prefix_is_limited_for_what_it_has_opened_and_no_other():
    rules = read_rules("[limit]\nopenings = 100\nrate = 20\n[flood]\nsilent = 100\n[ban]\nsilent = 1000000\n")
    world = World(rules)
    crowd = [world.client(f"203.0.113.{n}", fate="silent") for n in range(1, 6)]
    for turn in range(120):
        for host in crowd:
            world.connect(host, 1 + (turn & 1))
        world.turn()
    limits = world.defence.lists.limited(world.now)
    assert [limit.prefix for limit in limits] == ["203.0.113.0/24"]
    assert world.defence.figures()["limited"] > 0
    other = world.client("203.0.114.1")
    before = world.defence.figures()["limited"]
    for host, _ in world.clients[:-1]:
        for connection in [c for c in host.snapshot() if c.state.name == "SYN_SENT"]:
            assert connection.retries <= 1
    opened = other.connect(("198.51.100.2", 80))
    world.run(0.2)
    assert opened.snd_una != opened.iss
    assert world.defence.figures()["limited"] >= before


def test_requests_that_a_program_tells_of():
    rules = read_rules("[ban]\nrequests = 50\n[flood]\nguesses = 100\n")
    world = World(rules)
    world.run(0.6, world.flood("ack", RATE))
    assert world.defence.state.name == "FLOOD"
    for _ in range(60):
        world.defence.request("203.0.113.8")
    for _ in range(30):
        world.defence.request("203.0.113.9")
    world.run(0.2, world.flood("ack", RATE))
    assert [ban.prefix for ban in world.defence.lists.banned(world.now)] == ["203.0.113.8"]
