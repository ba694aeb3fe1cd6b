"""`python -m bench [--quick] [--rounds N] [--only PEER,PEER]`: every peer, in one run, by turns.

Exit code 0 when every row of every peer that is here was measured or has its reason, 1 when ours failed, 2 when
something that all of it needs is missing. The verdicts are told, not enforced: the machine is part of them.
"""

import argparse
import itertools
import os
import sys
import time

from rich.console import Console

from .figures import Figures, Round
from .grounds import Failed, Ground
from .needs import ALWAYS, HERE, build_drivers
from .programs import programs
from .report import show, write
from .rows import FULL, IN_MEMORY, PHASES, QUICK, ROWS, SINGLE, WITH_PROGRAMS, Act, Missing, Pace, Value, alone
from .stacks import OURS, Peer, find

ROUNDS = 5
# Wide enough for every peer where nobody says otherwise.
WIDTH = 200


def main() -> int:
    """The whole of it."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every row once, in under three minutes")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--only", default="", help="these peers, beside this engine")
    options = parser.parse_args()
    if os.geteuid() != 0:
        # Everything happens in networks of its own; in a user namespace of its own anybody may make those.
        os.execvp("unshare", ["unshare", "--user", "--map-root-user", sys.executable, "-m", "bench", *sys.argv[1:]])
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    lacking = [need.package for need in ALWAYS if not need.met()]
    if lacking:
        console.print(f"bench needs {', '.join(lacking)}: apt install {' '.join(lacking)}")
        return 2
    build_drivers()
    peers, missing = find(options.only.split(",") if options.only else None)
    for name, why in missing.items():
        console.print(f"without {name}: {why}", highlight=False)
    pace = QUICK if options.quick else FULL
    rounds: list[Round] = []
    for number in range(options.rounds or (1 if options.quick else ROUNDS)):
        # Nobody is always first, or always after the same one.
        turned = peers[number % len(peers) :] + peers[: number % len(peers)]
        began = time.monotonic()
        rounds.append(one_round(turned, pace))
        console.print(f"round {number + 1}: {time.monotonic() - began:.0f} s", highlight=False)
    figures = Figures(rounds, missing)
    write(figures, HERE / "results.json", quick=options.quick)
    show(figures, console)
    return 0 if all(figures.values(OURS, row.key) for row in ROWS) else 1


def one_round(peers: list[Peer], pace: Pace) -> Round:
    """Every row of every peer, once."""
    found: Round = {peer.name: {} for peer in peers}
    for mtu, acts in PHASES:
        placed: dict[str, Ground] = {}
        try:
            for peer in peers:
                if any(asked(peer, act) for act in acts):
                    put(peer, mtu, placed, found[peer.name], acts)
            for act in acts:
                for peer in peers:
                    if peer.name in placed and asked(peer, act):
                        perform(act, placed[peer.name], peer, pace, found[peer.name])
        finally:
            for ground in placed.values():
                ground.close()
    for act, peer in itertools.product(SINGLE, peers):
        if not asked(peer, act):
            continue
        placed = {}
        put(peer, 1500, placed, found[peer.name], [act])
        if peer.name in placed:
            try:
                perform(act, placed[peer.name], peer, pace, found[peer.name])
            finally:
                placed[peer.name].close()
    for peer in peers:
        if peer.name in WITH_PROGRAMS:
            found[peer.name].update(programs(peer, pace))
        if peer.name in IN_MEMORY:
            found[peer.name].update(alone(peer, pace))
    return found


def asked(peer: Peer, act: Act) -> bool:
    """Is the peer asked for what this act measures?"""
    return not peer.only or any(row in peer.only for row in act.rows)


def put(peer: Peer, mtu: int, placed: dict[str, Ground], found: dict[str, Value], acts: list[Act]) -> None:
    """Start a peer, and let it wait, stopped, for its turns; where it does not start every row has that reason."""
    try:
        ground, first = peer.put(mtu)
    except (Failed, OSError) as error:
        found.update({key: Missing(f"did not start: {error}") for act in acts for key in act.rows})
        return
    if mtu == 1500:
        # Of a kernel that is up anyway there is nothing to start.
        found.setdefault("first", Missing("the kernel is up already") if peer.kernel else first * 1e3)
    ground.pause(True)
    placed[peer.name] = ground


def perform(act: Act, ground: Ground, peer: Peer, pace: Pace, found: dict[str, Value]) -> None:
    """One act; where it fails its rows have the reason."""
    ground.pause(False)
    try:
        measured = act.run(ground, peer, pace)
    except (Failed, OSError, ValueError) as error:
        measured = {}
        reason = str(error) if ground.alive() else f"it ended: {ground.last_error()}"
        found.update({key: Missing(reason) for key in act.rows})
    found.update(measured)
    ground.pause(True)


if __name__ == "__main__":
    sys.exit(main())
