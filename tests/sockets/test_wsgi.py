"""WSGI on the servers: what PEP 3333 asks, and clients that do what they should not."""

import contextlib
import sys
from wsgiref.validate import validator

import h11
import pytest
from aio.link import FAR, HANG
from sockets.conftest import until
from sockets.test_servers import serving

from handshook.io.servers import Fate, HostServer, ThreadServer
from handshook.io.wsgi import handler_for


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/raises":
        raise ZeroDivisionError("a defect")
    size = 0
    while piece := environ["wsgi.input"].read(1 << 16):
        size += len(piece)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REQUEST_METHOD']} {path} {environ['QUERY_STRING']} {size}".encode()]


def late(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "100")])
    yield b"the beginning"
    raise ZeroDivisionError("a defect")


def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    while True:
        yield bytes(1 << 16)


class Client:
    """An HTTP client that h11 keeps honest."""

    def __init__(self, near):
        self.sock = near.create_connection((FAR, 80), timeout=HANG)
        self.http = h11.Connection(h11.CLIENT)

    def send(self, *events):
        self.sock.sendall(b"".join(self.http.send(event) or b"" for event in events))

    def ask(self, target, method="GET", body=None, headers=()):
        self.send(h11.Request(method=method, target=target, headers=[("Host", "x"), *headers]))
        if body is not None:
            self.send(h11.Data(data=body))
        self.send(h11.EndOfMessage())
        return self.answer()

    def answer(self):
        """(status, body)"""
        status, found = 0, b""
        while True:
            event = self.http.next_event()
            if event is h11.NEED_DATA:
                self.http.receive_data(self.sock.recv(1 << 16))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                found += event.data
            elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                if self.http.our_state is self.http.their_state is h11.DONE:
                    self.http.start_next_cycle()
                return status, found


@contextlib.contextmanager
def clients(hosts, call, **options):
    """A maker of clients, and the server."""
    near, far = hosts
    made = []

    def make():
        made.append(Client(near))
        return made[-1]

    with serving(ThreadServer(far, ("", 80), handler_for(call, threads=True, **options))) as server:
        try:
            yield make, server
        finally:
            for client in made:
                client.sock.close()
            until(lambda: server.counts[Fate.ACCEPTED] == server.counts[Fate.FINISHED] + server.counts[Fate.FAILED])


def test_what_the_application_is_told_and_says(hosts):
    with clients(hosts, application) as (make, _):
        client = make()
        assert client.ask("/a%20path?with=query") == (200, b"GET /a path with=query 0")
        assert client.ask("/", "HEAD") == (200, b"")
        length = [("Content-Length", "100000")]
        assert client.ask("/up", "POST", bytes(100_000), length) == (200, b"POST /up  100000")
        chunked = [("Transfer-Encoding", "chunked")]
        assert client.ask("/up", "POST", bytes(100_000), chunked) == (200, b"POST /up  100000")


def test_the_standard_librarys_validator_finds_nothing(hosts):
    def checked(environ, start_response):
        environ["wsgi.input"].read(3)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]

    with clients(hosts, validator(checked)) as (make, _):
        client = make()
        for _ in range(2):
            assert client.ask("/", "POST", b"abc", [("Content-Length", "3")]) == (200, b"ok")


def test_a_body_that_nobody_reads(hosts):
    def deaf(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]

    with clients(hosts, deaf) as (make, _):
        client = make()
        for _ in range(2):
            assert client.ask("/", "POST", bytes(100_000), [("Content-Length", "100000")]) == (200, b"ok")
        # Who waits to be asked for a body is not asked, and must connect anew.
        client.send(
            h11.Request(
                method="POST",
                target="/",
                headers=[("Host", "x"), ("Content-Length", "5"), ("Expect", "100-continue")],
            )
        )
        assert client.answer() == (200, b"ok")
        assert client.sock.recv(1) == b""


def test_an_application_that_raises(hosts, capsys):
    with clients(hosts, application) as (make, _):
        client = make()
        status, _body = client.ask("/raises")
        assert status == 500
        # What is on the connection is whole, so it goes on.
        assert client.ask("/")[0] == 200
    assert "ZeroDivisionError: a defect" in capsys.readouterr().err


def test_an_answer_that_breaks_off_is_a_reset(hosts, capsys):
    with clients(hosts, late) as (make, _):
        client = make()
        with pytest.raises(ConnectionResetError):
            client.ask("/")
    assert "ZeroDivisionError: a defect" in capsys.readouterr().err


def test_what_is_no_request(hosts):
    with clients(hosts, application) as (make, _):
        client = make()
        client.sock.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        assert client.sock.recv(100).startswith(b"HTTP/1.1 400 ")


def test_clients_that_cannot_be_waited_for(hosts):
    with clients(hosts, endless, timeout=0.2) as (make, server):
        slow = make()
        # One byte now and then does not keep it open: the whole head must come in time.
        with pytest.raises(ConnectionResetError):
            for _ in range(1000):
                slow.sock.sendall(b"G")
                slow.sock.settimeout(0.02)
                with contextlib.suppress(TimeoutError):
                    slow.sock.recv(1)
        make().send(h11.Request(method="GET", target="/", headers=[("Host", "x")]), h11.EndOfMessage())
        until(lambda: server.counts[Fate.FINISHED] == 2)
        # Between two requests there is nothing to reset.
        assert make().sock.recv(1) == b""


def test_a_client_that_vanishes_in_the_middle_of_its_body(hosts, capsys):
    with clients(hosts, application) as (make, server):
        client = make()
        client.send(h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "1000")]))
        client.send(h11.Data(data=b"begin"))
        client.sock.abort()
        until(lambda: server.counts[Fate.FINISHED] == 1)
    assert "Traceback" not in capsys.readouterr().err.replace(sys.executable, "")


def test_one_at_a_time_is_what_the_application_is_told(hosts):
    near, far = hosts
    told = []

    def ask(environ, start_response):
        told.append(environ["wsgi.multithread"])
        start_response("204 No Content", [])
        return []

    with serving(HostServer(far, ("", 80), handler_for(ask, threads=False))):
        client = Client(near)
        assert client.ask("/")[0] == 204
        client.sock.close()
    assert told == [False]
