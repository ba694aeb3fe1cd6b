"""How much strangers can cause: half-open entries by listener, in all, by prefix; and what is shown."""

from random import Random

import pytest
from segments import packed, packet

from handshook import Config, Outcome, Queue, Stack, State
from handshook.host.bounds import Bounds
from handshook.host.listener import Listener
from handshook.wire.addresses import make_key

HERE4, HERE6 = "198.51.100.2", "2001:db8::2"


def stack_with(**knobs):
    """A stack that drops what finds no room; cookies have tests of their own."""
    return Stack([HERE4, HERE6], config=Config(cookies="never", **knobs), seed=1)


def syn(stack, source, to=80, port=5000, now=0.0):
    """What becomes of a SYN."""
    before = stack.counters()
    here = HERE6 if ":" in source else HERE4
    stack.receive(packet((source, port), (here, to), "S"), now)
    (outcome,) = [name for name, count in stack.counters().items() if count != before.get(name, 0)]
    return outcome


@pytest.mark.parametrize("hold, taken", [(False, Outcome.SYN_ANSWERED), (True, Outcome.SYN_HELD)])
class TestBounds:
    def test_each_listener_has_a_limit(self, hold, taken):
        stack = stack_with(half_open_limit=2)
        stack.listen(80, hold=hold)
        stack.listen(81, hold=hold)
        assert [syn(stack, f"203.0.113.{n}") for n in range(3)] == [taken, taken, Outcome.DROPPED_SYN_QUEUE_FULL]
        assert syn(stack, "203.0.113.9", to=81) is taken

    def test_all_together_have_one(self, hold, taken):
        stack = stack_with(host_half_open_limit=3)
        listeners = [stack.listen(port, hold=hold) for port in (80, 81)]
        assert [syn(stack, f"203.0.113.{n}", to=80 + n % 2) for n in range(3)] == [taken] * 3
        assert syn(stack, "203.0.113.9", to=81) is Outcome.DROPPED_SYN_HOST_FULL
        listeners[0].close()
        assert syn(stack, "203.0.113.9", to=81) is taken

    @pytest.mark.parametrize(
        "bits, same, other",
        [
            (24, "203.0.113.200", "203.0.112.1"),
            (20, "203.0.127.1", "203.0.128.1"),
            (32, "203.0.113.1", "203.0.113.2"),
            (0, "8.8.8.8", "2001:db8:1::"),
        ],
    )
    def test_a_prefix_has_one(self, hold, taken, bits, same, other):
        stack = stack_with(prefix_half_open_limit=1, half_open_prefix4=bits)
        stack.listen(80, hold=hold)
        assert syn(stack, "203.0.113.1") is taken
        assert syn(stack, same, port=5001) is Outcome.DROPPED_SYN_PREFIX_FULL
        assert syn(stack, other) is taken

    @pytest.mark.parametrize(
        "bits, same, other",
        [(48, "2001:db8:1:ffff::1", "2001:db8:2::1"), (61, "2001:db8:1:7::1", "2001:db8:1:8::1")],
    )
    def test_a_prefix_of_ipv6(self, hold, taken, bits, same, other):
        stack = stack_with(prefix_half_open_limit=1, half_open_prefix6=bits)
        stack.listen(80, hold=hold)
        assert syn(stack, "2001:db8:1::1") is taken
        assert syn(stack, same) is Outcome.DROPPED_SYN_PREFIX_FULL
        assert syn(stack, other) is taken

    def test_what_ends_makes_room(self, hold, taken):
        stack = stack_with(prefix_half_open_limit=1, syn_ack_retries=0, hold_timeout=1.0)
        stack.listen(80, hold=hold)
        assert syn(stack, "203.0.113.1") is taken
        stack.transmit(0.0)
        stack.advance(1.5)
        assert stack.snapshot() == []
        assert syn(stack, "203.0.113.2", now=1.5) is taken


@pytest.mark.parametrize("seed", range(5))
def test_what_is_counted_is_what_is_there(seed):
    """However many come and go, each prefix is told right, and none is remembered that has no entry."""
    chance = Random(seed)
    config = Config(prefix_half_open_limit=3, half_open_prefix4=22, half_open_prefix6=57)
    bounds = Bounds(config.terms)
    listener = Listener(None, 80, 10, config, lambda _: None, False)
    entries, dropped = [], 0
    for _ in range(5000):
        if entries and chance.random() < 0.5:
            key, prefix = entries.pop(chance.randrange(len(entries)))
            bounds.leave(listener, key)
            continue
        if chance.random() < 0.5:
            address = f"203.0.{chance.randrange(20)}.1"
            prefix = (4, int.from_bytes(packed(address)) >> 10)
            key = make_key(packed(address), packed(HERE4), 5000, 80)
        else:
            address = f"2001:db8:0:{chance.randrange(1500):x}::1"
            prefix = (6, int.from_bytes(packed(address)) >> 71)
            key = make_key(packed(address), packed(HERE6), 5000, 80)
        known = sum(other == prefix for _, other in entries)
        assert bool(bounds.full(listener, key)) == (known >= 3)
        if known < 3:
            bounds.enter(listener, key)
            entries.append((key, prefix))
        else:
            dropped += 1
    assert dropped > 20 and bounds.total == listener.half_open == len(entries)
    for key, _ in entries:
        bounds.leave(listener, key)
    assert bounds.fullest() == (None, 0) and bounds.total == 0


def test_a_flood_over_all_prefixes_takes_no_more_memory_than_the_queue():
    stack = stack_with(prefix_half_open_limit=4, host_half_open_limit=500)
    stack.listen(80)
    chance = Random(1)
    for number in range(5000):
        syn(stack, f"{chance.randrange(1, 224)}.{number >> 8}.{number & 255}.1")
    (fullest,) = [queue for queue in stack.queues() if queue.name == "half-open from one prefix"]
    assert fullest.fill == 1 and fullest.limit == 4 and fullest.where.endswith(".0/24")
    assert stack.counters()[Outcome.DROPPED_SYN_HOST_FULL] == 4500


@pytest.mark.parametrize(
    "wrong",
    [
        {"host_half_open_limit": 0},
        {"prefix_half_open_limit": -1},
        {"half_open_prefix4": 33},
        {"half_open_prefix6": 129},
        {"half_open_prefix6": -1},
        {"half_open_prefix4": 8.0},
        {"hold_timeout": 0},
    ],
)
def test_knobs_that_no_stack_can_have(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Config(**wrong)


def test_who_finds_no_room_may_get_a_cookie_whichever_bound_it_is():
    for knobs in ({"half_open_limit": 1}, {"host_half_open_limit": 1}, {"prefix_half_open_limit": 1}):
        stack = Stack([HERE4], config=Config(**knobs), seed=1)
        stack.listen(80)
        assert syn(stack, "203.0.113.1") is Outcome.SYN_ANSWERED
        stack.receive(packet(("203.0.113.2", 5000), (HERE4, 80), "S"), 0.0)
        assert stack.counters()[Outcome.SYN_COOKIE] == 1


class TestShown:
    def test_each_queue_shows_its_fill_and_its_limit(self):
        stack = stack_with(half_open_limit=7, prefix_half_open_limit=5)
        stack.listen(80, 3)
        stack.listen(None, 9, hold=True, address=HERE4)
        syn(stack, "203.0.113.1")
        for number in range(2):
            syn(stack, "203.0.113.2", to=9000 + number)
        stack.events()[0][0].accept()
        assert stack.queues() == [
            Queue("half-open", 1, 7, (None, 80)),
            Queue("accept", 0, 3, (None, 80)),
            Queue("half-open", 2, 7, (HERE4, None)),
            Queue("held", 1, 7, (HERE4, None)),
            Queue("accept", 0, 9, (HERE4, None)),
            Queue("half-open in all", 3, 8192),
            Queue("half-open from one prefix", 3, 5, "203.0.113.0/24"),
            Queue("TIME-WAIT", 0, None),
        ]

    def test_a_snapshot_says_how_each_entry_is_treated(self):
        stack = stack_with()
        stack.listen(80)
        stack.listen(81, hold=True)
        syn(stack, "203.0.113.1")
        for number in range(4):
            syn(stack, f"203.0.113.{number}", to=81)
        helds = [held for held, _ in stack.events()]
        helds[1].ignore()
        helds[2].accept()
        helds[3].refuse()
        stack.transmit(0.0)
        stack.advance(1.25)
        shown = [(entry.policy, entry.state, entry.age, entry.retries) for entry in stack.snapshot()]
        assert shown == [
            ("answered", State.SYN_RECEIVED, 1.25, 1),
            ("held", State.LISTEN, 1.25, 0),
            ("silence", State.LISTEN, 1.25, 0),
            ("answered", State.SYN_RECEIVED, 1.25, 1),
        ]
