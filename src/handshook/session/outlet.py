"""Where a stack that runs can be asked: a UNIX socket, or a port of the machine's loopback.

One request has one answer. It lives in the engine's loop, takes little at a time, and never waits for whoever asks.
"""

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable

from .session import Session

# Longer requests, more askers at once and slower ones are not worth the memory.
MOST_ASKED = 4096
MOST_ASKERS = 32
PATIENCE = 5.0

Answer = Callable[[bytes], bytes | None]
"""From what was heard so far to the whole answer; None while there must be more."""


class Outlet:
    """Answers at `where`: a path, or a port of 127.0.0.1. Close it before its session. Raises OSError."""

    def __init__(self, session: Session, where: str | int, answer: Answer) -> None:
        self._session = session
        self._answer = answer
        self._path = where if isinstance(where, str) else ""
        self._listener = _listen_at(where)
        self._askers: dict[socket.socket, tuple[bytearray, float]] = {}
        session.watch(self._listener.fileno(), select.EPOLLIN, self._accept)

    def close(self) -> None:
        """Answer no more. A second call does nothing."""
        if self._listener.fileno() < 0:
            return
        for asker in list(self._askers):
            self._leave(asker)
        self._session.unwatch(self._listener.fileno())
        self._listener.close()
        if self._path:
            with contextlib.suppress(OSError):
                os.unlink(self._path)

    def _accept(self, _: int) -> None:
        try:
            asker, _ = self._listener.accept()
        except OSError:
            return
        asker.setblocking(False)
        now = time.monotonic()
        for late in [late for late, (_, since) in self._askers.items() if since < now - PATIENCE]:
            self._leave(late)
        if len(self._askers) >= MOST_ASKERS:
            asker.close()
            return
        self._askers[asker] = (bytearray(), now)
        self._session.watch(asker.fileno(), select.EPOLLIN, lambda _: self._hear(asker))

    def _hear(self, asker: socket.socket) -> None:
        heard, _ = self._askers[asker]
        try:
            more = asker.recv(MOST_ASKED)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        heard += more
        answer = self._answer(bytes(heard)) if more else b""
        if answer is None and len(heard) < MOST_ASKED:
            return
        if answer:
            # What a socket's buffer has no room for is more than anybody asks for here.
            with contextlib.suppress(OSError):
                asker.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(answer) + MOST_ASKED)
                asker.sendall(answer)
        self._leave(asker)

    def _leave(self, asker: socket.socket) -> None:
        del self._askers[asker]
        self._session.unwatch(asker.fileno())
        asker.close()


def _listen_at(where: str | int) -> socket.socket:
    if isinstance(where, int):
        return socket.create_server(("127.0.0.1", where))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_left_over(where):
            os.unlink(where)
        # Whoever may ask may also ban: the owner alone.
        before = os.umask(0o177)
        try:
            listener.bind(where)
        finally:
            os.umask(before)
        listener.listen()
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _is_left_over(path: str) -> bool:
    """Is it a socket at which nobody listens any more?"""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asker:
        try:
            asker.connect(path)
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
