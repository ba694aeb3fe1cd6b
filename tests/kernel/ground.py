"""What scenes are played on: an engine, a private network with the kernel's side in it, and the loop that turns both.

Scenes are coroutines. What they await is a condition, which is looked at after each turn of the pump; so many scenes
share one network and wait at the same time. Each has a port of its own, by which its frames and steps are told apart.
"""

import io
import itertools
import json
import os
import select
import subprocess
import sys
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernel.faults import FaultyDevice

from handshook import Config, Connection, Happened, Held, Outcome, Stack, State, Step
from handshook.lab import PrivateNetwork
from handshook.link.pump import Engine, Pump
from handshook.show.conversation import Conversation
from handshook.show.watch import Watcher
from handshook.testing.invariants import check

PEERS = Path(__file__).with_name("peers.py")

# Catches what hangs: the longest scene sleeps three seconds, and shares two cores with whatever else there is.
HANG = 240.0
# How many scenes are played side by side.
MOST = 40

# TIME-WAIT lasts so long that no scene loses it, but in the second network, where one is sat out.
MSL = {1500: 30.0, 1280: 0.5}

Condition = Callable[[], Any]


class Until:
    """`await Until(condition, what)`: goes on once the condition is true, and returns it."""

    def __init__(self, condition: Condition, what: str = "") -> None:
        self.condition = condition
        self.what = what

    def __await__(self) -> Generator["Until", Any, Any]:
        return (yield self)


class Call:
    """A call that the kernel's side is making: awaited, it gives what was found or raises the OSError."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.answer: list[Any] | None = None

    @property
    def done(self) -> bool:
        return self.answer is not None

    def __await__(self) -> Generator[Until, Any, Any]:
        yield Until(lambda: self.done, f"the kernel's {self.what}")
        assert self.answer is not None
        found, number, trace = self.answer
        if number is not None:
            raise OSError(number, trace)
        assert trace is None, trace
        return found


class Kernel:
    """The kernel's side; see peers.py."""

    def __init__(self, network: PrivateNetwork, pump: Pump) -> None:
        self._program = network.popen(
            [sys.executable, "-P", str(PEERS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/"
        )
        self._serials = itertools.count()
        self._asked: dict[int, Call] = {}
        self._rest = b""
        assert self._program.stdout is not None
        pump.watch(self._program.stdout.fileno(), select.EPOLLIN, self._hear)

    def call(self, verb: str, *arguments: Any) -> Call:
        """Asks at once; the answer may be awaited later."""
        serial, call = next(self._serials), Call(verb)
        self._asked[serial] = call
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps([serial, verb, *arguments]).encode() + b"\n")
        self._program.stdin.flush()
        return call

    def close(self) -> None:
        self._program.kill()
        self._program.wait()
        self._program.close()

    def _hear(self, _: int) -> None:
        assert self._program.stdout is not None
        heard = os.read(self._program.stdout.fileno(), 1 << 16)
        if not heard:
            raise RuntimeError("the kernel's side has ended")
        *lines, self._rest = (self._rest + heard).split(b"\n")
        for line in lines:
            serial, *answer = json.loads(line)
            self._asked.pop(serial).answer = answer


@dataclass
class Record:
    """The steps of one scene, as an observer of the stack sees them."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    states: list[State] = field(default_factory=list)
    steps: deque[Step] = field(default_factory=lambda: deque(maxlen=400))
    conversation: Conversation | None = None

    def take(self, step: Step) -> None:
        self.outcomes[step.outcome] += 1
        self.steps.append(step)
        for state in (step.before, step.after):
            if not self.states or self.states[-1] is not state:
                self.states.append(state)
        if self.conversation is None or self.conversation.begins_anew(step):
            self.conversation = Conversation(step)
        self.conversation.take(step)

    def ladder(self) -> str:
        drawn = io.StringIO()
        watcher = Watcher(drawn, width=118, color=False, ascii=False)
        for step in self.steps:
            watcher(step)
        return drawn.getvalue()


@dataclass
class Played:
    """A scene that is under way."""

    name: str
    coroutine: Coroutine[Until, Any, Any]
    record: Record
    limit: float
    waits: Until | None = None


class Ground:
    """One private network with an engine on its near side and a program of the kernel's on its far side."""

    def __init__(self, link: str, mtu: int) -> None:
        self.network = PrivateNetwork(link=link, mtu=mtu)
        self.device = FaultyDevice(self.network.device)
        self.config = Config(msl=MSL[mtu], mtu=mtu)
        self.stack = Stack(
            [self.network.engine4, self.network.engine6], config=self.config, framing=self.device.framing
        )
        self.pump = Pump(self.driven(), self.device)
        self.kernel = Kernel(self.network, self.pump)
        self.records: dict[int, Record] = {}
        self.results: dict[str, Any] = {}
        self.held: dict[int, Held] = {}
        """What was held last, by port."""
        self.last_news: dict[Held, Happened] = {}
        self.connections: list[Connection] = []
        """Looked at after each turn; see handshook.testing."""
        self.observe(self._note)

    def driven(self) -> Engine:
        """What the pump drives."""
        return self.stack

    def observe(self, callback: Callable[[Step], None]) -> None:
        self.stack.observe(callback)

    def record(self, port: int) -> Record:
        return self.records.setdefault(port, Record())

    def play(self, scenes: list[Played]) -> None:
        """Plays them all, so many side by side."""
        waiting, playing = list(reversed(scenes)), list[Played]()
        while waiting or playing:
            while waiting and len(playing) < MOST:
                scene = waiting.pop()
                scene.limit = time.monotonic() + HANG
                playing.append(scene)
            try:
                went_on = False
                for scene in list(playing):
                    went_on |= self._turn(scene, playing)
                self.pump.turn(0 if went_on else 0.05)
                # Scenes look at the connections themselves.
                for source, happened in self.stack.events():
                    if isinstance(source, Held):
                        self.held[source.local[1]] = source
                        self.last_news[source] = happened
                for connection in self.connections:
                    check(connection)
            except BaseException:
                # An engine that raises ends every scene; each is told.
                for scene in [*playing, *waiting]:
                    self._end(scene, traceback.format_exc())
                return

    def close(self) -> None:
        self.kernel.close()
        self.pump.close()
        self.network.close()

    def __enter__(self) -> "Ground":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _turn(self, scene: Played, playing: list[Played]) -> bool:
        """Lets a scene go on if it can; returns whether it did."""
        try:
            if scene.waits is None:
                scene.waits = scene.coroutine.send(None)
                return True
            try:
                found = scene.waits.condition()
                if not found and time.monotonic() >= scene.limit:
                    raise AssertionError(f"still waiting for {scene.waits.what or 'something'}")
            except Exception as error:
                scene.waits = scene.coroutine.throw(error)
                return True
            if not found:
                return False
            scene.waits = scene.coroutine.send(found)
        except StopIteration as ended:
            playing.remove(scene)
            self._end(scene, None, ended.value)
        except Exception:
            playing.remove(scene)
            self._end(scene, f"{traceback.format_exc()}\n{scene.record.ladder()}")
        return True

    def _end(self, scene: Played, why: str | None, found: Any = None) -> None:
        scene.coroutine.close()
        outcomes = {outcome.name: times for outcome, times in scene.record.outcomes.items()}
        self.results[scene.name] = {"why": why, "found": found, "outcomes": outcomes}

    def _note(self, step: Step) -> None:
        for end in (step.local, step.remote):
            record = self.records.get(end[1]) if end is not None else None
            if record is not None:
                record.take(step)
