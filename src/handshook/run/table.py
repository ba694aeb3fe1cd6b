"""The table of a program's connections: each with whom, and its verdict in a sentence."""

from collections import Counter

from ..show.ink import Canvas, printable, wrap
from ..wire.addresses import spell
from .entries import Entries, Entry

MOST_ROWS = 50
_WIDEST_END = 28
_STYLES = {"closed": "green", "open": "green", "refused": "yellow", "given up": "yellow"}


def draw_table(entries: Entries, canvas: Canvas) -> list[str]:
    """The rows, for as many connections as a person reads; those that went wrong before those that went well."""
    if not entries.count:
        return [canvas.paint([("no connections", "dim")])]
    shown = _chosen(list(entries))
    ends = [_end(entry) for entry in shown]
    wide = min(max(len(end) for end in ends), _WIDEST_END)
    number = len(str(shown[-1].number)) + 1
    rows = []
    for entry, end in zip(shown, ends, strict=True):
        lines = wrap(printable(entry.sentence), max(20, canvas.width - number - wide - 4))
        head = end if len(end) <= wide else end[: wide - 1] + canvas.glyphs.dot
        style = _STYLES.get(entry.outcome, "red")
        for index, line in enumerate(lines):
            first = index == 0
            label = f"#{entry.number}".ljust(number) if first else " " * number
            rows.append(
                canvas.paint([(label + "  ", "dim"), ((head if first else "").ljust(wide) + "  ", ""), (line, style)])
            )
    rest = entries.count - len(shown)
    if rest:
        counted = Counter(entry.outcome for entry in entries)
        counted.subtract(entry.outcome for entry in shown)
        words = [f"{count} {outcome}" for outcome, count in counted.items() if count]
        if entries.forgotten:
            words.append(f"{entries.forgotten} of long ago")
        rows.append(canvas.paint([(f"and {rest} more: {', '.join(words)}", "dim")]))
    return rows


def _chosen(entries: list[Entry]) -> list[Entry]:
    if len(entries) <= MOST_ROWS:
        return entries
    wrong = [entry for entry in entries if entry.outcome not in ("closed", "open")][:MOST_ROWS]
    well = [entry for entry in entries if entry.outcome in ("closed", "open")][: MOST_ROWS - len(wrong)]
    return sorted(wrong + well, key=lambda entry: entry.number)


def _end(entry: Entry) -> str:
    end = spell(entry.remote)
    if entry.name:
        end = f"{entry.name}:{entry.remote[1]}"
    return end if entry.outward else f"{end} (in)"
