"""Plays scenes in one world: `play.py LINK TAKE...`, all when none is named; prints a line of JSON for each take.

The last line is {take: {"why": trace or null, "found": ...}}.
"""

import json
import sys
from collections.abc import Coroutine
from typing import Any

from kernel.bench import Bench
from kernel.ground import Ground, Played
from kernel.scenes import SCENES, Take, takes

# Each scene has two, of those that neither kernel nor engine chooses by itself.
FIRST_PORT = 2_000


def coroutine_of(take: Take, ground: Ground, port: int) -> Coroutine[Any, Any, Any]:
    return SCENES[take.scene].play(Bench(ground, take.version, take.role, port))


def play(link: str, wanted: list[Take]) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for mtu in sorted({take.mtu for take in wanted}, reverse=True):
        here = [take for take in wanted if take.mtu == mtu]
        with Ground(link, mtu) as ground:
            for last in (False, True):
                ground.play(
                    [
                        Played(str(take), coroutine_of(take, ground, port), ground.record(port), 0.0)
                        for port, take in zip(range(FIRST_PORT, 32_000, 2), here, strict=False)
                        if SCENES[take.scene].last == last
                    ]
                )
            results |= ground.results
    return results


def main(link: str, *names: str) -> None:
    print(json.dumps(play(link, [take for take in takes() if not names or str(take) in names])))


if __name__ == "__main__":
    main(*sys.argv[1:])
