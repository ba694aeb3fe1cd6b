"""A host in somebody else's loop: the engine, the pump and the handlers, and what every such loop does with them.

The loop watches one descriptor (`Pump.fileno`) and keeps one timer; when either says so it lets the host `turn`, which
never sleeps. A program's call may come at any time between two turns. It `touch`es the host first: that tells the
engine the time, and has one turn follow soon, so that whatever a program says in one breath leaves in one batch.
"""

import errno
import select
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from ..host.share import ALONE
from ..host.stack import Stack
from ..link.device import Device, LinkDown
from ..link.pump import Engine, Pump
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.happened import OPENED, Happened
from .descriptor import SocketRelay
from .handlers import Handler, Handlers

# How long connections that the program has closed may take to finish when their host is closed: a few round trips, and
# some ACKs that wait to ride on something.
LAST_WORDS = 1.0

_both = int.__and__


class Place(Protocol):
    """Where an engine stands: its end of a link and its own addresses there."""

    device: Device
    addresses: list[str]


class Opening(Handler):
    """Waits for a connection to be open, and then passes it on to the handler that `make` gives it.

    `done` is called once, when that has heard its first news, or when `error` says why there is none.
    """

    def __init__(
        self,
        connection: Connection,
        handlers: Handlers,
        make: Callable[[Connection], Handler],
        done: Callable[[], object],
    ) -> None:
        super().__init__(connection)
        self.handler: Handler | None = None
        self.error: Exception | None = None
        self._handlers = handlers
        self._make = make
        self._done = done

    def news(self, happened: Happened) -> None:
        if not _both(happened, OPENED):
            return
        try:
            self.handler = self._make(self.connection)
        except Exception as error:
            self.leave()
            self._fail(error)
            return
        self._handlers.add(self.handler)
        self.handler.news(happened)
        self._done()

    def ended(self) -> None:
        if self.error is None:
            self._fail(self.connection.error or ConnectionAbortedError("the connection ended before it was open"))

    def link_lost(self, error: Exception) -> None:
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.error = error
        self._done()


class Driver:
    """What the hosts of all loops share; see `aio.Host` and `anyio.Host` for those that you can use.

    `place` is a device, or what has a `device` and `addresses`, such as a `Place` of the tool; where it has a private
    network, the end of that is a lost link, too. The mtu of `config` is
    the device's. Without a config Nagle's algorithm is off, as asyncio has it for every socket. `wrap` may put
    something between the engine and the link, such as fault injection: it is given the stack, and returns an `Engine`.
    `transparent` is as for `Stack`.
    """

    def __init__(
        self,
        place: Place | Device,
        addresses: Iterable[str] | None = None,
        config: Config | None = None,
        seed: int | None = None,
        *,
        wrap: Callable[[Stack], Engine] | None = None,
        transparent: bool = False,
    ) -> None:
        device: Device = place.device if hasattr(place, "device") else place
        found = addresses if addresses is not None else getattr(place, "addresses", None)
        if found is None:
            raise ValueError("a device alone has no addresses: say which are the engine's")
        self.config = replace(config or Config(nagle=False), mtu=device.mtu)
        self.stack = Stack(
            found,
            config=self.config,
            seed=seed,
            framing=device.framing,
            transparent=transparent,
            share=getattr(place, "share", ALONE),
        )
        self.handlers = Handlers(self.stack)
        self.lost: Exception | None = None
        """Why the link can't be used any more; None while it can."""
        self._pump = Pump(self.stack if wrap is None else wrap(self.stack), device)
        network = getattr(place, "network", None)
        if network is not None:
            # Its device outlives it for as long as we hold it: nothing is sent back, and nothing says so. What can be
            # read there are answers to those who start programs.
            self._pump.watch(network.fileno(), select.EPOLLRDHUP, self._network_ended)
        self._closed = False
        self._turn_follows = False
        self._tell_time()

    # --- for whoever runs on it --------------------------------------------------------------------------------

    def touch(self) -> None:
        """Before every call to the engine or a connection of it that is made out of turn."""
        if not self._turn_follows and self.lost is None:
            self._turn_follows = True
            self._tell_time()
            self._turn_soon()

    def check(self) -> None:
        """Raises the error that the link was lost with, and `RuntimeError` once the host is closed."""
        if self._closed:
            raise RuntimeError("the host is closed")
        if self.lost is not None:
            raise type(self.lost)(*self.lost.args)

    def connect(
        self,
        address: str,
        port: int,
        make: Callable[[Connection], Handler],
        done: Callable[[], object],
        *,
        local: str | None = None,
        local_port: int | None = None,
        config: Config | None = None,
    ) -> Opening:
        """Begin to open a connection; see `Opening`, and `Stack.connect` for what is raised."""
        self.check()
        self.touch()
        connection = self.stack.connect((address, port), local=local, local_port=local_port, config=config)
        opening = Opening(connection, self.handlers, make, done)
        self.handlers.add(opening)
        return opening

    def as_socket(self, connection: Connection) -> socket.socket:
        """A real descriptor for a connection: one end of a pair of the kernel's, which the host carries to it.

        For libraries that insist on one. The connection is the descriptor's from now on: data waits on either side for
        the other to read, a half-close and a reset go through, both ways. Raises OSError when there is no descriptor
        left.
        """
        self.check()
        self.touch()
        relay, theirs = SocketRelay.pair(self, lambda: (connection, b""))
        self.handlers.add(relay)
        relay.begin()
        return theirs

    def watch(self, descriptor: int, events: int, callback: Callable[[int], object]) -> None:
        """Calls `callback(events)` in each turn in which the descriptor is ready, as `Pump.watch`."""
        self._pump.watch(descriptor, events, callback)

    def unwatch(self, descriptor: int) -> None:
        """Watches the descriptor no more."""
        self._pump.unwatch(descriptor)

    # --- for the loop ------------------------------------------------------------------------------------------

    def _turn_soon(self) -> None:
        """Let the loop call `_turn`, as soon as what is running has had its say."""
        raise NotImplementedError

    def _turn(self) -> float | None:
        """Move what there is and tell the news; returns after how many seconds at most the next turn is due."""
        if self.lost is not None or self._closed:
            return None
        # Who is called from within a turn needs none to follow: what it says is looked after right below.
        self._turn_follows = True
        try:
            self._pump.turn(0)
            self.handlers.dispatch()
            left = self._pump.patience()
        except Exception as error:
            # Most likely the device is gone; but whatever else it is, nobody moves packets any more.
            self._lose_link(error)
            left = None
        finally:
            self._turn_follows = False
        return left

    def _network_ended(self, _: int) -> None:
        raise LinkDown(errno.ENETDOWN, "the private network has ended, and the link is gone with it")

    def _lose_link(self, error: Exception) -> None:
        """Tell everybody who waits."""
        self.lost = error
        self.handlers.lose_link(error)

    def _begin_to_close(self) -> None:
        """Abort all that the program has not closed itself."""
        self.touch()
        self.handlers.close(spare_leaving=True)

    @property
    def _leaving(self) -> bool:
        """Whether some connections still have last words to say."""
        return self.lost is None and len(self.handlers) > 0

    def _close(self) -> None:
        """End what is left, and free the descriptors."""
        if not self._closed and self.lost is None:
            try:
                self._tell_time()
                self.handlers.close()
                self._pump.turn(0)
            except OSError:
                # The device may be what has failed, and then nobody can be told.
                pass
        self._closed = True
        self._pump.close()

    def _tell_time(self) -> None:
        self.stack.advance(time.monotonic())
