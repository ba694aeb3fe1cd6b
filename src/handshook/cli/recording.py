"""What commands have in common that break connections and record them: rules, a capture, a picture, a page."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from .watching import complain, refuse

if TYPE_CHECKING:
    from ..fault import Rule
    from ..session.recording import Observer, Recording


@dataclass(frozen=True)
class Breaking:
    """The rules to begin with, and the seed of their lots; None for one that is drawn."""

    rules: tuple["Rule", ...] = ()
    seed: int | None = None


class _Rules(argparse.Action):
    """`--fault RULE`, again and again; `--fault help` prints what a rule may be."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        from ..fault import RuleError, help_text, parse

        if values == "help":
            self._help(parser, help_text())
        try:
            rule = parse(values)
        except RuleError as error:
            parser.error(f"{option} {error}")
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), rule])

    @staticmethod
    def _help(parser: argparse.ArgumentParser, table: str) -> NoReturn:
        print(f"a rule, such as: drop syn first 2 to 198.51.100.2:80\n\n{table}", flush=True)
        parser.exit()


def add_recording(parser: argparse.ArgumentParser) -> None:
    """The options."""
    group = parser.add_argument_group("breaking and recording")
    group.add_argument(
        "--fault",
        metavar="RULE",
        action=_Rules,
        dest="rules",
        default=[],
        help="break connections on purpose, such as 'drop syn first 2'; may be given again; "
        "--fault help lists all rules",
    )
    group.add_argument("--seed", metavar="N", type=int, help="what the rules draw, the same each time")
    group.add_argument("--pcap", metavar="FILE", help="write every packet to a pcapng file, each with a comment")
    group.add_argument("--svg", metavar="FILE", help="write the ladder as a picture")
    group.add_argument("--html", metavar="FILE", help="write the ladder and its sentences as a page")


def breaking(options: argparse.Namespace, *, names: bool = False) -> Breaking:
    """What the options ask for; with `names` rules may have names for addresses. Ends with a usage error where rules
    contradict each other.
    """
    from ..fault import RuleError
    from ..fault.contradictions import check

    rules: list[Rule] = options.rules
    if options.seed is not None and not rules:
        refuse(options, "--seed is for what --fault draws")
    for nth, rule in enumerate(rules):
        if not names and any(target is not None and target.is_name for target in (rule.to, rule.source)):
            refuse(options, f"--fault `{rule}`: no names here, only addresses")
        try:
            check(rule, rules[:nth])
        except RuleError as error:
            refuse(options, f"--fault {error}")
    return Breaking(tuple(rules), options.seed)


def open_recording(options: argparse.Namespace, watcher: "Observer | None", peer_name: str) -> "Recording | None":
    """What the options ask for; None after saying which file can't be written."""
    from ..session.recording import Recording
    from ..tcp.config import Config

    title = "handshook" if not options.rules else "handshook: " + ", ".join(map(str, options.rules))
    try:
        return Recording(
            watcher,
            pcap=options.pcap,
            svg=options.svg,
            html=options.html,
            page=title,
            peer_name=peer_name,
            msl=Config().msl,
        )
    except OSError as error:
        complain(f"{error.filename or options.pcap}: {error.strerror or error}")
    return None
