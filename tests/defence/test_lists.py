"""Bans and limits: found by prefix, shown, edited, expired; a million of them."""

import time
from math import inf

import pytest
from defence.world import World

from handshook.defence.control import Wrong, command
from handshook.defence.gate import COUNTED, Gate
from handshook.defence.limits import Bucket
from handshook.defence.lists import MOST_AT_ONCE, Lists
from handshook.defence.prefix import read_prefix, spell_prefix
from handshook.defence.sketch import HeavyHitters, Sketch
from handshook.defence.table import PrefixTable
from handshook.drill.flood_packets import forge
from handshook.wire.addresses import pack


@pytest.mark.parametrize("length", range(1, 33))
def test_a_prefix_of_every_length(length):
    table = PrefixTable()
    packed, _ = read_prefix(f"{'.'.join(['255'] * 4)}/{length}") if length == 32 else (_network4(length), length)
    table.put(packed, length, "x")
    assert table.find(b"?" + pack("255.255.255.255"), 1, False) == "x"
    flipped = int.from_bytes(b"\xff" * 4) ^ (1 << (32 - length))
    assert table.find(b"?" + flipped.to_bytes(4, "big"), 1, False) is None
    assert table.items() == [(packed, length, "x")]
    assert table.drop(packed, length) and not table.drop(packed, length) and table.size == 0


def _network4(length):
    return (0xFFFFFFFF << (32 - length) & 0xFFFFFFFF).to_bytes(4, "big")


@pytest.mark.parametrize("length", [1, 7, 8, 31, 48, 56, 64, 65, 127, 128])
def test_ipv6_prefixes(length):
    table = PrefixTable()
    packed = (0x20010DB8 << 96).to_bytes(16, "big")
    packed, length = read_prefix(f"{spell_prefix(packed, 128)}/{length}") if length >= 31 else (bytes(16), length)
    table.put(packed, length, 1)
    assert table.find(packed, 0, True) == 1
    assert table.find(b"\xff" * 16, 0, True) is None
    assert table.find(packed[:4], 0, False) is None


def test_the_longest_prefix_speaks():
    lists = Lists()
    lists.ban("203.0.113.0/24", why="all")
    lists.ban("203.0.113.7", why="one")
    found = lists.bans.find(pack("203.0.113.7"), 0, False)
    assert found.why == "one"
    lists.unban("203.0.113.7")
    assert lists.bans.find(pack("203.0.113.7"), 0, False).why == "all"


@pytest.mark.parametrize("wrong", ["", "nobody", "203.0.113.7/24", "203.0.113.0/33", "0.0.0.0/0", "::/0", "1.2.3"])
def test_what_is_no_prefix_of_somebody(wrong):
    lists = Lists()
    with pytest.raises(ValueError):
        lists.ban(wrong)
    with pytest.raises(ValueError):
        lists.ban_all(["203.0.113.1", wrong])
    assert lists.bans.size == 0


def test_a_million_bans():
    """Asked of every packet, they cost what ten cost: a lookup for each length, however many there are."""
    lists = Lists()
    prefixes = [f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(10)]
    lists.ban_all(prefixes)
    packets = forge("syn", 2000, port=80, seed=1)
    few = _seconds_for(lists, packets)
    packed = [(0x0B000000 + n).to_bytes(4, "big") for n in range(1_000_000)]
    value = lists.bans.get(*read_prefix("10.0.0.1"))
    for each in packed:
        lists.bans.put(each, 32, value)
    assert lists.bans.size == 1_000_010
    # Fifty times: this only tells a lookup from a search through them all.
    assert _seconds_for(lists, packets) < 50 * few
    gate = Gate(0, lists.bans, lists.limits, 1)
    inside = bytearray(packets[0])
    inside[12:16] = packed[777_777]
    assert gate.pass_on([packets[0], bytes(inside), packets[1]], 0.0) == packets[:2]
    assert gate.counts[COUNTED.index("banned")] == 1
    assert len(lists.banned(0.0, 5)) == 5


def _seconds_for(lists, packets):
    gate = Gate(0, lists.bans, lists.limits, 1)
    began = time.perf_counter()
    assert gate.pass_on(packets, 0.0) is packets
    return time.perf_counter() - began


def test_bans_end_and_not_all_at_one_go():
    lists = Lists()
    lists.ban_all([f"10.0.{n >> 8}.{n & 255}" for n in range(MOST_AT_ONCE + 10)], until=5.0)
    lists.ban("203.0.113.1", until=9.0)
    lists.ban("203.0.113.2")
    assert lists.expire(4.9) == 0
    assert lists.expire(5.0) == MOST_AT_ONCE and lists.expire(5.0) == 10
    # Said anew, with a later end.
    lists.ban("203.0.113.1", until=20.0)
    lists.expire(9.0)
    assert [row.prefix for row in lists.banned(9.0)] == ["203.0.113.1", "203.0.113.2"]
    lists.expire(20.0)
    assert [row.left for row in lists.banned(20.0)] == [inf]


def test_a_bucket_holds_a_seconds_worth_and_a_clock_that_goes_back_fills_nothing():
    bucket = Bucket(10.0, 100.0)
    assert sum(bucket.take(100.0) for _ in range(50)) == 10
    assert sum(bucket.take(50.0) for _ in range(50)) == 0
    assert sum(bucket.take(100.5) for _ in range(50)) == 5
    assert sum(bucket.take(1e9) for _ in range(50)) == 10


def test_edited_by_command_while_it_runs():
    world = World()
    do = lambda line: command(world.defence, line)  # noqa: E731
    client = world.client("203.0.113.5")
    assert do("ban 203.0.113.0/24 30") == {"banned": "203.0.113.0/24"}
    assert do("bans") == {"bans": ["203.0.113.0/24, 30.0 s left: by hand"], "of": 1}
    shut = client.connect(("198.51.100.2", 80))
    world.run(0.5)
    assert shut.state.name == "SYN_SENT" and world.defence.figures()["banned"] > 0
    assert do("unban 203.0.113.0/24") == {"unbanned": "203.0.113.0/24"}
    world.run(1.5)
    assert shut.snd_una != shut.iss, "its repeated SYN"
    assert do("limit 203.0.113.5 3 60") == {"limited": "203.0.113.5"}
    assert do("limits")["limits"] == ["203.0.113.5, 3 SYNs/s, 60.0 s left: by hand"]
    world.connect(client, 10)
    world.run(0.1)
    assert world.defence.figures()["limited"] == 7
    assert do("unlimit 203.0.113.5") == {"unlimited": "203.0.113.5"}
    assert do("state")["state"] == "normal"
    edits = [e["defence"]["what"] for e in world.told("defence") if e["defence"]["change"] == "edit"]
    assert edits[0] == "ban 203.0.113.0/24 30" and len(edits) == 4


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "no command"),
        ("bann 1.2.3.4", "bann: there is no such command; there are state, bans"),
        ("ban", "ban takes 1 to 2 words, not 0"),
        ("ban 1.2.3", "does not appear to be"),
        ("ban 1.2.3.4 soon", "could not convert"),
        ("ban 1.2.3.4 -1", "over at once"),
        ("ban 1.2.3.4 nan", "no number"),
        ("unban 1.2.3.4", "is not banned"),
        ("limit 1.2.3.4 0", "above 0"),
        ("unlimit 1.2.3.4", "is not limited"),
        ("bans 0", "1 to 1000"),
        ("bans 1001", "1 to 1000"),
    ],
)
def test_commands_that_cannot_be(line, why):
    with pytest.raises(Wrong, match=why):
        command(World().defence, line)


def test_a_sketch_is_never_too_low_and_lists_the_heavy():
    sketch = Sketch(5)
    for n in range(20_000):
        sketch.count(n.to_bytes(3, "big"), 0, 3)
        if n % 10 == 0:
            least = sketch.count(b"abc", 0, 3)
    assert least >= 2000
    top = sketch.hitters.top(1)[0]
    assert top[0] == b"abc" and top[1] >= 1900
    assert len(sketch.hitters) <= 64
    sketch.clear()
    assert sketch.count(b"abc", 0, 3) == 1 and not len(sketch.hitters)


def test_heavy_hitters_are_few_and_say_how_wrong_they_may_be():
    hitters = HeavyHitters(10)
    for n in range(1000):
        hitters.add(n.to_bytes(4, "big"))
        hitters.add(b"heavy")
    assert len(hitters) == 10
    source, count, error = hitters.top(1)[0]
    assert source == b"heavy" and count == 1000 and error == 0
    assert all(error > 50 for _, _, error in hitters.top(10)[1:])
    assert hitters.get(b"nobody") == 0


NO_PACKETS = [b"", b"E", bytes(39), b"\x45" + bytes(38), b"\x60" + bytes(39), b"\xff" * 40, b"\x4f" + bytes(59)]


@pytest.mark.parametrize("frame", NO_PACKETS)
def test_the_gate_leaves_what_is_no_packet_to_the_stack(frame):
    lists = Lists()
    lists.ban("203.0.113.1")
    gate = Gate(0, lists.bans, lists.limits, 1)
    assert gate.pass_on([frame], 0.0) == [frame]
