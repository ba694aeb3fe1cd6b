"""What the far side does is what the program meets, as its own kernel tells it, and not a moment before."""

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.worlds import World
from run.running import HANG

# Tells how each connect has ended, and after how long; a kernel that asks twice gives up after 3 s.
CONNECT = """
import json, socket, sys, time
found = {}
for word in sys.argv[1:]:
    address, _, port = word.rpartition("/")
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
        client.settimeout(None)
        began = time.monotonic()
        error = client.connect_ex((address, int(port)))
        took = time.monotonic() - began
        said = b""
        if not error:
            client.sendall(b"hello")
            said = client.recv(5)
        found[word] = [error, took, said.decode()]
print(json.dumps(found))
"""
FAR4, FAR6 = "203.0.113.9", "2001:db8:1::9"
REFUSED, SILENT, NO_HOST, NO_NET, PROHIBITED, LATE, ECHO = 81, 82, 83, 84, 85, 86, 7
LATE_BY = 0.8


def far(*words: str) -> dict[str, Any]:
    """Runs far.py; returns what it found."""
    world = World("root", "tun")
    done = subprocess.run(
        [sys.executable, "-P", str(Path(__file__).with_name("far.py")), *words],
        env=world.environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANG,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["code"] == 0, found
    return found


def test_refused_silent_unreachable_and_late_are_what_they_are(root: World) -> None:
    ports = (REFUSED, NO_HOST, NO_NET, PROHIBITED, LATE, ECHO)
    words = [f"{address}/{port}" for address in (FAR4, FAR6) for port in ports] + [f"{FAR4}/{SILENT}"]
    told = far("--", sys.executable, "-I", "-c", CONNECT, *words)
    found = json.loads(told["out"])
    for address in (FAR4, FAR6):
        assert found[f"{address}/{REFUSED}"][0] == errno.ECONNREFUSED
        assert found[f"{address}/{NO_HOST}"][0] == errno.EHOSTUNREACH
        assert found[f"{address}/{NO_NET}"][0] == errno.ENETUNREACH
        # Linux takes "prohibited" for unreachable in IPv4 (RFC 1122 3.2.2.1), and for forbidden in IPv6.
        assert found[f"{address}/{PROHIBITED}"][0] in (errno.EHOSTUNREACH, errno.EACCES)
        assert found[f"{address}/{ECHO}"][::2] == [0, "hello"]
        # Not a moment before the far side has answered.
        error, took, said = found[f"{address}/{LATE}"]
        assert (error, said) == (0, "hello")
        assert took >= LATE_BY
    error, took, _ = found[f"{FAR4}/{SILENT}"]
    assert error == errno.ETIMEDOUT and took > 2.5
    # How much later depends on the machine; what is in between is ours, and is short where nothing else runs.
    assert len(told["waited"]) == 2

    records = [json.loads(line) for line in told["err"].splitlines()]
    by_end = {f"{each['remote']['address']}/{each['remote']['port']}": each for each in records}
    wanted = {
        REFUSED: ("refused", "ECONNREFUSED"),
        NO_HOST: ("unreachable", "EHOSTUNREACH"),
        LATE: ("closed", None),
        ECHO: ("closed", None),
    }
    for address in (FAR4, FAR6):
        for port, (outcome, number) in wanted.items():
            each = by_end[f"{address}/{port}"]
            assert (each["outcome"], each["errno"]) == (outcome, number), each
    silent = by_end[f"{FAR4}/{SILENT}"]
    assert silent["outcome"] == "unanswered" and silent["opened_after"] is None
    assert "said nothing" in silent["sentence"]
    assert by_end[f"{FAR4}/{LATE}"]["opened_after"] >= LATE_BY


NAMES = """
import json, socket, sys
found = {}
for name in ("here.test", "tcp.test"):
    found[name] = sorted({info[4][0] for info in socket.getaddrinfo(name, 7, type=socket.SOCK_STREAM)})
    with socket.create_connection((name, 7)) as client:
        client.sendall(b"hello")
        found[name].append(client.recv(5).decode())
print(json.dumps(found))
"""


def test_names_are_asked_of_the_machines_own_name_server_over_udp_and_tcp(root: World) -> None:
    told = far("--", sys.executable, "-I", "-c", NAMES)
    assert json.loads(told["out"]) == {name: [FAR6, FAR4, "hello"] for name in ("here.test", "tcp.test")}
    records = [json.loads(line) for line in told["err"].splitlines()]
    # What was told over TCP is not listened in on.
    assert {each["name"]: each["outcome"] for each in records if each["remote"]["port"] == 7} == {"here.test": "closed"}
    assert [each["remote"]["port"] for each in records].count(53) >= 1


def test_a_rule_may_have_a_name_that_the_program_is_about_to_be_told(root: World) -> None:
    code = "import socket; print(socket.socket().connect_ex((socket.gethostbyname('here.test'), 7)))"
    told = far("--fault", "refuse to here.test:7", "--", sys.executable, "-I", "-c", code)
    assert told["out"].strip() == str(errno.ECONNREFUSED)
    (record,) = (json.loads(line) for line in told["err"].splitlines() if line.startswith("{"))
    assert record["injected"] and "injected by `refuse to here.test:7`" in record["sentence"]


DATAGRAMS = """
import errno, json, socket, sys
found = {}
for host, port in (("198.51.100.2", int(sys.argv[1])), ("2001:db8::2", int(sys.argv[2]))):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asker:
        asker.settimeout(60)
        asker.connect((host, port))
        sizes = []
        for size in (0, 1, 60000, 65507 if family == socket.AF_INET else 65487):
            asker.send(bytes(size))
            sizes.append(len(asker.recv(70000)))
        found[host] = sizes
    with socket.socket(family, socket.SOCK_DGRAM) as asker:
        asker.settimeout(60)
        asker.connect((host, 9))
        asker.send(b"anybody?")
        try:
            asker.recv(100)
        except OSError as error:
            found[host].append(errno.errorcode[error.errno])
    protocol, request = (58, 128) if family == socket.AF_INET6 else (1, 8)
    for asked in (host, {4: "203.0.113.7", 6: "2001:db8:1::7"}[4 if family == socket.AF_INET else 6]):
        with socket.socket(family, socket.SOCK_DGRAM, protocol) as asker:
            asker.settimeout(60)
            asker.sendto(bytes((request, 0, 0, 0, 0, 0, 0, 1)) + b"there?", (asked, 0))
            said, sender = asker.recvfrom(2000)
            found[host].append([sender[0] == asked, said[6:].decode("latin-1")])
print(json.dumps(found))
"""


def test_datagrams_and_pings_are_carried(root: World) -> None:
    world = Path(__file__).with_name("udp_echo.py")
    inner = [sys.executable, "-P", "-m", "handshook.cli", "run", "--quiet"]
    # Inside far.py's machine: echo servers there, and their ports to the client that runs behind another run.
    told = far("--", sys.executable, "-I", str(world), *inner, "--", sys.executable, "-I", "-c", DATAGRAMS)
    found = json.loads(told["out"])
    pings = [[True, "\0\1there?"], [True, "\0\1there?"]]
    assert found["198.51.100.2"] == [0, 1, 60000, 65507, "ECONNREFUSED", *pings]
    assert found["2001:db8::2"] == [0, 1, 60000, 65487, "ECONNREFUSED", *pings]
