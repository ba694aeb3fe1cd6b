"""The options of a socket, and which of the engine's knobs each of them is.

What a connection can't change once it exists (its receive window) can be set before it connects or listens. An option
that the engine has nothing for is refused (ENOPROTOOPT), never taken and forgotten; SO_REUSEADDR is taken, for here
an address is always free as soon as nobody listens.
"""

import errno
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...tcp.config import Config
from .errors import failed

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# RFC 9293 MUST-28: where keep-alive is on with nothing else said, two hours.
KEEP_ALIVE = 7200.0

Changes = dict[str, object]


@dataclass(frozen=True)
class Knob:
    """One option: how it reads from a config, and which changes setting it means."""

    get: Callable[[Config], int]
    set: Callable[[int], Changes]
    early: bool = False
    """Only before the connection exists."""


def _seconds(name: str) -> Knob:
    return Knob(lambda config: round(getattr(config, name)), lambda value: {name: float(value)})


KNOBS: dict[tuple[int, int], Knob] = {
    (socket.IPPROTO_TCP, socket.TCP_NODELAY): Knob(
        lambda config: int(not config.nagle), lambda value: {"nagle": not value}
    ),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL): _seconds("keep_alive_interval"),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT): Knob(
        lambda config: config.keep_alive_probes, lambda value: {"keep_alive_probes": value}
    ),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT): Knob(
        lambda config: round(config.user_timeout * 1000), lambda value: {"user_timeout": value / 1000}
    ),
    (socket.IPPROTO_TCP, socket.TCP_SYNCNT): Knob(
        lambda config: config.syn_retries, lambda value: {"syn_retries": value}
    ),
    (socket.SOL_SOCKET, socket.SO_SNDBUF): Knob(
        lambda config: config.send_buffer, lambda value: {"send_buffer": value}
    ),
    (socket.SOL_SOCKET, socket.SO_RCVBUF): Knob(
        lambda config: config.receive_window, lambda value: {"receive_window": value}, early=True
    ),
    (socket.IPPROTO_IP, socket.IP_TTL): Knob(lambda config: config.ttl, lambda value: {"ttl": value}),
    (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS): Knob(lambda config: config.ttl, lambda value: {"ttl": value}),
    # The two low bits of the old octet are ECN's now (RFC 3168), and the engine's own.
    (socket.IPPROTO_IP, socket.IP_TOS): Knob(lambda config: config.dscp << 2, lambda value: {"dscp": value >> 2}),
    (socket.IPPROTO_IPV6, socket.IPV6_TCLASS): Knob(
        lambda config: config.dscp << 2, lambda value: {"dscp": value >> 2}
    ),
}


class Options:
    """What a socket was told. `config` is what it connects or listens with."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.linger = (0, 0)
        self._reuse = 0
        self._idle = config.keep_alive or KEEP_ALIVE

    def change(self, level: int, option: int, value: "int | ReadableBuffer") -> tuple[Changes, bool]:
        """The changes of the config that setting an option means, and whether they must come before the connection.

        Raises OSError: ENOPROTOOPT for what the engine has nothing for, EINVAL for a value that makes no sense.
        """
        if (level, option) == (socket.SOL_SOCKET, socket.SO_LINGER):
            self._set_linger(value)
            return {}, False
        number = _number(value)
        if (level, option) == (socket.SOL_SOCKET, socket.SO_REUSEADDR):
            self._reuse = int(bool(number))
            return {}, False
        if (level, option) == (socket.SOL_SOCKET, socket.SO_KEEPALIVE):
            return {"keep_alive": self._idle if number else 0.0}, False
        if (level, option) == (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE):
            if number < 1:
                raise failed(errno.EINVAL)
            self._idle = float(number)
            return ({"keep_alive": self._idle} if self.config.keep_alive else {}), False
        knob = KNOBS.get((level, option))
        if knob is None:
            raise failed(errno.ENOPROTOOPT)
        return knob.set(number), knob.early

    def set(self, changes: Changes) -> None:
        """Keep what was changed. Raises `ValueError` for what no TCP can do."""
        self.config = replace(self.config, **changes)  # type: ignore[arg-type]

    def read(self, level: int, option: int) -> int | bytes:
        """The value of an option. Raises OSError (ENOPROTOOPT)."""
        config = self.config
        fixed: dict[tuple[int, int], int | bytes] = {
            (socket.SOL_SOCKET, socket.SO_LINGER): struct.pack("ii", *self.linger),
            (socket.SOL_SOCKET, socket.SO_REUSEADDR): self._reuse,
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE): int(config.keep_alive > 0),
            (socket.SOL_SOCKET, socket.SO_TYPE): int(socket.SOCK_STREAM),
            (socket.SOL_SOCKET, socket.SO_PROTOCOL): socket.IPPROTO_TCP,
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE): round(self._idle),
        }
        if (level, option) in fixed:
            return fixed[level, option]
        knob = KNOBS.get((level, option))
        if knob is None:
            raise failed(errno.ENOPROTOOPT)
        return knob.get(config)

    def _set_linger(self, value: "int | ReadableBuffer") -> None:
        if isinstance(value, int):
            raise failed(errno.EINVAL, "SO_LINGER takes two ints: struct.pack('ii', on, seconds)")
        raw = bytes(value)
        if len(raw) < 8:
            raise failed(errno.EINVAL)
        on, seconds = struct.unpack("ii", raw[:8])
        if on and seconds:
            raise failed(errno.EINVAL, "a close never waits here: SO_LINGER is off, or on with 0 seconds (a reset)")
        self.linger = (int(bool(on)), 0)


def _number(value: "int | ReadableBuffer") -> int:
    if isinstance(value, int):
        return value
    raw = bytes(value)
    if len(raw) < 4:
        raise failed(errno.EINVAL)
    return int(struct.unpack("i", raw[:4])[0])
