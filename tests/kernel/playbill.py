"""The results of scenes that a program plays, all of a world together; each is then reported as a test of its own."""

import fcntl
import json
import subprocess
from pathlib import Path
from typing import Any

from lab.worlds import World

# Of all scenes of a world; each has its own, by which one that hangs is named (ground.HANG).
LIMIT = 1800


class Playbill:
    """What came of the scenes of each world; the first who asks has them played, whatever process it is in."""

    def __init__(self, directory: Path, wanted: dict[str, list[str]], program: str = "kernel/play") -> None:
        self._directory = directory
        self._program = program
        self._wanted = wanted
        self._results: dict[str, Any] = {}

    def of(self, world: World) -> Any:
        name = str(world)
        if name not in self._results:
            with open(
                self._directory / f"{self._program.replace('/', '-')}-{name}.json", "a+", encoding="utf-8"
            ) as file:
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
            return world.run(f"../{self._program}", world.link, *takes, limit=LIMIT)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            # Every take is told, and nobody tries again.
            return {take: {"why": str(error)} for take in takes}
