"""A world to run a test program in: which user runs the tool, over which link."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent

# Catches a hang; nothing here takes a tenth of it.
HANG = 240


@dataclass(frozen=True)
class World:
    """Who runs the tool, and over which link."""

    user: str
    link: str
    covered: bool = False
    """As in a container, /proc is partly covered and its settings are read-only."""

    def __str__(self) -> str:
        return f"{self.user}-{self.link}"

    def command(self, program: str, *arguments: str) -> list[str]:
        """The command line that runs tests/lab/PROGRAM.py in this world."""
        script = [sys.executable, "-P", str(HERE / f"{program}.py"), *arguments]
        if self.user == "root":
            return script
        options = ["--tun"] * (self.link == "tun") + ["--covered"] * self.covered
        return [sys.executable, "-P", str(HERE / "as_nobody.py"), *options, "--", *script]

    def environment(self) -> dict[str, str]:
        paths = [os.path.abspath(path) for path in sys.path if path]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}

    def start(self, program: str, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self.command(program, *arguments), env=self.environment(), cwd="/", **options)

    def run(self, program: str, *arguments: str, limit: float = HANG) -> Any:
        """Runs the program to its end, for at most `limit` seconds; returns the JSON that it printed last."""
        done = subprocess.run(
            self.command(program, *arguments),
            env=self.environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit,
            check=False,
        )
        assert done.returncode == 0, f"{program} {arguments} as {self}:\n{done.stdout.decode()}{done.stderr.decode()}"
        return json.loads(done.stdout.splitlines()[-1])


def require(world: World) -> World:
    """Fails, by name, where this machine can't play that world."""
    if os.geteuid() != 0:
        pytest.fail(
            "these tests need root: they take on the parts of root and of an unprivileged user, with and "
            "without a TUN device (the tool itself needs no root)"
        )
    if world.link == "tun" and not os.path.exists("/dev/net/tun"):
        pytest.fail("these tests need /dev/net/tun: sudo modprobe tun, or in a container --device /dev/net/tun")
    return world
