"""A function of the test's that serves a peer's connections, each in a thread of its own, on a Unix socket."""

import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

BACKLOG = 128


class Serving:
    """Serves from now on until `close`; `serve` is called with each connection's socket, which is closed after it.

    What it raises because the connection failed, which is what peers are for, is passed over; all else is the thread's
    to report (`threading.excepthook`).
    """

    def __init__(self, serve: Callable[[socket.socket], object]) -> None:
        self._serve = serve
        self._folder = Path(tempfile.mkdtemp(prefix="handshook-"))
        self.path = str(self._folder / "peer")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(BACKLOG)
        threading.Thread(target=self._accept, name="handshook peer", daemon=True).start()

    def close(self) -> None:
        """Takes no more connections; those that are served go on."""
        # Not only close: that would leave the thread waiting.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._run, args=[connection], name="handshook peer", daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._serve(connection)
            except OSError:
                return
