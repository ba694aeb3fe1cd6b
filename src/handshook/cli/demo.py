"""`handshook demo`."""

import argparse
import sys
from typing import Any

from .called import called
from .watching import FAILED, add_watching, complain, make_watcher, refuse

DESCRIPTION = """
Five short scenes, drawn as they happen: our engine on one side, the Linux kernel and real programs on the other, in a
private network that needs no root. Where that can't be had the same story runs between two engines, in virtual time."""

EPILOG = """\
examples:
  handshook demo
  handshook demo --no-explain --headers
  handshook demo --json | jq -r '[.scene, .outcome] | @tsv'
  handshook demo --memory

exit code: 0 every scene went as it says, 1 one did not, or the network that
--link names can't be had, 2 wrong usage, 130 after Ctrl-C, 143 after SIGTERM
"""


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "demo",
        help="five short scenes with the Linux kernel, drawn as they happen",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    add_watching(parser, "standard output", quiet=False)
    network = parser.add_argument_group("network").add_mutually_exclusive_group()
    network.add_argument(
        "--link",
        choices=("auto", "tun", "veth"),
        default="auto",
        help="what joins engine and kernel (default: auto, the first that can be had, or else memory)",
    )
    network.add_argument("--memory", action="store_true", help="two engines on a link in memory, no kernel, no waiting")
    parser.add_argument("--seed", metavar="N", type=int, help="with --memory: the same numbers each time")
    parser.set_defaults(run=run, parser=parser, takes_command=False)


def run(options: argparse.Namespace, _: tuple[str, ...]) -> int:
    """Runs the command."""
    if options.seed is not None and not options.memory:
        refuse(options, "--seed is for --memory; a real kernel draws its own numbers")

    from ..demo import demo
    from ..demo.teller import Teller
    from ..lab import PrivateNetworkEnded, PrivateNetworkUnavailable

    link = None if options.memory else options.link
    with Teller(sys.stdout, json=options.json, make=lambda stream: make_watcher(options, stream, "kernel")) as teller:
        try:
            return 0 if demo(teller, link=link, seed=options.seed, command=called()) else FAILED
        except PrivateNetworkUnavailable as unavailable:
            complain(f"no private network: {unavailable.reason}", cure=unavailable.cure)
        except PrivateNetworkEnded as error:
            complain(str(error))
        return FAILED
