"""Runs `handshook` as a person or a script would: as a process of its own, in one of the worlds."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from lab.worlds import HANG, World

ROOT = World("root", "tun")
AS_NOBODY = Path(__file__).parents[1] / "lab" / "as_nobody.py"


def command(world, *words):
    """The command line; the link is the world's."""
    line = [sys.executable, "-P", "-m", "handshook.cli", words[0], "--link", world.link, *words[1:]]
    if world.user == "root":
        return line
    return [sys.executable, "-P", str(AS_NOBODY), *["--tun"] * (world.link == "tun"), "--", *line]


def environment(world, **variables):
    clean = {name: value for name, value in world.environment().items() if name not in ("NO_COLOR", "COLUMNS")}
    return {**clean, **variables}


def run(world, *words, input=b"", variables=None, **options):
    """To its end; nothing of its session may be left then."""
    streams = {"input": input, "capture_output": True} | options
    if "stdin" in streams:
        del streams["input"]
    if "stdout" in streams:
        del streams["capture_output"]
        streams.setdefault("stderr", subprocess.PIPE)
    done = subprocess.run(
        command(world, *words),
        env=environment(world, **(variables or {})),
        cwd="/",
        timeout=HANG,
        check=False,
        **streams,
    )
    assert b"Traceback" not in (done.stderr or b""), done.stderr.decode()
    return done


def plain(*words, **options):
    """A command that needs no network, such as one that is used wrongly."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "handshook.cli", *words],
        env=environment(ROOT),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANG,
        check=False,
        **options,
    )


@contextlib.contextmanager
def started(world, *words, variables=None, **options):
    """In a session of its own, of which nothing may be left at the end."""
    tool = subprocess.Popen(
        command(world, *words),
        env=environment(world, **(variables or {})),
        cwd="/",
        start_new_session=True,
        **options,
    )
    try:
        with tool:
            yield tool
        limit = time.monotonic() + HANG
        while left := in_session(tool.pid):
            assert time.monotonic() < limit, left
            time.sleep(0.01)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(tool.pid, signal.SIGKILL)


def in_session(session):
    """The processes of a session, by their command lines."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session and fields[0] != "Z":
                    found.append((entry / "cmdline").read_bytes())
    return found


def children(pid):
    """The processes that a process has started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_line(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def python(code):
    """A program for the other side: the interpreter, and nothing of ours."""
    return [sys.executable, "-I", "-c", code]
