"""Many seeds tried, on every core, with a record that lets a campaign go on where it was stopped.

    python -m handshook.testing.campaign --seeds 100000
    python -m handshook.testing.campaign --repeat 4711       one seed again, with its ladder

The record holds which seeds were tried by which engine: another engine begins anew. On a terminal it needs `rich` for
its progress bar (`pip install 'handshook[test]'`); piped, it needs nothing.
"""

import argparse
import json
import multiprocessing
import os
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib.util import find_spec
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING

from .trial import Failure, census, explain, try_seed

if TYPE_CHECKING:
    from rich.progress import Progress

RECORD = Path("build/simulate/campaign.json")
# Seeds that a worker tries before it reports.
PIECE = 20
# A worker's memory may grow by so much after its first pieces; the allocator's own unrest is less.
MOST_GROWTH = 32 << 20
WARM = 10
SHOWN = 5


@dataclass
class Piece:
    """What a worker reports: the seeds from `first` on that it tried, and its own memory after them."""

    first: int
    count: int
    failures: list[Failure]
    packets: int
    connections: int
    seconds: float
    worker: int
    memory: int


@dataclass
class Campaign:
    """What is known so far; kept in the record."""

    engine: str
    done: dict[int, int] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    packets: int = 0
    connections: int = 0
    virtual: float = 0.0
    took: float = 0.0

    @property
    def tried(self) -> int:
        """How many seeds were tried."""
        return sum(self.done.values())

    def take(self, piece: Piece) -> None:
        """Add a worker's report."""
        self.done[piece.first] = piece.count
        self.failures |= {failure.seed: failure.what for failure in piece.failures}
        self.packets += piece.packets
        self.connections += piece.connections
        self.virtual += piece.seconds

    def save(self, path: Path) -> None:
        """Write the record, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(vars(self)))
        new.replace(path)


def load(path: Path) -> Campaign:
    """The record at `path` where this engine made it, else a new one."""
    engine = engine_hash()
    try:
        kept = json.loads(path.read_text())
    except (OSError, ValueError):
        return Campaign(engine)
    if kept.pop("engine", None) != engine:
        return Campaign(engine)
    for name in ("done", "failures"):
        kept[name] = {int(key): value for key, value in kept[name].items()}
    return Campaign(engine, **kept)


def engine_hash() -> str:
    """A hash over the sources of the package and what they were compiled to."""
    whole = blake2b(digest_size=8)
    package = Path(__file__).parent.parent
    for folder in ("wire", "tcp", "host", "link", "testing"):
        for path in sorted((package / folder).iterdir()):
            if path.suffix in (".py", ".so", ".pyd"):
                whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()


def try_piece(first: int, count: int) -> Piece:
    """Try some seeds, and see that they leave nothing in memory."""
    failures = []
    packets, connections, seconds = 0, 0, 0.0
    for seed in range(first, first + count):
        result = try_seed(seed)
        if isinstance(result, Failure):
            failures.append(result)
            continue
        packets += result.packets
        connections += result.connections
        seconds += result.seconds
    if not failures and (left := census()):
        failures.append(Failure(first, f"{left} objects of the engine are alive after {count} seeds from this one on"))
    return Piece(first, count, failures, packets, connections, seconds, os.getpid(), memory())


def memory() -> int:
    """This process's resident bytes; 0 where the system doesn't say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def missing(campaign: Campaign, first: int, seeds: int) -> list[tuple[int, int]]:
    """The pieces that are still to be tried."""
    pieces = [(at, min(PIECE, first + seeds - at)) for at in range(first, first + seeds, PIECE)]
    return [piece for piece in pieces if campaign.done.get(piece[0], 0) < piece[1]]


def run(campaign: Campaign, first: int, seeds: int, jobs: int, record: Path) -> int:
    """Try what is missing; returns by how many bytes a worker's memory has grown at most."""
    pieces = missing(campaign, first, seeds)
    seen: dict[int, list[int]] = {}
    before, began, saved = campaign.took, time.monotonic(), time.monotonic()
    with _pool(jobs) as pool:
        try:
            for piece in _shown(pool.imap_unordered(_try, pieces), campaign, pieces, seeds):
                campaign.take(piece)
                seen.setdefault(piece.worker, []).append(piece.memory)
                campaign.took = before + time.monotonic() - began
                if time.monotonic() - saved > 2:
                    campaign.save(record)
                    saved = time.monotonic()
        finally:
            pool.terminate()
            campaign.save(record)
    return max((sizes[-1] - sizes[WARM] for sizes in seen.values() if len(sizes) > 2 * WARM), default=0)


def _pool(jobs: int) -> Pool:
    """The workers. Ctrl-C is for the one who leads: they are born deaf to it, and stay so."""
    heeded = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return multiprocessing.get_context("spawn").Pool(jobs, _leave_interrupts)
    finally:
        signal.signal(signal.SIGINT, heeded)


def _leave_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _try(piece: tuple[int, int]) -> Piece:
    return try_piece(*piece)


def _shown(reports: Iterator[Piece], campaign: Campaign, pieces: list[tuple[int, int]], seeds: int) -> Iterator[Piece]:
    """The reports as they come, with a bar on a terminal and a line a minute elsewhere."""
    left = sum(count for _, count in pieces)
    told = time.monotonic()
    bar = _bar(seeds, seeds - left, len(campaign.failures)) if sys.stderr.isatty() else None
    with bar or nullcontext():
        for piece in reports:
            yield piece
            left -= piece.count
            if bar is not None:
                bar.update(bar.task_ids[0], advance=piece.count, failed=len(campaign.failures))
            elif time.monotonic() - told > 60:
                told = time.monotonic()
                print(f"{seeds - left} of {seeds} seeds, {len(campaign.failures)} failed", file=sys.stderr, flush=True)


def _bar(seeds: int, done: int, failed: int) -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = ("seeds", BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[failed]} failed"))
    bar = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True))
    bar.add_task("seeds", total=seeds, completed=done, failed=failed)
    return bar


def _python() -> str:
    """What has to be typed to get this Python."""
    path = Path(sys.executable)
    return shlex.quote(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))


def sum_up(campaign: Campaign, grown: int) -> list[str]:
    """What the campaign has to say for itself."""
    lines = [
        f"{campaign.tried} seeds, {len(campaign.failures)} failed: {campaign.connections} connections, "
        f"{campaign.packets} packets, {campaign.virtual / 86400:.0f} days of virtual time, in {campaign.took:.0f} s",
    ]
    for seed, what in sorted(campaign.failures.items()):
        lines.append(f"  seed {seed}: {what}")
        lines.append(f"    again: {_python()} -m handshook.testing.campaign --repeat {seed}")
    if grown > MOST_GROWTH:
        lines.append(f"a worker's memory has grown by {grown >> 20} MiB")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """The command; returns 0 when all went well, 1 when a seed failed or memory grew, 130 when it was interrupted.

    On a terminal without `rich` it says so, and returns 2.
    """
    parser = argparse.ArgumentParser(prog="python -m handshook.testing.campaign", description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--first", type=int, default=0, help="the first of them, a multiple of 20 (default 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--record", type=Path, default=RECORD, help=f"what was tried (default {RECORD})")
    parser.add_argument("--fresh", action="store_true", help="forget the record, begin anew")
    parser.add_argument("--repeat", type=int, metavar="SEED", help="one seed again, with its ladder")
    asked = parser.parse_args(arguments)
    if asked.repeat is not None:
        print(explain(asked.repeat))
        return int(isinstance(try_seed(asked.repeat), Failure))
    if asked.seeds < 1 or asked.first < 0 or asked.first % PIECE or asked.jobs < 1:
        parser.error(f"seeds and jobs are at least 1, the first seed is a multiple of {PIECE}")
    if sys.stderr.isatty() and find_spec("rich") is None:
        print("the progress bar needs rich: pip install 'handshook[test]'", file=sys.stderr)
        return 2
    campaign = Campaign(engine_hash()) if asked.fresh else load(asked.record)
    try:
        grown = run(campaign, asked.first, asked.seeds, asked.jobs, asked.record)
    except KeyboardInterrupt:
        print(f"stopped after {campaign.tried} seeds; the same command goes on from there", file=sys.stderr)
        return 130
    print("\n".join(sum_up(campaign, grown)))
    for seed in sorted(campaign.failures)[:SHOWN]:
        print(f"\n{explain(seed)}")
    return int(bool(campaign.failures) or grown > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
