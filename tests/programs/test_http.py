"""The directory over HTTP: what a request gets, and what it can't get; the bytes travel in virtual time."""

import gzip
import os

import pytest
from programs.wire import Wire

from handshook import State
from handshook.io.directory import Directory
from handshook.io.handlers import Handlers
from handshook.io.http import Fetch, HttpServer, answer_text


@pytest.fixture
def root(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    site = tmp_path / "site"
    (site / "sub" / "deep").mkdir(parents=True)
    (site / "page.html").write_text("<p>a page")
    (site / "a b&c.txt").write_text("odd name")
    (site / "ümläut.txt").write_text("more odd")
    (site / "big.bin").write_bytes(bytes(range(256)) * 40_000)
    (site / "empty").write_bytes(b"")
    (site / "packed.tar.gz").write_bytes(gzip.compress(b"x"))
    (site / "sub" / "index.html").write_text("the index")
    (site / "inside").symlink_to("page.html")
    (site / "out").symlink_to(outside)
    (site / "out.txt").symlink_to(outside / "secret.txt")
    (site / "loop").symlink_to("loop")
    os.mkfifo(site / "pipe")
    (tmp_path / "site-next-door").mkdir()
    (tmp_path / "site-next-door" / "x").write_text("neighbour")
    (site / "neighbour").symlink_to(tmp_path / "site-next-door")
    return site


@pytest.fixture
def wire(root):
    wire = Wire()
    directory = Directory(root)
    wire.handlers.listen(80, lambda connection: HttpServer(connection, directory.answer))
    yield wire
    directory.close()


def ask(wire, request, enough=lambda data: False):
    connection = wire.open()
    connection.send(request.encode("latin-1") if isinstance(request, str) else request)
    return wire.read(connection, enough)


def get(wire, target, *headers, method="GET"):
    """(status, headers, body) of one request; the connection is closed after it."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]
    return split(ask(wire, "\r\n".join(lines)))


def split(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
    return int(first.split()[1]), fields, body


def test_a_file(wire):
    status, fields, body = get(wire, "/page.html")
    assert (status, body) == (200, b"<p>a page")
    assert fields["content-type"] == "text/html"
    assert fields["content-length"] == "9"
    assert fields["connection"] == "close"
    assert "last-modified" in fields and "date" in fields


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        ("/page.html?query=1", 200, b"<p>a page"),
        ("//page.html", 200, b"<p>a page"),
        ("/./page.html", 200, b"<p>a page"),
        ("/%70age.html", 200, b"<p>a page"),
        ("/a%20b%26c.txt", 200, b"odd name"),
        ("/%C3%BCml%C3%A4ut.txt", 200, b"more odd"),
        ("http://x/page.html", 200, b"<p>a page"),
        ("/empty", 200, b""),
        ("/inside", 200, b"<p>a page"),
        ("/sub/", 200, b"the index"),
        ("/sub/index.html", 200, b"the index"),
        ("/nothing", 404, None),
        ("/page.html/", 404, None),
        ("/page.html/more", 404, None),
        ("/loop", 404, None),
        ("/pipe", 404, None),
        ("/" + "x" * 5000, 404, None),
        ("*", 400, None),
        ("page.html", 400, None),
        ("/page.html%00", 400, None),
        ("ftp://x/page.html", 400, None),
    ],
)
def test_what_a_target_means(wire, target, status, body):
    found, _, got = get(wire, target)
    assert found == status
    if body is not None:
        assert got == body


@pytest.mark.parametrize(
    "target",
    [
        "/../outside/secret.txt",
        "/sub/../../outside/secret.txt",
        "/%2e%2e/outside/secret.txt",
        "/..%2foutside%2fsecret.txt",
        "/sub/%2e%2e%2f..%2foutside/secret.txt",
        "//../outside/secret.txt",
        "/out.txt",
        "/out/secret.txt",
        "/out/",
        "/neighbour/x",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/proc/self/environ",
    ],
)
def test_nothing_leads_out(wire, target):
    status, _, body = get(wire, target)
    assert status == 404
    assert b"secret" not in body and b"neighbour" not in body and b"root:" not in body


def test_a_directory_is_listed(wire):
    status, fields, body = get(wire, "/")
    assert status == 200
    assert fields["content-type"] == "text/html; charset=utf-8"
    text = body.decode()
    assert '<a href="./a%20b%26c.txt">a b&amp;c.txt</a>' in text
    assert '<a href="./sub/">sub/</a>' in text
    assert "ümläut.txt" in text
    assert "../" not in text
    assert '<a href="../">' in get(wire, "/sub/deep/")[2].decode()


def test_a_directory_without_its_slash_is_moved(wire):
    assert get(wire, "/sub")[0:2][1]["location"] == "/sub/"
    assert get(wire, "//sub")[1]["location"] == "/sub/"


def test_kinds(wire):
    assert get(wire, "/packed.tar.gz")[1]["content-type"] == "application/gzip"
    assert get(wire, "/big.bin")[1]["content-type"] == "application/octet-stream"


def test_head(wire):
    status, fields, body = get(wire, "/page.html", method="HEAD")
    assert (status, fields["content-length"], body) == (200, "9", b"")
    status, fields, body = get(wire, "/big.bin", method="HEAD")
    assert (status, fields["content-length"], body) == (200, str(256 * 40_000), b"")


def test_not_modified(wire):
    since = get(wire, "/page.html")[1]["last-modified"]
    status, fields, body = get(wire, "/page.html", f"If-Modified-Since: {since}")
    assert (status, body) == (304, b"")
    assert "content-length" not in fields
    assert get(wire, "/page.html", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT")[0] == 200
    assert get(wire, "/page.html", "If-Modified-Since: yesterday")[0] == 200


@pytest.mark.parametrize("year", [100_000_000_000_000, -100_000_000_000, 253402300800])
def test_a_time_that_http_cannot_write_is_left_out(root, wire, monkeypatch, year):
    """Not every file system keeps such times, so the kernel's answer is made up here."""
    real = os.fstat

    def fstat(descriptor):
        status = list(real(descriptor))
        return os.stat_result([*status[:8], year, status[9]])

    monkeypatch.setattr("handshook.io.directory.os.fstat", fstat)
    status, fields, body = get(wire, "/page.html")
    assert (status, body) == (200, b"<p>a page")
    assert "last-modified" not in fields
    since = "If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT"
    assert get(wire, "/page.html", since)[0] == (304 if year < 0 else 200)


def test_other_methods(wire):
    for method in ("PUT", "DELETE", "OPTIONS", "BREW"):
        status, fields, _ = get(wire, "/page.html", method=method)
        assert status == 405
        assert fields["allow"] == "GET, HEAD"


def test_a_body_that_nobody_wanted_does_not_cost_the_answer(wire):
    connection = wire.open()
    connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + bytes(1000))
    wire.run(seconds=1)
    connection.send(bytes(299_000))
    status, fields, _ = split(wire.read(connection))
    assert (status, fields["connection"]) == (405, "close")
    connection.shutdown()
    wire.run(seconds=1)
    assert connection.error is None and connection.state in (State.CLOSED, State.TIME_WAIT)
    assert len(wire.handlers) == 0


def test_an_endless_body_is_heard_only_so_long(wire):
    connection = wire.open()
    connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")

    def push():
        if connection.error is None and connection.state is not State.CLOSED:
            connection.send(b"10000\r\n" + bytes(0x10000) + b"\r\n")
        return connection.state is State.CLOSED

    wire.run(done=push, seconds=60)
    assert isinstance(connection.error, ConnectionResetError)
    assert len(wire.handlers) == 0


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host: RFC 9112 3.2
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (bytes(range(128, 256)) * 10 + b"\r\n\r\n", 400),
    ],
)
def test_malformed_requests(wire, request_bytes, status):
    answer = ask(wire, request_bytes)
    assert split(answer)[0] == status
    assert wire.handlers.failed == 0


def test_many_requests_on_one_connection(wire):
    connection = wire.open()
    request = b"GET /page.html HTTP/1.1\r\nHost: x\r\n\r\n"
    for _ in range(100):
        connection.send(request)
        answer = wire.read(connection, lambda data: data.endswith(b"<p>a page"))
        assert split(answer)[::2] == (200, b"<p>a page")
    # And many at once.
    connection.send(request * 99 + b"GET /page.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert wire.read(connection).count(b"<p>a page") == 100


def test_http_1_0(wire):
    assert split(ask(wire, "GET /page.html HTTP/1.0\r\n\r\n"))[::2] == (200, b"<p>a page")


def test_a_large_file_comes_in_pieces_and_its_descriptor_is_freed(wire, root):
    before = len(os.listdir("/proc/self/fd"))
    connection = wire.open()
    connection.send(b"GET /big.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    wire.run(seconds=5)
    # The client has not read: what the server holds is bounded by what it makes ahead.
    assert len(os.listdir("/proc/self/fd")) == before + 1
    answer = wire.read(connection, seconds=60)
    assert split(answer)[2] == (root / "big.bin").read_bytes()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_client_that_leaves_in_the_middle_frees_the_descriptor(wire):
    before = len(os.listdir("/proc/self/fd"))
    connection = wire.open()
    connection.send(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
    wire.run(seconds=5)
    connection.abort()
    wire.run(seconds=1)
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(wire.handlers) == 0 and wire.handlers.failed == 0


def test_a_file_that_shrinks_is_no_whole_answer(wire, root):
    connection = wire.open()
    connection.send(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
    wire.run(seconds=5)
    os.truncate(root / "big.bin", 1_000_000)
    with pytest.raises(ConnectionResetError):
        wire.read(connection, seconds=60)


def test_a_directory_that_may_not_be_read(wire, root):
    if os.geteuid() == 0:
        # Root reads everything; what is tested is that an error is an answer.
        os.rmdir(root / "sub" / "deep")
        assert get(wire, "/sub/deep/")[0] == 404
    else:
        (root / "page.html").chmod(0)
        assert get(wire, "/page.html")[0] == 403


def test_no_such_directory(tmp_path):
    with pytest.raises(FileNotFoundError):
        Directory(tmp_path / "nothing")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        Directory(tmp_path / "file")


def test_a_thousand_clients(wire):
    connections = [wire.client.connect(("198.51.100.2", 80)) for _ in range(1000)]
    for connection in connections:
        connection.send(b"GET /page.html HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.shutdown()
    wire.run(seconds=10)
    assert all(connection.recv(4096).endswith(b"<p>a page") for connection in connections)
    assert len(wire.handlers) == 0


def test_fetch_and_a_server_that_closes_first():
    wire = Wire()
    wire.handlers.listen(80, lambda connection: HttpServer(connection, lambda _: answer_text(200, "page\n"), once=True))
    clients = Handlers(wire.client)
    fetch = Fetch(wire.client.connect(("198.51.100.2", 80)), "/", "x")
    clients.add(fetch)
    wire.link.run(until=5, step=lambda: (wire.handlers.dispatch(), clients.dispatch()))
    assert (fetch.status, fetch.page, fetch.complete, fetch.over) == (200, b"page\n", True, True)
    assert fetch.connection.error is None
