"""The ground of the kernel's scenes, with faults between the engine and the link; a scene's rules are for its port."""

import errno
import itertools
import time
from collections.abc import Callable, Coroutine
from typing import Any

from kernel.bench import CLIENT, SERVER, Bench, Socket
from kernel.ground import Ground

from handshook import Connection, Step
from handshook.fault import Faults
from handshook.link.pump import Engine

TCP, SYNCNT, USER_TIMEOUT, NODELAY = 6, 7, 18, 1
SOL_SOCKET, RCVTIMEO = 1, 20
# So few SYNs that a connect is given up after some seconds: how many depends on tcp_syn_linear_timeouts.
IMPATIENT = ((TCP, SYNCNT, 1),)


class FaultyGround(Ground):
    def driven(self) -> Engine:
        self.faults = Faults(self.stack, seed=1)
        return self.faults

    def observe(self, callback: Callable[[Step], None]) -> None:
        self.faults.observe(callback)


class Stage(Bench):
    """A scene's own; see `Bench`."""

    ground: FaultyGround

    def rule(self, text: str) -> int:
        """In force for this scene's port; returns its id."""
        return self.ground.faults.add(f"{text} to :{self.port}")

    def hits(self, id: int) -> int:
        return self.ground.faults.rules[id].hits

    def verdict(self, connection: Connection) -> str:
        return self.ground.faults.verdict(connection).sentence

    @property
    def injected(self) -> list[str]:
        """What observers were shown as injected, in order."""
        return [f"{step.outcome.name} {step.injected.effect.value}" for step in self.record.steps if step.injected]

    @property
    def effects(self) -> set[str]:
        return {step.injected.effect.value for step in self.record.steps if step.injected}

    async def dial(self, options: Any = ()) -> tuple[Socket, Any]:
        """A socket of the kernel's that connects to the engine; the call is under way."""
        if self.listener is None:
            self.listen()
        kernel = await self.socket(options=options)
        return kernel, kernel.connect(self.engine, self.port)

    async def pair_that_is_reset(self) -> Connection:
        """Our end of a connection that is reset as soon as it is open; the kernel's call is told so, whichever it is:
        on a busy machine the RST is there before its connect has returned."""
        if self.role == CLIENT:
            kernel, ours = await self.pair()
            await self.fails(kernel.recv(), errno.ECONNRESET)
            return ours
        kernel, connecting = await self.dial()
        ours = await self.accepted()
        try:
            await connecting
        except ConnectionResetError:
            return ours
        await self.fails(kernel.recv(), errno.ECONNRESET)
        return ours

    async def fails(self, call: Any, number: int) -> float:
        """The call fails with this errno; returns after how many seconds."""
        began = time.monotonic()
        try:
            found = await call
        except OSError as error:
            assert error.errno == number, error
        else:
            raise AssertionError(f"it gave {found!r}")
        return time.monotonic() - began

    def says(self, text: str, verdict: str, connection: Connection | None = None) -> None:
        """The verdict ends with the rule, and nothing else does."""
        line = f"{text} to :{self.port}"
        assert verdict.endswith(f": injected by `{line}`"), verdict
        if connection is not None:
            assert "injected" not in connection.verdict.sentence


Play = Callable[[Stage], Coroutine[Any, Any, Any]]
SCENES: dict[str, tuple[Play, str, int]] = {}


def scene(*roles: str, versions: tuple[int, ...] = (4,)) -> Callable[[Play], Play]:
    """Lists a scene; the engine is the server where nothing is said."""

    def enlist(play: Play) -> Play:
        for role, version in itertools.product(roles or (SERVER,), versions):
            name = f"{play.__name__}-{role}-IPv{version}"
            assert name not in SCENES
            SCENES[name] = play, role, version
        return play

    return enlist


BOTH = (SERVER, CLIENT)


def scenes() -> dict[str, tuple[Play, str, int]]:
    """Every scene; the modules enlist theirs."""
    from fault import closing, modifying, opening, transferring

    assert closing and modifying and opening and transferring
    return SCENES
