"""The engine against the machine's own kernel: every scene, in each world, over IPv4 and IPv6, in both roles.

The scenes of a world are played together, in one private network, by one program (play.py); each is reported as a
test of its own.
"""

import fcntl
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from kernel.scenes import Take, takes
from lab.worlds import World, require

# Of all scenes of a world; each has its own, by which one that hangs is named (ground.HANG).
LIMIT = 1800

WORLDS = [World("root", "tun"), World("root", "veth"), World("nobody", "tun"), World("nobody", "veth")]


@pytest.fixture(scope="session")
def wanted(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """The takes that this run is to report, by world."""
    found: dict[str, list[str]] = {str(world): [] for world in WORLDS}
    for item in request.session.items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if isinstance(parameters.get("take"), Take):
            found[str(parameters["world"])].append(str(parameters["take"]))
    return found


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory, wanted: dict[str, list[str]]) -> "Playbill":
    shared = tmp_path_factory.getbasetemp()
    # pytest-xdist's workers have a directory each, below the run's own.
    return Playbill(shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared, wanted)


class Playbill:
    """What came of the scenes of each world; the first who asks has them played, whatever process it is in."""

    def __init__(self, directory: Path, wanted: dict[str, list[str]]) -> None:
        self._directory = directory
        self._wanted = wanted
        self._results: dict[str, Any] = {}

    def of(self, world: World) -> Any:
        name = str(world)
        if name not in self._results:
            with open(self._directory / f"kernel-{name}.json", "a+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                known = file.read()
                if not known:
                    known = json.dumps(self._play(world))
                    file.write(known)
            self._results[name] = json.loads(known)
        return self._results[name]

    def _play(self, world: World) -> Any:
        takes = self._wanted[str(world)]
        try:
            return world.run("../kernel/play", world.link, *takes, limit=LIMIT)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            # Every take is told, and nobody tries again.
            return {take: {"why": str(error)} for take in takes}


@pytest.mark.parametrize("take", takes(), ids=str)
@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_scene(played: Playbill, world: World, take: Take) -> None:
    result = played.of(require(world)).get(str(take))
    assert result is not None, "it was not played"
    assert result["why"] is None, result["why"]
