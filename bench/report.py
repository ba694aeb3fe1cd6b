"""What is told of a run: the tables and the verdicts on the terminal, everything in a file."""

import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .figures import Figures, Spread, judge
from .must import MUSTS
from .rows import ALONE, ROWS, Row
from .stacks import OURS


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


def _table(title: str, figures: Figures, rows: list[Row], peers: list[str]) -> Table:
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
