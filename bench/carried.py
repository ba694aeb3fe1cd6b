"""What it costs to have a program's connections carried on: `handshook run`, slirp4netns and pasta beside each other.

    python -m bench.carried [--rounds N] [--seconds S]

The client is `drivers/load.c`, the server `drivers/serve.c` on the kernel's sockets of the network that the three carry
on to; outright, the client is there as well. Each round has everybody's turn at every row, in an order that turns. Told
are medians and, for each, how many times as much as outright.
"""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable

from . import services
from .grounds import Failed, Ground
from .needs import BUILT, build
from .stacks import NUMBERS, _pasta, _slirp

ROWS = ("bulk out of the program, MB/s", "bulk into the program, MB/s", "cycles a second, 50 at once")


def outright(ground: Ground, mtu: int) -> None:
    """The client beside the server."""
    ground.open(link="veth")
    ground.others.append(ground.popen([str(BUILT / "serve"), *NUMBERS]).pid)
    ground.address = "127.0.0.1"


def run(ground: Ground, mtu: int) -> None:
    """Each client in a run of its own."""
    outright(ground, mtu)
    ground.into = [sys.executable, "-P", "-m", "handshook.cli", "run", "--quiet", "--"]
    ground.address = "198.51.100.2"


WHO: dict[str, tuple[Callable[[Ground, int], None], int]] = {
    "outright": (outright, 0),
    "handshook run": (run, 0),
    "slirp4netns": (_slirp, 65_521),
    "slirp4netns, MTU 1500": (_slirp, 1500),
    "pasta": (_pasta, 65_520),
    "pasta, MTU 1500": (_pasta, 1500),
}


def measure(ground: Ground, row: int, seconds: float) -> float:
    """One figure of one row. Raises `Failed`."""
    if row == 2:
        told = ground.ask("load", "cycles", ground.address, *_cycles(seconds))
        return float(told["cycles"] / told["secs"])
    port, word = (services.DISCARD, "into") if row == 0 else (services.CHARGEN, "outof")
    told = ground.ask("load", word, ground.address, str(port), str(seconds))
    return float(told["bytes"] / told["secs"] / 1e6)


def _cycles(seconds: float) -> list[str]:
    return [str(services.DISCARD), str(services.DISCARD_PORTS), "50", str(seconds)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    for name in ("load", "serve"):
        build(name, f"drivers/{name}.c", ["gcc", "-O2", "-Wall"])
    found: dict[tuple[str, int], list[float]] = {}
    for round_ in range(options.rounds):
        names = list(WHO)
        for name in names[round_ % len(names) :] + names[: round_ % len(names)]:
            start, mtu = WHO[name]
            ground = Ground()
            try:
                start(ground, mtu)
                ground.ask("load", "first", ground.address, str(services.DISCARD), "8")
                for row in range(len(ROWS)):
                    found.setdefault((name, row), []).append(measure(ground, row, options.seconds))
            except (Failed, OSError, subprocess.SubprocessError) as error:
                print(f"{name}: {error}", file=sys.stderr)
            finally:
                ground.close()
    tell(found)
    return 0


def tell(found: dict[tuple[str, int], list[float]]) -> None:
    """The table."""
    print(f"| | {' | '.join(ROWS)} |\n|---|{'---|' * len(ROWS)}")
    for name in WHO:
        cells = []
        for row in range(len(ROWS)):
            figures, base = found.get((name, row)), found.get(("outright", row))
            if not figures or not base:
                cells.append("")
                continue
            middle = statistics.median(figures)
            cells.append(f"{middle:,.0f} ({middle / statistics.median(base):.2f} of outright)")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    sys.exit(main())
