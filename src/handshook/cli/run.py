"""`handshook run`."""

import argparse
import contextlib
import json
import sys
from typing import IO, TYPE_CHECKING, Any

from .recording import add_recording, breaking, open_recording
from .watching import FAILED, add_watching, check_watching, complain, make_watcher, refuse, unwritten

if TYPE_CHECKING:
    from ..run import Ending, Plan, Why
    from ..session.recording import Recording
    from ..show.watch import Watcher

DESCRIPTION = """
Runs a program in a private network whose every connection ends in the engine, and carries each on to where the program
wants it, by the machine's own sockets and honestly: what is refused there is refused here, what is silent is silent,
what is slow is slow. The program's input, output and exit code are its own. At the end there is a table of its
connections, each with its verdict."""

EPILOG = """\
inside, host.handshook (198.51.100.2, 2001:db8::2) is this machine's localhost.
The program finds in its environment HANDSHOOK_CONTROL, the path of a UNIX
socket: GET, POST and DELETE /rules, GET /connections, over HTTP.

examples:
  handshook run -- curl https://example.org/
  handshook run --fault 'drop syn first 2' --why 1 -- curl https://example.org/
      the first two SYNs are lost; the ladder of connection 1 below the table
  handshook run --fault 'rst after 1000 bytes to example.org:443' -- my_tests
  handshook run --serve 8000=127.0.0.1:8080 -- python3 -m http.server 8000
      a server inside; clients outside connect to 127.0.0.1:8080

exit code: the program's own; 128 and the signal's number where one ended it;
127 or 126 when it can't be found or started; 1 where there is no such network
or what was watched can't be written; 2 wrong usage
"""


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "run",
        help="any program, its connections carried on, watched, broken on purpose",
        usage="handshook run [options] -- PROGRAM [ARGUMENT...]",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    group = parser.add_argument_group("what happens to connections")
    group.add_argument(
        "--serve",
        metavar="PORT=HOST:PORT",
        action="append",
        default=[],
        help="let clients outside, at HOST:PORT, in to a server inside, at PORT; may be given again",
    )
    group.add_argument("--control", metavar="PATH", help="where the control listens (default: a place of its own)")
    group.add_argument(
        "--link",
        choices=("auto", "tun", "veth"),
        default="auto",
        help="what joins the program's network to the engine: a TUN device, or a veth pair where that can't be had",
    )
    add_recording(parser)
    _add_watching(parser)
    parser.set_defaults(run=run, parser=parser, takes_command=True)


def _add_watching(parser: argparse.ArgumentParser) -> None:
    add_watching(parser, "standard error")
    group = parser.add_argument_group("also")
    group.add_argument("--why", metavar="N", type=int, help="below the table, the ladder of connection N")
    group.add_argument("--log", metavar="FILE", help="write the table and the ladders to a file, and not there")


def run(options: argparse.Namespace, command: tuple[str, ...]) -> int:
    """Runs the command."""
    if not command:
        refuse(options, "which program? Name it after --")
    check_watching(options)
    if options.why is not None and options.why < 1:
        refuse(options, f"--why {options.why}: connections are counted from 1")
    plan = _plan(options, command)

    from ..lab import PrivateNetworkEnded, PrivateNetworkUnavailable
    from ..run import Names, NotRun, open_place, run

    names = Names()
    with contextlib.ExitStack() as after:
        stream = _open_log(options, after)
        why, watcher, recording = _observers(options, stream, after)
        if recording is None:
            return FAILED
        try:
            place = after.enter_context(open_place(plan, names))
            for path in place.network.uncovered if place.network is not None else ():
                complain(f"{path} can't be another one inside, so the program reads the machine's own")
            ending = run(plan, place, names, observer=recording.observer, why=why, say=complain)
        except PrivateNetworkUnavailable as unavailable:
            complain(f"no private network: {unavailable.reason}", cure=unavailable.cure)
            return FAILED
        except (PrivateNetworkEnded, NotRun) as error:
            complain(str(error))
            return FAILED
        place.close()
        recording.notes += [f"#{entry.number} {entry.sentence}" for entry in ending.entries]
        recording.close()
        if watcher is not None:
            watcher.close()
        if not options.quiet:
            _tell(ending, options, stream)
        if why is not None:
            _tell_why(why, ending, options, stream)
    for complaint in recording.complaints:
        complain(complaint)
    return ending.code or (FAILED if recording.complaints else unwritten(watcher))


def _plan(options: argparse.Namespace, command: tuple[str, ...]) -> "Plan":
    from ..run import Plan, Way

    broken = breaking(options, names=True)
    ways = []
    for text in options.serve:
        try:
            ways.append(Way.read(text))
        except ValueError as error:
            refuse(options, f"--serve {error}")
    return Plan(command, options.link, broken.rules, broken.seed, tuple(ways), options.control)


def _open_log(options: argparse.Namespace, after: contextlib.ExitStack) -> IO[str]:
    if options.log is None:
        return sys.stderr
    try:
        return after.enter_context(open(options.log, "w", encoding="utf-8"))
    except OSError as error:
        refuse(options, f"--log {options.log}: {error.strerror}")


def _observers(
    options: argparse.Namespace, stream: IO[str], after: contextlib.ExitStack
) -> "tuple[Why | None, Watcher | None, Recording | None]":
    """Whom the steps are shown to; only those that somebody has asked for, for each costs time."""
    from ..run import Why

    watcher = None
    if options.explain or options.headers:
        watcher = make_watcher(options, stream, "program")
    why = Why(options.why, watcher) if options.why is not None else None
    recording = open_recording(options, why or watcher, "program")
    if recording is not None:
        after.callback(recording.close)
    return why, watcher, recording


def _tell(ending: "Ending", options: argparse.Namespace, stream: IO[str]) -> None:
    from ..run import draw_table
    from ..show.ink import canvas_for

    if options.json:
        rows = [json.dumps(record, separators=(",", ":")) for record in ending.entries.records()]
    else:
        rows = draw_table(ending.entries, canvas_for(stream, ascii=options.ascii or None))
        if options.rules:
            rows.append(f"seed {ending.seed}")
    _write(rows, stream)


def _tell_why(why: "Why", ending: "Ending", options: argparse.Namespace, stream: IO[str]) -> None:
    """One ladder, with the sentences."""
    if not why.steps:
        complain(f"--why {why.number}: there were {ending.entries.count} connections")
        return
    watcher = make_watcher(options, stream, "program", sentences=True)
    for step in why.steps:
        watcher(step)
    watcher.close()
    if why.left_out:
        _write([f"({why.left_out} steps in the middle are left out)"], stream)


def _write(rows: list[str], stream: IO[str]) -> None:
    # A reader who has left wanted no more; the program's own code counts.
    with contextlib.suppress(OSError, ValueError):
        stream.write("".join(f"{row}\n" for row in rows))
        stream.flush()
