"""A host as a program holds it: listen, connect, and what happened since (RFC 9293 3.9.1).

The packets are `Exchange`'s part.
"""

from collections import Counter
from collections.abc import Callable
from errno import EADDRINUSE
from operator import index

from ..outcomes import Outcome
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.half_open import HalfOpen
from ..tcp.happened import HAPPENED, Happened
from ..tcp.held import Held
from ..tcp.opening import open_actively
from ..wire.addresses import is_unicast, make_key, pack, unpack
from .events import Event
from .exchange import Exchange
from .listener import Listener
from .ports import choose_source
from .queues import Queue
from .snapshot import Entry, entry_of, entry_of_wait
from .step import Step
from .syn_cache import ROWS, Cached

ACCEPTABLE = Happened.ACCEPTABLE
CALLED_CONNECT = Outcome.CALLED_CONNECT
CALLED_LISTEN = Outcome.CALLED_LISTEN
LISTENER_CLOSED = Outcome.LISTENER_CLOSED


class Stack(Exchange):
    """One host with its addresses, or as much of one as TCP needs.

    `addresses` are its own, IPv4 and IPv6. With a `seed` the same calls and packets give the same bytes; without one
    its secrets come from the system. `framing` says what the link puts before each packet. A `transparent` stack takes
    packets to whatever address they are for, as the host at that address: each connection's local address is what the
    packets were sent to. Its own addresses, of which it may then have none, are where `connect` starts from.
    """

    __slots__ = ()

    def listen(
        self,
        port: int | None,
        backlog: int = 128,
        *,
        address: str | None = None,
        config: Config | None = None,
        hold: bool = False,
    ) -> Listener:
        """Accept connections to a port, at one of the stack's addresses or at all of them (RFC 9293 3.9.1.1).

        Port None is every port that has no listener of its own. `backlog` is how many finished connections wait for
        `accept`; `config` overrides the stack's for what is accepted. With `hold` the program decides about each SYN
        before anything is answered: `events` brings a `Held` for it. Raises `OSError` (EADDRINUSE) for a port that has
        a listener, `ValueError` for no such port or address.
        """
        number = 0 if port is None else index(port)
        if port is not None and not 0 < number < 65536:
            raise ValueError(f"port {number}: a port is 1 to 65535")
        if backlog < 1:
            raise ValueError(f"backlog {backlog}: at least one connection must be able to wait")
        packed = None if address is None else pack(address)
        if packed is not None and not self._takes(packed):
            raise ValueError(f"{address} is not an address of this stack")
        listener = Listener(packed, number, backlog, config or self.config, self._close_listener, hold)
        self._listeners.add(listener)
        self._counts[CALLED_LISTEN] += 1
        return listener

    def connect(
        self,
        remote: tuple[str, int],
        *,
        local_port: int | None = None,
        local: str | None = None,
        config: Config | None = None,
    ) -> Connection:
        """Begin to open a connection; its SYN leaves with the next `transmit` (RFC 9293 3.9.1.1).

        Raises `ValueError` for an address that no host can have (MUST-46) or that this stack has none to reach from,
        `OSError` (EADDRINUSE, EADDRNOTAVAIL) when the four-tuple is taken or no port is left.
        """
        address, port = pack(remote[0]), index(remote[1])
        if not 0 < port < 65536:
            raise ValueError(f"port {port}: a port is 1 to 65535")
        if not is_unicast(address):
            raise ValueError(f"{remote[0]} is not the address of one host")
        if self._transparent and address in self._addresses:
            raise ValueError(f"{remote[0]} is this stack itself, which takes nothing from its own addresses")
        source = choose_source(self._addresses, address, local)
        if local_port is None:
            key = self._ports.choose(address, source, port, self)
        elif 0 < local_port < 65536:
            key = make_key(address, source, port, local_port)
            if self.taken(key):
                raise OSError(EADDRINUSE, f"{unpack(source)}:{local_port} to {remote[0]}:{port} is in use")
        else:
            raise ValueError(f"local port {local_port}: a port is 1 to 65535")
        connection = Connection()
        connection.begin(key, config or self.config, self.now, self._most_frame, self)
        open_actively(connection, self._isn, self.now)
        self._flows[key] = connection
        try:
            self.attend(connection, CALLED_CONNECT)
        except BaseException:
            # An observer has raised, and nobody will ever hold this connection.
            connection.abort()
            raise
        return connection

    def events(self) -> list[Event]:
        """What happened since the last call: each connection or listener that has news, once."""
        news: list[Event] = []
        for source in self._eventful:
            if isinstance(source, Listener):
                listener = source
                listener.listed = False
                if listener.queue and not listener.closed:
                    news.append((listener, ACCEPTABLE))
                continue
            if isinstance(source, Held):
                held = source
                held.listed = False
                news.append((held, HAPPENED[held.happened]))
                held.happened = 0
                continue
            connection = source
            connection.listed = False
            news.append((connection, HAPPENED[connection.happened]))
            connection.happened = 0
        self._eventful = []
        return news

    @property
    def news(self) -> bool:
        """Would `events` return anything? Whoever drives the stack must not sleep while it would.

        Accepting a connection can make news at once: its peer may have spoken, or left, before it was accepted.
        """
        return bool(self._eventful)

    def rotate_secrets(self, now: float) -> None:
        """Make SYN cookies under a new secret; those that are out stay good (RFC 4987 3.6). It happens by itself, too.

        What numbers connections and ports begin with keeps its secret: it must not change (RFC 6528 3, RFC 6056 3.3).
        """
        self._cookies.rotate(self._go_on(now))

    def observe(self, callback: Callable[[Step], None]) -> None:
        """Call back with each step from now on; see `Step`. Costs nothing while nobody observes.

        Steps are told when the call that caused them has done its work. A callback may call the stack. What it raises
        comes out of that call, and nothing is lost by it.
        """
        if not self._watched:
            # What happened unseen is no part of the first step that is shown.
            for flow in self._flows.values():
                flow.seen = flow.stage
        self._observers.add(callback)
        self._watched = True

    def unobserve(self, callback: Callable[[Step], None]) -> None:
        """Stop calling back."""
        self._observers.remove(callback)
        self._watched = bool(self._observers)

    def snapshot(self) -> list[Entry]:
        """Every half-open, open, closing and TIME-WAIT entry, as of the last time the stack was told."""
        now = self.now
        waits = [entry_of_wait(key, wait, self.config.msl, now) for key, wait in self._time_waits.items()]
        return [entry_of(flow, now) for flow in (*self._flows.values(), *self._cached())] + waits

    def queues(self) -> list[Queue]:
        """How full each queue is: those of each listener, then the whole stack's."""
        held = Counter(flow.listener for flow in self._flows.values() if isinstance(flow, Held) and flow.waits)
        found = []
        for listener in self._listeners.all():
            where = (None if listener.address is None else unpack(listener.address), listener.port or None)
            limit = listener.terms.half_open_limit
            found.append(Queue("half-open", listener.half_open, limit, where))
            if listener.hold:
                found.append(Queue("held", held[listener], limit, where))
            found.append(Queue("accept", len(listener.queue), listener.backlog, where))
        found.append(Queue("half-open in all", self._bounds.total, self.config.host_half_open_limit))
        most = self.config.prefix_half_open_limit
        if most:
            name = "half-open from one prefix"
            prefix, fill = self._bounds.fullest()
            found.append(Queue(name, fill, most, prefix))
        if self._cache.waiting:
            found.append(Queue("SYN cache", self._cache.waiting, ROWS))
        found.append(Queue("TIME-WAIT", len(self._time_waits), None))
        return found

    def _cached(self) -> list[Cached]:
        """What is in the SYN cache, each stood up."""
        found = [(self._listeners.find(key), row) for key, row in self._cache.rows(self.now)]
        return [self._cache.stand_up(row, listener, listener.terms) for listener, row in found if listener is not None]

    def counters(self) -> dict[Outcome, int]:
        """How often each outcome was reached; those that never were are left out."""
        sent = self._builder.counts
        return {name: self._counts[name] + sent[name] for name in Outcome if self._counts[name] + sent[name]}

    @property
    def listeners(self) -> list[Listener]:
        """The listeners that are open."""
        return self._listeners.all()

    @property
    def addresses(self) -> list[str]:
        """The stack's own addresses, as given."""
        return list(self._addresses.values())

    def _close_listener(self, listener: Listener) -> None:
        for row in [row for key, row in self._cache.rows(self.now) if self._listeners.find(key) is listener]:
            self._cache.clear(row)
        self._listeners.remove(listener)
        for flow in [flow for flow in self._flows.values() if isinstance(flow, HalfOpen)]:
            if flow.listener is listener:
                if isinstance(flow, Held) and flow.proved:
                    self._answers.refuse(flow)
                self._forget_half_open(flow)
                del self._flows[flow.key]
        self._counts[LISTENER_CLOSED] += 1
        raised: BaseException | None = None
        while listener.queue:
            connection = listener.queue.popleft()
            try:
                connection.abort()
            except BaseException as error:
                # An observer's: the rest must not be left to nobody.
                raised = raised or error
            connection.why = LISTENER_CLOSED
        if raised is not None:
            raise raised
