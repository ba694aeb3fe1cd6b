"""Which listener a segment is for: by its local port, and its local address where a listener takes only one."""

from errno import EADDRINUSE

from .listener import Listener


class Listeners:
    """The listeners of one stack, each under the end of the keys that it takes: its port, or its address and port."""

    __slots__ = ("_bound", "_table")

    def __init__(self) -> None:
        self._table: dict[bytes, Listener] = {}
        self._bound = 0  # how many take one address only

    def add(self, listener: Listener) -> None:
        """Raises `OSError` (EADDRINUSE) where there is one already."""
        where = _where(listener)
        if where in self._table:
            raise OSError(EADDRINUSE, f"port {listener.port} has a listener already")
        self._table[where] = listener
        self._bound += listener.address is not None

    def find(self, key: bytes) -> Listener | None:
        """The listener for segments with this key: one for the address before one for all of them."""
        k = key
        end = len(key)
        port = k[end - 2 : end]
        if self._bound:
            width = (end - 4) // 2
            listener = self._table.get(k[width : 2 * width] + port)
            if listener is not None:
                return listener
        return self._table.get(port)

    def all(self) -> list[Listener]:
        """Every one."""
        return list(self._table.values())

    def remove(self, listener: Listener) -> None:
        """It takes nothing any more."""
        del self._table[_where(listener)]
        self._bound -= listener.address is not None


def _where(listener: Listener) -> bytes:
    return (listener.address or b"") + listener.port.to_bytes(2, "big")
