"""A host for programs that block: `with Host(device, addresses) as host`, and its sockets in any number of threads."""

import socket as kernel
from collections.abc import Callable, Iterable
from typing import Self

from ...host.share import ALONE
from ...host.stack import Stack
from ...host.step import Step
from ...link.device import Device
from ...link.pump import Engine
from ...tcp.config import Config
from ..descriptor import SocketRelay
from ..driver import LAST_WORDS, Place
from .engine import EngineThread
from .errors import family_of
from .sockets import Socket


class Host:
    """An engine driven by a thread of its own, from now until `close`.

    `place` is a device, or what has a `device` and `addresses`, such as a `Place` of the tool; the device stays the
    caller's to close, and the end of a place's private network is a lost link. The mtu of `config` is the device's.
    `observer` is shown each step, by whichever thread causes it, one at a time; `spare` is as for
    `Pump.in_spare_time`. `wrap` may put something between the engine and the link, such as fault injection: it is
    given the stack, and returns an `Engine`.
    """

    def __init__(
        self,
        place: Place | Device,
        addresses: Iterable[str] | None = None,
        config: Config | None = None,
        seed: int | None = None,
        *,
        wrap: Callable[[Stack], Engine] | None = None,
        observer: Callable[[Step], None] | None = None,
        spare: Callable[[], bool] | None = None,
    ) -> None:
        device: Device = place.device if hasattr(place, "device") else place
        found = addresses if addresses is not None else getattr(place, "addresses", None)
        if found is None:
            raise ValueError("a device alone has no addresses: say which are the engine's")
        network = getattr(place, "network", None)
        share = getattr(place, "share", ALONE)
        self._engine = EngineThread(
            device, found, config, seed, wrap=wrap, observer=observer, spare=spare, network=network, share=share
        )
        self.stack = self._engine.stack
        """The engine itself: to be asked only with `lock` held."""
        self.lock = self._engine.lock

    @property
    def failure(self) -> BaseException | None:
        """What the engine's thread has ended of; None while it runs, and after `close`."""
        return self._engine.failure

    def socket(self, family: int = kernel.AF_INET) -> Socket:
        """A socket that is neither connected nor listens."""
        if family not in (kernel.AF_INET, kernel.AF_INET6):
            raise ValueError("the engine has AF_INET and AF_INET6")
        self.lock.check()
        return Socket(self._engine, family)

    def create_connection(
        self,
        address: tuple[str, int],
        timeout: float | None = None,
        source_address: tuple[str, int] | None = None,
    ) -> Socket:
        """Connect, as `socket.create_connection`, to an address: the engine asks no name server.

        `timeout` in seconds stays the socket's own. Raises what the connection ended with, such as
        `ConnectionRefusedError`, with its `.verdict`.
        """
        made = self.socket(family_of(address[0]))
        try:
            made.settimeout(timeout)
            if source_address is not None:
                made.bind(source_address)
            made.connect(address)
        except BaseException:
            made.close()
            raise
        return made

    def create_server(
        self, address: tuple[str, int], *, backlog: int = 128, family: int | None = None, config: Config | None = None
    ) -> Socket:
        """Bind and listen, as `socket.create_server`; "" is all the host's addresses, port 0 a free one.

        `config` overrides the host's for what is accepted. Raises OSError (EADDRINUSE, EADDRNOTAVAIL).
        """
        made = self.socket(family_of(address[0]) if family is None else family)
        try:
            if config is not None:
                made.configure(config)
            made.bind(address)
            made.listen(backlog)
        except BaseException:
            made.close()
            raise
        return made

    def as_socket(self, sock: Socket) -> kernel.socket:
        """A descriptor of the kernel's for a connection: one end of a pair, which the engine's thread carries to it.

        For libraries that insist on one, and for `ssl.SSLContext.wrap_socket`. The connection is the descriptor's from
        now on, and `sock` is closed; its time-out goes along. Data waits on either side for the other to read; a
        half-close and a reset go through, both ways. Raises OSError: ENOTCONN without a connection, EMFILE when there
        is no descriptor left, and then `sock` is as it was.
        """
        with self._engine.call():
            relay, theirs = SocketRelay.pair(self._engine, sock.hand_over)
            self._engine.handlers.add(relay)
        self._engine.soon(relay.begin)
        theirs.settimeout(sock.gettimeout())
        return theirs

    def settle(self, patience: float = LAST_WORDS) -> bool:
        """Wait until no connection is left, TIME-WAIT aside, for at most so many seconds; returns whether none is."""
        return self._engine.settle(patience)

    def close(self, patience: float = LAST_WORDS) -> None:
        """End it: what the program has closed may take `patience` seconds to finish, all else is reset.

        Every call that waits raises `HostDown`, and so does every later one. A second call does nothing.
        """
        self._engine.close(patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
