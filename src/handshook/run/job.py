"""Run a program in a private network whose every connection ends in the engine, and carry each on to where it wants."""

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..fault import Faults, Rule
from ..host.stack import Stack
from ..io.aio import Host
from ..lab import PrivateNetwork, Program
from ..link.pump import Engine
from ..session.beside import exit_code, start_program
from ..session.files import allow_many_files
from ..session.later import Later, Shown
from ..session.place import Place
from ..session.session import Observer, put_off
from ..target.control import answer
from ..target.targets import Targets
from ..tcp.config import Config
from ..wire.addresses import local_of, pack
from .carrier import Carrier
from .control import Control
from .datagrams import Datagrams
from .doors import Doors, Way
from .entries import Entries
from .names import Names, routed_versions
from .signals import signals_are, signals_wait
from .why import Why

# The largest that a TUN device takes, as a loopback has it: no datagram of the program's is ever cut.
MTU = 65_535

# Buffers for a fast far side; nothing is taken of them that isn't used. A cookie would answer before the far side has.
CONFIG = Config(nagle=False, receive_window=4 << 20, send_buffer=4 << 20, half_open_limit=8192, cookies="never")

# When the program has ended, what it has said last goes on as long as it makes progress; so many seconds without any,
# or so many in all, are the end.
LAST_WORDS = 1.0
MOST_LAST_WORDS = 30.0
_LOOK = 0.005
_HOUSEKEEPING = 5.0
# How often it is looked whether the link is still there, in seconds.
_LOST = 0.5

CONTROL = "HANDSHOOK_CONTROL"
"""The environment variable that tells the program where the control is."""


@dataclass(frozen=True)
class Plan:
    """`command` is what runs, over which `link` of the private network.

    `rules` and `seed` are as for `Faults`; `ways` are doors into the network; `control` is where the control listens,
    None for a place of its own.
    """

    command: tuple[str, ...]
    link: str = "auto"
    rules: tuple[Rule | str, ...] = ()
    seed: int | None = None
    ways: tuple[Way, ...] = ()
    control: str | None = None


@dataclass
class Ending:
    """How it went: the exit code, and what became of the program's connections."""

    code: int
    entries: Entries = field(default_factory=Entries)
    seed: int = 0


class NotRun(Exception):
    """Something that the run needs can't be had: which, and why."""


def open_place(plan: Plan, names: Names) -> Place:
    """The private network, from which everything goes to the engine. Raises `PrivateNetworkUnavailable`."""
    return Place.private(plan.link, mtu=MTU, routes=routed_versions(), files=names.files)


def run(
    plan: Plan,
    place: Place,
    names: Names,
    *,
    observer: Observer | None = None,
    why: Why | None = None,
    say: Callable[[str], None],
) -> Ending:
    """Does it. `say` is given what the user should know, a sentence at a time; `why` is told whose steps are whose.

    Raises `NotRun` for a door that can't be opened or a control that can't listen, `RuleError` for a rule.
    """
    later = None if observer is None else put_off(observer)
    try:
        entries = Entries(names.learned.name_of)
        if why is not None:
            entries.begun = why.begun
        return asyncio.run(_Run(plan, place, names, entries, later, say).go())
    finally:
        if later is not None:
            later.show_all()


class _Run:
    """One run: what it is made of, from the first packet to the last."""

    def __init__(
        self,
        plan: Plan,
        place: Place,
        names: Names,
        entries: Entries,
        later: Later | None,
        say: Callable[[str], None],
    ) -> None:
        assert place.network is not None
        self._plan = plan
        self._place = place
        self._network: PrivateNetwork = place.network
        self._names = names
        self._later = later
        self._say = say
        self._entries = entries
        self._faults: Faults
        self._datagrams: Datagrams
        self._targets: Targets

    async def go(self) -> Ending:
        async with Host(self._place, wrap=self._wrap, transparent=True, config=CONFIG) as host:
            if self._later is not None:
                self._faults.observe(Shown(self._later, asyncio.get_running_loop()))
            self._targets = Targets(host, self._faults, self._place.addresses)
            self._datagrams.begin(host)
            carrier = Carrier(host, self._names, self._entries)
            doors = Doors(host, self._network, self._entries)
            keeping = asyncio.create_task(self._keep_house())
            try:
                for way in self._plan.ways:
                    _open_door(doors, way)
                async with self._control() as path:
                    code = await self._beside(host, carrier, doors, path)
            finally:
                keeping.cancel()
                doors.close()
                carrier.close()
                self._datagrams.close()
                self._entries.close(host.stack.now)
        return Ending(code, self._entries, self._faults.seed)

    def _wrap(self, stack: Stack) -> Engine:
        own = {pack(address) for address in self._place.addresses}
        self._faults = Faults(stack, self._plan.rules, seed=self._plan.seed, names=self._names.addresses_of)
        self._entries.look_up_injected(self._faults.injected)

        def asked(key: bytes, isn: int, now: float) -> None:
            address, port = local_of(key)
            # What is a target's has its own account.
            if pack(address) not in own or not self._targets.has(port):
                self._entries.asked(key, isn, now)

        self._datagrams = Datagrams(self._faults, stack.framing, self._names, own, asked)
        return self._datagrams

    @contextlib.asynccontextmanager
    async def _control(self) -> AsyncIterator[str]:
        directory = None
        path = self._plan.control
        if path is None:
            # Only for this user; short, for a UNIX socket's path has 107 bytes at most.
            directory = tempfile.mkdtemp(prefix="handshook-")
            path = str(Path(directory, "control"))
        control = Control(self._faults, self._entries, {"targets": partial(answer, self._targets)})
        try:
            try:
                await control.start(path)
            except OSError as error:
                raise NotRun(f"--control {path}: {error.strerror or error}") from None
            yield path
        finally:
            await control.close()
            with contextlib.suppress(OSError):
                os.unlink(path)
            if directory is not None:
                shutil.rmtree(directory, ignore_errors=True)

    async def _beside(self, host: Host, carrier: Carrier, doors: Doors, control: str) -> int:
        """Run the program; returns its exit code, as a shell would. Raises `NotRun` when the link is lost meanwhile."""
        variables = {**os.environ, CONTROL: os.path.abspath(control)}
        with contextlib.ExitStack() as signals:
            with signals_wait():
                program = start_program(self._network, self._plan.command, variables, self._say)
                if isinstance(program, int):
                    return program
                signals.enter_context(signals_are(program))
            # Only now: the program shouldn't inherit it.
            allow_many_files()
            await _end_of(program, host)
            await self._last_words(carrier, doors)
        return exit_code(program.wait())

    async def _last_words(self, carrier: Carrier, doors: Doors) -> None:
        """What the program has sent before it ended goes on; what it has left behind ends with the network."""
        if left := _processes(self._network.pid):
            many = f"{left} processes that it had started run" if left > 1 else "a process that it had started runs"
            self._say(f"{self._plan.command[0]} has ended, and {many} on inside: ended with the private network")
        end = time.monotonic() + (MOST_LAST_WORDS if not left else LAST_WORDS)
        moved, since = -1, time.monotonic()
        while carrier.open + doors.open and time.monotonic() < end:
            sent = sum(entry.sent for entry in self._entries)
            if sent != moved:
                moved, since = sent, time.monotonic()
            if time.monotonic() - since > LAST_WORDS:
                return
            await asyncio.sleep(_LOOK)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING)
            self._datagrams.forget_quiet(time.monotonic())


def _open_door(doors: Doors, way: Way) -> None:
    try:
        doors.add(way)
    except (OSError, UnicodeError) as error:
        # UnicodeError: a name that no resolver would be asked for.
        why = getattr(error, "strerror", None) or error
        raise NotRun(f"--serve {way.port}={way.host}:{way.at}: {why}") from None


async def _end_of(program: Program, host: Host) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(program.fileno(), ended.set)
    try:
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOST):
                    await ended.wait()
            if host.lost is not None and not ended.is_set():
                raise NotRun(f"the program's network is lost, and the program ends with it: {host.lost!r}")
    finally:
        loop.remove_reader(program.fileno())


def _processes(init: int) -> int:
    """How many processes are left in the network besides its first, so far as the kernel tells."""
    found = 0
    waiting = [init]
    while waiting:
        pid = waiting.pop()
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
            found += len(children)
            waiting += [int(child) for child in children]
    return found
