"""The table, and the chart: a row for each model, on which the clients stand in the order in which they came."""

from collections import Counter
from collections.abc import Sequence

from ..show.ink import ASCII, Canvas, Span, fit
from .clients import Fate
from .figures import Seconds, figures
from .job import Measured
from .words import brief

_NAME = 15
# A name in two lines, and how wide.
_COLUMNS = (
    ("", "served", 6), ("", "gave up", 7), ("", "reset", 6), ("wait", "p50", 6), ("", "p99", 6), ("work", "p50", 6),
    ("", "p99", 6), ("", "threads", 7), ("", "MB", 5),
)  # fmt: skip

# A glyph, the same in ASCII, and a colour.
_MARKS = {
    Fate.FINISHED: ("█", "#", "green"),
    Fate.TIMED_OUT: ("·", ".", "red"),
    Fate.REFUSED: ("×", "x", "yellow"),
    Fate.FAILED: ("?", "?", "magenta"),
}
# Several clients share a place: most of them had another fate, but not all.
_SOME = ("▄", "+", "green")


class Picture:
    """Draws on a canvas; every method returns lines."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._plain = canvas.glyphs is ASCII

    def head(self) -> list[str]:
        """The table's first lines."""
        lines: list[list[Span]] = [fit([], _NAME), fit([("model", "bold")], _NAME)]
        for *names, width in _COLUMNS:
            for row, name in zip(lines, names, strict=True):
                row += [(" ", ""), *fit([(str(name), "bold")], int(width), right=True)]
        return [self._canvas.paint(row) for row in lines]

    def row(self, measured: Measured) -> str:
        """One model's line of it."""
        found = figures(measured)
        waits = (found.wait_50, found.wait_99, found.service_50, found.service_99)
        cells = [f"{found.finished:,}", f"{found.timed_out:,}", f"{found.refused:,}", *map(self._seconds, waits)]
        cells += [f"{measured.threads:,}", f"{measured.memory / (1 << 20):.1f}"]
        row: list[Span] = fit([(measured.model.name, "")], _NAME)
        for text, (_, _, width) in zip(cells, _COLUMNS, strict=True):
            row += [(" ", ""), *fit([(text, "")], width, right=True)]
        return self._canvas.paint(row)

    def chart(self, all_measured: Sequence[Measured]) -> list[str]:
        """Each model's clients in the order of their coming, several to a place: the fate that most of them had."""
        load = all_measured[0].act.load
        places = min(load.clients, self._canvas.width - _NAME - 1)
        rows = [[self._place(measured, part) for part in _parts(load.clients, places)] for measured in all_measured]
        seen = {mark for row in rows for mark in row}
        legend: list[Span] = []
        for name, mark in (*((fate.value, self._mark(_MARKS[fate])) for fate in Fate), ("some", self._mark(_SOME))):
            legend += [("  ", ""), mark, (f" {name}", "")] if mark in seen else []
        lines = [self._canvas.paint([("the clients as they came:", ""), *legend])]
        slow = [any(map(load.is_slow, part)) for part in _parts(load.clients, places)]
        if any(slow) and not all(slow):
            pointer = "v" if self._plain else "▼"
            marks = "".join(pointer if each else " " for each in slow)
            lines.append(self._canvas.paint([*fit([("a slow one", "dim")], _NAME + 1), (marks, "dim")]))
        for measured, row in zip(all_measured, rows, strict=True):
            lines.append(self._canvas.paint([*fit([(measured.model.name, "")], _NAME + 1), *row]))
        return lines

    def _place(self, measured: Measured, part: range) -> Span:
        fates = Counter(measured.clients[number].fate for number in part)
        most = fates.most_common(1)[0][0]
        return self._mark(_SOME if fates[Fate.FINISHED] and most is not Fate.FINISHED else _MARKS[most])

    def _mark(self, mark: tuple[str, str, str]) -> Span:
        return mark[self._plain], mark[2]

    def _seconds(self, seconds: Seconds | None) -> str:
        if seconds is None:
            return "-" if self._plain else "–"
        sign = (">" if self._plain else "≥") if seconds.at_least else ""
        return sign + brief(seconds.value, "")


def _parts(clients: int, places: int) -> list[range]:
    """So many stretches of all the clients, as even as can be."""
    return [range(clients * place // places, clients * (place + 1) // places) for place in range(places)]
