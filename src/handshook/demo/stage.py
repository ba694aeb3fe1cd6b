"""Where the scenes are played: our engine, and somebody at the other end who can be asked to play a part."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from ..host.stack import Stack
from ..io.handlers import Handlers
from ..tcp.config import Config
from ..tcp.connection import Connection

# No part takes a tenth of it; this bounds one that hangs.
PATIENCE = 5.0


class NotAsSaid(Exception):
    """A scene went otherwise than it says; the message says how."""


class Client(Protocol):
    """Somebody who asks our server for the page "/"."""

    name: str

    def over(self) -> bool:
        """Whether it has ended."""
        ...

    def page(self) -> bytes:
        """What it got. Raises `NotAsSaid` when it failed."""
        ...

    def refused(self) -> bool:
        """Whether it was told that nobody listens."""
        ...


class Server(Protocol):
    """Somebody who listens, and has `page` under `target`; it is left when its `with` ends."""

    name: str
    port: int
    target: str
    page: bytes

    def __enter__(self) -> "Server": ...
    def __exit__(self, *_: object) -> None: ...


class Closer(Protocol):
    """Somebody who accepts one connection and closes it at the same moment as we do."""

    name: str
    port: int

    def __enter__(self) -> "Closer": ...
    def __exit__(self, *_: object) -> None: ...

    def close_both(self, connection: Connection) -> None:
        """Close both ends so that neither has heard of the other's end: the two FINs cross."""
        ...


class Stage(ABC):
    """An engine, `stack` with its `handlers` and its `config`, and the other end.

    `where` says what lies between them, in a few words. `client_name` stands in the ladder, `client_title` and
    `server_title` in headings. `peer` is the other end's address, `nobody` one that never answers.
    """

    where: str
    client_name: str
    client_title: str
    server_title: str
    peer: str
    nobody = "198.51.100.9"
    stack: Stack
    handlers: Handlers
    config: Config

    @abstractmethod
    def until(self, condition: Callable[[], bool], limit: float = PATIENCE) -> bool:
        """Let things happen until the condition holds, for at most `limit` seconds; returns whether it does."""

    @abstractmethod
    def connect(self, address: str, port: int, config: Config | None = None) -> Connection:
        """Our engine begins to open a connection."""

    @abstractmethod
    def client(self, port: int) -> Client:
        """Somebody begins to ask our port."""

    @abstractmethod
    def server(self) -> Server:
        """Somebody listens."""

    @abstractmethod
    def closer(self) -> Closer:
        """Somebody listens who will close when we do."""

    @abstractmethod
    def close(self) -> None:
        """All is over."""

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
