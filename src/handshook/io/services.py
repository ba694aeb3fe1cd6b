"""Three of the oldest programs of the Internet: echo (RFC 862), discard (RFC 863) and chargen (RFC 864)."""

from ..tcp.connection import Connection
from ..tcp.happened import Happened
from .handlers import Handler

ECHO_PORT = 7
DISCARD_PORT = 9
CHARGEN_PORT = 19

# Read at once, and so the most that is copied at a time.
PIECE = 1 << 16

_PRINTABLE = bytes(range(0x20, 0x7F))
# RFC 864: 72 characters a line, the next line one further in the ring of the 95 printable ones.
_LINES = [(_PRINTABLE * 2)[first : first + 72] + b"\r\n" for first in range(len(_PRINTABLE))]
# Whole turns of the ring, about 64 KB: the same object is queued again and again, so a reader that never reads costs
# references and not bytes.
PATTERN = b"".join(_LINES) * 9


class Echo(Handler):
    """Sends back what comes, and finishes when the peer has. Reads only what it can send."""

    def news(self, happened: Happened) -> None:
        connection = self.connection
        while room := connection.writable():
            data = connection.recv(min(room, PIECE))
            if data is None:
                return
            if not data:
                self.leave()
                return
            connection.send(data)


class Discard(Handler):
    """Reads to the end, and then finishes."""

    def news(self, happened: Happened) -> None:
        while data := self.connection.recv(PIECE):
            pass
        if data == b"":
            self.leave()


class Chargen(Handler):
    """Writes until the peer leaves. One that has only finished sending may read on, so it takes a reset to stop it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._at = 0
        self._step = min(len(PATTERN), connection.config.send_buffer)

    def news(self, happened: Happened) -> None:
        connection = self.connection
        if happened & Happened.READABLE:
            while connection.recv(PIECE):
                pass
        room = connection.writable()
        while room >= self._step:
            taken = connection.send(PATTERN[self._at : self._at + self._step])
            self._at = (self._at + taken) % len(PATTERN)
            room -= taken
