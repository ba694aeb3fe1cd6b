"""A passive open: who may connect to a port, who is half-way, and who waits to be accepted (RFC 9293 3.9.1.1).

A listener keeps two queues, as every stack that survived a SYN flood does: half-open entries, which anybody can
cause, and finished connections, whose peers have proved their address. Each has its own limit.
"""

from collections import deque
from collections.abc import Callable

from ..tcp.config import Config
from ..tcp.connection import Connection


class Listener:
    """A port that accepts. Made by `Stack.listen`."""

    __slots__ = (
        "_close",
        "address",
        "backlog",
        "closed",
        "config",
        "half_open",
        "hold",
        "listed",
        "port",
        "queue",
        "terms",
    )

    def __init__(
        self,
        address: bytes | None,
        port: int,
        backlog: int,
        config: Config,
        close: Callable[["Listener"], None],
        hold: bool,
    ) -> None:
        self.address = address
        self.port = port  # 0 where it takes any
        self.backlog = backlog
        self.config = config
        self.terms = config.terms
        self.half_open = 0
        self.hold = hold
        self.queue: deque[Connection] = deque()
        self.closed = False
        self.listed = False
        self._close = close

    def accept(self) -> Connection | None:
        """The connection that has waited longest, or None. Raises `RuntimeError` once the listener is closed."""
        if self.closed:
            raise RuntimeError("accept on a listener that was closed")
        if not self.queue:
            return None
        connection = self.queue.popleft()
        connection.owned = True
        connection.owner.report(connection)
        return connection

    def close(self) -> None:
        """Stop listening; what is half-way or not yet accepted is reset (RFC 9293 3.10.4)."""
        if not self.closed:
            self.closed = True
            self._close(self)

    def __repr__(self) -> str:
        return f"<Listener port={self.port} waiting={len(self.queue)} half_open={self.half_open}>"
