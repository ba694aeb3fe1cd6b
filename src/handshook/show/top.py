"""The live view of a stack: how full its queues are, who is half-way and for how long, what became of cookies, what was
dropped and why. Drawn from figures alone, so that it may be another process's stack."""

from typing import Any

from ..outcomes import Outcome
from .figures import COOKIES, DROPS
from .ink import Canvas

BAR = 24


def draw(now: dict[str, Any], before: dict[str, Any] | None, seconds: float, canvas: Canvas) -> list[str]:
    """The lines of one look; rates are over the `seconds` since the look `before`."""
    ascii = canvas.glyphs.lane == "|"
    full, empty = ("#", ".") if ascii else ("█", "░")
    rates = _Rates(now["counters"], (before or now)["counters"], seconds)
    states = ", ".join(f"{count:,} {name}" for name, count in sorted(now["states"].items())) or "no connections"
    lines = [states]
    if (defence := now["defence"]) is not None:
        firing = f": {', '.join(defence['firing'])}" if defence["firing"] else ""
        lines.append(f"defence {defence['state']}{firing}; {defence['bans']:,} bans, {defence['limits']:,} limits; "
                     f"turned away {defence['banned']:,} banned, {defence['limited']:,} limited")  # fmt: skip
    for each in now["listeners"]:
        where = f"port {each['port']}" + (f" of {each['address']}" if each["address"] else "")
        for name, taken, room in (
            ("half-open", each["half_open"], each["half_open_limit"]),
            ("to accept", each["waiting"], each["backlog"]),
        ):
            filled = min(BAR, -(-BAR * taken // max(1, room)))
            lines.append(f"{where:10}  {name}  {full * filled}{empty * (BAR - filled)} {taken:,} of {room:,}")
            where = ""
    ages = now["half_open_ages"]
    if ages["+Inf"]:
        parts, last = [], 0
        for most, count in ages.items():
            if count - last:
                parts.append(f"{count - last:,} " + ("older" if most == "+Inf" else f"up to {most} s"))
            last = count
        lines.append(f"half-open by age: {', '.join(parts)}")
        lines += [
            f"  {each['remote']:>42}  {each['age']:6.1f} s  {each['retries']} retries" for each in now["half_open"][:5]
        ]
    lines += rates.lines("cookies", [outcome.name for outcome in COOKIES])
    lines += rates.lines("dropped", [outcome.name for outcome in DROPS])
    busy = ("SYN_ANSWERED", "ESTABLISHED_PASSIVE", "HALF_OPEN_GIVEN_UP", "HALF_OPEN_RESET", "LISTEN_ACK_RESET")
    lines += rates.lines("opening", list(busy))
    return [line[: canvas.width] for line in lines]


class _Rates:
    """Counters, and how fast they grow."""

    def __init__(self, now: dict[str, int], before: dict[str, int], seconds: float) -> None:
        self._now = now
        self._before = before
        self._seconds = seconds

    def lines(self, title: str, names: list[str]) -> list[str]:
        """A line for each of them that is not 0."""
        found = [name for name in names if self._now.get(name)]
        return ([title] if found else []) + [
            f"  {name:28} {self._now[name]:>12,}  {self._rate(name):>9,.0f}/s  {Outcome[name].meaning}"
            for name in found
        ]

    def _rate(self, name: str) -> float:
        return (self._now[name] - self._before.get(name, 0)) / self._seconds if self._seconds > 0 else 0.0
