"""`--serve`: clients outside reach a server inside, and learn when there is none."""

import contextlib
import socket
import subprocess
from collections.abc import Iterator

import pytest
from lab.worlds import World
from run.running import HANG, python, started

from handshook.run import Way

SERVER = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.create_server((sys.argv[1], 8000), family=family) as server:
    print("listening", flush=True)
    while True:
        taken, client = server.accept()
        with taken:
            data = taken.makefile("rb").read()
            if not data:
                break
            taken.sendall(data[::-1])
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as asker:
        return int(asker.getsockname()[1])


@contextlib.contextmanager
def served(world: World, way: str, program: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    with started(
        world,
        "run",
        "--serve",
        way,
        "--",
        *program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as tool:
        assert tool.stdout is not None
        assert tool.stdout.readline() == b"listening\n"
        yield tool


def ask(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), HANG) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return client.makefile("rb").read()


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "2001:db8::1"])
def test_a_server_inside_is_reached_wherever_it_listens(root: World, address: str) -> None:
    port = free_port()
    with served(root, f"8000=127.0.0.1:{port}", [*python(SERVER), address]) as tool:
        said = bytes(range(256)) * 2000
        assert ask(port, said) == said[::-1]
        assert ask(port, b"") == b""
        _, err = tool.communicate(timeout=HANG)
        assert tool.returncode == 0
        told = err.decode()
        assert "(in)" in told and "used and released in order" in told, told


def test_a_client_is_reset_where_nobody_listens_inside(root: World) -> None:
    port = free_port()
    code = "print('listening', flush=True); input()"
    with served(root, f"8000={port}", python(code)) as tool:
        # The reset may be there before connect has returned.
        with pytest.raises(ConnectionResetError), socket.create_connection(("127.0.0.1", port), HANG) as client:
            client.recv(1)
        _, err = tool.communicate(b"\n", timeout=HANG)
        assert tool.returncode == 0 and "refused" in err.decode()


def test_a_port_that_is_taken_is_told(root: World) -> None:
    from cli.commands import run

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run(root, "run", "--serve", f"80={port}", "--", "true")
    assert done.returncode == 1
    assert f"--serve 80=127.0.0.1:{port}: Address already in use" in done.stderr.decode()


def test_ways_are_read() -> None:
    assert Way.read("80") == Way.read("80=80") == Way.read("80=127.0.0.1:80") == Way(80, "127.0.0.1", 80)
    assert Way.read("80=[::1]:8080") == Way(80, "::1", 8080)
    assert Way.read("80=localhost:8080") == Way(80, "localhost", 8080)
    for wrong in ("", "x", "80=", "0=80", "80=70000", "80=::1:80", "80=host:"):
        with pytest.raises(ValueError, match=r"PORT=HOST:PORT|brackets"):
            Way.read(wrong)
