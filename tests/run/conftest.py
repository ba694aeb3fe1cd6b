"""What programs that are run find outside: servers on this machine's loopback, of IPv4 and IPv6."""

import hashlib
import http.server
import random
import socket
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from lab.worlds import World, require


@pytest.fixture(scope="session")
def root() -> World:
    return require(World("root", "tun"))


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        return


class Dual(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, family: int, directory: Path) -> None:
        self.address_family = family
        host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        super().__init__((host, 0), partial(Quiet, directory=str(directory)))


class Site:
    """Files over HTTP, at `port` of 127.0.0.1 and `port6` of ::1."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._servers = [Dual(family, directory) for family in (socket.AF_INET, socket.AF_INET6)]
        self.port, self.port6 = (server.server_address[1] for server in self._servers)
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in self._servers]
        for thread in self._threads:
            thread.start()

    def put(self, name: str, size: int) -> str:
        """A file of so many random bytes; returns their SHA-256."""
        data = random.Random(size).randbytes(size)
        (self.directory / name).write_bytes(data)
        return hashlib.sha256(data).hexdigest()

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "site").mkdir()
    served = Site(tmp_path / "site")
    yield served
    served.close()
