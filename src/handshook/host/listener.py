"""A passive open: who may connect to a port, who is half-way, and who waits to be accepted (RFC 9293 3.9.1.1).

A listener keeps two queues, as every stack that survived a SYN flood does: half-open entries, which anybody can
cause, and finished connections, whose peers have proved their address. Each has its own limit.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from ..tcp.clock import NEVER
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.half_open import HalfOpen

# Linux's figure, too.
LEAST_PRESSED = 8
# How many newcomers wait for whoever wants to know them; beyond them none is noted until somebody has asked.
MOST_NEWCOMERS = 8192


class Listener:
    """A port that accepts. Made by `Stack.listen`."""

    __slots__ = (
        "_close",
        "address",
        "backlog",
        "closed",
        "config",
        "cookies_until",
        "half_open",
        "hold",
        "listed",
        "newcomers",
        "order",
        "port",
        "proved",
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
        self.proved = 0  # how many that came by cookie are held; they count as finished connections
        # Only so long after the last cookie was sent can an ACK bring one back.
        self.cookies_until = -NEVER
        self.order: deque[HalfOpen] = deque()  # its entries, the oldest first; some may be gone (crowding.py)
        self.queue: deque[Connection] = deque()
        self.closed = False
        self.listed = False
        self.newcomers: list[Connection] | None = None
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

    def configure(self, **changes: object) -> None:
        """Change knobs for whoever comes from now on; what is half-way or open goes on as it began.

        Raises `ValueError` for what no TCP can do, `TypeError` for what is no knob.
        """
        self.config = replace(self.config, **changes)  # type: ignore[arg-type]
        self.terms = self.config.terms

    def note(self, connection: Connection) -> None:
        """Its peer has finished the handshake: for `take_newcomers`, where anybody asks."""
        if self.newcomers is not None and len(self.newcomers) < MOST_NEWCOMERS:
            self.newcomers.append(connection)

    def take_newcomers(self) -> list[Connection]:
        """The connections that peers have opened since the last call, from the first call on; at most 8,192."""
        taken = self.newcomers or []
        self.newcomers = []
        return taken

    def patience(self) -> int:
        """How often a SYN,ACK is repeated now: as often as ever while the queue is less than half full, and from there
        on step by step more seldom, down to `pressed_syn_ack_retries` when it is full (RFC 4987 3.3).

        A few entries are no pressure, whatever the limit is.
        """
        terms = self.terms
        most = terms.syn_ack_retries
        least = min(terms.pressed_syn_ack_retries, most)
        free = terms.half_open_limit - self.half_open
        half = terms.half_open_limit - terms.half_open_limit // 2
        if free >= half or self.half_open < LEAST_PRESSED:
            return most
        return least + (most - least) * max(free, 0) // half

    def close(self) -> None:
        """Stop listening; what is half-way or not yet accepted is reset (RFC 9293 3.10.4)."""
        if not self.closed:
            self.closed = True
            self._close(self)

    def __repr__(self) -> str:
        return f"<Listener port={self.port} waiting={len(self.queue)} half_open={self.half_open}>"
