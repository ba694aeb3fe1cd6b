"""Tells the story: headings, ladders and what came of each scene, as text or as JSON, a line each.

With JSON each step is the watcher's own line (show.record) with the number of its `scene` before it; a scene begins and
ends with a line that has an `event`: {"scene": 1, "event": "begins", "title": ..., "text": ...} and
{"scene": 1, "event": "ends", "ok": ..., "seen": ..., "verdict": ...}. Before all comes {"event": "stage", ...}, after
all {"event": "summary", "ok": ..., "seconds": ...}.
"""

import json
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, cast

from ..host.step import Step
from ..show.ink import printable, wrap
from ..tcp.verdict import Verdict

if TYPE_CHECKING:
    from ..show.watch import Watcher


class Teller:
    """Writes to a stream; an observer for the engine, too. `make` makes the watcher for the stream it is given.

    Whatever cannot be written, because the reader has left, is raised as the watcher met it.
    """

    def __init__(self, stream: IO[str], *, json: bool, make: Callable[[IO[str]], "Watcher"]) -> None:
        self._stream = stream
        self._json = json
        self._scene = 0
        self._watcher = make(cast(IO[str], _Numbered(stream, lambda: self._scene)) if json else stream)
        self._canvas = self._watcher.canvas

    def __call__(self, step: Step) -> None:
        self._watcher(step)

    @property
    def width(self) -> int:
        """The columns that a line may have."""
        return self._canvas.width

    def check(self) -> None:
        """Raises what has kept the watcher from writing."""
        if self._watcher.failure is not None:
            raise self._watcher.failure

    def begin(self, number: int, count: int, title: str, text: str) -> None:
        """A scene begins."""
        self._scene = number
        if self._json:
            self._record(event="begins", title=title, text=text)
            return
        line = self._canvas.glyphs.line
        head = f"{line * 2} {number} of {count} "
        rest = line * max(2, self._canvas.width - len(head) - len(title) - 1)
        self._write(
            "",
            self._canvas.paint([(head, "dim"), (f"{title} ", "bold"), (rest, "dim")]),
            *self._paragraph(text),
            # The watcher's own first words, the legend, follow the first of them.
            *([""] if number == 1 else []),
        )

    def part(self, peer_name: str, text: str = "") -> None:
        """Who is at the other end from now on, and what comes next."""
        self._watcher.peer_name = peer_name
        if text and not self._json:
            self._write("", *self._paragraph(text))

    def end(self, ok: bool, seen: str, verdict: Verdict | None = None) -> None:
        """A scene has ended."""
        if self._json:
            self._record(event="ends", ok=ok, seen=seen, verdict=None if verdict is None else _plain(verdict))
            return
        word, style = ("Seen", "bold green") if ok else ("Not as said", "bold red")
        first, *rest = wrap(printable(f"{word}: {seen}"), self._canvas.width)
        self._write("", self._canvas.paint([(word, style), (first[len(word) :], "")]), *rest)
        self._scene = 0

    def say(self, text: str, **facts: Any) -> None:
        """A paragraph; for machines, the facts that it is about."""
        if self._json:
            self._scene = 0
            self._record(**facts)
        else:
            self._write(*self._paragraph(text))

    def plain(self, *lines: str) -> None:
        """Lines as they are, for people only."""
        if not self._json:
            self._write(*lines)

    def close(self) -> None:
        """Says what was not drawn."""
        self._watcher.close()

    def __enter__(self) -> "Teller":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _paragraph(self, text: str) -> list[str]:
        return wrap(printable(text), self._canvas.width)

    def _record(self, **facts: Any) -> None:
        row = {"scene": self._scene, **facts} if self._scene else facts
        self._write(json.dumps(row, separators=(",", ":")))

    def _write(self, *lines: str) -> None:
        self.check()
        self._stream.write("".join(f"{line}\n" for line in lines))
        self._stream.flush()


def _plain(verdict: Verdict) -> dict[str, object]:
    return {"outcome": verdict.outcome.name, "sentence": verdict.sentence, "evidence": dict(verdict.evidence)}


class _Numbered:
    """A stream that puts the scene's number first in each object that is written to it."""

    def __init__(self, stream: IO[str], number: Callable[[], int]) -> None:
        self._stream = stream
        self._number = number

    def write(self, text: str) -> int:
        """Whole lines, each an object."""
        first = f'{{"scene":{self._number()},'
        return self._stream.write("".join(first + line[1:] for line in text.splitlines(keepends=True)))

    def flush(self) -> None:
        """As the stream's."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Machines read this."""
        return False
