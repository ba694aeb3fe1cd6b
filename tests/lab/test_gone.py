"""When its tool has ended, in whatever way, nothing is left of a private network.

No process, no namespace and so no device.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from lab.worlds import HANG, World

ENDINGS = ["close", "return", "raise", "exit", "leave a forked copy"]


def start(world: World, ending: str, **options: Any) -> tuple["subprocess.Popen[bytes]", dict[str, Any]]:
    tool = world.start("holder", world.link, ending, stdout=subprocess.PIPE, **options)
    assert tool.stdout is not None
    with tool.stdout:
        line = tool.stdout.readline()
    assert line, "the tool ended before its network stood"
    return tool, json.loads(line)


def inhabitants(spaces: list[str]) -> list[str]:
    """Who lives in any of the namespaces, holds one open, or has one mounted.

    What another worker of the suite has started is none of ours: its network may have the number that ours gave back.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            held = [os.readlink(link) for folder in ("ns", "fd") for link in (entry / folder).iterdir()]
            variables = (entry / "environ").read_bytes().split(b"\0")
            others = any(each.startswith(b"PYTEST_XDIST_WORKER=") for each in variables)
            if set(held) & set(spaces) and (not others or f"PYTEST_XDIST_WORKER={worker}".encode() in variables):
                found.append(f"{entry.name}: {(entry / 'cmdline').read_bytes()!r}")
    return found


def assert_gone(who: dict[str, Any]) -> None:
    limit = time.monotonic() + HANG
    while left := inhabitants(who["spaces"]):
        assert time.monotonic() < limit, left
        time.sleep(0.01)


def assert_alive(world: World, who: dict[str, Any]) -> None:
    # A user namespace counts only where one was needed.
    assert len(who["spaces"]) == (3 if world.user == "root" else 4), who
    assert len(inhabitants(who["spaces"])) >= 4, "keeper, init, daemon, program"


@pytest.mark.parametrize("ending", ENDINGS)
def test_when_the_tool_ends_by_itself(world: World, ending: str) -> None:
    tool, who = start(world, ending, stderr=subprocess.DEVNULL)
    assert len(who["spaces"]) == (3 if world.user == "root" else 4), who
    assert tool.wait(HANG) == (1 if ending == "raise" else 0)
    if ending in ("close", "return", "raise"):
        # An orderly end has waited for it.
        assert inhabitants(who["spaces"]) == []
    assert_gone(who)


@pytest.mark.parametrize("victim", ["tool", "keeper", "init"])
def test_when_one_of_them_is_killed(world: World, victim: str) -> None:
    tool, who = start(world, "sleep")
    assert_alive(world, who)
    os.kill(who[victim], signal.SIGKILL)
    assert_gone(who)
    tool.kill()
    tool.wait(HANG)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_when_the_tool_is_signalled(world: World, number: signal.Signals) -> None:
    tool, who = start(world, "sleep", stderr=subprocess.DEVNULL)
    assert_alive(world, who)
    tool.send_signal(number)
    assert tool.wait(HANG) == -number
    assert_gone(who)


def test_when_the_tool_is_killed_at_any_moment_of_the_start(world: World) -> None:
    """No line is read from it: the kill falls into the start of the keeper, of init, or of the device."""
    for delay in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4):
        marker = f"HANDSHOOK_TEST_MARK={os.getpid()}.{delay}"
        name, _, value = marker.partition("=")
        tool = subprocess.Popen(
            world.command("holder", world.link, "sleep"),
            env={**world.environment(), name: value},
            cwd="/",
            stdout=subprocess.DEVNULL,
        )
        time.sleep(delay)
        tool.kill()
        tool.wait(HANG)
        limit = time.monotonic() + HANG
        while left := bearing(marker):
            assert time.monotonic() < limit, left
            time.sleep(0.01)


def bearing(marker: str) -> list[str]:
    """The processes that have this in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if marker.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(entry.name)
    return found


def test_the_kernel_has_room_for_the_next_one(root_world: World) -> None:
    """In a user namespace that may have one network namespace at a time, each network is had after the last.

    So the kernel itself has let go of the namespace, and with it of the devices.
    """
    print(root_world.run("one_namespace", root_world.link))
