"""`handshook run` as a person or a script meets it: whose streams, codes and signals they are, and what is told."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli.commands import plain, run
from cli.conftest import WORLDS
from lab.worlds import HANG, World, require
from run.conftest import Site
from run.running import listening, python, ran, started


def test_input_output_and_exit_code_are_the_programs_own(root: World) -> None:
    data = bytes(range(256)) * 5000
    code = """
import sys
sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])
sys.stderr.write("mine\\n")
sys.exit(3)
"""
    done = run(root, "run", "--", *python(code), input=data)
    assert (done.returncode, done.stdout) == (3, data[::-1])
    assert done.stderr.splitlines() == [b"mine", b"no connections"]
    done = run(root, "run", "--quiet", "--", *python(code), input=data)
    assert (done.returncode, done.stdout, done.stderr) == (3, data[::-1], b"mine\n")


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["/no/such/program"], 127, "/no/such/program: No such file or directory"),
        (["no-such-program"], 127, "no-such-program: No such file or directory"),
        ([""], 127, "no program has an empty name"),
        (["/etc/passwd"], 126, "/etc/passwd: Permission denied"),
        (["sh", "-c", "exit 0"], 0, ""),
        (["sh", "-c", "kill -9 $$"], 137, ""),
        (["sh", "-c", "kill -TERM $$"], 143, ""),
    ],
    ids=["missing", "unknown", "empty", "no program", "at once", "killed", "terminated"],
)
def test_the_code_is_what_a_shell_would_say(root: World, words: list[str], code: int, text: str) -> None:
    done = run(root, "run", "--quiet", "--", *words)
    assert (done.returncode, done.stdout) == (code, b"")
    assert text in done.stderr.decode() if text else done.stderr == b""


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_the_program_is_who_it_was(world: World) -> None:
    done = run(require(world), "run", "--quiet", "--", "sh", "-c", "id -u; id -g; pwd")
    own = [65534, 65534] if world.user == "nobody" else [os.geteuid(), os.getegid()]
    assert done.stdout.decode().split() == [*map(str, own), "/"], done.stderr.decode()


def test_where_there_is_no_right_to_namespaces_cause_and_cure_are_named(root: World) -> None:
    """In a user namespace whose limit is 0, as an unprivileged user would meet it."""
    code = """
import os, sys
from pathlib import Path
from handshook.lab import libc
libc.unshare(libc.CLONE_NEWUSER)
Path("/proc/sys/user/max_user_namespaces").write_text("0")
os.execv(sys.executable, [sys.executable, "-P", "-m", "handshook.cli", "run", "--", "echo", "ran"])
"""
    line = [sys.executable, "-P", "-c", code]
    done = subprocess.run(line, env=root.environment(), cwd="/", capture_output=True, timeout=HANG, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    reason, cure = done.stderr.decode().splitlines()
    assert "no private network: this system allows no user namespaces" in reason and "sysctl" in cure


def test_sigterm_is_the_programs_to_obey_or_not(root: World) -> None:
    code = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"heard\\n"))
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))
os.write(1, b"ready\\n")
while True:
    time.sleep(0.01)
"""
    with started(root, "run", "--quiet", "--", *python(code), stdout=subprocess.PIPE) as tool:
        assert tool.stdout is not None
        assert tool.stdout.readline() == b"ready\n"
        for _ in range(2):
            tool.terminate()
            assert tool.stdout.readline() == b"heard\n"
        tool.send_signal(signal.SIGUSR1)
        assert tool.wait(HANG) == 7


def test_a_killed_tool_takes_the_program_with_it(root: World) -> None:
    code = "import time; print('ready', flush=True); time.sleep(1000)"
    # `started` looks whether anything of the session is left.
    with started(root, "run", "--", *python(code), stdout=subprocess.PIPE) as tool:
        assert tool.stdout is not None
        assert tool.stdout.readline() == b"ready\n"
        tool.kill()
        assert tool.wait(HANG) == -signal.SIGKILL


def test_what_a_program_leaves_behind_ends_with_the_network(root: World) -> None:
    code = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    time.sleep(1000)
sys.exit(5)
"""
    began = time.monotonic()
    with started(root, "run", "--", *python(code), stderr=subprocess.PIPE) as tool:
        assert tool.wait(HANG) == 5
        assert tool.stderr is not None
        told = tool.stderr.read().decode()
    assert "a process that it had started runs on inside: ended with the private network" in told
    assert time.monotonic() - began < HANG


def test_the_table_says_how_each_connection_went(root: World, site: Site, tmp_path: Path) -> None:
    site.put("file", 10)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()[1]
    line = f"curl -sS http://198.51.100.2:{site.port}/file >/dev/null; curl -s http://198.51.100.2:{nobody}/"
    log = tmp_path / "log"
    done = run(root, "run", "--log", str(log), "--", "sh", "-c", line, variables={"COLUMNS": "100"})
    assert (done.returncode, done.stderr) == (7, b"")
    text = re.sub(r"\s+", " ", log.read_text())
    assert re.search(
        rf"#1 198\.51\.100\.2:{site.port} opened in [\d.]+ m?s, used and released in order: \d+ B sent", text
    )
    assert re.search(rf"#2 198\.51\.100\.2:{nobody} refused: .* answered at once that nobody listens there", text), text


def test_why_draws_one_ladder_below_the_table(root: World, site: Site) -> None:
    site.put("file", 10)
    line = f"for n in 1 2 3; do curl -sS http://198.51.100.2:{site.port}/file >/dev/null; done"
    done = run(root, "run", "--why", "2", "--", "sh", "-c", line)
    told = done.stderr.decode()
    assert [row.split()[0] for row in told.splitlines() if row.startswith("#")] == ["#1", "#2", "#3", "#1"], told
    assert told.count("SENT_SYN_ACK") == 1 and "SYN_HELD" in told and "The program accepts" in told
    done = run(root, "run", "--why", "9", "--", "sh", "-c", line)
    assert "--why 9: there were 3 connections" in done.stderr.decode()


def test_faults_are_met_by_the_program_and_told_as_injected(root: World) -> None:
    code = """
import socket, sys, time
began = time.monotonic()
try:
    client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    took = time.monotonic() - began
    client.sendall(b"x")
    print(took > 0.9, client.recv(10))
except ConnectionResetError:
    print("reset")
"""
    with listening(lambda taken: taken.sendall(taken.recv(1) * 5)) as port:
        words = ["--fault", "drop syn first 1", "--fault", "rst after accept to 198.51.100.2:1", "--seed", "5"]
        found = ran(root, *words, "--", *python(code), "198.51.100.2", str(port))
        assert found.out == b"True b'xxxxx'\n", found.err
        (connection,) = found.connections
        assert connection["outcome"] == "closed" and "injected by `drop syn first 1`" in connection["sentence"]
        found = ran(root, "--fault", "rst after accept", "--", *python(code), "198.51.100.2", str(port))
        assert found.out == b"reset\n", found.err
        assert found.connections[0]["injected"] and "`rst after accept`" in found.connections[0]["sentence"]


def test_a_capture_is_written_that_tshark_reads(root: World, site: Site, tmp_path: Path) -> None:
    site.put("file", 100_000)
    capture, page = tmp_path / "a.pcapng", tmp_path / "a.html"
    line = f"curl -sS http://198.51.100.2:{site.port}/file >/dev/null"
    done = run(root, "run", "--pcap", str(capture), "--html", str(page), "--", "sh", "-c", line)
    assert done.returncode == 0
    read = subprocess.run(
        ["tshark", "-r", str(capture), "-Y", "tcp.flags.syn==1", "-T", "fields", "-e", "ip.dst", "-e", "frame.comment"],
        capture_output=True,
        text=True,
        timeout=HANG,
        check=True,
    )
    assert [row.split("\t")[0] for row in read.stdout.splitlines()] == ["198.51.100.2", "198.51.100.1"]
    assert "SYN_HELD" in read.stdout
    assert "SENT_SYN_ACK" in page.read_text()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "which program?"),
        (["--"], "no command after --"),
        (["--why", "0", "--", "true"], "connections are counted from 1"),
        (["--why", "x", "--", "true"], "invalid int"),
        (["--fault", "dorp syn", "--", "true"], "drop"),
        (["--serve", "x", "--", "true"], "is no port"),
        (["--serve", "80=::1:80", "--", "true"], "brackets"),
        (["--log", "/no/such/place", "--", "true"], "--log /no/such/place: No such file or directory"),
        (["--quiet", "--json", "--", "true"], "--quiet draws nothing"),
    ],
)
def test_wrong_usage_is_told(words: list[str], text: str) -> None:
    done = plain("run", *words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert text in done.stderr.decode()


def test_a_control_that_can_not_listen_is_told(root: World) -> None:
    done = run(root, "run", "--control", "/no/such/place", "--", "true")
    assert done.returncode == 1
    assert "--control /no/such/place: No such file or directory" in done.stderr.decode()


def test_nothing_is_left_in_the_temporary_directory(root: World, tmp_path: Path) -> None:
    code = "import os; path = os.environ['HANDSHOOK_CONTROL']; print(path, oct(os.stat(os.path.dirname(path)).st_mode))"
    done = run(root, "run", "--quiet", "--", *python(code), variables={"TMPDIR": str(tmp_path)})
    path, mode = done.stdout.decode().split()
    assert Path(path).is_relative_to(tmp_path) and mode == "0o40700"
    assert list(tmp_path.iterdir()) == []
