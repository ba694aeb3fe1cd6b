"""The drill of the flood: small floods of which the end is certain, and that none of them can leave its network."""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from lab.worlds import HANG

from handshook.cli import drill_flood
from handshook.drill.flood_job import NotDrilled, drill, to_compare
from handshook.drill.flood_order import ATTACKS, DEFENCES, KERNELS, Order
from handshook.drill.flood_packets import FORGED, forge
from handshook.drill.flood_words import gauge, table, title
from handshook.lab import PrivateNetwork
from handshook.show.ink import ASCII, UNICODE, Canvas
from handshook.wire.addresses import remote_of
from handshook.wire.segment import Segment, parse

SMALL = {"count": 2500, "rate": 2500.0, "honest": 50.0}
RUNS = [
    Order("none", **SMALL),
    Order("cookies", **SMALL),
    Order("full", ipv6=True, **SMALL),
    *(Order("full", attack, **{**SMALL, "rate": 1500.0}) for attack in ATTACKS if attack != "connect"),
    Order("full", "connect", count=500, rate=500.0, honest=50.0),
    *(Order(kernel, **SMALL) for kernel in KERNELS),
]


@pytest.fixture(scope="module")
def drilled():
    words = []
    with ThreadPoolExecutor(3) as pool:
        runs = [(order, pool.submit(drill, order, words.append)) for order in RUNS]
        found = {order: run.result() for order, run in runs}
    assert {word["gauge"] for word in words} == {"calm", "flood", "recovery"}
    return found


@pytest.mark.parametrize("order", RUNS, ids=lambda order: f"{order.defence}-{order.attack}{'-6' * order.ipv6}")
def test_what_was_to_be_sent_was_sent(drilled, order):
    found = drilled[order]
    assert found.sent + found.refused == order.count
    assert found.honest > 0 and found.served <= found.honest
    assert found.half_open_peak <= 1100


def test_without_a_defence_it_is_shut_and_shown_to_be(drilled):
    found = drilled[RUNS[0]]
    assert found.half_open_peak == 1024
    assert found.served < found.honest and found.recovery is None
    assert table([found])[1].endswith("shut")


@pytest.mark.parametrize("order", RUNS[1:7], ids=lambda order: f"{order.defence}-{order.attack}{'-6' * order.ipv6}")
def test_with_one_it_is_open_and_over_when_the_flood_is(drilled, order):
    found = drilled[order]
    assert found.served > 0 and found.p50 <= found.p99
    assert found.recovery is not None


def test_the_table_and_the_gauge_have_a_line_for_each(drilled):
    lines = table(list(drilled.values()))
    assert len(lines) == len(drilled) + 1 and len({len(line) for line in lines}) == 1
    assert "Linux, cookies" in lines[-1]
    word = {"gauge": "flood", "at": 1.5, "half_open": 512, "room": 1024, "state": "flood", "packets": 1000,
            "served": 9, "lost": 1}  # fmt: skip
    assert "██████████░░░░░░░░░░" in gauge("full", word, Canvas(120, UNICODE))
    assert "##########.........." in gauge("full", word, Canvas(120, ASCII)) and "flood" in gauge(
        "full", word, Canvas()
    )
    assert "as fast as they can be sent" in title(Order(rate=0)) and "IPv6" in title(Order(ipv6=True))


def test_the_orders_of_a_comparison():
    orders = to_compare(Order(attack="syn-rst", count=7, hold=True))
    assert [order.defence for order in orders] == [*DEFENCES, *KERNELS]
    assert {(order.attack, order.count) for order in orders} == {("syn-rst", 7)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"defence": "prayer"}, {"attack": "words"}, {"count": 0}, {"count": 10**9}, {"rate": -1.0},
        {"rate": float("nan")}, {"rate": 1.0, "count": 1000}, {"honest": 0.0},
    ],
)  # fmt: skip
def test_orders_that_cannot_be(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Order(**wrong)


def test_a_ground_that_fails_is_told():
    with pytest.raises(NotDrilled):
        drill(_Broken(), lambda word: None)


class _Broken:
    def as_text(self):
        return "no order"


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("attack", FORGED)
def test_forged_packets_are_right_and_from_nobody(attack, version):
    packets = forge(attack, 50, port=7, seed=1, version=version)
    assert len(packets) == 50 and packets == forge(attack, 50, port=7, seed=1, version=version)
    segment = Segment()
    for packet in packets:
        assert parse(packet, 0, False, segment) == 0
        source, _ = remote_of(segment.key)
        assert source.startswith(("198.18.", "198.19.")) if version == 4 else source.startswith("2001:db8:")
    assert len({remote_of(_key(packet)) for packet in packets}) >= 25


def _key(packet):
    segment = Segment()
    parse(packet, 0, False, segment)
    return segment.key


def test_who_connects_cannot_be_forged():
    with pytest.raises(ValueError, match="can't be forged"):
        forge("connect", 1, port=7, seed=1)


# --- no way out -----------------------------------------------------------------------------------------------------

SENDERS = ("flood_forge", "flood_silent", "flood_kernel_server")


def _environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path if path)}


def _words(module, order):
    return [sys.executable, "-P", "-W", "ignore", "-m", f"handshook.drill.{module}", order.as_text()]


@pytest.mark.parametrize("module", SENDERS)
def test_what_sends_refuses_to_in_the_machine_s_own_network(module):
    done = subprocess.run(
        _words(module, Order(count=1)), env=_environment(), cwd="/", check=False, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=HANG,
    )  # fmt: skip
    assert done.returncode == 1 and "nowhere else" in done.stderr and not done.stdout


ANOTHER_DEVICE = """
import os, sys
from handshook.link.tun import open_queue
os.set_inheritable(open_queue("another"), True)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize("module", SENDERS)
def test_what_sends_refuses_to_where_there_is_another_device(module):
    with PrivateNetwork(link="tun") as network:
        program = network.popen(
            [sys.executable, "-P", "-c", ANOTHER_DEVICE,
             *_words(module, Order(count=1))[1:]],
            env=_environment(), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            network_rights=True,
        )  # fmt: skip
        assert program.stderr is not None
        said = program.stderr.read().decode()
        assert program.wait(HANG) == 1 and "nowhere else" in said, said
        program.close()


def test_nothing_leaves_the_network_that_the_drill_has_made():
    """The drill runs inside another network, whose only way out is a wire that we hold: nothing comes out of it."""
    words = [
        sys.executable,
        "-P",
        "-m",
        "handshook.cli",
        "drill",
        "flood",
        "--count",
        "1500",
        "--rate",
        "3000",
        "--json",
    ]
    with PrivateNetwork(link="tun") as outer:
        tool = outer.popen(words, env=_environment(), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)  # fmt: skip
        came = []
        while tool.poll() is None:
            came += outer.device.read()
        came += outer.device.read()
        assert tool.stdout is not None and tool.stderr is not None
        assert tool.returncode == 0, tool.stderr.read()
        assert b'"sent": 1500' in tool.stdout.read()
        tool.close()
    assert not came


def test_there_is_no_option_that_says_whom_to_flood():
    commands = argparse.ArgumentParser().add_subparsers()
    drill_flood.add_to(commands)
    options = {name for action in commands.choices["flood"]._actions for name in action.option_strings or [action.dest]}
    assert options == {
        "-h", "--help", "--defence", "--attack", "--rate", "--count", "--honest", "--ipv6", "--hold", "--compare",
        "--link", "--json", "--ascii",
    }  # fmt: skip
    assert set(Order().names) == {"defence", "attack", "rate", "count", "ipv6", "hold", "honest", "link"}
