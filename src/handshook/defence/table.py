"""A table of prefixes, each with a value: which of them an address is in is found with a lookup for each length in use.

A million prefixes of a few lengths cost no more to ask than ten do.
"""

OCTETS = [bytes([value]) for value in range(256)]


class PrefixTable:
    """Values by prefix. `packed` is 4 or 16 octets; whichever there are tells IPv4 from IPv6."""

    __slots__ = ("_lengths4", "_lengths6", "_tables4", "_tables6", "size")

    def __init__(self) -> None:
        self.size = 0
        self._tables4: dict[int, dict[bytes, object]] = {}
        self._tables6: dict[int, dict[bytes, object]] = {}
        # The longest first: what is said of an address goes before what is said of its network.
        self._lengths4: list[int] = []
        self._lengths6: list[int] = []

    def put(self, packed: bytes, length: int, value: object) -> None:
        """Say something of a prefix, in place of what was said before."""
        wide = len(packed) == 16
        tables = self._tables6 if wide else self._tables4
        table = tables.get(length)
        if table is None:
            table = tables[length] = {}
            self._sort(wide)
        key = part(packed, 0, length)
        self.size += key not in table
        table[key] = value

    def get(self, packed: bytes, length: int) -> object | None:
        """What was said of exactly this prefix; None for nothing."""
        table = (self._tables6 if len(packed) == 16 else self._tables4).get(length)
        return None if table is None else table.get(part(packed, 0, length))

    def drop(self, packed: bytes, length: int) -> bool:
        """Say nothing of a prefix any more; False when nothing was."""
        wide = len(packed) == 16
        tables = self._tables6 if wide else self._tables4
        table = tables.get(length)
        if table is None or table.pop(part(packed, 0, length), None) is None:
            return False
        self.size -= 1
        if not table:
            del tables[length]
            self._sort(wide)
        return True

    def find(self, packet: bytes, at: int, wide: bool) -> object | None:
        """What is said of the address that stands in a packet at an offset; None for nothing."""
        tables = self._tables6 if wide else self._tables4
        for length in self._lengths6 if wide else self._lengths4:
            table = tables[length]
            value = table.get(part(packet, at, length))
            if value is not None:
                return value
        return None

    def items(self) -> list[tuple[bytes, int, object]]:
        """All of them: packed, with as many octets as an address has, length, value."""
        found = []
        for width, tables in ((4, self._tables4), (16, self._tables6)):
            for length, table in sorted(tables.items()):
                found += [(key + bytes(width - len(key)), length, value) for key, value in table.items()]
        return found

    def _sort(self, wide: bool) -> None:
        if wide:
            self._lengths6 = sorted(self._tables6, reverse=True)
        else:
            self._lengths4 = sorted(self._tables4, reverse=True)


def part(packet: bytes, at: int, length: int) -> bytes:
    """The first `length` bits of the address at an offset, filled up with zeros to whole octets."""
    whole = length >> 3
    rest = length & 7
    p = packet
    if not rest:
        return p[at : at + whole]
    last: bytes = OCTETS[p[at + whole] & (0xFF00 >> rest) & 0xFF]
    return p[at : at + whole] + last
