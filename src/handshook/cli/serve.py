"""`handshook serve`."""

import argparse
import contextlib
import os
import sys
from typing import Any

from .recording import add_recording, breaking, open_recording
from .watching import (
    FAILED,
    add_place,
    add_watching,
    check_place,
    check_watching,
    complain,
    make_watcher,
    open_place,
    port_number,
    refuse,
    unwritten,
)

DESCRIPTION = """
A server on the engine, in a private network with a program beside it that is its client. The program's input, output
and exit code are its own."""

# As many as a link has queues (lab.network).
MOST_PROCESSES = 64

EPILOG = """\
the program finds in its environment:
  HANDSHOOK_ADDRESS   198.51.100.2, the server     HANDSHOOK_PORT  its port
  HANDSHOOK_ADDRESS6  2001:db8::2, the server      HANDSHOOK_PEER  itself

examples:
  handshook serve --dir . -- sh -c 'curl -v http://$HANDSHOOK_ADDRESS/'
  handshook serve --dir . -- sh -c 'curl -g "http://[$HANDSHOOK_ADDRESS6]/"'
  handshook serve --echo --explain -- python3 my_client.py
  handshook serve --chargen -- sh -c 'nc $HANDSHOOK_ADDRESS 19 | head -c 200'
  handshook serve --app app:application --workers pool:8 -- my_load_test
      a WSGI or ASGI application of yours, on eight threads
  handshook serve --echo
      without a program: your own shell, inside

  sudo ip tuntap add tun9 mode tun user $USER
  sudo ip addr add 10.9.0.1/24 dev tun9
  sudo ip link set tun9 up
  handshook serve --echo --tun tun9 --address 10.9.0.2/24
      for the whole machine, until Ctrl-C

exit code: the program's own; 127 or 126 when it can't be found or started;
1 where there is no such network, or what was watched can't be written;
2 wrong usage; 130 after Ctrl-C, 143 after SIGTERM
"""


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "serve",
        help="a server on the engine, and a program of yours beside it",
        usage="handshook serve (--echo | --discard | --chargen | --dir DIR | --app APP)\n"
        "                       [options] [-- PROGRAM ARGUMENT...]",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    what = parser.add_argument_group("what is served").add_mutually_exclusive_group()
    what.add_argument(
        "--echo", action="store_const", const="echo", dest="service", help="send back what comes (port 7)"
    )
    what.add_argument(
        "--discard", action="store_const", const="discard", dest="service", help="read to the end, and close (port 9)"
    )
    what.add_argument(
        "--chargen",
        action="store_const",
        const="chargen",
        dest="service",
        help="write lines until the peer leaves (port 19)",
    )
    what.add_argument(
        "--dir", metavar="DIR", help="the files of a directory over HTTP (port 80); links that leave it lead nowhere"
    )
    what.add_argument("--app", metavar="APP", help="a WSGI or ASGI application over HTTP (port 80), as MODULE:NAME")
    _add_workers(parser)
    parser.add_argument(
        "--processes",
        metavar="N",
        type=process_count,
        default=1,
        help="N engines on a core each behind the one address, or auto for one on every core; draws no ladder",
    )
    parser.add_argument("--port", metavar="N", type=port_number, help="another port than the usual one")
    _add_beside(parser)
    add_watching(parser, "standard error")
    add_recording(parser)
    add_place(parser)
    parser.set_defaults(run=run, parser=parser, takes_command=True)


def _add_workers(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("with --app")
    group.add_argument(
        "--workers",
        metavar="WHO",
        help="asyncio: one event loop; thread: a thread for each connection; pool:N: N threads; one: one connection "
        "at a time (default: asyncio for ASGI, thread for WSGI)",
    )
    group.add_argument("--interface", choices=("wsgi", "asgi"), help="which it is, where looking at it can't tell")
    group.add_argument("--queue", metavar="N", type=int, help="connections that may wait for a thread of the pool (64)")
    group.add_argument(
        "--when-full",
        choices=("wait", "refuse", "shed-oldest"),
        help="a pool's queue is full and one more comes: leave it in the listener's backlog, reset it, or reset the "
        "one that has waited longest (default: wait)",
    )


def _add_beside(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("standing under a flood", "For what is served by the tool itself, not for --app.")
    group.add_argument(
        "--defence",
        metavar="RULES",
        nargs="?",
        const="",
        help="watch for floods and act against them, by a file of rules or the usual ones (docs/defence.md)",
    )
    group.add_argument("--events", metavar="FILE", help="with --defence: its log, JSON lines in the shape of EVE")
    group.add_argument("--control", metavar="PATH", help="a UNIX socket for `handshook top`")
    group.add_argument(
        "--metrics",
        metavar="WHERE",
        type=metrics_place,
        help="figures for Prometheus, at a port of 127.0.0.1 or a UNIX socket's path",
    )


def _beside(options: argparse.Namespace) -> dict[str, Any]:
    """What a plan needs to know of it; ends with a usage error where it can't be had."""
    from ..defence import Rules, RulesWrong, read_rules
    from ..serve.watched import Beside

    names = ("defence", "events", "control", "metrics")
    if options.app is not None:
        for name in names:
            if getattr(options, name) is not None:
                refuse(options, f"--{name} is not for --app")
        return {}
    if options.processes != 1:
        for name in names:
            if getattr(options, name) is not None:
                refuse(options, f"--{name} is for one engine: without --processes there is one")
    if options.events is not None and options.defence is None:
        refuse(options, "--events is the log of --defence")
    rules = None if options.defence is None else Rules()
    if options.defence:
        try:
            with open(options.defence, encoding="utf-8") as file:
                rules = read_rules(file.read())
        except RulesWrong as error:
            refuse(options, f"--defence {options.defence}, {error}")
        except (OSError, UnicodeDecodeError) as error:
            refuse(options, f"--defence {options.defence}: {getattr(error, 'strerror', None) or error}")
    return {"beside": Beside(rules, options.events, options.control, options.metrics)}


def metrics_place(text: str) -> str | int:
    """For argparse: a port, or a path."""
    return port_number(text) if text.isdigit() else text


def run(options: argparse.Namespace, command: tuple[str, ...]) -> int:
    """Runs the command."""
    _check_served(options)
    _check_workers(options)
    beside = _beside(options)
    check_watching(options)
    check_place(options, command)
    _check_processes(options)
    broken = breaking(options)
    shell = not command and options.tun is None
    if shell:
        command = (_own_shell(options),)

    from ..lab import PrivateNetworkEnded
    from ..serve import NoApplication, Plan, serve
    from ..session.team import TeamFailed

    try:
        plan = Plan(
            options.service,
            options.dir,
            options.port,
            command,
            processes=options.processes,
            rules=broken.rules,
            seed=broken.seed,
            **beside,
            **_application(options),
        )
    except NoApplication as error:
        complain(str(error))
        return FAILED
    place = open_place(options, options.processes)
    if place is None:
        return FAILED
    with place, contextlib.ExitStack() as after:
        watcher = None
        if not options.quiet and plan.processes == 1:
            watcher = make_watcher(options, sys.stderr, place.peer_name, shared=shell)
            after.callback(watcher.close)
        recording = open_recording(options, watcher, place.peer_name)
        if recording is None:
            return FAILED
        after.callback(recording.close)
        if shell:
            complain(f"your shell, in the private network; exit ends it. Here {plan.what} is at")
            complain(f"{place.addresses[0]} port {plan.at_port}: $HANDSHOOK_ADDRESS, $HANDSHOOK_PORT")
        try:
            code = serve(plan, place, observer=recording.observer, say=complain)
        except OSError as error:
            why = error.strerror or str(error)
            complain(f"{error.filename}: {why}" if error.filename in _own_files(options) else why)
            return FAILED
        except (PrivateNetworkEnded, NoApplication, TeamFailed) as error:
            complain(str(error))
            return FAILED
    for complaint in recording.complaints:
        complain(complaint)
    return code or unwritten(watcher)


def _own_shell(options: argparse.Namespace) -> str:
    """The user's, where there is no other program. Ends with a usage error where nobody could use it."""
    if not (os.isatty(0) and os.isatty(1)):
        refuse(options, "which program is the client? Name it after --, or start this at a terminal for a shell")
    return os.environ.get("SHELL") or "/bin/sh"


def _check_served(options: argparse.Namespace) -> None:
    if options.service is None and options.dir is None and options.app is None:
        refuse(options, "one of the arguments --echo --discard --chargen --dir --app is required")
    if options.dir is not None and not os.path.isdir(options.dir):
        there = os.path.lexists(options.dir)
        refuse(options, f"--dir {options.dir}: " + ("that is no directory" if there else "there is no such directory"))


def _own_files(options: argparse.Namespace) -> list[str]:
    return [str(name) for name in (options.events, options.control, options.metrics) if name]


def process_count(text: str) -> int:
    """For argparse: how many processes."""
    if text == "auto":
        return len(os.sched_getaffinity(0))
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"{text!r} is neither auto nor a number of processes: 1 to {MOST_PROCESSES}")
    return int(text)


def _check_processes(options: argparse.Namespace) -> None:
    if options.processes == 1:
        return
    for name in ("json", "explain", "headers", "pcap", "svg", "html"):
        if getattr(options, name):
            refuse(options, f"--{name} is for one engine: without --processes there is one")
    if options.tun is not None:
        refuse(options, "--processes is for a private network: a TUN device of yours is opened once")


def _check_workers(options: argparse.Namespace) -> None:
    for name in ("workers", "interface", "queue", "when_full"):
        if options.app is None and getattr(options, name) is not None:
            refuse(options, f"--{name.replace('_', '-')} is for --app")
    for name in ("queue", "when_full"):
        if getattr(options, name) is not None and not (options.workers or "").startswith("pool"):
            refuse(options, f"--{name.replace('_', '-')} is for --workers pool:N")
    if options.queue is not None and options.queue < 0:
        refuse(options, "--queue: none is 0")
    if options.workers is not None:
        from ..serve import Workers

        try:
            Workers.named(options.workers)
        except ValueError as error:
            refuse(options, f"--workers: {error}")


def _application(options: argparse.Namespace) -> dict[str, Any]:
    """What a plan needs to know of the application. Raises `NoApplication`."""
    from dataclasses import replace

    from ..serve import Workers, load

    if options.app is None:
        return {}
    application = load(options.app, options.interface)
    usual = "asyncio" if application.interface == "asgi" else "thread"
    workers = Workers.named(options.workers or usual)
    chosen = {name: getattr(options, name) for name in ("queue", "when_full") if getattr(options, name) is not None}
    return {"application": application, "workers": replace(workers, **chosen)}
