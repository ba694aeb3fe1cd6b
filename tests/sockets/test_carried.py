"""`as_socket`: a descriptor of the kernel's that stands for a connection of the engine's; and what rides on it."""

import errno
import hashlib
import socket
import ssl
import struct
import subprocess
import sys
import time

import httpx
import pytest
from aio.link import FAR, HANG
from aio.peers import body, digest
from sockets.conftest import Running, until

from handshook.io.threads.httpx import Transport

RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def carried(hosts):
    """(ours, theirs): ours is the kernel's."""
    near, far = hosts
    with (
        far.create_server((FAR, 7)) as server,
        near.as_socket(near.create_connection((FAR, 7), timeout=HANG)) as ours,
        server.accept()[0] as theirs,
    ):
        theirs.settimeout(HANG)
        yield ours, theirs


def test_it_is_a_socket_of_the_kernels(carried):
    ours, theirs = carried
    assert type(ours) is socket.socket and ours.gettimeout() == HANG
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ours.sendall(b"there")
    assert theirs.recv(5, socket.MSG_WAITALL) == b"there"
    theirs.sendall(b"back")
    assert ours.recv(4) == b"back"


def test_what_was_peeked_at_comes_first(hosts):
    near, far = hosts
    with (
        far.create_server((FAR, 7)) as server,
        near.create_connection((FAR, 7), timeout=HANG) as plain,
        server.accept()[0] as theirs,
    ):
        theirs.sendall(b"hello")
        until(lambda: plain.recv(3, socket.MSG_PEEK) == b"hel")
        with near.as_socket(plain) as ours:
            theirs.close()
            assert b"".join(iter(lambda: ours.recv(100), b"")) == b"hello"
        with pytest.raises(OSError) as closed:
            plain.recv(1)
        assert closed.value.errno == errno.EBADF
    with near.socket() as unused, pytest.raises(OSError) as unconnected:
        near.as_socket(unused)
    assert unconnected.value.errno == errno.ENOTCONN


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_a_half_close(carried, first):
    one, other = carried if first == "ours" else carried[::-1]
    one.sendall(b"question")
    one.shutdown(socket.SHUT_WR)
    assert b"".join(iter(lambda: other.recv(100), b"")) == b"question"
    other.sendall(b"answer")
    other.close()
    assert b"".join(iter(lambda: one.recv(100), b"")) == b"answer"


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_a_reset(carried, first):
    one, other = carried if first == "ours" else carried[::-1]
    other.sendall(b"x")
    assert one.recv(1) == b"x"
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    one.close()
    with pytest.raises(ConnectionResetError):
        other.recv(1)


def test_it_takes_no_more_than_the_other_side_reads(carried):
    ours, theirs = carried
    # So long that all that moves by itself has moved; were it not, more would be sent and the test still hold.
    ours.settimeout(0.5)
    sent = 0
    with pytest.raises(TimeoutError):
        while True:
            sent += ours.send(bytes(1 << 16))
    assert sent < 64 << 20
    assert theirs.recv(sent, socket.MSG_WAITALL) == bytes(sent)


def test_a_body_each_way(hosts):
    near, far = hosts

    def swap(sock):
        found = hashlib.blake2b()
        while data := sock.recv(1 << 20):
            found.update(data)
        for piece in body(8):
            sock.sendall(piece)
        sock.shutdown(socket.SHUT_WR)
        return found.hexdigest()

    with (
        far.create_server((FAR, 7)) as server,
        near.as_socket(near.create_connection((FAR, 7), timeout=HANG)) as ours,
        server.accept()[0] as theirs,
    ):
        swapping = Running(swap, theirs)
        for piece in body(8):
            ours.sendall(piece)
        ours.shutdown(socket.SHUT_WR)
        found = hashlib.blake2b()
        while data := ours.recv(1 << 20):
            found.update(data)
        assert found.hexdigest() == swapping.result() == digest(8)


def test_closed_while_the_peer_never_finishes_it_is_reset_in_the_end(hosts):
    near, far = hosts
    with (
        far.create_server((FAR, 7)) as server,
        near.as_socket(near.create_connection((FAR, 7), timeout=HANG)) as ours,
        server.accept()[0] as theirs,
    ):
        theirs.settimeout(HANG)
        ours.close()
        assert theirs.recv(1) == b""
        # Until then it may be a program that has only finished sending.
        with pytest.raises(ConnectionResetError):
            while True:
                theirs.recv(1, socket.MSG_PEEK) or (theirs.connection and time.sleep(0.05))
                if theirs.connection.error:
                    raise theirs.connection.error
        assert near.settle(HANG)


def test_at_rest_it_costs_nothing(carried, hosts):
    ours, theirs = carried
    pump = hosts[0]._engine._pump
    ours.sendall(b"there")
    assert theirs.recv(5, socket.MSG_WAITALL) == b"there"
    for finish in (lambda: None, lambda: ours.shutdown(socket.SHUT_WR)):
        finish()
        time.sleep(0.2)
        before = pump.wakeups
        time.sleep(0.3)
        assert pump.wakeups - before < 5


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """(certificate, key) of `example.test`, its own authority."""
    place = tmp_path_factory.mktemp("tls")
    key, made = place / "key.pem", place / "made.pem"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=example.test"
    names = ["-addext", f"subjectAltName=DNS:example.test,IP:{FAR}", "-keyout", str(key), "-out", str(made)]
    subprocess.run([*words.split(), *names], check=True, capture_output=True)
    return made, key


def test_tls(hosts, certificate):
    near, far = hosts
    made, key = certificate
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(made, key)
    asking = ssl.create_default_context(cafile=str(made))

    def serve(server):
        plain, _ = server.accept()
        with serving.wrap_socket(far.as_socket(plain), server_side=True) as secure:
            while data := secure.recv(1000):
                secure.sendall(data.upper())
            secure.unwrap().close()

    with far.create_server((FAR, 443)) as server:
        served = Running(serve, server)
        plain = near.as_socket(near.create_connection((FAR, 443), timeout=HANG))
        with asking.wrap_socket(plain, server_hostname="example.test") as secure:
            secure.sendall(b"hello")
            assert secure.recv(100) == b"HELLO"
            secure.unwrap().close()
        served.result()


PAGES = """
import http.server, os, sys
os.chdir(sys.argv[1])
class Pages(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_POST(self):
        size = int(self.headers["content-length"])
        while size:
            size -= len(self.rfile.read(min(size, 1 << 20)))
        self.send_response(204)
        self.end_headers()
server = http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Pages)
print("up", flush=True)
server.serve_forever()
"""


def test_httpx_is_a_client(ground, host, tmp_path):
    (tmp_path / "page").write_bytes(b"x" * 100_000)
    server = ground.start(sys.executable, "-I", "-c", PAGES, str(tmp_path))
    server.stdout.readline()
    with httpx.Client(transport=Transport(host, {"example.test": ground.kernel}), trust_env=False) as client:
        for _ in range(3):
            assert client.get("http://example.test:8000/page").content == b"x" * 100_000
        assert client.post("http://example.test:8000/", content=bytes(1 << 20)).status_code == 204
        with pytest.raises(httpx.ConnectError, match="connection refused"):
            client.get("http://example.test:9/")
        with pytest.raises(httpx.ConnectError, match="no IPv4 address"):
            client.get("http://elsewhere.test/")
    until(lambda: host.settle(0))


def test_httpx_with_tls(hosts, certificate):
    near, far = hosts
    made, key = certificate
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(made, key)
    asking = ssl.create_default_context(cafile=str(made))

    def serve(server):
        with serving.wrap_socket(far.as_socket(server.accept()[0]), server_side=True) as secure:
            for _ in range(2):
                asked = b""
                while not asked.endswith(b"\r\n\r\n"):
                    asked += secure.recv(1000)
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with far.create_server((FAR, 443)) as server:
        served = Running(serve, server)
        transport = Transport(near, {"example.test": FAR}, verify=asking)
        with httpx.Client(transport=transport, trust_env=False) as client:
            for _ in range(2):
                assert client.get("https://example.test/").text == "ok"
        served.result()
