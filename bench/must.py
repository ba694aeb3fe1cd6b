"""What must be reached, as data, and the verdicts: medians of one run, the compiled engine, one core for it."""

from dataclasses import dataclass

from .stacks import BUSY, OURS, UNCOMPILED


@dataclass(frozen=True)
class Must:
    """`row` at least (or at most, where less is better) `bound`: times the peer's, or as it is without a peer."""

    row: str
    bound: float
    peer: str | None = None
    of: str = OURS
    at_most: bool = False


MUSTS = [
    Must("cycles-50", 4.0, "gvisor"),
    Must("cycles-50", 1.0, "kernel"),
    Must("cycles-50", 40.0, "pmd-pytcp"),
    Must("cycles-1", 2.0, "gvisor"),
    Must("cycles-1", 2.0, "gvisor", of=BUSY),
    Must("memory-cycles", 400_000),
    Must("memory-cycles-server", 400_000),
    Must("memory-cycles-client", 400_000),
    Must("into-1500", 5.0, "gvisor"),
    Must("into-1500", 0.4, "kernel"),
    Must("out-1500", 8.0, "gvisor"),
    Must("out-1500", 0.8, "kernel"),
    Must("idle-memory", 1500, at_most=True),
    Must("half-memory", 400, at_most=True),
    Must("wait-memory", 100, at_most=True),
    Must("crowd-cost", 90),
    Must("idle-cpu", 0, at_most=True),
    Must("import", 50, at_most=True),
    Must("import-stack", 50, at_most=True),
    Must("cycles-50", 8000, of=UNCOMPILED),
]
