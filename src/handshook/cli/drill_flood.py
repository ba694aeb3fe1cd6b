"""`handshook drill flood`."""

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from .watching import FAILED, complain, refuse

if TYPE_CHECKING:
    from ..drill.flood_job import Drilled
    from ..drill.flood_order import Order
    from ..show.ink import Canvas

DESCRIPTION = """
A flood against a server on the engine, while honest clients of the Linux kernel keep coming; all of it in a private
network that is made for it and has no way out. There is nothing to aim: the only target is the server in there."""

EPILOG = """\
defences:
  none         a SYN beyond the half-open queue is dropped
  short-timer  the same, and SYN,ACKs are given up sooner as the queue fills
  oldest       the oldest half-open entry makes room
  cache        half-open entries are kept small, and many
  cookies      when the queue is full, SYN cookies
  full         cookies, and the defence that watches, decides and acts

attacks:
  syn          SYNs from forged sources
  ack          ACKs from forged sources that guess cookies
  connect      connections from true addresses that never speak
  syn-rst      SYNs, each with a RST right behind it
  rst-fin      RSTs and FINs of no connection

examples:
  handshook drill flood
  handshook drill flood --defence none --rate 1000
  handshook drill flood --rate 50000 --count 200000 --compare
  handshook drill flood --attack connect --rate 500 --count 2000 --json

exit code: 0 it ran to its end, 1 it could not, 2 wrong usage,
130 after Ctrl-C, 143 after SIGTERM
"""
# Elsewhere than on a terminal, a word so often.
QUIET = 1.0


def add_to(drills: "argparse._SubParsersAction[Any]") -> None:
    """Adds the drill to the parser."""
    from ..drill.flood_order import ATTACKS, DEFENCES, HONEST_RATE

    parser = drills.add_parser(
        "flood",
        help="SYN floods and their kin: who is served meanwhile, and what it costs",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    parser.add_argument("--defence", choices=DEFENCES, default="full", help="what stands against it (default: full)")
    parser.add_argument("--attack", choices=ATTACKS, default="syn", help="what comes (default: syn)")
    parser.add_argument(
        "--rate", metavar="R", type=float, default=10_000.0, help="packets a second; 0: all it can (default: 10000)"
    )
    parser.add_argument("--count", metavar="N", type=int, default=50_000, help="packets in all (default: 50000)")
    parser.add_argument("--honest", metavar="R", type=float, default=HONEST_RATE, help="honest clients a second (100)")
    parser.add_argument("--ipv6", action="store_true", help="all of it over IPv6")
    parser.add_argument(
        "--hold", action="store_true", help="the server's program decides about each SYN before it is answered"
    )
    parser.add_argument(
        "--compare", action="store_true", help="every defence in turn, then the Linux kernel without and with cookies"
    )
    parser.add_argument("--link", choices=("auto", "tun", "veth"), default="auto", help="as for serve (default: auto)")
    show = parser.add_argument_group("showing")
    show.add_argument("--json", action="store_true", help="a JSON object for each defence, for machines")
    show.add_argument("--ascii", action="store_true", help="no characters beyond ASCII")
    parser.set_defaults(run=run, parser=parser, takes_command=False)


def run(options: argparse.Namespace, _: tuple[str, ...]) -> int:
    """Runs the drill."""
    from ..drill.flood_job import NotDrilled, drill, to_compare
    from ..drill.flood_words import table, title
    from ..lab import PrivateNetworkUnavailable
    from ..show.ink import canvas_for

    order = _order(options)
    canvas = canvas_for(sys.stderr, ascii=options.ascii or None)
    if not options.json:
        print(title(order), flush=True)
    drilled: list[Drilled] = []
    failed = False
    for each in to_compare(order) if options.compare else [order]:
        watching = _Gauge(each.defence, canvas, quiet=options.json)
        try:
            drilled.append(drill(each, watching))
        except PrivateNetworkUnavailable as unavailable:
            watching.clear()
            complain(f"no private network: {unavailable.reason}", cure=unavailable.cure)
            return FAILED
        except NotDrilled as error:
            watching.clear()
            complain(f"{each.defence}: {error}")
            failed = True
            continue
        watching.clear()
        if options.json:
            print(json.dumps(drilled[-1].record()), flush=True)
    if drilled and not options.json:
        print("\n".join(["", *table(drilled)]), flush=True)
    return FAILED if failed else 0


def _order(options: argparse.Namespace) -> "Order":
    from ..drill.flood_order import Order

    names = ("defence", "attack", "rate", "count", "honest", "ipv6", "hold", "link")
    try:
        return Order(**{name: getattr(options, name) for name in names})
    except ValueError as error:
        refuse(options, f"--{error}")


class _Gauge:
    """A line that is written over on a terminal, and a line now and then elsewhere; on standard error."""

    def __init__(self, name: str, canvas: "Canvas", *, quiet: bool) -> None:
        self._name = name
        self._canvas = canvas
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._told = time.monotonic()

    def __call__(self, word: dict[str, Any]) -> None:
        from ..drill.flood_words import gauge

        if self._quiet or (not self._live and time.monotonic() - self._told < QUIET):
            return
        self._told = time.monotonic()
        text = gauge(self._name, word, self._canvas)
        print(f"\r\033[K{text[: self._canvas.width - 1]}" if self._live else text, end="" if self._live else "\n",
              file=sys.stderr, flush=True)  # fmt: skip

    def clear(self) -> None:
        """The line is wanted for something else."""
        if self._live and not self._quiet:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
