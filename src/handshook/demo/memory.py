"""The stage without a kernel: a second engine at the other end of a link in memory, in virtual time."""

from collections.abc import Callable

from ..host.stack import Stack
from ..io.handlers import Handler, Handlers
from ..io.http import Fetch, HttpServer, answer_text
from ..lab.addresses import ENGINE4, ENGINE6, KERNEL4, KERNEL6
from ..link.memory import MemoryLink
from ..session.session import Observer
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.happened import Happened
from .stage import PATIENCE, Client, Closer, NotAsSaid, Server, Stage

PAGE = "This page comes from the other engine.\n"
DELAY = 0.01


class MemoryStage(Stage):
    """Two engines; with a `seed` all numbers are the same each time, without one nobody can guess them."""

    peer = KERNEL4
    where = f"two engines on a link in memory, {DELAY * 1000:.0f} ms long, in virtual time"
    client_name = "other engine"
    client_title = "The other engine"
    server_title = "the other engine"

    def __init__(self, observer: Observer, seed: int | None = None) -> None:
        self.config = Config()
        self.stack = Stack([ENGINE4, ENGINE6], config=self.config, seed=seed)
        self.other = Stack([KERNEL4, KERNEL6], config=self.config, seed=None if seed is None else seed + 1)
        self.handlers = Handlers(self.stack)
        self.others = Handlers(self.other)
        self.stack.observe(observer)
        self._link = MemoryLink(self.stack, self.other, delay=DELAY)

    def until(self, condition: Callable[[], bool], limit: float = PATIENCE) -> bool:
        self._link.run(until=self._link.now + limit, step=self._dispatch, done=condition)
        return condition()

    def connect(self, address: str, port: int, config: Config | None = None) -> Connection:
        return self.stack.connect((address, port), config=config)

    def client(self, port: int) -> Client:
        return _Asker(self, port)

    def server(self) -> Server:
        return _WebServer(self)

    def closer(self) -> Closer:
        return _Closer(self)

    def close(self) -> None:
        """Nothing is left of it."""

    def _dispatch(self) -> None:
        self.handlers.dispatch()
        self.others.dispatch()


class _Asker:
    name = MemoryStage.client_name

    def __init__(self, stage: MemoryStage, port: int) -> None:
        self._fetch = Fetch(stage.other.connect((ENGINE4, port)), "/", ENGINE4)
        stage.others.add(self._fetch)

    def over(self) -> bool:
        return self._fetch.over

    def page(self) -> bytes:
        if not self._fetch.complete:
            raise NotAsSaid(f"{self.name}: {self._fetch.connection.verdict}")
        return self._fetch.page

    def refused(self) -> bool:
        return isinstance(self._fetch.connection.error, ConnectionRefusedError)


class _WebServer:
    name = MemoryStage.client_name
    port = 8000
    target = "/"
    page = PAGE.encode()

    def __init__(self, stage: MemoryStage) -> None:
        self._listener = stage.others.listen(
            self.port, lambda connection: HttpServer(connection, lambda _: answer_text(200, PAGE), once=True)
        )

    def __enter__(self) -> "_WebServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()


class _Closer:
    name = MemoryStage.client_name
    port = 7000

    def __init__(self, stage: MemoryStage) -> None:
        self._stage = stage
        self._end: _Idle | None = None
        self._listener = stage.others.listen(self.port, self._accept)

    def __enter__(self) -> "_Closer":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def close_both(self, connection: Connection) -> None:
        self._stage.until(lambda: self._end is not None)
        if self._end is None:
            raise NotAsSaid(f"the other end: {connection.verdict}")
        self._end.connection.close()
        connection.close()

    def _accept(self, connection: Connection) -> "_Idle":
        self._end = _Idle(connection)
        return self._end


class _Idle(Handler):
    """Holds a connection open."""

    def news(self, happened: Happened) -> None:
        """Whatever it is."""
