"""`handshook demo`."""

import argparse
import sys
from typing import Any

from .watching import Help, add_watching, make_watcher

DESCRIPTION = """
Five short scenes, drawn as they happen: our engine on one side, the Linux kernel and real programs on the other, in a
private network that needs no root. Where that can't be had the same story runs between two engines, in virtual time."""

EPILOG = """\
examples:
  handshook demo
  handshook demo --no-explain --headers
  handshook demo --json | jq -r '[.scene, .outcome] | @tsv'
  handshook demo --memory

exit code: 0 every scene went as it says, 1 one did not, 2 wrong usage
"""


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "demo",
        help="five short scenes with the Linux kernel, drawn as they happen",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=Help,
        allow_abbrev=False,
    )
    add_watching(parser, "standard output", quiet=False)
    network = parser.add_argument_group("network").add_mutually_exclusive_group()
    network.add_argument(
        "--link",
        choices=("auto", "tun", "veth"),
        default="auto",
        help="what joins engine and kernel (default: auto, a TUN device where it can be had)",
    )
    network.add_argument("--memory", action="store_true", help="two engines on a link in memory, no kernel, no waiting")
    parser.set_defaults(run=run, parser=parser, takes_command=False)


def run(options: argparse.Namespace, _: tuple[str, ...]) -> int:
    """Runs the command."""
    from ..demo import demo
    from ..demo.teller import Teller

    with Teller(sys.stdout, json=options.json, make=lambda stream: make_watcher(options, stream, "kernel")) as teller:
        return 0 if demo(teller, link=None if options.memory else options.link) else 1
