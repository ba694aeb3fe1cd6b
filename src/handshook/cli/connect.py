"""`handshook connect`."""

import argparse
import contextlib
import json
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from ..session.place import Place
    from ..tcp.verdict import Verdict

DESCRIPTION = """
A connection by the engine, with standard input and output on it, as nc does: the end of the input finishes this
direction, and it ends when both are finished. The server is a program of yours, on the Linux kernel's side of a private
network; it is started first, awaited until it listens, and ended afterwards. Its output goes to standard error."""

EPILOG = """\
examples:
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' |
      handshook connect peer 8000 -- python3 -m http.server 8000
  echo hello | handshook connect --explain peer 7000 -- nc -l 7000
  handshook connect 2001:db8::1 8000 -- python3 -m http.server -b :: 8000
  handshook connect peer 81 < /dev/null
      nobody listens there: see how that looks
  handshook connect --tun tun9 --address 10.9.0.2/24 10.9.0.1 22
      a server of the machine itself, over a TUN device that you have

the server finds in its environment: HANDSHOOK_ADDRESS, HANDSHOOK_ADDRESS6 (us),
HANDSHOOK_PEER (itself) and HANDSHOOK_PORT

exit code: 0 both directions finished, 1 the connection or the output failed,
2 wrong usage, 127 or 126 when the server can't be found or started,
130 after Ctrl-C, 143 after SIGTERM, 141 when the reader of the output has left
"""


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "connect",
        help="a client on the engine, and a server of yours beside it",
        usage="handshook connect [options] HOST PORT [-- SERVER ARGUMENT...]",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    parser.add_argument("host", metavar="HOST", help="an address, or the word peer: the kernel's side, 198.51.100.1")
    parser.add_argument("port", metavar="PORT", type=port_number, help="1 to 65535")
    add_watching(parser, "standard error")
    add_recording(parser)
    add_place(parser)
    parser.set_defaults(run=run, parser=parser, takes_command=True)


def run(options: argparse.Namespace, command: tuple[str, ...]) -> int:
    """Runs the command."""
    check_watching(options)
    check_place(options, command)
    broken = breaking(options)
    host = _host(options)

    from ..connect import Plan, connect
    from ..lab import PrivateNetworkEnded

    place = open_place(options)
    if place is None:
        return FAILED
    with place, contextlib.ExitStack() as after:
        plan = Plan(_check_reach(options, place, host), options.port, command, rules=broken.rules, seed=broken.seed)
        watcher = None
        if not options.quiet:
            watcher = make_watcher(options, sys.stderr, place.peer_name)
            after.callback(watcher.close)
        recording = open_recording(options, watcher, place.peer_name)
        if recording is None:
            return FAILED
        after.callback(recording.close)
        try:
            ending = connect(plan, place, observer=recording.observer, say=complain)
        except OSError as error:
            complain(error.strerror or str(error))
            return FAILED
        except PrivateNetworkEnded as error:
            complain(str(error))
            return FAILED
        if ending.verdict is not None:
            recording.notes.append(ending.verdict.sentence)
            if options.json and not options.quiet:
                _print_verdict(ending.verdict)
    for complaint in recording.complaints:
        complain(complaint)
    return ending.code or unwritten(watcher)


def _host(options: argparse.Namespace) -> str:
    """The address that HOST means."""
    if options.host == "peer":
        if options.tun is not None:
            refuse(options, "peer is the kernel of a private network; with --tun HOST is an address")
        from ..lab.addresses import KERNEL4

        return KERNEL4
    try:
        return str(ip_address(options.host))
    except ValueError:
        refuse(options, f"HOST {options.host}: that is neither an address nor the word peer")


def _check_reach(options: argparse.Namespace, place: "Place", host: str) -> str:
    from ..wire.addresses import is_unicast

    address = ip_address(host)
    versions = {ip_address(own).version for own in place.addresses}
    if address.version not in versions:
        refuse(options, f"HOST {host}: the engine has no IPv{address.version} address here")
    if not is_unicast(address.packed) or host in place.addresses:
        refuse(options, f"HOST {host}: that is not the address of another host")
    return host


def _print_verdict(verdict: "Verdict") -> None:
    line = {"verdict": verdict.outcome.name, "sentence": verdict.sentence, "evidence": dict(verdict.evidence)}
    sys.stderr.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stderr.flush()
