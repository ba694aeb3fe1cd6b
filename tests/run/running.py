"""Runs `handshook run` and reads what it says of the connections."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from cli.commands import ROOT, python, run, started
from lab.worlds import HANG, World

__all__ = ["HANG", "ROOT", "World", "listening", "python", "ran", "started"]


class Ran:
    """What a run left: its program's `code`, `out` and `err`, and each connection's record."""

    def __init__(self, done: Any) -> None:
        self.code: int = done.returncode
        self.out: bytes = done.stdout
        lines = done.stderr.decode().splitlines()
        self.connections = [json.loads(line) for line in lines if line.startswith("{")]
        self.err = "\n".join(line for line in lines if not line.startswith("{"))

    @property
    def outcomes(self) -> list[str]:
        return [connection["outcome"] for connection in self.connections]


def ran(world: World, *words: str, **options: Any) -> Ran:
    """`handshook run --json WORDS`, to its end."""
    return Ran(run(world, "run", "--json", *words, **options))


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], object], family: int = socket.AF_INET) -> Iterator[int]:
    """A server on this machine's loopback; each connection gets a thread with `serve`. Yields its port."""
    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with socket.create_server((host, 0), family=family, backlog=1024) as server:
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    taken, _ = server.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=converse, args=(taken,), daemon=True))
                threads[-1].start()

        def converse(taken: socket.socket) -> None:
            with taken, contextlib.suppress(ConnectionError):
                taken.settimeout(HANG)
                serve(taken)

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            accepting.join(HANG)
            for thread in threads:
                thread.join(HANG)
                assert not thread.is_alive(), "a connection outside was never ended"
