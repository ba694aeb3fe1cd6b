"""`handshook top`."""

import argparse
import json
import shutil
import socket
import sys
import time
from typing import Any

from .watching import FAILED, complain, refuse

DESCRIPTION = """
A live look into a stack that is being served: how full its queues are, who is half-open and for how long, what became
of SYN cookies, what was dropped and why, and how its defence stands. Or one word to that defence."""

EPILOG = """\
examples:
  handshook serve --echo --defence --control echo.sock
  handshook top echo.sock
      in another terminal; Ctrl-C ends it
  handshook top echo.sock --looks 1 --json | jq .listeners
  handshook top echo.sock --do 'ban 192.0.2.0/24 600'
  handshook top echo.sock --do bans

the defence's commands:
  state                       how it stands
  bans [MOST], limits [MOST]  who is shut out or slowed down, and why
  ban PREFIX [SECONDS], unban PREFIX
  limit PREFIX RATE [SECONDS], unlimit PREFIX
  rules, reload FILE          the rules in force; others

exit code: 0 success, 1 nobody answers or it can't be done, 2 wrong usage,
130 after Ctrl-C
"""
# An answer takes milliseconds, also under a flood.
PATIENCE = 10.0


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "top", help="a live look into a stack that is being served", description=DESCRIPTION, epilog=EPILOG
    )
    parser.add_argument("path", metavar="PATH", help="the UNIX socket that serve was given with --control")
    parser.add_argument("--interval", metavar="T", type=float, default=1.0, help="seconds between two looks (1)")
    parser.add_argument("--looks", metavar="N", type=int, help="so many looks and no more")
    parser.add_argument("--do", metavar="COMMAND", help="a word to the defence instead, and its answer")
    parser.add_argument("--json", action="store_true", help="a JSON object for each look, for machines")
    parser.add_argument("--ascii", action="store_true", help="no characters beyond ASCII")
    parser.set_defaults(run=run, parser=parser, takes_command=False)


def run(options: argparse.Namespace, _: tuple[str, ...]) -> int:
    """Runs the command."""
    if not 0.05 <= options.interval <= 3600:
        refuse(options, f"--interval {options.interval:g}: it is 0.05 to 3600 seconds")
    if options.looks is not None and options.looks < 1:
        refuse(options, f"--looks {options.looks}: at least one")
    try:
        if options.do is not None:
            return _do(options)
        return _look(options)
    except OSError as error:
        complain(f"{options.path}: {error.strerror or error}")
    except ValueError:
        complain(f"{options.path}: what answers there is no stack of this tool's")
    return FAILED


def ask(path: str, line: str) -> dict[str, Any]:
    """One request, and the answer. Raises OSError, and ValueError for what is no answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asker:
        asker.settimeout(PATIENCE)
        asker.connect(path)
        asker.sendall(line.encode() + b"\n")
        heard = bytearray()
        while more := asker.recv(1 << 16):
            heard += more
    return dict(json.loads(heard))


def _do(options: argparse.Namespace) -> int:
    answer = ask(options.path, " ".join(options.do.split()))
    if "error" in answer:
        complain(answer["error"])
        return FAILED
    if options.json:
        print(json.dumps(answer))
        return 0
    for name, value in answer.items():
        if isinstance(value, list):
            print("\n".join(map(str, value)) or f"no {name}")
        elif name == "rules":
            print(value)
        elif name != "of":
            print(f"{name}: {value}")
    return 0


def _look(options: argparse.Namespace) -> int:
    from ..show.ink import canvas_for
    from ..show.top import draw

    live = sys.stdout.isatty() and not options.json
    before: dict[str, Any] | None = None
    at = 0.0
    looks = 0
    while options.looks is None or looks < options.looks:
        if looks:
            time.sleep(options.interval)
        looks += 1
        now, found = time.monotonic(), ask(options.path, "figures")
        if options.json:
            print(json.dumps(found), flush=True)
            continue
        lines = draw(found, before, now - at, canvas_for(sys.stdout, ascii=options.ascii or None))
        if live:
            # Home, each line cleared to its end, and what is below.
            lines = lines[: shutil.get_terminal_size().lines - 1]
            print("\033[H" + "".join(f"{line}\033[K\n" for line in lines) + "\033[J", end="", flush=True)
        else:
            print("\n".join([*lines, ""]), flush=True)
        before, at = found, now
    return 0
