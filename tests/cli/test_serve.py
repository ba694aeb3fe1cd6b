"""`handshook serve`, with real programs as clients, in every world."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from cli.commands import ROOT, children, command, command_line, environment, python, run, started
from lab.worlds import HANG, World, require

CONNECT = """
import os, socket, sys
address = os.environ["HANDSHOOK_ADDRESS6" if "6" in sys.argv else "HANDSHOOK_ADDRESS"]
connection = socket.create_connection((address, int(os.environ["HANDSHOOK_PORT"])), 30)
"""

ECHO = (
    CONNECT
    + """
import threading
data = os.urandom(1 << 20) * 8
back = bytearray()
def read():
    while piece := connection.recv(1 << 16):
        back.extend(piece)
reader = threading.Thread(target=read)
reader.start()
connection.sendall(data)
connection.shutdown(socket.SHUT_WR)
reader.join()
assert back == data
"""
)

DISCARD = (
    CONNECT
    + """
connection.sendall(bytes(8 << 20))
connection.shutdown(socket.SHUT_WR)
assert connection.recv(1) == b""
"""
)

CHARGEN = (
    CONNECT
    + """
got = bytearray()
while len(got) < 8 << 20:
    got.extend(connection.recv(1 << 20))
assert got.startswith(bytes(range(0x20, 0x20 + 72)) + b"\\r\\n!")
connection.close()
"""
)


@pytest.fixture
def site():
    """A directory that everybody may read."""
    path = Path(tempfile.mkdtemp(prefix="handshook-test-"))
    path.chmod(0o755)
    (path / "page.txt").write_text("the page\n")
    (path / "big.bin").write_bytes(os.urandom(1 << 20) * 20)
    yield path
    shutil.rmtree(path)


@pytest.mark.parametrize(("service", "code"), [("--echo", ECHO), ("--discard", DISCARD), ("--chargen", CHARGEN)])
@pytest.mark.parametrize("version", ["4", "6"])
def test_services(world, service, code, version):
    done = run(world, "serve", service, "--quiet", "--", *python(code), version)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (0, b"", "")


def test_a_directory_for_curl(world, site):
    line = (
        "set -e; curl -sS --noproxy '*' -o /dev/null http://$HANDSHOOK_ADDRESS:$HANDSHOOK_PORT/; "
        "curl -sS --noproxy '*' http://$HANDSHOOK_ADDRESS:$HANDSHOOK_PORT/page.txt; "
        "curl -gsS --noproxy '*' http://[$HANDSHOOK_ADDRESS6]:$HANDSHOOK_PORT/big.bin | cmp - $1/big.bin; exit 7"
    )
    done = run(world, "serve", "--dir", str(site), "--", "sh", "-c", line, "sh", str(site))
    assert (done.returncode, done.stdout) == (7, b"the page\n"), done.stderr.decode()
    assert "SYN_ANSWERED" in done.stderr.decode()
    assert "TIME-WAIT?" in done.stderr.decode()


def test_fifty_at_once(site):
    line = (
        "seq 50 | xargs -P 50 -I{} curl -sS --noproxy '*' -o /dev/null -w '%{http_code} %{size_download}\\n' "
        "http://$HANDSHOOK_ADDRESS/big.bin"
    )
    (site / "big.bin").write_bytes(bytes(1 << 20))
    done = run(ROOT, "serve", "--dir", str(site), "--quiet", "--", "sh", "-c", line)
    assert done.stdout == f"200 {1 << 20}\n".encode() * 50, done.stderr.decode()
    assert done.stderr == b""


def test_the_program_finds_where_it_is(world):
    line = "echo $HANDSHOOK_ADDRESS $HANDSHOOK_ADDRESS6 $HANDSHOOK_PORT $HANDSHOOK_PEER"
    done = run(world, "serve", "--echo", "--port", "7777", "--", "sh", "-c", line)
    assert done.stdout == b"198.51.100.2 2001:db8::2 7777 198.51.100.1\n"
    assert done.stderr == b""


@pytest.mark.parametrize(("service", "port"), [("--echo", 7), ("--discard", 9), ("--chargen", 19), ("--dir=/", 80)])
def test_the_usual_ports(service, port):
    done = run(ROOT, "serve", service, "--", "sh", "-c", "echo $HANDSHOOK_PORT")
    assert int(done.stdout) == port


def test_the_streams_and_the_exit_code_are_the_programs_own():
    done = run(ROOT, "serve", "--echo", "--", "sh", "-c", "cat; echo said >&2; exit 3", input=b"typed")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"typed", b"said\n")
    done = run(ROOT, "serve", "--echo", "--", "sh", "-c", "kill -TERM $$")
    assert done.returncode == 128 + signal.SIGTERM


def test_a_program_that_cannot_be_started():
    done = run(ROOT, "serve", "--echo", "--", "no-such-program")
    assert (done.returncode, done.stderr) == (127, b"handshook: no-such-program: No such file or directory\n")
    done = run(ROOT, "serve", "--echo", "--", "/etc/passwd")
    assert (done.returncode, done.stderr) == (126, b"handshook: /etc/passwd: Permission denied\n")
    done = run(ROOT, "serve", "--echo", "--", "")
    assert (done.returncode, done.stderr) == (127, b"handshook: '': no program has an empty name\n")


def test_a_directory_that_the_user_cannot_enter_is_named(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    words = command(require(World("nobody", "veth")), "serve", "--quiet", "--echo", "--", "pwd")
    # The user's own from the beginning, as after `cd; su nobody`.
    done = subprocess.run(words, env=environment(ROOT), cwd=closed, capture_output=True, timeout=HANG, check=False)
    assert done.returncode == 126
    # The kernel tells nobody what it is called.
    assert re.fullmatch(rb"handshook: working directory \S+: Permission denied\n", done.stderr), done.stderr


@pytest.mark.parametrize("manner", ["--json", "--explain"])
def test_a_record_that_cannot_be_written_whole_is_an_error(manner):
    for code, told in ((0, 1), (3, 3)):
        with open("/dev/full", "wb") as full:
            done = run(
                ROOT,
                "serve",
                "--echo",
                manner,
                "--",
                *python(f"{CONNECT}raise SystemExit({code})"),
                stdout=1,
                stderr=full,
            )
        assert done.returncode == told


def test_a_stopped_keeper_does_not_hold_up_the_end():
    with started(ROOT, "serve", "--echo", "--", "sh", "-c", "echo here; sleep 1000", stdout=subprocess.PIPE) as tool:
        assert tool.stdout.readline() == b"here\n"
        (keeper,) = (pid for pid in children(tool.pid) if b"handshook.lab.keeper" in command_line(pid))
        os.kill(keeper, signal.SIGSTOP)
        tool.terminate()
        assert tool.wait(HANG) == 143


def test_json_is_a_line_a_step():
    done = run(ROOT, "serve", "--echo", "--json", "--explain", "--", *python(ECHO))
    rows = [json.loads(line) for line in done.stderr.splitlines()]
    assert rows[0]["outcome"] == "SYN_ANSWERED" and rows[0]["sentence"]
    assert rows[-1]["after"] == "CLOSED"
    # On a busy machine the kernel may send a piece twice: each octet counts once.
    arrived = sorted((row["seq_relative"], row["length"]) for row in rows if row["direction"] == "in" and row["length"])
    end = 1
    for seq, length in arrived:
        assert seq <= end
        end = max(end, seq + length)
    assert end == 1 + (8 << 20)


def test_what_is_closing_when_the_program_ends_may_finish():
    done = run(ROOT, "serve", "--discard", "--json", "--", *python(CONNECT + "connection.sendall(b'x')"))
    assert json.loads(done.stderr.splitlines()[-1])["after"] == "CLOSED"


def test_headers_and_ascii():
    done = run(ROOT, "serve", "--discard", "--headers", "--ascii", "--", *python(CONNECT))
    text = done.stderr.decode()
    assert text.isascii() and "SYN" in text and "+-" in text


def test_a_ladder_that_nobody_reads_does_not_stop_the_service():
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run(
            ROOT,
            "serve",
            "--echo",
            "--",
            *python(ECHO.replace("assert back", "print(len(back));assert back")),
            stdout=subprocess.PIPE,
            stderr=writer,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stdout) == (0, b"8388608\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_all_ends_all(world, number):
    code = CONNECT + "print('open', flush=True); connection.recv(1)"
    words = ["serve", "--echo", "--quiet", "--", *python(code)]
    with started(world, *words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tool:
        assert tool.stdout.readline() == b"open\n"
        os.killpg(tool.pid, number)
        assert tool.wait(HANG) == 128 + number


def test_an_interrupt_for_the_tool_alone_is_passed_on():
    code = (
        "import time\ntry:\n    print('here', flush=True)\n    time.sleep(1000)\n"
        "except KeyboardInterrupt:\n    raise SystemExit(4)"
    )
    with started(ROOT, "serve", "--echo", "--", *python(code), stdout=subprocess.PIPE) as tool:
        assert tool.stdout.readline() == b"here\n"
        tool.send_signal(signal.SIGINT)
        assert tool.wait(HANG) == 4


def test_sigkill_leaves_nothing():
    with started(ROOT, "serve", "--echo", "--", "sh", "-c", "echo here; sleep 1000", stdout=subprocess.PIPE) as tool:
        assert tool.stdout.readline() == b"here\n"
        tool.kill()
        tool.wait(HANG)


def test_no_private_network_says_why(tmp_path):
    world = require(World("nobody", "tun"))
    # As nobody without the TUN node opened for them, "--link tun" can't be had.
    line = [part for part in command(world, "serve", "--echo", "--", "true") if part != "--tun"]
    done = subprocess.run(line, env=environment(world), cwd="/", capture_output=True, timeout=HANG, check=False)
    assert done.returncode == 1
    first, second = done.stderr.decode().splitlines()
    assert first.startswith("handshook: no private network: /dev/net/tun may not be opened")
    assert "--link veth" in second
    # The same rule for every command: a link that was asked for by its name is had, or it is an error.
    line = [part for part in command(world, "demo") if part != "--tun"]
    done = subprocess.run(line, env=environment(world), cwd="/", capture_output=True, timeout=HANG, check=False)
    assert done.returncode == 1 and done.stderr.decode().startswith(first)


ON_A_TUN = """
import os, signal, socket, subprocess, sys
from pyroute2 import IPRoute
from handshook.lab import libc
libc.unshare(libc.CLONE_NEWNET)
with IPRoute() as netlink:
    netlink.link("add", ifname="mine", kind="tuntap", mode="tun")
    index = netlink.link_lookup(ifname="mine")[0]
    netlink.addr("add", index=index, address="10.9.0.1", prefixlen=24)
    netlink.link("set", index=index, state="up")
ours = [sys.executable, "-P", "-m", "handshook.cli"]
place = ["--tun", "mine", "--address", "10.9.0.2/24"]
tool = subprocess.Popen([*ours, "serve", "--echo", *place], stderr=subprocess.PIPE)
assert tool.stderr.readline() == b"handshook: echo on 10.9.0.2 port 7, device mine; Ctrl-C ends it\\n"
with socket.create_connection(("10.9.0.2", 7), 60) as connection:
    connection.sendall(b"over a device of the user's own")
    assert connection.recv(100) == b"over a device of the user's own"
    tool.send_signal(signal.SIGINT)
    assert tool.wait(60) == 130
    assert b"SENT_RST" in tool.stderr.read()
    try:
        assert not connection.recv(1)
    except ConnectionResetError:
        print("reset")
with socket.create_server(("10.9.0.1", 2222)) as server:
    client = subprocess.Popen([*ours, "connect", "--quiet", *place, "10.9.0.1", "2222"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    taken, who = server.accept()
    assert who[0] == "10.9.0.2"
    client.stdin.write(b"hello")
    client.stdin.close()
    assert taken.recv(10) == b"hello" and taken.recv(10) == b""
    taken.sendall(b"good day")
    taken.close()
    assert client.stdout.read() == b"good day" and client.wait(60) == 0
"""


REFUSED_ON_A_TUN = """
import subprocess, sys
from pyroute2 import IPRoute
from handshook.lab import libc
libc.unshare(libc.CLONE_NEWNET)
with IPRoute() as netlink:
    netlink.link("set", index=netlink.link_lookup(ifname="lo")[0], state="up")
    netlink.link("add", ifname="mine", kind="tuntap", mode="tun")
    index = netlink.link_lookup(ifname="mine")[0]
    netlink.addr("add", index=index, address="10.9.0.1", prefixlen=24)
    netlink.link("set", index=index, state="up")
    netlink.route("add", dst="10.7.0.0/24", oif=index)
for address in sys.argv[1:]:
    ours = [sys.executable, "-P", "-m", "handshook.cli", "connect", "--quiet", "--tun", "mine", "--address", address]
    # An address that is taken is seen by what comes next: the connection to a closed port.
    done = subprocess.run([*ours, "10.9.0.1", "9"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    print(done.returncode, done.stderr.splitlines()[-1])
"""


def test_an_address_that_the_kernel_would_not_send_to_the_device_is_refused():
    require(ROOT)
    addresses = ["10.9.0.1/24", "10.8.0.2/24", "10.9.0.255/24", "127.0.0.5", "10.9.0.2/24", "10.9.0.3", "10.7.0.9/32"]
    words = [sys.executable, "-P", "-c", REFUSED_ON_A_TUN, *addresses]
    done = subprocess.run(words, env=environment(ROOT), capture_output=True, timeout=HANG, check=False)
    assert done.returncode == 0, done.stderr.decode()
    own, elsewhere, broadcast, loopback, *taken = done.stdout.decode().splitlines()
    assert own.startswith("2 ") and "--address 10.9.0.1: that is the kernel's own address" in own
    assert elsewhere.startswith("2 ") and "--address 10.8.0.2: the kernel knows no way to it" in elsewhere
    assert broadcast.startswith("2 ") and "--address 10.9.0.255: that is not the address of one host" in broadcast
    assert loopback.startswith("2 ") and "--address 127.0.0.5: that is the kernel's own address" in loopback
    for line in taken:
        assert line == "1 handshook: 10.9.0.1:9 answered the SYN with RST: nobody listens there"


def test_a_device_of_the_users_own():
    require(ROOT)
    done = subprocess.run(
        [sys.executable, "-P", "-c", ON_A_TUN], env=environment(ROOT), capture_output=True, timeout=HANG, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"reset\n"), done.stderr.decode()


def test_it_uses_no_processor_when_idle():
    code = CONNECT + "import time; print('open', flush=True); time.sleep(1000)"
    with started(ROOT, "serve", "--echo", "--quiet", "--", *python(code), stdout=subprocess.PIPE) as tool:
        assert tool.stdout.readline() == b"open\n"
        limit = time.monotonic() + HANG
        idle = False
        while not idle:
            # What it has begun with may take its time.
            assert time.monotonic() < limit
            before = _processor(tool.pid)
            time.sleep(1.5)
            idle = _processor(tool.pid) - before <= 1
        tool.terminate()
        assert tool.wait(HANG) == 143


def _processor(pid):
    """Processor time so far, in clock ticks (a hundredth of a second)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
