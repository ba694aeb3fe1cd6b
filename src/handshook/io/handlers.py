"""Who hears what happens to which connection: after each turn of a link, `Handlers.dispatch` tells the handlers.

Everything is called in the one thread that drives the engine, and nothing here waits. A handler does what can be
done at once, and is called again when more can. So it never takes from the peer more than it can pass on: what it
leaves unread stays in the connection, whose window then tells the peer to stop.
"""

from collections import deque
from collections.abc import Callable

from ..host.events import Event
from ..host.listener import Listener
from ..host.stack import Stack
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.happened import Happened, telling
from ..tcp.held import Held

_ENDS = telling(Happened.ENDED)


class Handler:
    """What runs on one connection; derive from it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.left = False

    def leave(self) -> None:
        """Close the connection and hear no more of it, but its end."""
        self.left = True
        self.connection.close()

    def news(self, happened: Happened) -> None:
        """Something happened; do what can be done now. The first news of an accepted connection is OPENED.

        An `OSError` that the connection itself raises may pass: the end of it is told by `ended`.
        """
        raise NotImplementedError

    def ended(self) -> None:
        """The connection is over, or rests in TIME-WAIT. Called once, last."""

    def link_lost(self, error: Exception) -> None:
        """The link is gone, and with it every connection. Called once, last, in place of `ended`."""
        self.ended()


class Handlers:
    """The handlers of a stack's connections.

    `failed` counts those that raised something, `failure` is the last such thing; the connection was aborted and
    the others went on.
    """

    def __init__(self, stack: Stack) -> None:
        self.failed = 0
        self.failure: Exception | None = None
        self._stack = stack
        self._listeners: dict[Listener, Callable[[], object]] = {}
        self._deciders: dict[Listener, Callable[[Held, Happened], object]] = {}
        self._handlers: dict[Connection, Handler] = {}
        # News that were taken from the stack and not told yet: something that ends programs may come in between.
        self._untold: deque[Event] = deque()

    def __len__(self) -> int:
        """How many connections have a handler: all that are neither over nor in TIME-WAIT."""
        return len(self._handlers)

    def listen(
        self,
        port: int | None,
        make: Callable[[Connection], Handler],
        *,
        backlog: int = 1024,
        address: str | None = None,
        config: Config | None = None,
        decide: Callable[[Held, Happened], object] | None = None,
    ) -> Listener:
        """Let `make` give each connection to the port its handler. The rest is as for `Stack.listen`.

        With `decide` each SYN is held, and this is called with it and its news: HELD, and ENDED when it is gone.
        """
        listener = self._stack.listen(port, backlog, address=address, config=config, hold=decide is not None)
        if decide is not None:
            self._deciders[listener] = decide
        self._listeners[listener] = lambda: self._accept(listener, make)
        return listener

    def add_listener(self, listener: Listener, look: Callable[[], object]) -> None:
        """Let `look` hear when there is a connection for `Listener.accept`, which is then the caller's to call.

        Also when there will be none any more: the listener is closed, or the link is lost.
        """
        self._listeners[listener] = look

    def accepted(self, handler: Handler) -> None:
        """Let a handler hear the news of a connection that was just accepted, OPENED to begin with."""
        self._handlers[handler.connection] = handler
        self._tell(handler.connection, Happened.OPENED)

    def close_listener(self, listener: Listener) -> None:
        """Stop listening there; what was accepted goes on."""
        look = self._listeners.pop(listener, None)
        listener.close()
        if look is not None:
            look()

    def add(self, handler: Handler) -> None:
        """Let a handler hear the news of its connection, such as one that `Stack.connect` made.

        From now on it does so in place of the one that did before.
        """
        self._handlers[handler.connection] = handler

    def close(self, *, spare_leaving: bool = False) -> None:
        """Stop listening and abort what is open; the RSTs leave with the link's next turn.

        With `spare_leaving`, connections whose handler has left are let finish.
        """
        for listener in list(self._listeners):
            self.close_listener(listener)
        for connection, handler in list(self._handlers.items()):
            if not (spare_leaving and handler.left):
                connection.abort()
        self.dispatch()

    def lose_link(self, error: Exception) -> None:
        """Tell everyone that the link is gone; nothing more will be heard of any connection."""
        handlers, self._handlers = self._handlers, {}
        listeners, self._listeners = self._listeners, {}
        for handler in handlers.values():
            handler.link_lost(error)
        for look in listeners.values():
            look()

    def dispatch(self) -> None:
        """Tell all news that there are."""
        untold = self._untold
        while True:
            while untold:
                source, happened = untold.popleft()
                if isinstance(source, Listener):
                    look = self._listeners.get(source)
                    if look is not None:
                        look()
                elif isinstance(source, Held):
                    listener = source.listener
                    decide = self._deciders.get(listener) if isinstance(listener, Listener) else None
                    if decide is not None:
                        decide(source, happened)
                else:
                    self._tell(source, happened)
            events = self._stack.events()
            if not events:
                break
            untold.extend(events)
        if self._deciders:
            # Only now: a closed listener's last news is that what it held has gone.
            self._deciders = {listener: decide for listener, decide in self._deciders.items() if not listener.closed}

    def _accept(self, listener: Listener, make: Callable[[Connection], Handler]) -> None:
        while listener in self._listeners and (connection := listener.accept()) is not None:
            try:
                handler = make(connection)
            except Exception as error:
                self._give_up(connection, error)
            else:
                self.accepted(handler)

    def _tell(self, connection: Connection, happened: Happened) -> None:
        handler = self._handlers.get(connection)
        if handler is None:
            return
        try:
            if not handler.left:
                handler.news(happened)
        except Exception as error:
            # A connection that ended between two of the handler's calls has raised its own error: no fault of the
            # handler's.
            if not isinstance(error, OSError) or connection.error is None:
                self._give_up(connection, error)
        if _ENDS[happened]:
            # The handler that has it by now: who opened it may have passed it on.
            self._handlers.pop(connection).ended()

    def _give_up(self, connection: Connection, error: Exception) -> None:
        self.failed += 1
        self.failure = error
        connection.abort()
