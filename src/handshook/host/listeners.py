"""Which listener a segment is for: by its local port and address, where a listener takes only one of either.

The more a listener asks for, the sooner it is asked: one for the address and the port, for the port, for the address,
for everything.
"""

from errno import EADDRINUSE

from .listener import Listener

ANY_PORT = bytes(2)


class Listeners:
    """The listeners of one stack, each under the end of the keys that it takes: its address if one, and its port."""

    __slots__ = ("_bound", "_open", "_table")

    def __init__(self) -> None:
        self._table: dict[bytes, Listener] = {}
        self._bound = 0  # how many take one address only
        self._open = 0  # how many take any port

    def add(self, listener: Listener) -> None:
        """Raises `OSError` (EADDRINUSE) where there is one already."""
        where = _where(listener)
        if where in self._table:
            port = f"port {listener.port}" if listener.port else "any port"
            raise OSError(EADDRINUSE, f"{port} has a listener already")
        self._table[where] = listener
        self._bound += listener.address is not None
        self._open += not listener.port

    def find(self, key: bytes) -> Listener | None:
        """The listener for segments with this key; None where there is none."""
        k = key
        end = len(key)
        port = k[end - 2 : end]
        width = (end - 4) // 2
        if self._bound:
            listener = self._table.get(k[width : 2 * width] + port)
            if listener is not None:
                return listener
        listener = self._table.get(port)
        if listener is None and self._open:
            if self._bound:
                listener = self._table.get(k[width : 2 * width] + ANY_PORT)
            if listener is None:
                listener = self._table.get(ANY_PORT)
        return listener

    def all(self) -> list[Listener]:
        """Each of them."""
        return list(self._table.values())

    def remove(self, listener: Listener) -> None:
        """It takes nothing any more."""
        del self._table[_where(listener)]
        self._bound -= listener.address is not None
        self._open -= not listener.port


def _where(listener: Listener) -> bytes:
    return (listener.address or b"") + listener.port.to_bytes(2, "big")
