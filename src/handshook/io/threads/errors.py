"""What a call says that can't be answered: the errors of sockets, and one of our own for an engine that is gone."""

import errno
import os
import socket


class HostDown(OSError):
    """The host is closed, its link is lost, or its thread has ended: the message says which. `errno` is ENETDOWN."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.ENETDOWN, why)


def failed(number: int, text: str = "") -> OSError:
    """The built-in error of that number: `BrokenPipeError` for EPIPE, and so on."""
    return OSError(number, text or os.strerror(number))


def address_of(end: object, family: int) -> tuple[str, int]:
    """The (address, port) that a program has named, of which IPv6's may have four parts.

    Raises `socket.gaierror` for a name, since the engine asks no name server, and TypeError or OverflowError for what
    is neither, as sockets do.
    """
    if not isinstance(end, tuple) or len(end) not in (2, 3, 4):
        raise TypeError("an address is a tuple: (address, port)")
    host, port = end[0], end[1]
    if not isinstance(host, str) or not isinstance(port, int):
        raise TypeError("an address is a str, and a port an int")
    if not 0 <= port < 65536:
        raise OverflowError("a port is 0 to 65535")
    if host:
        try:
            socket.inet_pton(family, host)
        except OSError:
            other = "IPv6" if family == socket.AF_INET6 else "IPv4"
            raise socket.gaierror(
                socket.EAI_NONAME, f"{host!r} is no {other} address, and the engine asks no name server"
            ) from None
    return host, port


def family_of(host: str) -> socket.AddressFamily:
    """AF_INET6 for what looks like an IPv6 address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET
