"""One peer: where it is, a socket to meet it with, and what it saw of who came."""

import base64
import json
import os
import socket as kernel
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeAlias
from urllib.parse import urlencode

from ..outcomes import Outcome
from ..tcp.states import State
from ..tcp.verdict import Verdict
from .serving import Serving

Service: TypeAlias = str | bytes | os.PathLike[str] | Callable[[kernel.socket], object]
"""What is done with open connections: the name of a service, an answer, a Unix socket's path, or a function."""

# Between two looks whether a connection is over.
MOMENT = 0.01

_STATES = {state.rfc_name: state for state in State}


class Inside(Protocol):
    """What a peer asks of its network."""

    def socket(self, family: int, type: int) -> kernel.socket: ...
    def ask(self, method: str, target: str, document: object = None) -> bytes: ...


@dataclass(frozen=True)
class Met:
    """One connection to a peer, as the engine saw it: `remote` is the client, `local` the peer, `state` the peer's.

    `over` says that nothing more is to come; `verdict` how it went, or goes. `injected` is what was done to it on
    purpose, a sentence each; empty where all came about by itself.
    """

    local: tuple[str, int]
    remote: tuple[str, int]
    state: State
    over: bool
    verdict: Verdict
    injected: tuple[str, ...]


class Peer:
    """A real address with a chosen behaviour; made by `Network.peer`, or by the fixture."""

    def __init__(self, network: Inside, behaviour: tuple[str, ...], serve: Service | None, port: int | None) -> None:
        self.behaviour = behaviour
        self._network = network
        self._serving: Serving | None = None
        self._open = False
        wanted: dict[str, object] = {"behaviour": list(behaviour), "port": port, "serve": self._served(serve)}
        try:
            document = json.loads(network.ask("POST", "/targets", wanted))
        except BaseException:
            self.close()
            raise
        self._open = True
        self._path = f"/targets/{document['target']}"
        self._addresses: dict[int, tuple[str, int]] = {
            kernel.AF_INET6 if ":" in address else kernel.AF_INET: (address, port)
            for address, port in document["addresses"]
        }

    @property
    def address(self) -> tuple[str, int]:
        """Where it is, (host, port): what `connect` takes."""
        return self._addresses[kernel.AF_INET]

    @property
    def address6(self) -> tuple[str, int]:
        """The same over IPv6. Raises `LookupError` where the machine has none."""
        if kernel.AF_INET6 not in self._addresses:
            raise LookupError("the private network has no IPv6, for this machine's kernel has none")
        return self._addresses[kernel.AF_INET6]

    @property
    def host(self) -> str:
        """Its IPv4 address."""
        return self.address[0]

    @property
    def port(self) -> int:
        """Its port, the same over IPv4 and IPv6."""
        return self.address[1]

    def socket(self, family: int = kernel.AF_INET) -> kernel.socket:
        """A kernel's TCP socket inside the private network, neither bound nor connected."""
        return self._network.socket(family, kernel.SOCK_STREAM)

    def connect(self, timeout: float | None = None, family: int = kernel.AF_INET) -> kernel.socket:
        """A socket that is connected to it, as `socket.create_connection`: `timeout` is in seconds, and stays."""
        made = self.socket(family)
        try:
            made.settimeout(timeout)
            made.connect(self.address if family == kernel.AF_INET else self.address6)
        except BaseException:
            made.close()
            raise
        return made

    @property
    def connections(self) -> list[Met]:
        """Who came, in order; also those that were refused, or got no answer. The last 256."""
        return [_met(document) for document in json.loads(self._network.ask("GET", self._path))["connections"]]

    @property
    def verdicts(self) -> list[Verdict]:
        """How each of the connections went, or goes."""
        return [met.verdict for met in self.connections]

    def settle(self, timeout: float = 10.0) -> list[Met]:
        """Waits until all connections are over, and returns them. Raises `TimeoutError` after so many seconds.

        It sleeps in between, so a coroutine calls it by `asyncio.to_thread` where the client is in the same loop.
        """
        end = time.monotonic() + timeout
        while True:
            found = self.connections
            left = [met for met in found if not met.over]
            if not left:
                return found
            if time.monotonic() > end:
                who = ", ".join(f"{met.remote[0]}:{met.remote[1]} {met.state.rfc_name}" for met in left)
                raise TimeoutError(f"after {timeout} seconds still open: {who}")
            time.sleep(MOMENT)

    def ladder(self, width: int = 100) -> str:
        """The ladders of its connections, as text of so many columns: segment by segment, and what was decided."""
        return self._network.ask("GET", f"{self._path}/ladder?{urlencode({'width': width})}").decode()

    def close(self) -> None:
        """Nobody is there any more: what is open is reset. A second call does nothing."""
        serving, self._serving = self._serving, None
        try:
            if self._open:
                self._open = False
                self._network.ask("DELETE", self._path)
        finally:
            if serving is not None:
                serving.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Peer {', '.join(self.behaviour) or 'open'} at {self.host}:{self.port}>"

    def _served(self, serve: Service | None) -> object:
        if serve is None or isinstance(serve, str):
            return serve
        if isinstance(serve, bytes):
            return {"reply": base64.b64encode(serve).decode()}
        if isinstance(serve, os.PathLike):
            return {"unix": os.path.abspath(serve)}
        self._serving = Serving(serve)
        return {"unix": self._serving.path}


def _met(document: dict[str, Any]) -> Met:
    verdict = document["verdict"]
    return Met(
        (document["local"][0], document["local"][1]),
        (document["remote"][0], document["remote"][1]),
        _STATES[document["state"]],
        document["over"],
        Verdict(Outcome[verdict["outcome"]], verdict["sentence"], verdict["evidence"]),
        tuple(document["injected"]),
    )
