"""`handshook serve --processes`: several engines behind one address."""

import os
import re
import signal
import subprocess

import pytest
from cli.commands import ROOT, plain, python, run, started
from lab.worlds import HANG, World, require

APP = """
import os
def application(environ, start_response):
    if environ["PATH_INFO"] == "/die":
        os.kill(os.getpid(), 9)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""

ASK = """
import os, urllib.request
def ask(path="/"):
    return urllib.request.urlopen(f"http://{os.environ['HANDSHOOK_ADDRESS']}{path}", timeout=60).read().decode()
"""

# Until every worker has answered: which one it is the kernel's hash decides, with ports that we don't choose.
BOTH = (
    ASK
    + """
seen = set()
for _ in range(1000):
    seen.add(ask())
    if len(seen) == 2:
        break
print(*seen)
"""
)

ONE_DIES = (
    ASK
    + """
import http.client
before = {ask() for _ in range(50)}
try:
    ask("/die")
except (http.client.HTTPException, OSError) as error:
    print(type(error).__name__)
seen = set()
for _ in range(1000):
    seen.add(ask())
    if len(seen) == 2 and seen - before:
        print("another")
        break
"""
)

HELD = """
import os, socket, subprocess, sys
server = os.environ["HANDSHOOK_ADDRESS"], int(os.environ["HANDSHOOK_PORT"])
connections = [socket.create_connection(server, 60) for _ in range(16)]
for _ in range(3):
    for connection in connections:
        connection.sendall(b"x" * 1000)
    for connection in connections:
        left = 1000
        while left:
            left -= len(connection.recv(left))
print("all of them")
"""


@pytest.fixture
def app(tmp_path, monkeypatch):
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.mark.parametrize("link", ["tun", "veth"])
def test_every_worker_gets_connections(link, app):
    world = require(World("root", link))
    done = run(world, "serve", "--app", "app:application", "--processes", "2", "--", *python(BOTH), variables=at(app))
    assert done.stderr == b""
    assert len(done.stdout.split()) == 2


def test_a_worker_that_dies_is_told_and_another_takes_its_place(app):
    require(ROOT)
    line = ("serve", "--app", "app:application", "--processes", "2", "--", *python(ONE_DIES))
    done = run(ROOT, *line, variables=at(app))
    assert re.fullmatch(
        rb"handshook: worker [12] was ended by SIGKILL: its connections are reset, and another takes its place\n",
        done.stderr,
    )
    assert done.stdout.split()[1:] == [b"another"]


def test_a_connection_stays_where_it_is(world):
    done = run(world, "serve", "--echo", "--processes", "3", "--", *python(HELD))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"all of them\n", b"")


def test_an_application_that_cannot_be_served(app):
    require(ROOT)
    (app / "app.py").write_text("import os\nasync def application(*_):\n    raise SystemError('no')\n")
    line = ("serve", "--app", "app:nothing", "--processes", "2", "--", "true")
    done = run(ROOT, *line, variables=at(app))
    assert done.returncode == 1
    assert b"nothing" in done.stderr


def test_the_programs_exit_code():
    require(ROOT)
    assert run(ROOT, "serve", "--echo", "--processes", "2", "--", "sh", "-c", "exit 7").returncode == 7


def test_kill_9_leaves_nobody():
    require(ROOT)
    line = (
        "serve",
        "--echo",
        "--processes",
        "2",
        "--",
        *python("import time; print('on', flush=True); time.sleep(600)"),
    )
    with started(ROOT, *line, stdout=subprocess.PIPE) as tool:
        assert tool.stdout.readline() == b"on\n"
        tool.send_signal(signal.SIGKILL)
        tool.wait(HANG)
        # The workers hold the other end of it, too: it is at its end when all have gone.
        assert tool.stdout.read() == b""


@pytest.mark.parametrize("count", ["0", "65", "two", "1.5", ""])
def test_no_such_number(count):
    done = plain("serve", "--echo", "--processes", count, "--", "true")
    assert done.returncode == 2
    assert b"is neither auto nor a number of processes" in done.stderr


@pytest.mark.parametrize(
    "option", [["--json"], ["--explain"], ["--headers"], ["--pcap", "x"], ["--svg", "x"], ["--html", "x"]]
)
def test_no_ladder(option):
    done = plain("serve", "--echo", "--processes", "2", *option, "--", "true")
    assert done.returncode == 2
    assert f"{option[0]} is for one engine" in done.stderr.decode()


def at(folder):
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
