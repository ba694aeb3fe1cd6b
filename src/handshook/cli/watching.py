"""What all commands have in common: how the ladder is shown, where the engine stands, how errors are said."""

import argparse
import contextlib
import sys
from typing import IO, TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from ..session.place import Place
    from ..show.watch import Watcher

FAILED = 1


def add_watching(parser: argparse.ArgumentParser, where: str, *, quiet: bool = True) -> None:
    """The options that choose how what happens is shown; `where` says on which stream."""
    group = parser.add_argument_group(
        "watching", f"The ladder goes to {where}, in colour on a terminal; NO_COLOR is heeded."
    )
    if quiet:
        group.add_argument("--quiet", action="store_true", help="draw nothing")
        group.add_argument("--explain", action="store_true", help="a sentence with each step: what it does, and why")
    else:
        group.add_argument(
            "--explain",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="a sentence with each step: what it does, and why (default: yes)",
        )
    group.add_argument("--headers", action="store_true", help="each segment's header, field by field")
    group.add_argument("--json", action="store_true", help="a JSON object a line, for machines")
    group.add_argument("--ascii", action="store_true", help="no characters beyond ASCII")


def add_place(parser: argparse.ArgumentParser) -> None:
    """The options that choose where the engine stands."""
    group = parser.add_argument_group(
        "network",
        "By default a private network, gone when this ends: the engine is 198.51.100.2 and 2001:db8::2, "
        "the Linux kernel 198.51.100.1 and 2001:db8::1.",
    )
    group.add_argument(
        "--link",
        choices=("auto", "tun", "veth"),
        default="auto",
        help="what joins the two: a TUN device, or a veth pair where that can't be had (default: auto)",
    )
    group.add_argument(
        "--tun", metavar="NAME", help="no private network, but this TUN device, which must exist and be up"
    )
    group.add_argument(
        "--address",
        metavar="CIDR",
        action="append",
        default=[],
        help="with --tun: the engine's own address there, one that the kernel sends to the device and does not have "
        "itself, such as 10.0.0.2/24 (the prefix may be left out); may be given twice, for IPv4 and IPv6",
    )


def check_watching(options: argparse.Namespace) -> None:
    """Ends with a usage error where the options contradict each other."""
    for name in ("json", "explain", "headers"):
        if options.quiet and getattr(options, name):
            refuse(options, f"--quiet draws nothing, so --{name} has nothing to do")


def check_place(options: argparse.Namespace, command: tuple[str, ...]) -> None:
    """Ends with a usage error where the options contradict each other."""
    from ipaddress import ip_interface

    from ..wire.addresses import is_unicast

    if options.tun is None:
        if options.address:
            refuse(options, "--address is for --tun; in a private network the addresses are fixed")
        return
    if not options.address:
        refuse(options, "--tun needs --address: the engine's own address on that device")
    if options.link != "auto":
        refuse(options, "--link is for a private network, --tun for a device outside of one")
    if command:
        refuse(options, "a command can only run in a private network; without --tun there is one")
    versions = set()
    for address in options.address:
        try:
            own = ip_interface(address)
        except ValueError:
            refuse(options, f"--address {address}: that is not an address, such as 10.0.0.2/24")
        if not is_unicast(own.packed):
            refuse(options, f"--address {address}: no host can have that address (multicast, broadcast or unspecified)")
        if own.version in versions:
            refuse(options, f"--address {address}: a second IPv{own.version} address; one of each version can be given")
        versions.add(own.version)


def open_place(options: argparse.Namespace, queues: int = 1) -> "Place | None":
    """The place that the options ask for, its link with so many queues; None after saying why it can't be had."""
    from ..lab import PrivateNetworkUnavailable
    from ..session.place import Place

    try:
        if options.tun is None:
            return Place.private(options.link, queues)
        return Place.attached(options.tun, options.address)
    except PrivateNetworkUnavailable as unavailable:
        complain(f"no private network: {unavailable.reason}", cure=unavailable.cure)
    except ValueError as error:
        refuse(options, f"--address {error}")
    except OSError as error:
        where = "no private network" if options.tun is None else f"--tun {options.tun}"
        complain(f"{where}: {error.strerror or error}")
    return None


def make_watcher(
    options: argparse.Namespace, stream: IO[str], peer_name: str, *, shared: bool = False, sentences: bool = False
) -> "Watcher":
    """The watcher that the options ask for; `shared` as the `Watcher` has it, `sentences` whatever the options say."""
    from ..show.watch import Watcher
    from ..tcp.config import Config

    return Watcher(
        stream,
        ascii=options.ascii or None,
        sentences=options.explain or sentences,
        headers=options.headers,
        json=options.json,
        peer_name=peer_name,
        msl=Config().msl,
        shared=shared,
    )


def unwritten(watcher: "Watcher | None") -> int:
    """After all is watched: 1, and a word, when not all could be written, else 0. A reader who left wanted no more."""
    if watcher is None or watcher.failure is None or isinstance(watcher.failure, BrokenPipeError):
        return 0
    complain(f"what happened could not be written whole: {getattr(watcher.failure, 'strerror', watcher.failure)}")
    return FAILED


def refuse(options: argparse.Namespace, text: str) -> NoReturn:
    """Wrong usage: says what is wrong, and ends with 2."""
    options.parser.error(text)
    raise SystemExit(2)


def complain(text: str, *, cure: str = "") -> None:
    """One line to the user, and below it what to do."""
    to_stderr(f"handshook: {text}\n" + (f"           {cure}\n" if cure else ""))


def to_stderr(text: str) -> None:
    """Text to standard error, in one piece: a program beside us may write there, too."""
    # On a full disk, say, there is nobody to tell that nobody can be told.
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def port_number(text: str) -> int:
    """For argparse: a port."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 1 to 65535")
    return int(text)
