"""Bulk over a slow and lossy path: our engine's goodput beside the kernel's own, as ratios of one run.

The path is our relay (handshook.link.relay), 10 ms each way, that loses packets by a seed. Three pairs of ends take
turns on it, round by round: kernel to kernel, kernel to engine, engine to kernel; each transfer on private networks of
its own, so that nothing is remembered from the one before. Every packet is at most the MTU (TUN without offloads), both
sides use CUBIC, several connections run at once and don't disturb each other: the path has no rate of its own, unless a
bottleneck is said.

    lossy.py [--rounds 5] [--seconds 6] [--paths "1 %; 5 %"] [--json FILE] [--least 0.9]

Prints a table; `--json` gets every figure of it and where it was measured. Exits 1 when a ratio is under `--least`.
"""

import argparse
import contextlib
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import handshook.tcp.scoreboard
from handshook.lab import PrivateNetwork
from handshook.link.device import Device, FrameDescriptor
from handshook.link.impairment import Impairment
from handshook.link.relay import Bottleneck, Relay

ENDS = Path(__file__).with_name("lossy_ends.py")
DELAY = 0.01
MTU = 1500
# What waits in the engine's socket is not on the path: as much as the system lets us have.
SOCKET_BUFFER = 1 << 22


@dataclass(frozen=True)
class Course:
    """What the path is like; `connections` run on it at once, the more the slower each of them is."""

    name: str
    loss: float = 0.0
    bottleneck: Bottleneck | None = None
    connections: int = 1


PATHS = [
    Course("no loss, 200 Mbit/s", bottleneck=Bottleneck(25e6, 1_000_000)),
    Course("0.1 %", 0.001, connections=4),
    Course("1 %", 0.01, connections=8),
    Course("5 %", 0.05, connections=16),
]

# Who sends to whom.
WAYS = {
    "kernel to kernel": ("kernel_send", "kernel_receive"),
    "kernel to engine": ("kernel_send", "engine_receive"),
    "engine to kernel": ("engine_send", "kernel_receive"),
}
ITSELF, *OURS = WAYS


class End:
    """One end of the path: a private network with its kernel, or an engine in a process of its own."""

    def __init__(self, part: str, near: bool, holds: contextlib.ExitStack) -> None:
        self._part = part
        self._holds = holds
        self._network: PrivateNetwork | None = None
        self._theirs: socket.socket | None = None
        self.device: Device
        if part.startswith("kernel"):
            self._network = holds.enter_context(PrivateNetwork(mtu=MTU, offload=False, far=not near))
            self.device = self._network.device
        else:
            ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            holds.enter_context(self._theirs)
            for end in (ours, self._theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
            self.device = FrameDescriptor(ours.detach(), name="engine", mtu=MTU)
            holds.callback(self.device.close)

    def start(self, facts: dict[str, Any]) -> Any:
        """Starts its program, which ends with the holder."""
        argv = [sys.executable, "-P", str(ENDS), self._part]
        if self._network is not None:
            program: Any = self._network.popen([*argv, json.dumps(facts)], stdout=subprocess.PIPE)
        else:
            assert self._theirs is not None
            facts = {**facts, "device": self._theirs.fileno()}
            program = subprocess.Popen(
                [*argv, json.dumps(facts)], stdout=subprocess.PIPE, pass_fds=[self._theirs.fileno()]
            )
        self._holds.callback(_end, program)
        return program


def _end(program: Any) -> None:
    program.kill()
    program.wait()
    program.stdout.close()


def transfer(way: str, path: Course, seed: int, options: argparse.Namespace) -> tuple[float, dict[str, int]]:
    """Goodput of one transfer, octets a second and connection, and what the relay counted."""
    sends, receives = WAYS[way]
    facts: dict[str, Any] = {
        "seconds": options.seconds,
        "connections": path.connections,
        "mtu": MTU,
        "config": json.loads(options.config),
    }
    near, far = PrivateNetwork.kernel4, PrivateNetwork.engine4
    with contextlib.ExitStack() as holds:
        sender, receiver = End(sends, True, holds), End(receives, False, holds)
        impairment = Impairment(delay=DELAY, loss=path.loss)
        relay = Relay(sender.device, receiver.device, impairment, bottleneck=path.bottleneck, seed=seed)
        sink = receiver.start({**facts, "at": far})
        assert sink.stdout.readline() == b"ready\n"
        sender.start({**facts, "at": near, "to": far})
        end = time.monotonic() + options.seconds + 60
        while sink.poll() is None:
            if time.monotonic() > end:
                raise RuntimeError(f"{way}, {path.name}: the transfer hangs")
            relay.turn(0.05)
        octets = json.loads(sink.stdout.readline())
        counts = {
            "carried": relay.forth.way.carried,
            "lost": relay.forth.way.lost,
            "dropped": relay.forth.dropped,
        }
    return sum(octets) / path.connections / options.seconds, counts


@dataclass
class Row:
    """All rounds on one path."""

    path: Course
    goodput: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})
    counts: dict[str, list[dict[str, int]]] = field(default_factory=lambda: {way: [] for way in WAYS})

    def ratio(self, way: str) -> tuple[float, float, float]:
        """The ratio of the medians, and the least and the largest ratio of a round."""
        rounds = [ours / kernel for ours, kernel in zip(self.goodput[way], self.goodput[ITSELF], strict=True)]
        ratio = statistics.median(self.goodput[way]) / statistics.median(self.goodput[ITSELF])
        return ratio, min(rounds), max(rounds)

    def line(self) -> str:
        cells = [f"{self.path.name:20}", f"{statistics.median(self.goodput[ITSELF]) / 1e6:8.3f} MB/s"]
        for way in OURS:
            cells.append("   {:5.2f} ({:.2f} to {:.2f})".format(*self.ratio(way)))
        return " ".join(cells)

    def document(self) -> dict[str, Any]:
        ratios = {way: dict(zip(("of_medians", "least", "largest"), self.ratio(way), strict=True)) for way in OURS}
        return {
            "path": self.path.name,
            "loss": self.path.loss,
            "connections": self.path.connections,
            "delay_each_way_s": DELAY,
            "bottleneck_octets_per_s": self.path.bottleneck.rate if self.path.bottleneck else None,
            "goodput_octets_per_s_and_connection": self.goodput,
            "relay": self.counts,
            "ratios": ratios,
        }


def rows(options: argparse.Namespace) -> Iterator[Row]:
    wanted = [name.strip() for name in options.paths.split(";")] if options.paths else [path.name for path in PATHS]
    if unknown := set(wanted) - {path.name for path in PATHS}:
        raise SystemExit(f"no such path: {', '.join(unknown)}; there are: {'; '.join(path.name for path in PATHS)}")
    for path in PATHS:
        if path.name not in wanted:
            continue
        row = Row(path)
        for number in range(options.rounds):
            for way in WAYS:
                goodput, counts = transfer(way, path, options.seed + number, options)
                row.goodput[way].append(goodput)
                row.counts[way].append(counts)
        yield row


def main() -> int:
    parser = argparse.ArgumentParser(description="Goodput over a lossy path, the engine's beside the kernel's.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long each transfer is measured")
    parser.add_argument("--paths", help="which of the paths, separated by ';'; all of them when not said")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--config", default="{}", help="the engine's Config as JSON, where not the default")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--least", type=float, default=0.9, help="the ratio that each has to reach")
    options = parser.parse_args()
    if not handshook.tcp.scoreboard.__file__.endswith(".so"):
        print("the engine is not compiled: figures of the uncompiled build mean little", file=sys.stderr)
    print(f"{'loss':20} {ITSELF:>13}   " + "   ".join(f"{way:19}" for way in OURS))
    found = []
    for row in rows(options):
        print(row.line(), flush=True)
        found.append(row)
    if options.json:
        document = {
            "what": __doc__.partition("\n")[0],
            "kernel": platform.release(),
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "rounds": options.rounds,
            "seconds": options.seconds,
            "seed": options.seed,
            "rows": [row.document() for row in found],
        }
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    least = min(row.ratio(way)[0] for row in found for way in OURS)
    if least < options.least:
        print(f"the least ratio is {least:.2f}, under {options.least}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
