"""A small slice of the campaign (`make simulate` has the rest), and hosts that break each rule and are found out."""

import pytest

from handshook import Config, Stack
from handshook.testing import Leaving, Manner, Plan, Restart, Scenario, Weather, World, random_scenario
from handshook.testing.trial import Failure, census, explain, try_seed

SEEDS = 200
CHUNK = 20


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_seeds_of_the_campaign(first):
    for seed in range(first, first + CHUNK):
        result = try_seed(seed)
        assert not isinstance(result, Failure), f"{result}\n{explain(seed)}"


def test_a_world_leaves_nothing_in_memory():
    before = census()
    world = World(random_scenario(1))
    world.run()
    assert census() > before
    del world
    assert census() == before


def test_the_same_seed_is_the_same_world():
    assert [try_seed(seed) for seed in range(5)] == [try_seed(seed) for seed in range(5)]
    assert random_scenario(7) == random_scenario(7) != random_scenario(8)


def test_a_failure_is_told_with_its_scenario_and_ladders():
    told = explain(3)
    assert "scenario of seed 3" in told and "fine, over at" in told
    assert "SENT_SYN " in told and "host 1" in told


# --- misfortunes, one by one -----------------------------------------------------------------------------------------

BOTH_WAYS = Manner(bytes(range(256)) * 100)


def played(**scenario):
    """A scenario with one transfer each way, played; the world."""
    plans = scenario.pop("plans", (Plan(opening=BOTH_WAYS, answering=BOTH_WAYS),))
    world = World(Scenario(1, plans=plans, **scenario))
    world.run()
    return world


def ends(world):
    """How each program of the first connection ended."""
    return [program.error for program in world.sessions[0].programs]


def test_a_link_that_is_dead_for_a_while():
    world = played(weather=Weather(dead=((0.05, 20.0),)))
    assert ends(world) == [None, None] and world.link.now > 20


def test_a_link_that_dies_for_ever():
    config = Config(user_timeout=100.0)
    world = played(weather=Weather(dead=((0.05, float("inf")),)), configs=(config, config))
    assert [type(error) for error in ends(world)] == [TimeoutError, TimeoutError]


def test_a_host_that_comes_back_without_memory():
    """RFC 9293 3.5.1: who still sends to it is reset; its own program opens again from the same port."""
    world = played(restarts=(Restart(0, 0.03, 130.0),), plans=(Plan(opening=Manner(b"a" * 9000, gap=0.02, chunk=100)),))
    lost, again = world.sessions
    assert lost.opening.lost and lost.bereft
    assert again.opening.error is None and bytes(again.answering.received) == b"a" * 9000


def test_both_open_at_once():
    world = played(plans=(Plan(both=True, opening=BOTH_WAYS, answering=BOTH_WAYS),))
    assert ends(world) == [None, None]
    assert bytes(world.sessions[0].answering.received) == BOTH_WAYS.data


@pytest.mark.parametrize("ipv6", [False, True])
def test_a_path_that_narrows_and_says_so(ipv6):
    weather = Weather(narrow_from=0.03, path_mtu=1280)
    world = played(weather=weather, ipv6=ipv6)
    assert ends(world) == [None, None]
    assert world.sessions[0].opening.connection.mtu == 1280


def test_a_path_that_narrows_without_a_word():
    """There is no probing of the path's MTU: whoever meets a black hole gives up after the user time-out."""
    config = Config(user_timeout=100.0)
    weather = Weather(narrow_from=0.03, path_mtu=1000, black_hole=True)
    world = played(weather=weather, configs=(config, config))
    assert isinstance(ends(world)[0], TimeoutError)


def test_a_liar_changes_nothing():
    world = played(lies=1.0)
    assert ends(world) == [None, None] and world.liar.lies > 20


def test_a_liar_who_overhears_an_opening_is_believed():
    slow = {"delay": 0.3}
    worlds = [World(Scenario(seed, lies=1.0, hard_lies=True, impairment=slow)) for seed in range(60)]
    for world in worlds:
        world.run()
    assert any(world.sessions[0].opening.error is not None for world in worlds)


def test_an_aborting_program_resets_the_other():
    rude = Manner(BOTH_WAYS.data, chunk=1000, gap=0.02, leaving=Leaving.ABRUPT, abort_after=5000)
    world = played(plans=(Plan(opening=rude, answering=BOTH_WAYS),))
    assert isinstance(ends(world)[1], ConnectionResetError)


def test_the_same_ports_again_and_again():
    world = played(plans=(Plan(again=3, opening=BOTH_WAYS),))
    assert len(world.sessions) == 4
    assert all(bytes(session.answering.received) == BOTH_WAYS.data for session in world.sessions)


# --- hosts that are wrong, and must be found out ---------------------------------------------------------------------


def found_out(stack, match, **scenario):
    plans = (Plan(opening=BOTH_WAYS, answering=BOTH_WAYS),)
    world = World(Scenario(1, plans=plans, impairment={"delay": 0.01}, **scenario), stack=stack)
    with pytest.raises(AssertionError, match=match):
        world.run()


def test_news_that_is_forgotten():
    class Forgetful(Stack):
        def events(self):
            return super().events()[:0] if self.now > 0.03 else super().events()

    found_out(Forgetful, "stuck")


def test_packets_that_are_never_sent_again():
    class Shy(Stack):
        def transmit(self, now):
            packets = super().transmit(now)
            return packets if now < 0.03 else []

    found_out(Shy, "stuck|without an excuse")


def test_an_entry_that_is_kept():
    class Hoarder(Stack):
        def snapshot(self):
            return [*super().snapshot(), *self.hoard()]

        def hoard(self):
            return [] if self.now < 1 else [_Entry()]

    class _Entry:
        due = None

    found_out(Hoarder, "Entry")


def test_a_timer_that_is_too_late():
    class Sleepy(Stack):
        def snapshot(self):
            return [_Late()] if self.now < 1 else super().snapshot()

    class _Late:
        due = 1e6

    often = Manner(bytes(2000), chunk=10, gap=0.001)
    world = World(Scenario(1, plans=(Plan(opening=often),)), stack=Sleepy)
    with pytest.raises(AssertionError, match="is due in"):
        world.run()


def test_bytes_that_are_changed_on_the_way():
    class Liar(Stack):
        def receive_many(self, frames, now):
            super().receive_many([self.changed(frame) for frame in frames], now)

        def changed(self, frame):
            """Two words exchanged: no checksum tells."""
            if len(frame) < 1400:
                return frame
            return frame[:1000] + frame[1002:1004] + frame[1000:1002] + frame[1004:]

    found_out(Liar, "something else was read than was sent")


def test_data_that_is_taken_from_beyond_the_window():
    """Whoever tells of less than it takes accepts what stands beyond the edge that it has told (RFC 9293 3.4)."""

    class Greedy(Stack):
        def transmit(self, now):
            return [told_less(packet) for packet in super().transmit(now)]

    def told_less(packet):
        window = int.from_bytes(packet[34:36], "big")
        if window < 1100:
            return packet
        less = window - 1000
        total = (int.from_bytes(packet[36:38], "big") ^ 0xFFFF) + (window ^ 0xFFFF) + less  # RFC 1624 3
        total = (total & 0xFFFF) + (total >> 16)
        return packet[:34] + less.to_bytes(2, "big") + (total ^ 0xFFFF).to_bytes(2, "big") + packet[38:]

    # Segments of 500 octets, and room for just six of them is told of: the sender fills it to the edge.
    config = Config(mtu=552, receive_window=4001, window_scale=False)
    plan = Plan(opening=Manner(bytes(300_000)), answering=Manner(leaving=Leaving.LAST))
    scenario = Scenario(1, plans=(plan,), configs=(config, config), lies=1.0)
    World(scenario).run()
    with pytest.raises(AssertionError, match=r"never arrived inside the window|something else was read"):
        World(scenario, stack=Greedy).run()
