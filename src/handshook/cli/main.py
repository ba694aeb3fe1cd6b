"""`handshook`: finds the command, runs it, and ends as a well-behaved program does, whatever happens.

Exit codes: 0 success, 1 what was watched failed, 2 wrong usage, 130 after Ctrl-C, 128 and the signal after others
(143 after SIGTERM).
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from . import connect, demo, drill, prove, run, serve, top
from .parser import Parser
from .watching import FAILED, complain

COMMANDS = (demo, run, serve, connect, drill, prove, top)

DESCRIPTION = """
The life of a TCP connection, in your hands: opened and closed by an engine of its own, with the Linux kernel at the
other end, and drawn as it happens.
"""
EXAMPLES = """\
examples:
  handshook demo
      five short scenes: open, close, refused, silent, both at once
  handshook serve --dir . -- sh -c 'curl http://$HANDSHOOK_ADDRESS/'
      curl fetches from our server; every segment is drawn
  echo hello | handshook connect peer 7000 -- nc -l 7000
      a program of yours is the server, we are the client
  handshook drill workers
      one slow request, and what becomes of all the others
  handshook prove two-way
      what becomes of a handshake with one line less

Everything runs in a private network of its own and needs no root.
Each command has its own --help.

exit code: 0 success, 1 what was watched failed, 2 wrong usage,
130 after Ctrl-C, 143 after SIGTERM; with a program beside it, the program's own
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code. SystemExit, as argparse raises it, is left to the interpreter."""
    _open_standard_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        # As the script has left it until here (bin/handshook); one that is ignored stays so.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _leave)
    try:
        options, command = _parse(words)
        code = options.run(options, command)
        _flush()
        return int(code)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        _drop_output()
        return 128 + signal.SIGPIPE
    except OSError as error:
        # What the machine refuses, such as room on a disk, is no fault of the program's: a line, and not its insides.
        complain(error.strerror or str(error))
        _drop_output()
        return FAILED


def _parse(words: list[str]) -> tuple[argparse.Namespace, tuple[str, ...]]:
    # Split here: argparse takes a "--" out of what follows it, too.
    at = words.index("--") if "--" in words else len(words)
    ours, command = words[:at], tuple(words[at + 1 :])
    parser = Parser(prog="handshook", description=DESCRIPTION, epilog=EXAMPLES)
    parser.add_argument("--version", action=_Version, help="show the version and whether it is compiled")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add_to(commands)
    options = parser.parse_args(ours)
    if at < len(words) and not options.takes_command:
        options.parser.error("it takes no command after --")
    if at < len(words) and not command:
        options.parser.error("no command after --")
    return options, command


class _Version(argparse.Action):
    """Only now: it takes longer than everything else here."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        from ..host import stack

        try:
            number = version("handshook")
        except PackageNotFoundError:
            number = "(not installed)"
        built = "plain Python" if (stack.__file__ or "").endswith(".py") else "compiled"
        print(f"handshook {number}, {built}, Python {sys.version.split()[0]}", flush=True)
        parser.exit()


def _leave(number: int, _: FrameType | None) -> NoReturn:
    # As an exception, so that everything that was opened is closed on the way out.
    raise SystemExit(128 + number)


def _open_standard_streams() -> None:
    """Give the standard descriptors that are closed to /dev/null, before something else takes their numbers.

    The wrong way round for output, so that writing there is the error that it is.
    """
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_RDWR)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)
            if descriptor == 2:
                sys.stderr = os.fdopen(2, "w", closefd=False)
            elif descriptor == 1:
                sys.stdout = os.fdopen(1, "w", closefd=False)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except ValueError:
        # It was closed, which is no news by now.
        return


def _drop_output() -> None:
    """What is still buffered can't be written, and must not raise the same once more at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
