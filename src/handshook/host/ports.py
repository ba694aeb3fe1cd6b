"""The local end of an active open: which address, and a port that can't be guessed from outside.

Ports are chosen by RFC 6056's algorithm 3, simple hash-based selection.
"""

from errno import EADDRNOTAVAIL

from ..tcp.flow import Owner
from ..tcp.isn import Secret
from ..wire.addresses import pack, unpack

# A slice of a C pointer is new bytes already.
COMPILED = not __file__.endswith(".py")
# Two IPv6 addresses and two ports.
MOST_KEY = 36

# RFC 6335 6: the dynamic ports. RFC 6056 3.2 would take all from 1024 on; these are the ones nobody listens at.
FIRST_PORT = 49152
LAST_PORT = 65535


def choose_source(addresses: dict[bytes, str], remote: bytes, local: str | None) -> bytes:
    """The address to connect from: the one asked for, or the first of the same IP version (MUST-43, MUST-44).

    Raises `ValueError` when the stack has no such address, or none that reaches `remote`.
    """
    if local is not None:
        chosen = pack(local)
        if chosen not in addresses or len(chosen) != len(remote):
            raise ValueError(f"{local} is not an address of this stack that reaches {unpack(remote)}")
        return chosen
    for address in addresses:
        if len(address) == len(remote):
            return address
    raise ValueError(f"this stack has no address to reach {unpack(remote)} from")


class Ports:
    """Picks the local port of an active open, among those of stack `index` of the `sharers` of its addresses."""

    __slots__ = ("_count", "_scratch", "_secret", "_sharers", "index")

    def __init__(self, secret: Secret, index: int = 0, sharers: int = 1) -> None:
        self._secret = secret
        self._sharers = sharers
        self.index = index
        self._count = 0
        self._scratch = bytearray(MOST_KEY)

    def choose(self, remote: bytes, local: bytes, remote_port: int, owner: Owner) -> bytes:
        """The key of a four-tuple that is free. Raises `OSError` (EADDRNOTAVAIL) when none is.

        Each remote end has its own secret starting point and all share a counter, so that ports to one end follow each
        other and are used again as late as possible, and say nothing about ports to another.
        """
        p = self._scratch
        r = remote
        k = local
        width = len(remote)
        for i in range(width):
            p[i] = r[i]
            p[width + i] = k[i]
        at = 2 * width
        p[at] = remote_port >> 8
        p[at + 1] = remote_port & 0xFF
        size = (LAST_PORT - FIRST_PORT + 1) // self._sharers
        offset = self._secret.siphash(self._first(at + 2)) % size
        for _ in range(size):
            port = FIRST_PORT + self.index + self._sharers * ((offset + self._count) % size)
            self._count += 1
            p[at + 2] = port >> 8
            p[at + 3] = port & 0xFF
            key = self._first(at + 4)
            if not owner.taken(key):
                return key
        raise OSError(EADDRNOTAVAIL, "every ephemeral port to this address and port is in use")

    def owner(self, key: bytes) -> int:
        """Whose the local port of this key is; ours where it is nobody's."""
        k = key
        at = len(key) - 2
        port = k[at] << 8 | k[at + 1]
        return self.index if port < FIRST_PORT else (port - FIRST_PORT) % self._sharers

    def _first(self, count: int) -> bytes:
        """What was written so far."""
        p = self._scratch
        return p[:count] if COMPILED else bytes(p[:count])  # type: ignore[return-value]
