"""`handshook connect`, with real servers, in every world."""

import json
import os
import pty
import signal
import socket
import subprocess
import time

import pytest
from cli.commands import ROOT, command, environment, python, run, started
from lab.worlds import HANG

LISTEN = """
import os, socket, sys
host = "::" if "6" in sys.argv else "198.51.100.1"
family = socket.AF_INET6 if "6" in sys.argv else socket.AF_INET
server = socket.create_server((host, int(os.environ["HANDSHOOK_PORT"])), family=family)
connection, _ = server.accept()
"""

ECHO = (
    LISTEN
    + """
while data := connection.recv(1 << 16):
    connection.sendall(data)
connection.close()
"""
)

SPEAK = (
    LISTEN
    + """
connection.sendall(b"x" * 1000)
connection.close()
print("the server's own words")
"""
)

SPEAK_ON = (
    LISTEN
    + """
try:
    while True:
        connection.sendall(b"x" * 65536)
except OSError as error:
    print(type(error).__name__)
"""
)

RESET = (
    LISTEN
    + """
import struct
connection.recv(1)
connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
connection.close()
"""
)


@pytest.mark.parametrize(("host", "version"), [("peer", "4"), ("198.51.100.1", "4"), ("2001:db8::1", "6")])
def test_there_and_back(world, host, version):
    data = os.urandom(1 << 20) * 4
    done = run(world, "connect", "--quiet", host, "7000", "--", *python(ECHO), version, input=data)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == data


def test_the_ladder_and_the_servers_words_go_to_standard_error():
    done = run(ROOT, "connect", "peer", "7000", "--", *python(SPEAK))
    assert (done.returncode, done.stdout) == (0, b"x" * 1000)
    assert "ESTABLISHED_ACTIVE" in done.stderr.decode()
    assert "the server's own words" in done.stderr.decode()


def test_json_ends_with_the_verdict():
    done = run(ROOT, "connect", "--json", "peer", "7000", "--", *python(ECHO), input=b"hello")
    rows = [json.loads(line) for line in done.stderr.splitlines()]
    assert rows[0]["outcome"] == "CALLED_CONNECT"
    assert {"verdict", "sentence", "evidence"} == set(rows[-1])


def test_the_input_is_a_file(tmp_path):
    data = os.urandom(3_000_000)
    (tmp_path / "in").write_bytes(data)
    with open(tmp_path / "in", "rb") as source, open(tmp_path / "out", "wb") as sink:
        done = run(ROOT, "connect", "--quiet", "peer", "7000", "--", *python(ECHO), stdin=source, stdout=sink)
    assert done.returncode == 0
    assert (tmp_path / "out").read_bytes() == data


def test_the_input_is_closed():
    words = command(ROOT, "connect", "--quiet", "peer", "7000", "--", *python(SPEAK))
    line = ["sh", "-c", 'exec "$@" <&-', "sh", *words]
    done = subprocess.run(line, env=environment(ROOT), capture_output=True, timeout=HANG, check=False)
    assert (done.returncode, done.stdout) == (0, b"x" * 1000)


def test_the_input_is_nothing():
    done = run(ROOT, "connect", "--quiet", "peer", "7000", "--", *python(SPEAK), stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, b"x" * 1000)


def test_the_input_stays_open_and_is_left_as_it_was():
    reader, writer = os.pipe()
    words = ["connect", "--quiet", "peer", "7000", "--", *python(ECHO)]
    with started(ROOT, *words, stdin=reader, stdout=subprocess.PIPE) as tool:
        for word in (b"one", b"two"):
            os.write(writer, word)
            assert os.read(tool.stdout.fileno(), 100) == word
        assert os.get_blocking(reader)
        time.sleep(0.3)
        assert tool.poll() is None
        os.close(writer)
        assert tool.wait(HANG) == 0
    os.close(reader)


def test_at_a_terminal_it_is_said_that_the_other_side_has_finished():
    ours, theirs = pty.openpty()
    words = ["connect", "--quiet", "peer", "7000", "--", *python(SPEAK)]
    with started(ROOT, *words, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tool:
        os.close(theirs)
        said = b""
        while b"Ctrl-D" not in said:
            piece = tool.stderr.readline()
            assert piece, said
            said += piece
        os.write(ours, b"\x04")
        assert tool.wait(HANG) == 0
        assert tool.stdout.read() == b"x" * 1000
    os.close(ours)


def test_a_reader_that_leaves():
    words = ["connect", "--quiet", "peer", "7000", "--", *python(SPEAK_ON)]
    with started(ROOT, *words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tool:
        assert len(tool.stdout.read(100_000)) == 100_000
        tool.stdout.close()
        # The server is ended right after the RST, and may not have come to say what it made of it.
        assert tool.stderr.read() in (b"", b"ConnectionResetError\n", b"BrokenPipeError\n")
        assert tool.wait(HANG) == 141


def test_a_reader_that_does_not_read_stops_the_sender_and_not_the_engine():
    count = (
        LISTEN
        + """
connection.setblocking(False)
import time
sent, last = 0, time.monotonic()
while time.monotonic() - last < 1:
    try:
        sent += connection.send(bytes(65536))
        last = time.monotonic()
    except BlockingIOError:
        time.sleep(0.01)
print(sent)
"""
    )
    words = ["connect", "--quiet", "peer", "7000", "--", *python(count)]
    with started(ROOT, *words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tool:
        sent = int(tool.stderr.readline())
        assert sent < 16 << 20
        got = 0
        while piece := tool.stdout.read(1 << 20):
            got += len(piece)
        assert got == sent
        assert tool.wait(HANG) == 0


def test_a_full_disk():
    with open("/dev/full", "wb") as full:
        done = run(ROOT, "connect", "--quiet", "peer", "7000", "--", *python(SPEAK), stdout=full)
    assert done.returncode == 1
    assert b"handshook: standard output: No space left on device\n" in done.stderr


def test_a_word_is_written_in_one_piece():
    """A server beside it writes to the same place; with PYTHONUNBUFFERED each write of ours goes there at once."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, its:
        words = ("connect", "--json", "peer", "81")
        assert (
            run(ROOT, *words, stdout=subprocess.DEVNULL, stderr=its, variables={"PYTHONUNBUFFERED": "1"}).returncode
            == 1
        )
        its.close()
        pieces = list(iter(lambda: ours.recv(1 << 16), b""))
    assert any(piece.startswith(b"handshook: ") for piece in pieces)
    assert any(piece.startswith(b'{"verdict"') for piece in pieces)
    assert [piece for piece in pieces if not piece.endswith(b"\n")] == []


def test_nobody_listens(world):
    done = run(world, "connect", "--quiet", "peer", "81")
    assert done.returncode == 1
    assert done.stderr == b"handshook: 198.51.100.1:81 answered the SYN with RST: nobody listens there\n"


def test_the_peer_resets():
    done = run(ROOT, "connect", "--quiet", "peer", "7000", "--", *python(RESET), input=b"xyz")
    assert done.returncode == 1
    assert b"RST" in done.stderr


def test_a_server_that_ends_before_it_listens():
    done = run(ROOT, "connect", "peer", "7000", "--", "sh", "-c", "exit 3")
    assert (done.returncode, done.stderr) == (1, b"handshook: sh ended with 3 before it listened on port 7000\n")


def test_a_server_that_takes_its_time_is_awaited_without_a_segment():
    slow = "import time; time.sleep(1)\n" + SPEAK
    done = run(ROOT, "connect", "--json", "peer", "7000", "--", *python(slow))
    assert done.stdout == b"x" * 1000
    outcomes = [json.loads(line).get("outcome") for line in done.stderr.splitlines() if line.startswith(b"{")]
    assert outcomes.count("SENT_SYN") == 1 and "CONNECTION_REFUSED" not in outcomes


def test_a_server_that_cannot_be_started():
    done = run(ROOT, "connect", "peer", "7000", "--", "no-such-program")
    assert (done.returncode, done.stderr) == (127, b"handshook: no-such-program: No such file or directory\n")


def test_a_server_that_ignores_sigterm_is_ended():
    deaf = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    stubborn = deaf + SPEAK + "time.sleep(1000)"
    with started(
        ROOT,
        "connect",
        "--quiet",
        "peer",
        "7000",
        "--",
        *python(stubborn),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as tool:
        assert tool.stdout.read() == b"x" * 1000
        assert tool.wait(HANG) == 0


def test_the_variables_that_the_server_finds():
    line = "echo $HANDSHOOK_ADDRESS $HANDSHOOK_ADDRESS6 $HANDSHOOK_PORT $HANDSHOOK_PEER; exit 1"
    done = run(ROOT, "connect", "peer", "7000", "--", "sh", "-c", line)
    assert done.stderr.splitlines()[0] == b"198.51.100.2 2001:db8::2 7000 198.51.100.1"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all(number):
    reader, writer = os.pipe()
    words = ["connect", "--quiet", "peer", "7000", "--", *python(ECHO)]
    with started(ROOT, *words, stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tool:
        os.write(writer, b"x")
        assert tool.stdout.read(1) == b"x"
        os.killpg(tool.pid, number)
        assert tool.wait(HANG) == 128 + number
    os.close(reader)
    os.close(writer)
