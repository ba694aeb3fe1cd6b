"""The same exploration on several cores: one process leads, and forks the others for each layer of states.

A child begins with all that the leader knows, goes on from its share of the layer, and brings back what is new: states,
and what the engine has said on the way. New host states and segments have numbers there that the child has given; here
they get the leader's, who has the engine make each new host state once more.
"""

import multiprocessing
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe

from .catalogue import SEGMENTS, Move
from .explorer import Explorer

# A smaller layer is sooner done alone.
WORTH = 4000
# The most states that a child goes on from, so that what is new doesn't grow too large.
PIECE = 200_000


@dataclass
class Report:
    """What a child knows beyond what the leader knew when it was forked, and how much that was."""

    host_states: int
    segments: int
    rows: bytes
    origins: bytes
    asked: list[tuple[int, int, Move]]
    sent: list[tuple[int, bytes, int]]
    fine: list[tuple[int, int]]
    failed: bool
    ways: int
    cut: int


def expand_on_all(explorer: Explorer, cores: int, enough: Callable[[], bool]) -> None:
    """Go on from all states, layer by layer, until there is nothing new or `enough` says so."""
    while explorer.expanded < explorer.table.size:
        layer = explorer.table.size - explorer.expanded
        if layer < WORTH:
            explorer.expand(layer)
        else:
            _expand_layer(explorer, min(layer, PIECE * cores), cores)
        if enough():
            return


def _expand_layer(explorer: Explorer, count: int, cores: int) -> None:
    context = multiprocessing.get_context("fork")
    share = -(-count // cores)
    children = []
    for core in range(cores):
        begin = core * share
        mine, theirs = context.Pipe(duplex=False)
        size = max(0, min(share, count - begin))
        child = context.Process(target=_work, args=(explorer, explorer.expanded + begin, size, theirs), daemon=True)
        child.start()
        theirs.close()
        children.append((child, mine))
    try:
        for _, pipe in children:
            _take(explorer, pickle.loads(pipe.recv_bytes()))
    except EOFError:
        raise RuntimeError("a process of the exploration has ended before its time") from None
    finally:
        for child, pipe in children:
            pipe.close()
            child.join()
    explorer.skip(count)


def _work(explorer: Explorer, first: int, count: int, pipe: Pipe) -> None:
    """In a child: go on from these states, and report."""
    catalogue = explorer.catalogue
    host_states, segments, states = len(catalogue), len(catalogue.frames), explorer.table.size
    fine, failures, ways, cut = set(explorer.ending.fine), len(explorer.found), explorer.ways, explorer.cut
    catalogue.asked = []
    explorer.expand_some(first, count)
    rows, origins = explorer.table.since(states)
    report = Report(
        host_states,
        segments,
        rows,
        origins,
        catalogue.asked,
        [catalogue.segment(number) for number in range(segments, len(catalogue.frames))],
        list(explorer.ending.fine - fine),
        len(explorer.found) > failures,
        explorer.ways - ways,
        explorer.cut - cut,
    )
    pipe.send_bytes(pickle.dumps(report, protocol=5))
    pipe.close()


def _take(explorer: Explorer, report: Report) -> None:
    """In the leader: what a child brings."""
    catalogue = explorer.catalogue
    segments = {report.segments + at: catalogue.intern(*segment) for at, segment in enumerate(report.sent)}
    states: dict[int, int] = {}
    for state, given, (after, sent, wrong) in report.asked:
        here = states.get(state, state)
        if given >= SEGMENTS:
            given = SEGMENTS + segments.get(given - SEGMENTS, given - SEGMENTS)
        if after < report.host_states or after in states:
            there = tuple(segments.get(segment, segment) for segment in sent)
            catalogue.moves[here].setdefault(given, (states.get(after, after), there, wrong))
        else:
            states[after] = catalogue.step(here, given)[0]
    explorer.ending.fine.update((states.get(a, a), states.get(b, b)) for a, b in report.fine)
    explorer.merge(report.rows, report.origins, states, segments, report.failed)
    explorer.count(report.ways, report.cut)
