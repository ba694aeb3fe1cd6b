"""`handshook drill workers`."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from .watching import FAILED, complain, refuse

if TYPE_CHECKING:
    from ..drill.job import Measured
    from ..drill.load import Act
    from ..drill.models import Model

DESCRIPTION = """
What happens to the second request while the first is being worked on? The same clients, of the Linux kernel, come to
the same port of the engine, served in turn one at a time, by a thread for each, by a pool of threads with a queue, by
an event loop. First a few requests take long among many quick ones; then a crowd comes at once, and everything takes
long."""

EPILOG = """\
models:
  one              one connection at a time
  thread           a thread for each connection
  pool:N:wait      N threads, a queue of N; when that is full, the next waits in
                   the listener's backlog
  pool:N:refuse    the next is reset
  pool:N:shed      the one that has waited longest is reset, and the next queued
  asyncio          one event loop, handlers that await
  asyncio:block    one event loop, handlers that block it

examples:
  handshook drill workers
  handshook drill workers --models one,pool:4:refuse --slow 5 --timeout 2
  handshook drill workers --crowd 5000 --models thread,asyncio
  handshook drill workers --json | jq -r '[.model, .act, .finished] | @tsv'

exit code: 0 every model was measured, 1 one could not be, 2 wrong usage,
130 after Ctrl-C, 143 after SIGTERM
"""


def add_to(drills: "argparse._SubParsersAction[Any]") -> None:
    """Adds the drill to the parser."""
    from ..drill.models import USUAL

    parser = drills.add_parser(
        "workers",
        help="one request takes long: what becomes of the others, on each way to serve",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    load = parser.add_argument_group("the load")
    load.add_argument("--clients", metavar="N", type=int, default=200, help="how many come (default: 200)")
    load.add_argument("--rate", metavar="R", type=float, default=100, help="how many a second (default: 100)")
    load.add_argument("--handler", metavar="T", type=float, default=0.005, help="a request's work, seconds (0.005)")
    load.add_argument("--slow-share", metavar="P", type=float, default=0.01, help="this share is slow (0.01)")
    load.add_argument("--slow", metavar="T", type=float, default=1.5, help="a slow request's work, seconds (1.5)")
    load.add_argument("--timeout", metavar="T", type=float, default=1.0, help="a client gives up after (1.0)")
    load.add_argument(
        "--crowd",
        metavar="N",
        type=int,
        default=2000,
        help="then so many come within a second, all slow, and wait for twice a slow one's work; 0 for none (2000)",
    )
    parser.add_argument("--models", metavar="NAME,...", default=",".join(USUAL), help="which of the models (all)")
    show = parser.add_argument_group("showing", "In colour on a terminal; NO_COLOR is heeded.")
    show.add_argument("--json", action="store_true", help="a JSON object for each model and load, for machines")
    show.add_argument("--ascii", action="store_true", help="no characters beyond ASCII")
    parser.set_defaults(run=run, parser=parser, takes_command=False)


def run(options: argparse.Namespace, _: tuple[str, ...]) -> int:
    """Runs the drill."""
    models, acts = _models(options), _acts(options)

    from ..drill.job import NotMeasured, measure
    from ..lab import PrivateNetworkUnavailable

    teller = _Teller(options)
    failed = False
    for act in acts:
        teller.open(act)
        for model in models:
            try:
                teller.tell(measure(model, act))
            except PrivateNetworkUnavailable as unavailable:
                complain(f"no private network: {unavailable.reason}", cure=unavailable.cure)
                return FAILED
            except NotMeasured as error:
                complain(f"{model.name}: {error}")
                failed = True
        teller.close()
    return FAILED if failed else 0


class _Teller:
    """Each row as soon as there is one; the chart and the sentences when an act is over."""

    def __init__(self, options: argparse.Namespace) -> None:
        from ..drill.picture import Picture
        from ..show.ink import canvas_for

        self._json = options.json
        self._canvas = canvas_for(sys.stdout, ascii=options.ascii or None)
        self._picture = Picture(self._canvas)
        self._acts = 0
        self._told: list[Measured] = []

    def open(self, act: "Act") -> None:
        """What comes."""
        from ..drill.words import opening

        if not self._json:
            self._print(*([""] if self._acts else []), *self._wrapped(opening(act)), "", *self._picture.head())
        self._acts += 1

    def tell(self, measured: "Measured") -> None:
        """A model's row."""
        if self._json:
            from ..drill.figures import record
            from ..drill.words import sentence

            self._print(json.dumps(record(measured, sentence(measured)), separators=(",", ":")))
        else:
            self._print(self._picture.row(measured))
            self._told.append(measured)

    def close(self) -> None:
        """The chart, and a sentence on each."""
        from ..drill.words import sentence

        if self._told:
            self._print("", *self._picture.chart(self._told), "")
            for measured in self._told:
                self._print(*self._wrapped(f"{measured.model.name}: {sentence(measured)}"))
        self._told = []

    def _wrapped(self, text: str) -> list[str]:
        from ..show.ink import wrap

        first, *rest = wrap(text, self._canvas.width - 2)
        return [first, *(f"  {line}" for line in rest)]

    def _print(self, *lines: str) -> None:
        print(*lines, sep="\n", flush=True)


def _models(options: argparse.Namespace) -> "list[Model]":
    from ..drill.models import Model

    try:
        return [Model.named(name) for name in options.models.split(",")]
    except ValueError as error:
        refuse(options, f"--models: {error}")


def _acts(options: argparse.Namespace) -> "list[Act]":
    """What comes, one load after the other; ends with a usage error for what can't be."""
    from ..drill.load import Act, Load, crowd

    try:
        load = Load(options.clients, options.rate, options.handler, options.slow_share, options.slow, options.timeout)
        return [Act("slow", load), *([Act("crowd", crowd(load, options.crowd))] if options.crowd else [])]
    except ValueError as error:
        refuse(options, str(error))
