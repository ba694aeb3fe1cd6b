"""The rows: what is measured, in what unit, which way is better, and the acts that measure them.

An act is one measurement of one peer in place; it gives one or more rows. A row that an act can't give is `Missing`
with the reason, never left out.
"""

import contextlib
import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import services
from .grounds import Failed, Ground, measured
from .needs import HERE
from .stacks import KERNEL, OURS, UNCOMPILED, Peer, python_of


@dataclass(frozen=True)
class Missing:
    """Why a row has no figure."""

    why: str


Value = float | Missing
Values = dict[str, Value]


@dataclass(frozen=True)
class Row:
    """One line of the table. `more` says whether more is better."""

    key: str
    what: str
    unit: str
    more: bool


@dataclass(frozen=True)
class Pace:
    """How long things take: seconds of a load, how many connections are held, how long opening them may take."""

    secs: float
    crowds: tuple[int, int]
    patience: float
    rests: int
    halves: int


FULL = Pace(secs=0.5, crowds=(10_000, 100_000), patience=20.0, rests=100_000, halves=100_000)
QUICK = Pace(secs=0.3, crowds=(10_000, 100_000), patience=7.0, rests=40_000, halves=40_000)


def _mtu_rows(mtu: int) -> list[Row]:
    return [
        Row(f"into-{mtu}", f"bulk into the stack, MTU {mtu}", "MB/s", True),
        Row(f"out-{mtu}", f"bulk out of the stack, MTU {mtu}", "MB/s", True),
        Row(f"into-{mtu}-cpu", f"… into: processor, both ends, MTU {mtu}", "s/GB", False),
        Row(f"into-{mtu}-stack", f"… into: processor, the stack's process, MTU {mtu}", "s/GB", False),
        Row(f"out-{mtu}-cpu", f"… out: processor, both ends, MTU {mtu}", "s/GB", False),
        Row(f"out-{mtu}-stack", f"… out: processor, the stack's process, MTU {mtu}", "s/GB", False),
    ]


KINDS = {"blocking": "a thread for each connection", "asyncio": "one event loop"}
AT_ONCE = (1, 50)

ROWS = [
    Row("cycles-1", "open-and-close cycles, 1 at once", "1/s", True),
    Row("cycles-50", "open-and-close cycles, 50 at once", "1/s", True),
    Row("cycles-50-cpu", "processor per 1,000 cycles, both ends", "s", False),
    Row("cycles-50-stack", "processor per 1,000 cycles, the stack's process", "s", False),
    Row("connect-p50", "connect, 1 at once, median", "µs", False),
    Row("connect-p99", "connect, 1 at once, 99 %", "µs", False),
    Row("echo", "1-byte round trip, median", "µs", False),
    *_mtu_rows(1500),
    *_mtu_rows(65535),
    Row("idle-memory", "memory per idle connection", "B", False),
    Row("wait-memory", "memory per TIME-WAIT connection", "B", False),
    Row("half-memory", "memory per half-open connection", "B", False),
    Row("crowd-0", "cycles, 50 at once, no idle connections", "1/s", True),
    Row("crowd-10k", "cycles, 50 at once, beside 10,000 idle", "1/s", True),
    Row("crowd-100k", "cycles, 50 at once, beside 100,000 idle", "1/s", True),
    Row("crowd-cost", "cycles for the same processor time of the stack, kept beside 100,000 idle", "%", True),
    Row("first", "start to first connection", "ms", False),
    Row("idle-cpu", "processor while idle", "%", False),
    *[
        Row(f"{kind}-{count}", f"a Python program, {what}: requests, {count} at once", "1/s", True)
        for kind, what in KINDS.items()
        for count in AT_ONCE
    ],
    Row("import", "import handshook", "ms", False),
    Row("import-stack", "from handshook import Stack", "ms", False),
]
# These have no peer but the uncompiled engine.
ALONE = [
    Row("memory-cycles", "in memory: cycles, both ends on one core", "1/s", True),
    Row("memory-segments", "in memory: segments built and taken in", "1/s", True),
    Row("memory-cycles-server", "in memory: cycles, the server's end alone", "1/s", True),
    Row("memory-cycles-client", "in memory: cycles, the client's end alone", "1/s", True),
    Row("memory-cycles-10k", "in memory: cycles, both ends, beside 10,000 idle", "1/s", True),
    Row("memory-cycles-100k", "in memory: cycles, both ends, beside 100,000 idle", "1/s", True),
    Row("memory-send-1500", "in memory: sending, MTU 1500, checksums", "MB/s", True),
    Row("memory-receive-1500", "in memory: receiving, MTU 1500, checksums", "MB/s", True),
    Row("memory-send-whole", "in memory: sending, 64 KB offload frames", "MB/s", True),
    Row("memory-receive-whole", "in memory: receiving, 64 KB offload frames", "MB/s", True),
]
ROW = {row.key: row for row in ROWS + ALONE}


def cycles(ground: Ground, pace: Pace, at_once: int) -> tuple[dict[str, float], dict[str, float]]:
    """What the load says, and what the stack's side used. Raises `Failed`."""
    words = [ground.address, str(services.DISCARD), str(services.DISCARD_PORTS), str(at_once), str(pace.secs)]
    with measured(ground) as used:
        told = ground.ask("load", "cycles", *words)
    if not told["cycles"]:
        raise Failed(f"no cycle in {pace.secs} s, {told['errors']} errors")
    if told["errors"] > told["cycles"] // 100:
        raise Failed(f"{told['errors']} errors beside {told['cycles']} cycles")
    return told, used


def one_at_once(ground: Ground, peer: Peer, pace: Pace) -> Values:
    """A client that waits for each."""
    told, _ = cycles(ground, pace, 1)
    return {
        "cycles-1": told["cycles"] / told["secs"],
        "connect-p50": told["connect_p50"] * 1e6,
        "connect-p99": told["connect_p99"] * 1e6,
    }


def fifty_at_once(ground: Ground, peer: Peer, pace: Pace) -> Values:
    """A client that keeps the stack busy."""
    told, used = cycles(ground, pace, 50)
    thousands = told["cycles"] / 1000
    return {
        "cycles-50": told["cycles"] / told["secs"],
        "cycles-50-cpu": (used["all"] + told["cpu"]) / thousands,
        "cycles-50-stack": used["stack"] / thousands,
    }


def echo(ground: Ground, peer: Peer, pace: Pace) -> Values:
    """One byte."""
    told = ground.ask("load", "echo", ground.address, str(services.ECHO), str(pace.secs / 2))
    return {"echo": told["turn_p50"] * 1e6}


def bulk(way: str, mtu: int) -> Callable[[Ground, Peer, Pace], Values]:
    """One connection, one way ("into" or "out")."""

    def act(ground: Ground, peer: Peer, pace: Pace) -> Values:
        port, word = (services.DISCARD, "into") if way == "into" else (services.CHARGEN, "outof")
        with measured(ground) as used:
            told = ground.ask("load", word, ground.address, str(port), str(pace.secs))
        if not told["bytes"]:
            raise Failed("connected, but not a byte came")
        gigabytes = told["bytes"] / 1e9
        return {
            f"{way}-{mtu}": told["bytes"] / told["secs"] / 1e6,
            f"{way}-{mtu}-cpu": (used["all"] + told["cpu"]) / gigabytes,
            f"{way}-{mtu}-stack": used["stack"] / gigabytes,
        }

    return act


def idle(ground: Ground, peer: Peer, pace: Pace) -> Values:
    """Nobody asks for anything."""
    time.sleep(0.1)
    with measured(ground) as used:
        time.sleep(pace.secs)
    return {"idle-cpu": 100 * used["stack"] / used["secs"]}


def weigh(ground: Ground, peer: Peer, pace: Pace) -> Values:
    """TIME-WAIT connections, and then half-open ones, in a stack that has seen nothing else."""
    found: Values = {}
    for key, measure in (("wait-memory", rests), ("half-memory", halves)):
        try:
            found[key] = measure(ground, peer, pace)
        except Failed as error:
            found[key] = Missing(str(error))
    return found


def crowd(ground: Ground, peer: Peer, pace: Pace) -> Values:
    """Idle connections pile up, and between them cycles are run as before."""
    found: Values = {}
    with contextlib.ExitStack() as held:
        _crowd(ground, peer, pace, found, held)
    return found


def _crowd(ground: Ground, peer: Peer, pace: Pace, found: Values, held: contextlib.ExitStack) -> None:
    # Warm, so that what a cycle itself needs is there and does not count as the idle ones'.
    cycles(ground, pace, 50)
    found["crowd-0"], before = _rate(ground, pace)
    opened, empty = 0, ground.memory()
    for key, wanted in zip(("crowd-10k", "crowd-100k"), pace.crowds, strict=True):
        words = [ground.address, str(services.DISCARD), str(services.DISCARD_PORTS), str(wanted - opened)]
        # Whoever is slow with the first tenth would only take longer over the rest.
        patience = pace.patience if opened else pace.patience / 3
        client = ground.begin("load", "hold", *words, str(patience))
        assert client.stdin is not None
        held.callback(client.kill)
        told = ground.first_line(client)
        opened += int(told["opened"])
        time.sleep(0.1)
        if opened:
            # In the kernel both ends are the kernel's.
            found["idle-memory"] = (ground.memory() - empty) / opened / (2 if peer.kernel else 1)
        slow = told["secs"] * pace.crowds[1] > pace.patience * 1.5 * max(opened, 1)
        if opened < wanted * 0.98:
            why = Missing(f"{opened:,} of {wanted:,} idle connections opened in {patience:.1f} s")
            found.update({name: why for name in ("crowd-10k", "crowd-100k", "crowd-cost") if name not in found})
            return
        found[key], now = _rate(ground, pace)
        if slow and wanted != pace.crowds[1]:
            why = Missing(f"{opened:,} idle connections took {told['secs']:.1f} s to open; more were not tried")
            found.update({"crowd-100k": why, "crowd-cost": why})
            return
    # Not of the rates: the client, too, has 100,000 sockets now.
    found["crowd-cost"] = 100 * before / now


def _rate(ground: Ground, pace: Pace) -> tuple[float, float]:
    """Cycles a second, and the stack's processor time for one."""
    told, used = cycles(ground, pace, 50)
    return told["cycles"] / told["secs"], used["stack"] / told["cycles"]


def rests(ground: Ground, peer: Peer, pace: Pace) -> float:
    """Bytes per connection that the server closed first."""
    # A few first, for what such a connection needs while it lives.
    words = [ground.address, str(services.HANGUP), str(services.HANGUP_PORTS)]
    ground.ask("load", "rest", ground.address, str(services.HANGUP + 1), "1", "1000", "2")
    empty = ground.memory()
    opened = float(ground.ask("load", "rest", *words, str(pace.rests), str(pace.patience / 2))["opened"])
    if opened < 1000:
        raise Failed(f"{opened:.0f} connections in {pace.patience / 2:.1f} s are too few to weigh")
    return (ground.memory() - empty) / opened


def halves(ground: Ground, peer: Peer, pace: Pace) -> float:
    """Bytes per SYN that nobody follows up."""
    if "half-open" in peer.cannot:
        raise Failed(peer.cannot["half-open"])
    count = min(pace.halves, peer.half_open)
    if count < 500:
        raise Failed(f"it keeps only {count}: too few to weigh")
    empty = ground.memory()
    told = ground.ask("flood", ground.address, str(services.HALF), str(count), "40000")
    time.sleep(0.2)
    return (ground.memory() - empty) / float(told["sent"])


def alone(peer: Peer, pace: Pace) -> Values:
    """The engine without a link, in an interpreter of its own."""
    words = [python_of(peer.name), "-P", str(HERE / "memory.py"), str(pace.secs)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise Failed(done.stderr.strip().splitlines()[-1])
    return dict(json.loads(done.stdout))


@dataclass(frozen=True)
class Act:
    """A measurement, and the rows that it gives."""

    run: Callable[[Ground, Peer, Pace], Values]
    rows: tuple[str, ...]


def _bulk_act(way: str, mtu: int) -> Act:
    return Act(bulk(way, mtu), (f"{way}-{mtu}", f"{way}-{mtu}-cpu", f"{way}-{mtu}-stack"))


# Each phase has every peer in place afresh, at an MTU; within it the peers take turns at each act.
PHASES = [
    (
        1500,
        [
            Act(one_at_once, ("cycles-1", "connect-p50", "connect-p99")),
            Act(fifty_at_once, ("cycles-50", "cycles-50-cpu", "cycles-50-stack")),
            Act(echo, ("echo",)),
            _bulk_act("into", 1500),
            _bulk_act("out", 1500),
            Act(idle, ("idle-cpu",)),
        ],
    ),
    (65535, [_bulk_act("into", 65535), _bulk_act("out", 65535)]),
]
# Each of these has the peer to itself, just started.
SINGLE = [
    Act(weigh, ("wait-memory", "half-memory")),
    Act(crowd, ("crowd-0", "crowd-10k", "crowd-100k", "crowd-cost", "idle-memory")),
]
IN_MEMORY = (OURS, UNCOMPILED)
# Who runs a Python program; see programs.py.
WITH_PROGRAMS = (OURS, KERNEL, UNCOMPILED)
