"""A peer in place: its private network, its server, the client's way in, and what its processes have used."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from handshook.lab import PrivateNetwork, Program

from . import services
from .needs import BUILT, HERE

# No client runs as long as this; one that does is stuck, and its row is missing.
PATIENCE = 45.0
PORTS = [
    services.DISCARD,
    services.DISCARD_PORTS,
    services.CHARGEN,
    services.ECHO,
    services.HANGUP,
    services.HANGUP_PORTS,
    services.HALF,
]


class Failed(Exception):
    """What a row asked for did not happen; the text is the reason that is reported."""


class Ground:
    """A private network with a server in it.

    `pids` are the processes that are the stack, `others` those that serve behind it; `began` is when the stack was
    started. The network and all in it end with `close`.
    """

    def __init__(self) -> None:
        self._left = contextlib.ExitStack()
        self.network: PrivateNetwork | None = None
        self.pids: list[int] = []
        self.others: list[int] = []
        self.address = services.STACK
        self.into: list[str] = []
        self.began = 0.0

    def open(self, *, link: str = "tun", mtu: int = 1500) -> PrivateNetwork:
        """The network itself, with the machine's limits out of the way."""
        self.network = self._left.enter_context(PrivateNetwork(link=link, mtu=mtu))
        return self.network

    def inside(self, *words: str) -> dict[str, Any]:
        """Let inside.py lay the ground, and return what it says."""
        return self.first_line(self.popen([sys.executable, "-P", str(HERE / "inside.py"), *words], out=True))

    def popen(self, words: Sequence[str], *, out: bool = False, into: bool = False) -> Program:
        """A program in the network; its output here when `out`, in the second network when `into`."""
        assert self.network is not None
        program = self.network.popen(
            [*(self.into if into else []), *words],
            stdin=subprocess.PIPE if out else subprocess.DEVNULL,
            stdout=subprocess.PIPE if out else subprocess.DEVNULL,
            stderr=self._errors(),
        )
        self._left.callback(program.close)
        return program

    def serve_here(self, words: Sequence[str], descriptor: int) -> None:
        """A server outside, which has the engine's end of the link."""
        server = subprocess.Popen(words, pass_fds=[descriptor], stdin=subprocess.DEVNULL, stderr=self._errors())
        self.pids.append(server.pid)

        def end() -> None:
            server.kill()
            server.wait()

        self._left.callback(end)

    def ask(self, *words: str) -> dict[str, Any]:
        """Run a driver as the client, to its end, and return what it measured. Raises `Failed`."""
        program = self.popen([str(BUILT / words[0]), *words[1:]], out=True, into=True)
        try:
            code = program.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait(5)
            raise Failed(f"{' '.join(words[:2])} hung for {PATIENCE:.0f} s") from None
        assert program.stdout is not None
        told = program.stdout.read()
        program.close()
        if code or not told:
            raise Failed(f"{words[1]}: {self.last_error() or f'exit code {code}'}")
        return dict(json.loads(told))

    def begin(self, *words: str) -> Program:
        """Start a client that stays until its input is closed."""
        return self.popen([str(BUILT / words[0]), *words[1:]], out=True, into=True)

    def first_line(self, program: Program) -> dict[str, Any]:
        """What a program says first. Raises `Failed` when it ends without a word."""
        assert program.stdout is not None
        line = program.stdout.readline()
        if not line:
            raise Failed(self.last_error() or f"{program.args[0]!r} ended with {program.wait(5)}")
        return dict(json.loads(line))

    def outer_pid(self, inner: int) -> int:
        """The pid, as seen here, of a process that the network knows by `inner`. Raises `Failed`."""
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                numbers = next(line for line in status.read_text().splitlines() if line.startswith("NSpid:")).split()
                if numbers[-1] == str(inner) and len(numbers) > 2 and self._shares_space(int(numbers[1])):
                    return int(numbers[1])
        raise Failed(f"process {inner} is not there")

    def pause(self, paused: bool) -> None:
        """Stop the peer's own processes while others are measured, or let them go on."""
        for pid in self.pids + self.others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP if paused else signal.SIGCONT)

    def cpu(self, *, others: bool = False) -> float:
        """Seconds of processor time that the stack's processes (and the servers behind them) have used."""
        return sum(_cpu(pid) for pid in (self.pids + self.others if others else self.pids))

    def memory(self) -> int:
        """Bytes that the stack's processes have in memory."""
        total = 0
        for pid in self.pids:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return total * os.sysconf("SC_PAGE_SIZE")

    def alive(self) -> bool:
        """Are the stack's processes all there?"""
        return all(os.path.exists(f"/proc/{pid}") for pid in self.pids)

    def last_error(self) -> str:
        """The last line that anything here has written to its standard error."""
        with open(self._log(), encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        return lines[-1] if lines else ""

    def close(self) -> None:
        """End it all."""
        self.pause(False)
        self._left.close()
        self._log().unlink(missing_ok=True)

    def _log(self) -> Path:
        return BUILT / f"errors-{os.getpid()}-{id(self)}.log"

    def _errors(self) -> Any:
        # A file and not a pipe: nobody reads while a row is measured.
        return self._left.enter_context(open(self._log(), "ab"))

    def _shares_space(self, pid: int) -> bool:
        assert self.network is not None
        mine = os.readlink(f"/proc/{self.network.pid}/ns/pid")
        return os.readlink(f"/proc/{pid}/ns/pid") == mine


class KernelGround(Ground):
    """Two kernels: what a connection costs is in the kernel's own tables and not in any process's memory."""

    def memory(self) -> int:
        """The kernel's tables (slabs), of the whole machine: a busy machine makes this a rough figure."""
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("Slab:"):
                return int(line.split()[1]) * 1024
        raise Failed("/proc/meminfo has no Slab line")


def _cpu(pid: int) -> float:
    """From the scheduler's own nanoseconds; a clock tick is too long for half a second."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            total += int((thread / "schedstat").read_text().split()[0])
    return total * 1e-9


@contextlib.contextmanager
def measured(ground: Ground) -> Iterator[dict[str, float]]:
    """What the stack, and all that serve, have used meanwhile: `stack` and `all` seconds, `secs` of wall time."""
    used: dict[str, float] = {}
    stack, everything, since = ground.cpu(), ground.cpu(others=True), time.monotonic()
    yield used
    used["stack"] = ground.cpu() - stack
    used["all"] = ground.cpu(others=True) - everything
    used["secs"] = time.monotonic() - since
