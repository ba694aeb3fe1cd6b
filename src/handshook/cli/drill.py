"""`handshook drill`, and the list of its drills: each is a module here that adds a command of its own."""

import argparse
from typing import Any

from . import drill_flood, drill_workers

DRILLS = (drill_workers, drill_flood)

DESCRIPTION = """
What becomes of a server when it gets hard, in figures: loads and attacks of the tool's own making, in a private network
that it makes for itself. No drill can be aimed at anything else."""

EPILOG = """\
examples:
  handshook drill workers
      one request takes long: what becomes of all the others
  handshook drill flood
      a SYN flood, and who is served meanwhile

Each drill has its own --help.

exit code: 0 it ran to its end, 1 it could not, 2 wrong usage,
130 after Ctrl-C, 143 after SIGTERM
"""


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "drill",
        help="a server when it gets hard, in figures",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    drills = parser.add_subparsers(title="drills", metavar="DRILL", required=True)
    for drill in DRILLS:
        drill.add_to(drills)
