"""The targets of one engine: a port each, what happens there, and who has been.

All of it belongs to the thread that drives the engine.
"""

import contextlib
import errno
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol

from ..fault import Faults
from ..host.listener import Listener
from ..host.stack import Stack
from ..host.step import Step
from ..io.handlers import Handler, Handlers
from ..io.relay import Loop
from ..show.ink import Canvas
from ..tcp.connection import Connection
from ..wire.addresses import spell
from .seen import Seen
from .services import Maker, maker

Document = dict[str, Any]

# Ports that the system gives nobody by itself (RFC 6335 6: dynamic ports begin at 49152, Linux's at 32768).
FIRST_PORT = 20_000
LAST_PORT = 32_767

# Words for what a rule has other words for.
ALIASES = {"refused": "refuse", "silent": "drop syn"}

# How many connections to one target are remembered; the oldest that is over goes first.
MOST_SEEN = 256


class Engine(Protocol):
    """What targets stand on; a `Driver` such as `aio.Host` is one."""

    stack: Stack
    handlers: Handlers

    def touch(self) -> None: ...
    def watch(self, descriptor: int, events: int, callback: Callable[[int], object]) -> None: ...
    def unwatch(self, descriptor: int) -> None: ...


class Target:
    """One port with its behaviour, and the connections to it."""

    def __init__(self, name: str, port: int, behaviour: list[str], addresses: list[str]) -> None:
        self.name = name
        self.port = port
        self.behaviour = behaviour
        self.addresses = addresses
        self.listeners: list[Listener] = []
        self.rules: list[int] = []
        self.seen: list[Seen] = []
        self._latest: OrderedDict[tuple[object, object], Seen] = OrderedDict()

    def take(self, step: Step) -> None:
        """A step at this port."""
        key = (step.local, step.remote)
        seen = self._latest.get(key)
        if seen is None or seen.conversation.begins_anew(step):
            if step.frame is None:
                # A time-out or a call can't be the first of a connection, only the rest of a forgotten one.
                return
            self._make_room()
            seen = self._latest[key] = Seen(step)
            self.seen.append(seen)
        else:
            seen.take(step)

    def accepted(self, connection: Connection, makes: Maker) -> Handler:
        """A connection of the engine's, whose steps have been seen before, gets its handler."""
        seen = self._latest.get((connection.local, connection.remote))
        if seen is not None:
            seen.connection = connection
        try:
            return makes(connection)
        except OSError as error:
            # It is reset, and the verdict says why.
            if seen is not None:
                seen.unserved = str(error)
            raise

    def _make_room(self) -> None:
        if len(self.seen) < MOST_SEEN:
            return
        old = next((seen for seen in self.seen if seen.over), self.seen[0])
        self.seen.remove(old)
        key = (old.conversation.local, old.conversation.remote)
        if self._latest.get(key) is old:
            del self._latest[key]


class Targets:
    """Adds, shows and removes targets; `addresses` are the engine's own, `faults` stands before its link."""

    def __init__(self, engine: Engine, faults: Faults, addresses: Iterable[str]) -> None:
        self._engine = engine
        self._faults = faults
        self._addresses = list(addresses)
        self._targets: dict[str, Target] = {}
        self._ports: dict[int, Target] = {}
        self._count = 0
        self._next_port = FIRST_PORT

    def add(self, wanted: Document) -> Document:
        """Makes a target and returns its document.

        `wanted` may have "behaviour", a list of which each is a rule of `fault/`, or "refused", "silent" or "mute";
        "serve", what is done with open connections: the name of a service, {"reply": BASE64} to answer with those
        bytes, or {"unix": PATH} to carry them to a Unix socket; and "port", for one that must be this. Raises
        `ValueError` for what can't be had, and `OSError` (EADDRINUSE) for a port that is taken.
        """
        unknown = wanted.keys() - {"behaviour", "serve", "port"}
        if unknown:
            raise ValueError(f"a target has behaviour, serve and port, not {', '.join(sorted(unknown))}")
        behaviour = wanted.get("behaviour") or []
        if not isinstance(behaviour, list) or not all(isinstance(word, str) for word in behaviour):
            raise ValueError("behaviour is a list of rules")
        makes = self._maker(behaviour, wanted.get("serve"))
        self._count += 1
        target = Target(str(self._count), self._choose(wanted.get("port")), behaviour, self._addresses)
        self._engine.touch()
        try:
            self._break(target)
            self._listen(target, makes)
        except BaseException:
            self._mend(target)
            raise
        if not self._targets:
            # An engine that is watched is slower: only while there is something to see.
            self._faults.observe(self._take)
        self._targets[target.name] = self._ports[target.port] = target
        return self._tell(target)

    def has(self, port: int) -> bool:
        """Whether a port at the engine's own addresses is a target's."""
        return port in self._ports

    def documents(self) -> list[Document]:
        """All of them."""
        return [self._tell(target) for target in self._targets.values()]

    def show(self, name: str) -> Document:
        """One of them. Raises `KeyError`."""
        return self._tell(self._targets[name])

    def ladder(self, name: str, width: int) -> str:
        """The ladders of its connections, one below the other. Raises `KeyError`."""
        canvas = Canvas(width)
        return "\n".join(seen.ladder(canvas) for seen in self._targets[name].seen)

    def remove(self, name: str) -> None:
        """Nobody is there any more: its connections are aborted, and its port is free. Raises `KeyError`."""
        target = self._targets.pop(name)
        self._engine.touch()
        self._mend(target)
        for seen in target.seen:
            if seen.connection is not None:
                seen.connection.abort()
        del self._ports[target.port]
        if not self._targets:
            self._faults.unobserve(self._take)

    def _break(self, target: Target) -> None:
        """The rules of its behaviour are in force, for it alone. Raises `RuleError`, which is a `ValueError`."""
        for word in target.behaviour:
            if word != "mute":
                for address in target.addresses:
                    end = spell((address, target.port))
                    target.rules.append(self._faults.add(f"{ALIASES.get(word, word)} to {end}"))

    def _mend(self, target: Target) -> None:
        """What `_break` and `_listen` have made is gone."""
        while target.listeners:
            self._engine.handlers.close_listener(target.listeners.pop())
        while target.rules:
            # Somebody may have removed all rules at once.
            with contextlib.suppress(KeyError):
                self._faults.remove(target.rules.pop())

    def _maker(self, behaviour: list[str], serve: Any) -> Maker:
        """Who handles connections there."""
        if "mute" in behaviour:
            if serve is not None:
                raise ValueError("mute says what is served: nothing")
            serve = "mute"
        loop: Loop = self._engine
        return maker("echo" if serve is None else serve, loop)

    def _choose(self, wish: Any) -> int:
        if wish is not None:
            if type(wish) is not int or not 0 < wish < 65536:
                raise ValueError(f"port {wish!r}: a port is 1 to 65535")
            if wish in self._ports:
                raise OSError(errno.EADDRINUSE, f"port {wish} is another target's")
            return wish
        for _ in range(FIRST_PORT, LAST_PORT):
            port, self._next_port = self._next_port, self._next_port + 1
            if self._next_port > LAST_PORT:
                self._next_port = FIRST_PORT
            if port not in self._ports:
                return port
        raise OSError(errno.EADDRINUSE, "every port is a target's")

    def _listen(self, target: Target, makes: Maker) -> None:
        # At each address of its own: the stack may be transparent, and the port at other hosts' addresses is theirs.
        for address in target.addresses:
            make = partial(target.accepted, makes=makes)
            target.listeners.append(self._engine.handlers.listen(target.port, make, address=address))

    def _take(self, step: Step) -> None:
        if step.local is not None and step.remote is not None:
            target = self._ports.get(step.local[1])
            if target is not None and step.local[0] in target.addresses:
                target.take(step)

    def _tell(self, target: Target) -> Document:
        return {
            "target": target.name,
            "addresses": [[address, target.port] for address in target.addresses],
            "behaviour": target.behaviour,
            "connections": [self._tell_seen(seen) for seen in target.seen],
        }

    def _tell_seen(self, seen: Seen) -> Document:
        local, remote = seen.conversation.local, seen.conversation.remote
        verdict = seen.verdict
        return {
            "local": list(local),
            "remote": list(remote),
            "state": seen.state.rfc_name,
            "over": seen.over,
            "verdict": {"outcome": verdict.outcome.name, "sentence": verdict.sentence, "evidence": verdict.evidence},
            "injected": [str(injected) for injected in seen.injected],
        }
