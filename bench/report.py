"""From the rounds' figures to what is told: medians with their spread, ratios, verdicts, a table, a file."""

import json
import os
import platform
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .must import MUSTS, Must
from .rows import ALONE, ROW, ROWS, Missing, Value
from .stacks import OURS, PEERS

Round = dict[str, dict[str, Value]]


@dataclass(frozen=True)
class Spread:
    """A median, and the least and the most beside it."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread | None":
        """None of nothing."""
        return cls(statistics.median(values), min(values), max(values)) if values else None


class Figures:
    """All rounds of one run: `rounds[n][peer][row]`."""

    def __init__(self, rounds: list[Round], missing: dict[str, str]) -> None:
        self.rounds = rounds
        self.missing = missing
        self.peers = [peer.name for peer in PEERS if any(peer.name in one for one in rounds)]

    def values(self, peer: str, row: str) -> list[float]:
        """The peer's figures, round by round, where there are any."""
        found = (one.get(peer, {}).get(row) for one in self.rounds)
        return [value for value in found if isinstance(value, (int, float))]

    def ratios(self, peer: str, row: str, of: str = OURS) -> list[float]:
        """How many times better ours was, each within its round."""
        ratios = []
        for one in self.rounds:
            ours, theirs = one.get(of, {}).get(row), one.get(peer, {}).get(row)
            if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
                above, below = (ours, theirs) if ROW[row].more else (theirs, ours)
                if below > 0:
                    ratios.append(above / below)
        return ratios

    def why_missing(self, peer: str, row: str) -> str | None:
        """The reason of the last round that had none; None for a row that the peer is not asked for."""
        if peer in self.missing:
            return self.missing[peer]
        for one in reversed(self.rounds):
            value = one.get(peer, {}).get(row)
            if isinstance(value, Missing):
                return value.why
        return None


def judge(figures: Figures, must: Must) -> tuple[str, Spread | None, bool | None]:
    """What was asked, what was found, and whether it is enough; None where there is no figure."""
    row = ROW[must.row]
    if must.peer is None:
        found = Spread.of(figures.values(must.of, must.row))
        sign = "≤" if must.at_most else "≥"
        asked = f"{sign} {must.bound:,.10g} {row.unit}".rstrip()
    else:
        found = Spread.of(figures.ratios(must.peer, must.row, must.of))
        asked = f"≥ {must.bound:g} × {must.peer}"
    name = row.what if must.of == OURS else f"{row.what} ({must.of})"
    if found is None:
        return f"{name}: {asked}", None, None
    # Half a unit in the last place that is shown.
    slack = 0.05 if must.at_most and must.bound == 0 else 0.0
    enough = found.median <= must.bound + slack if must.at_most else found.median >= must.bound
    return f"{name}: {asked}", found, enough


def number(value: float) -> str:
    """Three figures, or all of a large number's."""
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def show(figures: Figures, console: Console) -> None:
    """The tables and the verdicts."""
    console.print(_table("Over a link", figures, ROWS, figures.peers))
    console.print("Each cell: the median, and × how many times better this engine was in the same round (least–most).")
    alone = [name for name in figures.peers if figures.values(name, ALONE[0].key)]
    if alone:
        console.print(_table("In memory, per second of one core", figures, ALONE, alone))
    reasons: dict[tuple[str, str], list[str]] = {}
    for peer in [*figures.peers, *figures.missing]:
        for row in ROWS if peer in figures.peers else ROWS[:1]:
            why = figures.why_missing(peer, row.key)
            if why is not None:
                reasons.setdefault((peer, why), []).append(row.key)
    for (peer, why), keys in reasons.items():
        rows = "every row" if peer in figures.missing else ", ".join(keys)
        console.print(f"[yellow]missing[/] {peer}, {rows}: {why}", highlight=False)
    verdicts = Table(title="What must be reached", title_justify="left")
    for heading in ("", "asked", "found (least–most)"):
        verdicts.add_column(heading)
    for must in MUSTS:
        asked, found, enough = judge(figures, must)
        mark = {True: "[green]reached[/]", False: "[red]missed[/]", None: "[yellow]no figure[/]"}[enough]
        verdicts.add_row(mark, asked, "" if found is None else _spread(found))
    console.print(verdicts)


def _spread(spread: Spread) -> str:
    median = number(spread.median)
    if spread.least == spread.most:
        return median
    return f"{median} ({number(spread.least)}–{number(spread.most)})"


def _table(title: str, figures: Figures, rows: list[Any], peers: list[str]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("row")
    for peer in peers:
        table.add_column(peer, justify="right")
    for row in rows:
        cells = []
        for peer in peers:
            value = Spread.of(figures.values(peer, row.key))
            if value is None:
                cells.append("missing" if figures.why_missing(peer, row.key) else "")
                continue
            cell = number(value.median)
            if peer == OURS:
                cell = _spread(value)
            elif (ratio := Spread.of(figures.ratios(peer, row.key))) is not None:
                cell += f" ×{_spread(ratio)}"
            cells.append(cell)
        table.add_row(f"{row.what}, {row.unit}", *cells)
    return table


def write(figures: Figures, path: Path, *, quick: bool) -> None:
    """Everything, for machines."""
    rows = {}
    for row in ROWS + ALONE:
        rows[row.key] = {
            "what": row.what,
            "unit": row.unit,
            "more_is_better": row.more,
            "peers": {peer: _cell(figures, peer, row.key) for peer in figures.peers},
        }
    verdicts = []
    for must in MUSTS:
        asked, found, enough = judge(figures, must)
        verdicts.append({"asked": asked, "found": found and vars(found), "reached": enough})
    document = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": _commit(),
        "machine": {"kernel": platform.release(), "cores": os.cpu_count(), "python": platform.python_version()},
        "quick": quick,
        "rounds": len(figures.rounds),
        "missing_peers": figures.missing,
        "rows": rows,
        "verdicts": verdicts,
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _cell(figures: Figures, peer: str, row: str) -> dict[str, Any]:
    values = figures.values(peer, row)
    cell: dict[str, Any] = {"values": values}
    if (value := Spread.of(values)) is not None:
        cell.update(vars(value))
        ratio = Spread.of(figures.ratios(peer, row)) if peer != OURS else None
        if ratio is not None:
            cell["ours_is_better_by"] = vars(ratio)
    elif (why := figures.why_missing(peer, row)) is not None:
        cell["missing"] = why
    return cell


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return done.stdout.strip()
