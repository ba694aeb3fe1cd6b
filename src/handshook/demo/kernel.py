"""The stage with the Linux kernel at the other end: each part there is played by a program of its own process."""

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ..lab import Program
from ..session.beside import wait_listening, wake_at_end
from ..session.place import Place
from ..session.session import Observer, Session
from ..tcp.config import Config
from ..tcp.connection import Connection
from .stage import PATIENCE, Client, Closer, NotAsSaid, Server, Stage

HERE = Path(__file__).parent
PEER = HERE / "peer.py"
HTTP_PORT = 8000
CLOSER_PORT = 7000
# What curl exits with when the connection is refused; peer.py does the same.
CURL_REFUSED = 7


class KernelStage(Stage):
    """A private network over `link`. Raises `PrivateNetworkUnavailable` where there can be none."""

    server_title = "Python's http.server"

    def __init__(self, observer: Observer, link: str) -> None:
        self._place = Place.private(link)
        network = self._place.network
        assert network is not None
        self.network = network
        self.session = Session(self._place, observer=observer)
        self.stack, self.handlers, self.config = self.session.stack, self.session.handlers, self.session.config
        self.peer = network.kernel4
        self.own = network.engine4
        device = "TUN device" if network.link == "tun" else "veth pair"
        self.where = f"a private network with the Linux kernel at the other end of a {device}"
        self._curl = shutil.which("curl")
        self.client_name = self.client_title = "curl" if self._curl else "urllib"

    def until(self, condition: Callable[[], bool], limit: float = PATIENCE) -> bool:
        return self.session.until(condition, limit)

    def connect(self, address: str, port: int, config: Config | None = None) -> Connection:
        self.session.tell_time()
        return self.stack.connect((address, port), config=config)

    def client(self, port: int) -> Client:
        url = f"http://{self.own}:{port}/"
        if self._curl:
            # -q: whatever the user's own .curlrc says.
            words = [self._curl, "-q", "-sS", "--noproxy", "*", "--max-time", str(PATIENCE), url]
        else:
            words = [*python(), str(PEER), "ask", url]
        return _Asker(self, self.client_name, words)

    def server(self) -> Server:
        return _WebServer(self)

    def closer(self) -> Closer:
        return _Closer(self)

    def close(self) -> None:
        self.session.close()
        self._place.close()


def python() -> list[str]:
    """The interpreter, by itself: no directory, no variable and no package of the user's."""
    return [sys.executable, "-I"]


class _Part:
    """A program of the kernel's side; its end wakes the loop, its last words are kept."""

    def __init__(self, stage: KernelStage, name: str, words: list[str], *, stdin: int = subprocess.DEVNULL) -> None:
        self.name = name
        self.stage = stage
        self._complaints = os.memfd_create("complaints", os.MFD_CLOEXEC)
        self.program: Program = stage.network.popen(words, stdin=stdin, stdout=subprocess.PIPE, stderr=self._complaints)
        wake_at_end(stage.session, self.program)

    def over(self) -> bool:
        return self.program.poll() is not None

    def fail(self, what: str) -> NotAsSaid:
        """With what the program itself said last."""
        os.lseek(self._complaints, 0, os.SEEK_SET)
        said = os.read(self._complaints, 1 << 16).decode(errors="replace").strip().splitlines()
        return NotAsSaid(f"{self.name} {what}" + (f": {said[-1]}" if said else ""))

    def leave(self) -> None:
        """Ends it, if it still runs."""
        self.program.kill()
        self.program.wait(PATIENCE)
        self.stage.session.unwatch(self.program.fileno())
        self.program.close()
        os.close(self._complaints)


class _Asker(_Part):
    def page(self) -> bytes:
        code = self.program.wait(PATIENCE)
        assert self.program.stdout is not None
        page: bytes = self.program.stdout.read()
        if code:
            raise self.fail(f"ended with {code}")
        self.leave()
        return page

    def refused(self) -> bool:
        code = self.program.wait(PATIENCE)
        self.leave()
        return code == CURL_REFUSED


class _WebServer(_Part):
    """Python's own http.server, unchanged; the page is a file of this directory."""

    port = HTTP_PORT
    target = f"/{PEER.name}"

    def __init__(self, stage: KernelStage) -> None:
        self.page = PEER.read_bytes()
        address = ["--bind", stage.peer, "--directory", str(HERE)]
        super().__init__(stage, "http.server", [*python(), "-m", "http.server", str(self.port), *address])

    def __enter__(self) -> "_WebServer":
        if not wait_listening(self.stage.session, self.stage.network, self.program, self.port, PATIENCE):
            raise self.fail("does not listen")
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


class _Closer(_Part):
    name = "python"
    port = CLOSER_PORT

    def __init__(self, stage: KernelStage) -> None:
        words = [*python(), str(PEER), "close", stage.peer, str(self.port)]
        super().__init__(stage, self.name, words, stdin=subprocess.PIPE)

    def __enter__(self) -> "_Closer":
        self._hear("listening")
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def close_both(self, connection: Connection) -> None:
        """The loop stands still while the program closes: its FIN waits in the device, unread. The next turn sends
        ours before it reads, so they have crossed, every time.
        """
        assert self.program.stdin is not None and self.program.stdout is not None
        session, said = self.stage.session, self.program.stdout.fileno()
        session.watch(said, select.EPOLLIN, lambda _: session.unwatch(said))
        session.until(lambda: self._says(0), PATIENCE)
        self._hear("accepted")
        self.program.stdin.write(b"now\n")
        self.program.stdin.flush()
        self._hear("closed")
        session.tell_time()
        connection.close()

    def _says(self, seconds: float) -> bool:
        poller = select.poll()
        poller.register(self.program.stdout or -1, select.POLLIN)
        return bool(poller.poll(seconds * 1000))

    def _hear(self, word: str) -> None:
        """Waits for the word, and lets nothing else happen meanwhile."""
        assert self.program.stdout is not None
        heard = self.program.stdout.readline() if self._says(PATIENCE) else b""
        if heard.strip() != word.encode():
            raise self.fail(f"did not say that it is {word}")
