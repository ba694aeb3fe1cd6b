"""What a target does with a connection once it is open: one of the small services, a fixed answer, or a program's own.

A program serves behind a target on a Unix socket of its own: to each connection belongs one there, and bytes and
half-closes are carried between the two.
"""

import base64
import os
import socket
from collections.abc import Callable
from typing import Any

from ..io.descriptor import SocketRelay
from ..io.handlers import Handler
from ..io.relay import Loop
from ..io.services import PIECE, Chargen, Discard, Echo
from ..tcp.connection import Connection
from ..tcp.happened import Happened

Maker = Callable[[Connection], Handler]


class Mute(Handler):
    """Open, reads what comes, says nothing and never finishes."""

    def news(self, happened: Happened) -> None:
        while self.connection.recv(PIECE):
            pass


class Reply(Handler):
    """Once something has come, answers it with what it was given to say, finishes, and ignores the rest."""

    def __init__(self, connection: Connection, answer: bytes) -> None:
        super().__init__(connection)
        self._unsent = memoryview(answer)
        self._asked = False
        self._finished = False

    def news(self, happened: Happened) -> None:
        connection = self.connection
        while data := connection.recv(PIECE):
            self._asked = True
        if self._asked and not self._finished:
            while self._unsent and (taken := connection.send(self._unsent)):
                self._unsent = self._unsent[taken:]
            if not self._unsent:
                self._finished = True
                connection.shutdown()
        if data == b"" and (self._finished or not self._asked):
            self.leave()


SERVICES: dict[str, Maker] = {"echo": Echo, "discard": Discard, "chargen": Chargen, "mute": Mute}


def maker(wanted: Any, loop: Loop) -> Maker:
    """What makes the handler of each connection: `wanted` is a name of `SERVICES`, or a document (see `Targets.add`).

    Raises `ValueError` for anything else.
    """
    if isinstance(wanted, str) and wanted in SERVICES:
        return SERVICES[wanted]
    if isinstance(wanted, dict) and len(wanted) == 1:
        (kind, value), *_ = wanted.items()
        if kind == "reply" and isinstance(value, str):
            return _replies(value)
        if kind == "unix" and isinstance(value, str) and value:
            return lambda connection: _carried(connection, loop, value)
    raise ValueError(f'served is one of {", ".join(SERVICES)}, {{"reply": BASE64}} or {{"unix": PATH}}, not {wanted!r}')


def _replies(text: str) -> Maker:
    try:
        answer = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError(f"a reply is bytes in base64: {error}") from None
    return lambda connection: Reply(connection, answer)


def _carried(connection: Connection, loop: Loop, path: str) -> Handler:
    """Raises OSError where nobody serves there, or too many wait; whoever connected is then reset."""
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Never wait here, for this is everybody's loop.
        ours.setblocking(False)
        ours.connect(path)
        ours.setblocking(True)
        return SocketRelay(connection, loop, ours, os.dup(ours.fileno()))
    except BaseException:
        ours.close()
        raise
