"""Programs in a private network have the terminal: they read it, and Ctrl-C reaches them."""

import json
import os
import pty
import subprocess
import time

from lab.test_gone import assert_gone
from lab.worlds import HANG, World


def test_a_program_reads_the_terminal_and_ctrl_c_reaches_it(world: World) -> None:
    ours, theirs = pty.openpty()
    with (
        os.fdopen(ours, "r+b", buffering=0) as keyboard,
        # setsid makes a session with no terminal; the first terminal that its leader opens becomes its own.
        subprocess.Popen(
            ["setsid", "--wait", "--ctty", *world.command("at_terminal", world.link)],
            env=world.environment(),
            cwd="/",
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
        ) as tool,
    ):
        os.close(theirs)
        assert tool.stdout is not None
        who = json.loads(tool.stdout.readline())
        keyboard.write(b"good day\n")
        assert tool.stdout.readline() == b"the program read: good day\n"
        began = time.monotonic()
        # What the terminal does with it is what Ctrl-C is: SIGINT for the whole foreground process group.
        keyboard.write(b"\x03")
        told = sorted(tool.stdout.read().splitlines())
        assert told == [b"the program was interrupted", b"the tool saw it end with 3, and the network lives"]
        assert tool.wait(HANG) == 0
        assert_gone(who)
        assert time.monotonic() - began < HANG
