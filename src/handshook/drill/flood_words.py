"""A flood drill in words: the gauge while it lasts, the table when it is over."""

from collections.abc import Sequence
from typing import Any

from ..show.ink import Canvas
from .flood_job import Drilled
from .flood_order import Order

NAMES = {"kernel": "Linux, no cookies", "kernel-cookies": "Linux, cookies"}
WHAT = {
    "syn": "SYNs from forged sources",
    "ack": "ACKs that guess, from forged sources",
    "connect": "connections that never speak, from true addresses",
    "syn-rst": "SYNs and their RSTs from forged sources",
    "rst-fin": "RSTs and FINs from forged sources",
}
BAR = 20
HEAD = ("defence", "honest served", "p50", "p99", "half-open", "memory", "CPU/packet", "recovered")


def title(order: Order) -> str:
    """What is about to happen."""
    rate = f"{order.rate:,.0f} a second" if order.rate else "as fast as they can be sent"
    version = "IPv6, " if order.ipv6 else ""
    return f"{order.count:,} {WHAT[order.attack]}, {version}{rate}; meanwhile {order.honest:g} honest clients a second"


def gauge(name: str, word: dict[str, Any], canvas: Canvas) -> str:
    """How it stands: the fill of the half-open queue, packets, what became of the honest in the last second."""
    full, empty = ("#", ".") if canvas.glyphs.lane == "|" else ("█", "░")
    filled = min(BAR, round(BAR * word["half_open"] / word["room"]))
    bar = full * filled + empty * (BAR - filled)
    state = f", {word['state']}" if word["state"] else ""
    return (
        f"{NAMES.get(name, name):16} {word['at']:5.1f} s {word['gauge']:8} half-open {bar} {word['half_open']:5}, "
        f"{word['packets']:>9,} packets; honest: {word['served']:3} served, {word['lost']:3} lost{state}"
    )


def table(drilled: Sequence[Drilled]) -> list[str]:
    """The figures, a line for each."""
    rows = [HEAD, *(_row(each) for each in drilled)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def _row(each: Drilled) -> tuple[str, ...]:
    share = f" ({100 * each.served / each.honest:.0f} %)" if each.honest else ""
    return (
        NAMES.get(each.order.defence, each.order.defence),
        f"{each.served} of {each.honest}{share}",
        _milliseconds(each.p50),
        _milliseconds(each.p99),
        f"{each.half_open_peak:,}",
        "-" if each.memory_growth is None else f"{each.memory_growth / 2**20:+.2f} MB",
        "-" if each.cpu_per_packet is None else f"{each.cpu_per_packet * 1e6:.1f} us",
        "shut" if each.recovery is None else f"{each.recovery:.2f} s",
    )


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f} ms"
