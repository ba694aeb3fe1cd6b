"""The servers, with the standard library's own handlers, under the kernel's clients; and what each does when full."""

import contextlib
import errno
import hashlib
import http.server
import re
import resource
import socketserver
import threading
import time

import pytest
from aio.link import FAR, HANG
from aio.peers import body, digest
from sockets import echo_examples
from sockets.conftest import Running, until

from handshook.io.servers import Fate, HostServer, PoolServer, ThreadServer
from handshook.io.threads import HostDown

PAGE = b"the page\n" * 100


class Pages(http.server.SimpleHTTPRequestHandler):
    """http.server's own, quiet, and with keep-alive."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


class Old(Pages):
    protocol_version = "HTTP/1.0"


@pytest.fixture
def site(tmp_path, monkeypatch):
    (tmp_path / "page").write_bytes(PAGE)
    # The handler serves the directory that it is started in.
    monkeypatch.chdir(tmp_path)
    return tmp_path


MAKE = {
    "one": lambda host, handler: HostServer(host, ("", 80), handler),
    "thread": lambda host, handler: ThreadServer(host, ("", 80), handler),
    "pool": lambda host, handler: PoolServer(host, ("", 80), handler, workers=50),
}


@contextlib.contextmanager
def serving(server):
    with server:
        thread = Running(server.serve_forever, 0.02)
        try:
            yield server
        finally:
            server.shutdown()
            thread.result()


def load(ground, seconds, connections=50):
    """wrk's count of requests; none may have failed."""
    program = ground.start("wrk", f"-c{connections}", "-t1", f"-d{seconds}s", f"http://{ground.engine}/page")
    told = program.stdout.read().decode()
    assert "Socket errors" not in told and "Non-2xx" not in told, told
    return int(re.search(r"(\d+) requests in", told)[1])


@pytest.mark.parametrize(("model", "handler"), [("one", Old), ("thread", Pages), ("thread", Old), ("pool", Pages)])
def test_http_server_serves_curl_and_a_load(ground, host, site, model, handler):
    with serving(MAKE[model](host, handler)) as server:
        program = ground.start("curl", "-sS", "--noproxy", "*", f"http://{ground.engine}/page")
        assert program.stdout.read() == PAGE
        assert load(ground, 1) > 50
        until(lambda: server.counts[Fate.FINISHED] + server.counts[Fate.FAILED] == server.counts[Fate.ACCEPTED])


def test_ten_thousand_requests_on_one_connection(ground, host, site):
    class Prompt(Pages):
        disable_nagle_algorithm = True

        def do_GET(self):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with serving(ThreadServer(host, ("", 80), Prompt)) as server:
        assert ground.peer("keep_alive", ground.engine, 80, 10_000).stdout.read() == b"10000\n"
        until(lambda: server.counts() == {"accepted": 1, "finished": 1})


def swap_for(megabytes):
    """A handler that takes a body to the end, and gives one of the same size back."""

    class Swap(socketserver.BaseRequestHandler):
        def handle(self):
            found = hashlib.blake2b()
            while data := self.request.recv(1 << 20):
                found.update(data)
            assert found.hexdigest() == digest(megabytes)
            for piece in body(megabytes):
                self.request.sendall(piece)

    return Swap


def test_a_body_each_way(ground, host):
    with serving(HostServer(host, ("", 80), swap_for(64))) as server:
        assert ground.peer("give_and_take", ground.engine, 80, 64).stdout.read().decode() == digest(64) + "\n"
        until(lambda: server.counts[Fate.FINISHED] == 1)


@pytest.mark.parametrize("handler", [echo_examples.MyTCPHandler, echo_examples.MyStreamHandler])
@pytest.mark.parametrize("make", [echo_examples.one_server, echo_examples.threaded_server])
def test_the_standard_librarys_examples(hosts, make, handler):
    near, far = hosts
    with serving(make(far, handler)):
        assert echo_examples.client(near, FAR, "hello world").strip() == "HELLO WORLD"


# --- what is bad for a server ----------------------------------------------------------------------------------------


class Slow(socketserver.BaseRequestHandler):
    """Answers when it is let."""

    def handle(self):
        self.server.entered.release()
        assert self.server.gate.acquire(timeout=HANG)
        self.request.sendall(b"done")


def slow(server):
    server.gate, server.entered = threading.Semaphore(0), threading.Semaphore(0)
    return server


def asked(near, count, port=80):
    return [near.create_connection((FAR, port), timeout=HANG) for _ in range(count)]


def answer(client):
    """What comes: b"done", or "reset"."""
    try:
        return client.recv(4)
    except ConnectionResetError:
        return "reset"


@pytest.mark.parametrize(
    ("when_full", "expected", "fates"),
    [
        ("wait", [b"done"] * 6, {"accepted": 6, "finished": 6}),
        ("refuse", [b"done"] * 4 + ["reset"] * 2, {"accepted": 6, "finished": 4, "refused": 2}),
        (
            "shed-oldest",
            [b"done"] * 2 + ["reset"] * 2 + [b"done"] * 2,
            {"accepted": 6, "finished": 4, "shed": 2},
        ),
    ],
)
def test_a_pool_that_is_full(hosts, when_full, expected, fates):
    near, far = hosts
    with serving(slow(PoolServer(far, ("", 80), Slow, workers=2, queue=2, when_full=when_full))) as server:
        clients = asked(near, 2)
        for _ in clients:
            assert server.entered.acquire(timeout=HANG)
        for _ in range(4):
            clients += asked(near, 1)
            taken = min(len(clients), 4) if when_full == "wait" else len(clients)
            until(lambda taken=taken: server.counts[Fate.ACCEPTED] == taken)
        # Who is reset learns it while the others wait.
        assert [answer(client) for client, what in zip(clients, expected, strict=True) if what == "reset"] == (
            ["reset"] * expected.count("reset")
        )
        for _ in clients:
            server.gate.release()
        assert [answer(client) for client in clients] == expected
        until(lambda: server.counts() == fates)
        for client in clients:
            client.close()


def test_a_pool_that_is_closed_resets_what_waits(hosts):
    near, far = hosts
    server = slow(PoolServer(far, ("", 80), Slow, workers=1, queue=5))
    with serving(server):
        clients = asked(near, 3)
        until(lambda: server.waiting == 2)
    server.gate.release()
    assert [answer(client) for client in clients] == [b"done", "reset", "reset"]
    until(lambda: server.counts() == {"accepted": 3, "finished": 1, "dropped": 2})
    for client in clients:
        client.close()


def test_more_connections_than_a_pool_has_threads_are_all_served_in_the_end(ground, host, site):
    with serving(PoolServer(host, ("", 80), Old, workers=3, queue=2)) as server:
        assert load(ground, 1) > 50
        assert set(server.counts()) <= {"accepted", "finished", "failed"}


def test_when_the_system_gives_no_more_threads(hosts, monkeypatch):
    near, far = hosts
    start = threading.Thread.start

    def refused(thread):
        if threading.current_thread().name != "MainThread" and thread.daemon:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refused)
    for make in (ThreadServer, PoolServer):
        with serving(slow(make(far, ("", 80), Slow))) as server:
            (client,) = asked(near, 1)
            with client:
                assert answer(client) == "reset"
            assert server.counts() == {"accepted": 1, "no-thread": 1}


class Bad(socketserver.BaseRequestHandler):
    """Does what its client says."""

    def handle(self):
        word = self.request.recv(1)
        if word == b"r":
            raise ZeroDivisionError("a defect")
        if word == b"f":
            # Every descriptor is taken.
            with pytest.raises(OSError) as full:
                open("/dev/null")  # noqa: SIM115
            assert full.value.errno == errno.EMFILE
            with pytest.raises(OSError) as full:
                self.request.fileno()
            assert full.value.errno == errno.EMFILE
        self.request.sendall(b"well")


@pytest.mark.parametrize("make", [HostServer, ThreadServer, PoolServer])
def test_a_handler_that_raises(hosts, make, capsys):
    near, far = hosts
    with serving(make(far, ("", 80), Bad)) as server:
        for word, found in ((b"r", b""), (b"w", b"well")):
            with near.create_connection((FAR, 80), timeout=HANG) as client:
                client.sendall(word)
                assert client.recv(10) == found
        until(lambda: server.counts() == {"accepted": 2, "failed": 1, "finished": 1})
    assert "ZeroDivisionError: a defect" in capsys.readouterr().err


def test_descriptors_run_out(hosts):
    """A connection takes none, so all are served; what asks for one is told."""
    near, far = hosts
    kept = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving(ThreadServer(far, ("", 80), Bad)) as server:
        held = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, kept[1]))
        try:
            with contextlib.suppress(OSError):
                while True:
                    held.append(open("/dev/null"))  # noqa: SIM115
            clients = asked(near, 20)
            for client in clients:
                client.sendall(b"f")
            with pytest.raises(OSError) as full:
                near.as_socket(clients[0])
            assert full.value.errno == errno.EMFILE
            assert [client.recv(10) for client in clients] == [b"well"] * 20
        finally:
            for file in held:
                file.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, kept)
        for client in clients:
            client.close()
        until(lambda: server.counts() == {"accepted": 20, "finished": 20})


class Reading(socketserver.StreamRequestHandler):
    """Reads a line and what it says, in so many seconds."""

    timeout = 0.2

    def handle(self):
        size = int(self.rfile.readline())
        assert len(self.rfile.read(size)) == size
        self.wfile.write(b"thanks")


class Writing(socketserver.StreamRequestHandler):
    """Writes more than any buffer holds."""

    timeout = 0.2

    def handle(self):
        self.wfile.write(bytes(8 << 20))


def test_clients_that_dawdle_vanish_or_never_read(ground, host, capsys):
    with serving(ThreadServer(host, ("", 80), Reading)) as server:
        dawdles = ground.peer("trickle_once", ground.engine, 80)
        vanishes = ground.peer("vanish_midway", ground.engine, 80)
        until(lambda: server.counts[Fate.FAILED] == 2)
        assert ground.peer("ask", ground.engine, 80, "4\nbody").stdout.read() == b"thanks"
        until(lambda: server.counts[Fate.FINISHED] == 1)
        for program in (dawdles, vanishes):
            program.kill()
    told = capsys.readouterr().err
    assert "TimeoutError: timed out" in told and "ConnectionResetError" in told
    with serving(ThreadServer(host, ("", 80), Writing)) as server:
        never = ground.peer("never_read", ground.engine, 80)
        until(lambda: server.counts[Fate.FAILED] == 1)
        never.kill()


@pytest.mark.parametrize("make", [ThreadServer, PoolServer])
def test_a_handler_that_hangs_holds_up_nobody_else(hosts, make):
    near, far = hosts
    with serving(slow(make(far, ("", 80), Slow))) as server:
        first, second = asked(near, 2)
        for _ in range(2):
            assert server.entered.acquire(timeout=HANG)
        server.gate.release()
        until(lambda: first.readable() or second.readable())
        done, waits = (first, second) if first.readable() else (second, first)
        assert answer(done) == b"done" and not waits.readable()
        server.gate.release()
        assert answer(waits) == b"done"
        until(lambda: server.counts[Fate.FINISHED] == 2)
        first.close()
        second.close()


def test_a_server_ends_with_its_host(hosts):
    _near, far = hosts
    with HostServer(far, ("", 80), Slow) as server:
        serves = Running(server.serve_forever)
        time.sleep(0.02)
        far.close()
        with pytest.raises(HostDown):
            serves.result()


def test_a_queue_of_that_size_and_manner_there_is_none(hosts):
    _near, far = hosts
    for wrong in ({"workers": 0}, {"workers": 10**9}, {"queue": -1}, {"when_full": "panic"}):
        with pytest.raises(ValueError):
            PoolServer(far, ("", 80), Slow, **wrong)
    with HostServer(far, ("", 80), Slow), pytest.raises(OSError) as taken:
        HostServer(far, ("", 80), Slow)
    assert taken.value.errno == errno.EADDRINUSE
