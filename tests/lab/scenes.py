"""What a private network must do, whoever runs it over whichever link: `scenes.py SCENE LINK`.

Each scene asserts for itself and prints what it found as a line of JSON.
"""

import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from handshook.lab import PrivateNetwork, probe
from handshook.link.device import LinkDown

sys.path.insert(0, str(Path(__file__).parent))

from toys import Echo, Mirror, Running

HANG = 120

PING = """
import socket, sys
v4, v6 = sys.argv[1:]
for family, protocol, address, request in ((socket.AF_INET, 1, v4, 8), (socket.AF_INET6, 58, v6, 128)):
    asker = socket.socket(family, socket.SOCK_DGRAM, protocol)
    asker.settimeout(100)
    asker.sendto(bytes([request, 0, 0, 0, 0, 0, 0, 1]) + b"are you there?", (address, 0))
    answer, sender = asker.recvfrom(2000)
    assert sender[0] == address and answer.endswith(b"are you there?"), (answer, sender)
"""

SERVE = """
import hashlib, socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.create_server((sys.argv[1], 80), family=family) as server:
    print("listening", flush=True)
    taken, _ = server.accept()
    digest = hashlib.sha256()
    while data := taken.recv(1 << 20):
        digest.update(data)
    taken.sendall(digest.digest())
    taken.close()
"""

SEND = """
import hashlib, random, socket, sys
block = random.Random(1).randbytes(1 << 20)
digest = hashlib.sha256()
with socket.create_connection((sys.argv[1], 80), 100) as connection:
    for _ in range(int(sys.argv[2])):
        connection.sendall(block)
        digest.update(block)
    connection.shutdown(socket.SHUT_WR)
    assert connection.recv(100) == digest.digest()
"""

CALL = """
import socket, sys
socket.create_connection((sys.argv[1], 80), 2)
"""

DELETE = """
from pyroute2 import IPRoute
with IPRoute() as netlink:
    netlink.link("del", index=netlink.link_lookup(ifname="handshook")[0])
"""

DAEMON = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
null = os.open("/dev/null", os.O_RDWR)
for standard in (0, 2):
    os.dup2(null, standard)
print(os.readlink("/proc/self"), flush=True)
os.dup2(null, 1)
time.sleep(1000)
"""


def ping(network: PrivateNetwork) -> Any:
    with Running(network, Echo):
        assert python(network, PING, network.engine4, network.engine6).wait(HANG) == 0
    return {"user": os.geteuid(), "own_user_namespace": network.own_user_namespace}


def bulk(network: PrivateNetwork) -> Any:
    found = {}
    for megabytes, here, there in (
        (64, network.kernel4, network.engine4),
        (16, network.kernel6, network.engine6),
    ):
        with (
            Running(network, Mirror) as running,
            python(network, SERVE, here, stdout=subprocess.PIPE) as server,
        ):
            assert server.stdout is not None
            assert server.stdout.readline() == b"listening\n"
            began = time.monotonic()
            assert python(network, SEND, there, str(megabytes)).wait(HANG) == 0
            found[there] = {
                "MB/s": round(megabytes / (time.monotonic() - began)),
                "largest": running.engine.largest,
                "unfinished": running.engine.unfinished,
            }
            assert server.wait(HANG) == 0
        # 64 KB cross whole, and their checksums are ours to finish.
        assert running.engine.largest > 60_000, found
        assert running.engine.unfinished, found
    return found


def silence(network: PrivateNetwork) -> Any:
    time.sleep(1.5)
    assert network.device.read() == []
    nobody = "198.51.100.9"
    assert python(network, CALL, nobody, stderr=subprocess.DEVNULL).wait(HANG) == 1
    frames = network.device.read()
    # Its SYN, and again after a second: nobody asked for a MAC address, nobody answered that there is none.
    assert len(frames) >= 2
    for frame in frames:
        packet = frame[network.device.framing.headroom :]
        assert packet[16:20] == socket.inet_aton(nobody), packet
        assert packet[9] == socket.IPPROTO_TCP
    return len(frames)


def refused(network: PrivateNetwork) -> Any:
    device = network.device
    good = device.framing.header4 + bytes.fromhex("45000014000000004011") + bytes(10)
    # Too short for its header; a segmentation that doesn't exist; a frame that the kernel takes and drops.
    assert device.write([b"x", b"\0\x77" + good[2:], good]) == 3
    assert device.refused == 2
    return "ok"


def jumbo(link: str) -> Any:
    mtu = 9000
    with PrivateNetwork(link=link, mtu=mtu) as network:
        assert network.mtu == network.device.mtu == mtu
        call = f"import socket; socket.socket(2, 2).sendto(bytes({mtu - 28}), ('{network.engine4}', 9))"
        assert python(network, call).wait(HANG) == 0
        (frame,) = network.device.read()
        assert len(frame) == network.device.framing.headroom + mtu
    return "ok"


def terminal_untouched(network: PrivateNetwork) -> Any:
    """A program leaves the flags of the descriptors that it inherits as they are."""
    before = [(os.get_blocking(standard), os.get_inheritable(standard)) for standard in range(3)]
    assert network.popen(["true"]).wait(HANG) == 0
    assert [(os.get_blocking(standard), os.get_inheritable(standard)) for standard in range(3)] == before
    return "ok"


def programs(network: PrivateNetwork) -> Any:
    def shell(line: str, **options: Any) -> Any:
        return network.popen(["sh", "-c", line], **options)

    assert shell("exit 7").wait(HANG) == 7
    assert shell("true").wait(HANG) == 0
    assert shell("kill -TERM $$").wait(HANG) == -signal.SIGTERM

    sleeper = network.popen(["sleep", "1000"])
    assert sleeper.poll() is None
    assert os.readlink(f"/proc/{sleeper.pid}/ns/net") != os.readlink("/proc/self/ns/net")
    try:
        sleeper.wait(0.01)
        raise AssertionError("it should sleep")
    except subprocess.TimeoutExpired:
        pass
    sleeper.send_signal(signal.SIGINT)
    assert sleeper.wait(HANG) == -signal.SIGINT
    sleeper.kill()

    with shell(
        "cat; echo $GREETING $PWD >&2",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"GREETING": "good day", "PATH": os.environ["PATH"]},
        cwd="/usr",
    ) as talker:
        talker.stdin.write(b"in and out\0\xff")
        talker.stdin.close()
        assert talker.stdout.read() == b"in and out\0\xff"
        assert talker.stderr.read() == b"good day /usr\n"
    assert talker.returncode == 0

    with shell("echo one; echo two >&2", stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as both:
        assert both.stdout.read() == b"one\ntwo\n"
    assert shell("test $(stat -L -c %t:%T /dev/stdin) = 1:3", stdin=subprocess.DEVNULL).wait(HANG) == 0

    long = "x" * 100_000
    with shell(
        'printf %s "$A$B$C"', stdout=subprocess.PIPE, env={**os.environ, "A": long, "B": long, "C": long}
    ) as wordy:
        assert len(wordy.stdout.read()) == 300_000
    return {"pid": sleeper.pid, "own_proc": network.own_proc}


def missing_programs(network: PrivateNetwork) -> Any:
    for argv, kind in (
        (["no-such-program"], FileNotFoundError),
        (["/etc/passwd"], PermissionError),
        (["/etc/passwd/nonsense"], NotADirectoryError),
    ):
        try:
            network.popen(argv)
            raise AssertionError(f"{argv} started")
        except kind as error:
            assert error.filename == argv[0], error.filename
    for wrong, options, kind2 in (
        (["true"], {"cwd": "/no/such/directory"}, FileNotFoundError),
        (["tr\0ue"], {}, ValueError),
        ([], {}, ValueError),
        ("true", {}, TypeError),
    ):
        try:
            network.popen(wrong, **options)
            raise AssertionError(f"{wrong} started")
        except kind2:
            pass
    assert network.popen(["true"]).wait(HANG) == 0
    return "ok"


def end_to_watch(network: PrivateNetwork) -> Any:
    """The pump tells a program's end."""
    with Running(network, Echo) as running:
        ended: list[int] = []
        program = network.popen(["sleep", "0.2"])
        running.pump.wake()
        running.pump.watch(program.fileno(), 1, lambda _: (running.pump.unwatch(program.fileno()), ended.append(1)))
        limit = time.monotonic() + HANG
        while not ended and time.monotonic() < limit:
            time.sleep(0.01)
        assert ended == [1]
        assert program.poll() == 0
    return "ok"


def daemons(network: PrivateNetwork) -> Any:
    with python(network, DAEMON, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None
        inside = daemon.stdout.readline().decode().strip()
    spaces = {os.readlink(f"/proc/{network.pid}/ns/net")}
    limit = time.monotonic() + HANG
    # The keeper, init and the daemon, whose parent may take a moment to end.
    while len(before := in_spaces(spaces)) != 3:
        assert time.monotonic() < limit, (before, inside)
        time.sleep(0.001)
    network.close()
    # No waiting: all are dead and buried when close returns. The namespace's number may be another network's by now.
    assert set(in_spaces(spaces)).isdisjoint(before)
    return before


def in_spaces(spaces: set[str]) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(entry / "ns/net") in spaces:
                    found.append(int(entry.name))
    return found


def after_the_end(network: PrivateNetwork) -> Any:
    sleeper = network.popen(["sleep", "1000"])
    assert not network.closed
    os.kill(network.pid, signal.SIGKILL)
    assert sleeper.wait(HANG) == -signal.SIGKILL
    # The kernel closes what init held one by one.
    limit = time.monotonic() + HANG
    while not network.closed:
        assert time.monotonic() < limit
        time.sleep(0.001)
    for _ in range(2):
        try:
            network.popen(["true"])
            raise AssertionError("a program started in a network that has ended")
        except RuntimeError as error:
            assert "ended" in str(error)
        network.close()
    assert sleeper.returncode == -signal.SIGKILL
    return "ok"


def link_down(network: PrivateNetwork) -> Any:
    """Root only: somebody deletes the device."""
    assert python(network, DELETE).wait(HANG) == 0
    found = []
    for attempt in (network.device.read, lambda: network.device.write([bytes(100)])):
        try:
            attempt()
        except LinkDown as error:
            found.append(errno.errorcode[error.errno or 0])
    assert found, "neither read nor write noticed"
    return found


def one_after_another(link: str) -> Any:
    def descriptors() -> set[str]:
        return set(os.listdir("/proc/self/fd"))

    with PrivateNetwork(link=link):
        pass
    before = descriptors()
    times = []
    for _ in range(20):
        began = time.monotonic()
        with PrivateNetwork(link=link) as network:
            times.append(round(time.monotonic() - began, 3))
            with network.popen(["echo"], stdout=subprocess.PIPE) as program:
                program.wait(HANG)
    del network, program
    assert descriptors() == before
    return {"start": sorted(times)[len(times) // 2], "most": max(times)}


def two_at_once(link: str) -> Any:
    with PrivateNetwork(link=link) as one, PrivateNetwork(link=link) as other:
        assert os.readlink(f"/proc/{one.pid}/ns/net") != os.readlink(f"/proc/{other.pid}/ns/net")
        with Running(one, Echo), Running(other, Echo):
            pings = [python(network, PING, network.engine4, network.engine6) for network in (one, other)]
            assert [each.wait(HANG) for each in pings] == [0, 0]
        one.close()
        with Running(other, Echo):
            assert python(other, PING, other.engine4, other.engine6).wait(HANG) == 0
    return "ok"


def forked_copy(link: str) -> Any:
    """A forked child of the tool that ends, or drops its copy of the network, ends nothing."""
    with PrivateNetwork(link=link) as network:
        child = os.fork()
        if child == 0:
            network.close()
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert not network.closed
        assert network.popen(["true"]).wait(HANG) == 0
    return "ok"


def what_is_here(link: str) -> Any:
    found = probe()
    assert (found.tun if link == "tun" else found.veth).available, found
    with PrivateNetwork() as network:
        assert network.link == ("tun" if found.tun.available else "veth")
        with open("/proc/self/mountinfo", encoding="ascii") as mounts:
            before = mounts.read()
    with open("/proc/self/mountinfo", encoding="ascii") as mounts:
        assert mounts.read() == before
    return found.as_dict()


def python(network: PrivateNetwork, code: str, *arguments: str, **options: Any) -> Any:
    return network.popen([sys.executable, "-P", "-c", code, *arguments], **options)


def main(scene: str, link: str) -> None:
    play = globals()[scene]
    if scene in ("jumbo", "one_after_another", "two_at_once", "forked_copy", "what_is_here"):
        found = play(link)
    else:
        with PrivateNetwork(link=link) as network:
            assert network.link == link
            found = play(network)
    print(json.dumps(found))


main(*sys.argv[1:])
