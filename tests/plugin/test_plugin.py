"""The plugin in runs of pytest of their own: nothing by itself, xdist, how they end, and where nothing is permitted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab.test_gone import bearing
from lab.worlds import HANG, World, require

HERE = Path(__file__).parent
# What else is installed here has no part in it, and takes its time.
BARE = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:anyio"]


@pytest.fixture(autouse=True)
def ini(pytester):
    pytester.makeini("[pytest]\nfilterwarnings = error")


def run(pytester, *arguments):
    return pytester.runpytest_subprocess(*BARE, *arguments, timeout=HANG)


def test_nothing_happens_by_itself(pytester):
    pytester.makepyfile(
        """
        import sys, threading

        def test_nothing():
            loaded = {name for name in sys.modules if name.startswith("handshook")}
            assert loaded == {"handshook", "handshook.pytest_plugin"}, loaded
            assert threading.active_count() == 1
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_one_network_for_each_worker_of_xdist(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_echo(handshook_peer, handshook_network, number, worker_id):
            peer = handshook_peer()
            with peer.connect(60) as sock:
                sock.sendall(b"x")
                assert sock.recv(1) == b"x"
            print("NETWORK", worker_id, handshook_network._stage.pid)
        """
    )
    found = run(pytester, "-n", "2", "-rP")
    found.assert_outcomes(passed=6)
    lines = {line for line in found.stdout.lines if line.startswith("NETWORK")}
    assert len(lines) == len({line.split()[1] for line in lines}) == 2, lines


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_when_the_run_is_ended_nothing_is_left(pytester, number):
    pytester.makepyfile(
        """
        import time

        def test_waits(handshook_peer):
            peer = handshook_peer(serve=lambda sock: sock.recv(1))
            with peer.connect(60) as sock:
                print("\\nhere", flush=True)
                time.sleep(3600)
        """
    )
    marker = f"HANDSHOOK_TEST_MARK={os.getpid()}.{number}"
    name, _, value = marker.partition("=")
    words = [sys.executable, "-m", "pytest", "-s", *BARE]
    environment = {**os.environ, name: value, "PYTHONUNBUFFERED": "1"}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(words, cwd=pytester.path, env=environment, **options) as tests:
        try:
            assert any("here" in line for line in tests.stdout)
            # The stage, its keeper, init and the giver, beside the run itself.
            assert len(bearing(marker)) >= 4, bearing(marker)
        finally:
            tests.send_signal(number)
        tests.stdout.read()
    limit = time.monotonic() + HANG
    while left := bearing(marker):
        assert time.monotonic() < limit, left
        time.sleep(0.01)


# In a user namespace of our own, so that the limit is nobody else's.
FORBIDDEN = """
import os, sys
from handshook.lab import libc
own = os.getuid(), os.getgid()
libc.unshare(libc.CLONE_NEWUSER)
for name, text in ("setgroups", "deny"), ("uid_map", "0 %d 1" % own[0]), ("gid_map", "0 %d 1" % own[1]):
    open(f"/proc/self/{name}", "w").write(text)
open("/proc/sys/user/max_net_namespaces", "w").write("0")
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize(("option", "outcome"), [("fail", "1 error"), ("skip", "1 skipped")])
def test_where_there_is_no_permission_it_is_said_with_the_cure(pytester, option, outcome):
    pytester.makepyfile("def test_echo(handshook_peer): handshook_peer()")
    words = [sys.executable, "-c", FORBIDDEN, "-m", "pytest", "-rs", *BARE, "-o", f"handshook_unavailable={option}"]
    done = subprocess.run(words, cwd=pytester.path, capture_output=True, text=True, timeout=HANG, check=False)
    said = done.stdout.replace("\n", " ")
    assert outcome in said, done.stdout + done.stderr
    assert "the limit on namespaces is reached" in said and "raise that limit with sysctl" in said, done.stdout


def test_a_setting_that_is_none(pytester):
    pytester.makepyfile("def test_echo(handshook_peer): handshook_peer()")
    found = run(pytester, "-o", "handshook_unavailable=perhaps")
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["*handshook_unavailable is fail or skip, not 'perhaps'*"])


def test_without_root():
    world = require(World("nobody", "veth"))
    *as_nobody, python, _, _ = world.command("")
    words = [*as_nobody, python, "-m", "pytest", *BARE, "-c", os.devnull, str(HERE / "without_root.py")]
    options = {"capture_output": True, "text": True, "timeout": HANG}
    done = subprocess.run(words, check=False, env=world.environment(), cwd="/", **options)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
