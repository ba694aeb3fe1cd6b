"""Names learned from the answers of name servers as they pass: which addresses the program was told a name has.

Read so far as is needed to say `example.org:443` where an address would say little, and to know whom a rule is for
(RFC 1035 4.1). Nothing is changed, and what can't be read is nobody's loss.
"""

from collections import OrderedDict
from collections.abc import Iterator

from ..wire.addresses import unpack

MOST_NAMES = 4096
DNS_PORT = 53
_A, _AAAA = 1, 28
_MOST_RECORDS = 64


class Learned:
    """Names by address, and addresses by name; the newest of them."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, str] = OrderedDict()

    def name_of(self, address: str) -> str:
        """The name that was asked for when this address was told, "" where there was none."""
        return self._names.get(address, "")

    def addresses_of(self, name: str) -> list[str]:
        """Which addresses the name was told to have."""
        wanted = name.rstrip(".").lower()
        return [address for address, known in self._names.items() if known == wanted]

    def hear(self, answer: bytes) -> None:
        """Learn from an answer of a name server's."""
        try:
            name, addresses = _read(answer)
        except (IndexError, ValueError):
            return
        for address in addresses:
            self._names[address] = name
            self._names.move_to_end(address)
        while len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)


def _read(message: bytes) -> tuple[str, list[str]]:
    """The name that was asked for, and the addresses that were told. Raises `ValueError` and `IndexError`."""
    questions, answers = int.from_bytes(message[4:6], "big"), int.from_bytes(message[6:8], "big")
    if len(message) < 12 or not message[2] & 0x80 or questions != 1:
        raise ValueError("no answer to one question")
    labels, at = [], 12
    while size := message[at]:
        if size > 63:
            raise ValueError("a question is not compressed")
        labels.append(message[at + 1 : at + 1 + size].decode("ascii"))
        at += 1 + size
    return ".".join(labels).lower(), list(_addresses(message, at + 5, min(answers, _MOST_RECORDS)))


def _addresses(message: bytes, at: int, count: int) -> Iterator[str]:
    for _ in range(count):
        while message[at] and message[at] < 0xC0:
            at += 1 + message[at]
        at += 2 if message[at] else 1
        kind, size = int.from_bytes(message[at : at + 2], "big"), int.from_bytes(message[at + 8 : at + 10], "big")
        data = message[at + 10 : at + 10 + size]
        if (kind, len(data)) in ((_A, 4), (_AAAA, 16)):
            yield unpack(data)
        at += 10 + size
