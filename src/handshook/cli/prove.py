"""`handshook prove`."""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .watching import FAILED, complain, make_watcher, refuse, to_stderr

if TYPE_CHECKING:
    from ..prove.job import Failure, Result
    from ..prove.scopes import Scope

DESCRIPTION = """
Why three ways? The shipped engine, two hosts of it, is taken through every order of everything that can happen to them
within bounds: segments that arrive, are lost, are copied, come late, time-outs, programs that open, send, close and
abort, hosts that lose their memory. What must hold is checked in every state. Take a part of the handshake away, and
the shortest way to what goes wrong is drawn."""

# None has failed, and that is not to say that all hold.
UNDECIDED = 3
# Seconds between two words on how far it is, where they can't be written over.
QUIET = 10
NAMES = ("two-way", "three-way", "no-ack-check", "predictable-isn", "repeated-isn", "no-time-wait")

EPILOG = """\
handshakes:
  three-way        the engine as it is
  two-way          the server is open on the SYN
  no-ack-check     neither side looks whether its own number comes back
  predictable-isn  a stranger can work out the server's next number
  repeated-isn     every connection begins with the same number
  no-time-wait     what is closed is forgotten at once

examples:
  handshook prove two-way
  handshook prove three-way --all-cores
  handshook prove three-way --scope crashes --json
  handshook prove three-way --bounds opens=2/0,copies=2,aborts=1/0,in_flight=3

exit code: 0 every property held, 1 one did not, 2 wrong usage,
3 none failed, but not all within the bounds was covered,
130 after Ctrl-C, 143 after SIGTERM
"""


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "prove",
        help="why three ways: the engine in every order of everything that can happen, and lesser handshakes beside it",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    parser.add_argument("variant", nargs="?", choices=NAMES, default="three-way", metavar="HANDSHAKE",
                        help="which one (default: three-way)")  # fmt: skip
    parser.add_argument("--scope", metavar="NAME", help="only this part of the exploration")
    parser.add_argument("--bounds", metavar="NAME=VALUE,...", help="one exploration with these bounds; "
                        "pairs are client/server, and what isn't named is left at its least")  # fmt: skip
    parser.add_argument("--small", action="store_true", help="bounds for whoever has only seconds")
    parser.add_argument("--most", metavar="STATES", type=int, help="end an exploration after so many states")
    parser.add_argument("--all-cores", action="store_true", help="a process on each core")
    group = parser.add_argument_group("watching", "All goes to standard output; how far it is, to standard error.")
    group.add_argument("--quiet", action="store_true", help="results only, no ladders and no progress")
    group.add_argument("--explain", action="store_true", help="a sentence with each step of a ladder")
    group.add_argument("--headers", action="store_true", help="each segment's header, field by field")
    group.add_argument("--json", action="store_true", help="a JSON object for each exploration")
    group.add_argument("--ascii", action="store_true", help="no characters beyond ASCII")
    parser.set_defaults(run=run, parser=parser, takes_command=False)


def run(options: argparse.Namespace, _: tuple[str, ...]) -> int:
    """Runs the command."""
    if options.most is not None and options.most < 1:
        refuse(options, f"--most {options.most}: at least one state")
    scopes = _scopes(options)

    from ..prove.cores import prove_all
    from ..prove.variants import BY_NAME
    from ..prove.words import report

    variant = BY_NAME[options.variant]
    results: list[Result] = []
    began = time.monotonic()
    progress = None if options.quiet or options.json else _Progress()
    cores = (os.cpu_count() or 1) if options.all_cores else 1
    if not options.json:
        _print(options, [f"{variant.name}: {variant.about}"])
    try:
        for result in prove_all(variant, scopes, cores=cores, most=options.most, told=progress):
            results.append(result)
            if progress is not None:
                progress.clear()
            if options.json:
                print(json.dumps(result.record(), separators=(",", ":")), flush=True)
                continue
            _print(options, ["", *report(result)])
            for failure in _worth(result):
                _show(options, result, failure)
    except OverflowError as error:
        refuse(options, f"--bounds: {error}")
    except ChildProcessError as error:
        complain(str(error))
        return FAILED if any(result.failures for result in results) else UNDECIDED
    if not options.json:
        from ..prove.words import close

        _print(options, ["", *close(results, time.monotonic() - began, _left_out(options, scopes))])
    if any(result.failures for result in results):
        return FAILED
    return UNDECIDED if any(result.stopped for result in results) else 0


def _scopes(options: argparse.Namespace) -> "list[Scope]":
    """What is asked for; ends with a usage error where it can't be had."""
    from ..prove.bounds import Bounds, read_bounds
    from ..prove.scopes import SCOPES, Scope

    if options.bounds is not None:
        if options.scope is not None or options.small:
            refuse(options, "--bounds stands for itself: no --scope and no --small beside it")
        try:
            bounds = read_bounds(options.bounds, Bounds())
        except ValueError as error:
            refuse(options, f"--bounds: {error}")
        return [Scope("yours", "the bounds that were asked for", bounds)]
    scopes = list(SCOPES[options.variant])
    if options.scope is not None:
        known = ", ".join(scope.name for scope in scopes)
        scopes = [scope for scope in scopes if scope.name == options.scope]
        if not scopes:
            refuse(options, f"--scope {options.scope}: {options.variant} has {known}")
    return [replace(scope, bounds=scope.small) if options.small and scope.small else scope for scope in scopes]


def _left_out(options: argparse.Namespace, scopes: "list[Scope]") -> list[str]:
    """The explorations of this handshake that were not asked for."""
    from ..prove.scopes import SCOPES

    asked = [scope.name for scope in scopes]
    left = [scope.name for scope in SCOPES[options.variant] if scope.name not in asked]
    return [*left, "more than the small bounds"] if options.small else left


def _worth(result: "Result") -> "Iterator[Failure]":
    """The failures that are worth a ladder: what the scope shows, or the first of what nobody expected."""
    shown = [failure for failure in result.failures if failure.property in result.scope.shows]
    yield from shown or result.failures[:1]


def _show(options: argparse.Namespace, result: "Result", failure: "Failure") -> None:
    """A failure in words, and the ladders of both sides."""
    from ..prove.bounds import SIDES
    from ..prove.words import draw, tell

    _print(options, ["", *tell(result, failure)])
    if options.quiet:
        return
    for side, name in enumerate(SIDES):
        if failure.trace.seen[side]:
            _print(options, ["", f"as the {name} sees it:"])
            watcher = make_watcher(options, sys.stdout, SIDES[1 - side])
            watcher.local_name = name
            draw(watcher, failure.trace.seen[side])


def _print(options: argparse.Namespace, lines: list[str]) -> None:
    from ..show.ink import canvas_for, wrap

    canvas = canvas_for(sys.stdout, ascii=options.ascii or None)
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()))
        text = line if canvas.glyphs.lane != "|" else line.replace("→", "->")
        for at, row in enumerate(wrap(text.strip(), canvas.width - len(indent)) if text.strip() else [""]):
            print(indent + ("    " if at and indent else "") + row)
    sys.stdout.flush()


class _Progress:
    """A line that is written over on a terminal, and a line now and then elsewhere."""

    def __init__(self) -> None:
        self._told = time.monotonic()
        self._live = sys.stderr.isatty()

    def __call__(self, name: str, states: int, expanded: int, seconds: float, depth: int) -> None:
        if not self._live and time.monotonic() - self._told < QUIET:
            return
        self._told = time.monotonic()
        text = (
            f"{name}: {states:,} states, {states - expanded:,} of them ahead, depth {depth}, "
            f"{expanded / seconds:,.0f} a second"
        )
        width = shutil.get_terminal_size().columns
        to_stderr(f"\r\033[K{text[: width - 1]}" if self._live else f"{text}\n")

    def clear(self) -> None:
        """The line is wanted for something else."""
        if self._live:
            to_stderr("\r\033[K")
