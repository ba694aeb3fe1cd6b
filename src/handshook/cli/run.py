"""`handshook run`."""

import argparse
import contextlib
import json
import sys
from typing import IO, TYPE_CHECKING, Any

from .watching import FAILED, complain, refuse

if TYPE_CHECKING:
    from ..run import Ending

DESCRIPTION = """
Runs a program in a private network whose every connection ends in the engine, and carries each on to where the program
wants it, by the machine's own sockets and honestly: what is refused there is refused here, what is silent is silent,
what is slow is slow. The program's input, output and exit code are its own."""

EPILOG = """\
inside, host.handshook (198.51.100.2, 2001:db8::2) is this machine's localhost

examples:
  handshook run -- curl https://example.org/
  handshook run --why 1 -- git ls-remote https://example.org/a.git

exit code: the program's own; 127 or 126 when it can't be found or started;
1 where there is no such network; 2 wrong usage
"""


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "run",
        help="any program, its connections carried on, watched, and broken on purpose",
        usage="handshook run [options] -- PROGRAM [ARGUMENT...]",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    group = parser.add_argument_group("watching", "Ours goes to standard error; NO_COLOR is heeded.")
    group.add_argument("--log", metavar="FILE", help="write ours to a file instead")
    group.add_argument("--quiet", action="store_true", help="no table of the connections at the end")
    group.add_argument("--json", action="store_true", help="the table as a JSON object a line")
    group.add_argument("--ascii", action="store_true", help="no characters beyond ASCII")
    parser.add_argument_group("network").add_argument(
        "--link",
        choices=("auto", "tun", "veth"),
        default="auto",
        help="what joins the program's network to the engine: a TUN device, or a veth pair where that can't be had",
    )
    parser.set_defaults(run=run, parser=parser, takes_command=True)


def run(options: argparse.Namespace, command: tuple[str, ...]) -> int:
    """Runs the command."""
    if not command:
        refuse(options, "which program? Name it after --")

    from ..lab import PrivateNetworkEnded, PrivateNetworkUnavailable
    from ..run.job import Plan, open_place, run
    from ..run.names import Names

    plan = Plan(command, options.link)
    names = Names()
    with contextlib.ExitStack() as after:
        stream: IO[str] = sys.stderr
        if options.log is not None:
            try:
                stream = after.enter_context(open(options.log, "w", encoding="utf-8"))
            except OSError as error:
                refuse(options, f"--log {options.log}: {error.strerror}")
        try:
            place = after.enter_context(open_place(plan, names))
            ending = run(plan, place, names, say=complain)
        except PrivateNetworkUnavailable as unavailable:
            complain(f"no private network: {unavailable.reason}", cure=unavailable.cure)
            return FAILED
        except PrivateNetworkEnded as error:
            complain(str(error))
            return FAILED
        if not options.quiet:
            _tell(ending, options, stream)
    return ending.code


def _tell(ending: "Ending", options: argparse.Namespace, stream: IO[str]) -> None:
    from ..run.table import draw_table
    from ..show.ink import canvas_for

    if options.json:
        rows = [json.dumps(entry.record(), separators=(",", ":")) for entry in ending.entries]
    else:
        rows = draw_table(ending.entries, canvas_for(stream, ascii=options.ascii or None))
    with contextlib.suppress(OSError, ValueError):
        stream.write("".join(f"{row}\n" for row in rows))
        stream.flush()
