"""What the commands hang on a stack: `stack.observe(Watcher(stream))` draws each connection as its own ladder, live.

Steps are sorted by four-tuple, and by incarnation where one is used again. While connections overlap, a
line with the other's number and ends stands wherever the picture changes from one to another. However many
there are, only so many are remembered; the rest is counted and said so at the end.
"""

import json
import sys
from collections import OrderedDict
from typing import IO, Any

from ..host.step import Step
from ..outcomes import DROPS, Outcome
from ..tcp.verdict import Verdict
from ..wire.addresses import spell
from .conversation import Conversation, Moment
from .explain import explain
from .ink import Span, canvas_for, printable, wrap
from .ladder import TIME, Ladder, Shown, legend
from .loose import to_everybody
from .manner import manner_of
from .record import record
from .verdict import draw_verdict

# A person reads a few at a time; a machine (`json`) may want the numbers of many.
MOST_DRAWN = 64
MOST_COUNTED = 4096
MOST_TRIED = 64


class _Watched:
    """One connection: its number, what is known of it, and its ladder."""

    def __init__(self, number: int, conversation: Conversation, ladder: Ladder | None) -> None:
        self.number = number
        self.conversation = conversation
        self.ladder = ladder


class Watcher:
    """An observer that writes what it sees to a stream, line by line as it happens.

    `width` is in columns; it, `color` and `ascii` are found out from the stream and the environment
    (`COLUMNS`, `NO_COLOR`) where they aren't given. `sentences` adds one on each step, `headers` each
    segment's header, `shown` chooses the sequence numbers. `json` writes one object a line instead
    (show.record). `most` connections are remembered at once; steps of further ones are counted in `untold`.
    `local_name` and `peer_name` may be set anew at any time; ladders that begin later bear them. `msl` is the stack's,
    for the sentences. With `shared` somebody else, such as a shell, writes to the same terminal: what there is to show
    is held back until `rest`, and then begins on a line of its own. What was sent to everybody and came to nothing
    (multicast) is not drawn.

    A stream that is closed or full ends the watching, not the connection: the error is kept in `failure`.
    """

    def __init__(
        self,
        stream: IO[str] | None = None,
        *,
        width: int | None = None,
        color: bool | None = None,
        ascii: bool | None = None,
        sentences: bool = False,
        headers: bool = False,
        json: bool = False,
        shown: Shown = Shown.BOTH,
        local_name: str = "handshook",
        peer_name: str = "peer",
        most: int | None = None,
        msl: float | None = None,
        shared: bool = False,
    ) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.canvas = canvas_for(self.stream, width=width, color=color, ascii=ascii)
        self.local_name = local_name
        self.peer_name = peer_name
        self.connections = 0
        self.untold = 0
        self.failure: OSError | ValueError | None = None
        self._sentences = sentences
        self._headers = headers
        self._json = json
        self._shown = shown
        self._most = most if most is not None else MOST_COUNTED if json else MOST_DRAWN
        self._watched: OrderedDict[tuple[object, object], _Watched] = OrderedDict()
        self._drawn: _Watched | None = None
        self._start: float | None = None
        self._msl = msl
        self._shared = shared
        self._held: list[str] = []
        self._legend_shown = False

    def __call__(self, step: Step) -> None:
        """Takes one step; this is what `stack.observe` calls."""
        if self._start is None:
            self._start = step.time
        if step.local is None or step.remote is None or int(step.outcome) in DROPS:
            self._take_loose(step)
            return
        watched = self._find(step)
        if watched is None:
            self.untold += 1
            if self._json:
                self._write_record(Moment(step, step.segment), None)
            return
        moment = watched.conversation.take(step)
        if self._json:
            self._write_record(moment, watched.number)
        else:
            self._draw(watched, moment)

    def say(self, text: str) -> None:
        """A paragraph between ladders, as a heading; nothing where lines for machines are written."""
        if self._json:
            return
        lines = wrap(printable(text), self.canvas.width)
        self._write(["", *(self.canvas.paint([(line, "bold")]) for line in lines)])
        self._drawn = None

    def verdict(self, verdict: Verdict) -> None:
        """How a connection went, below its ladder."""
        if not self._json:
            self._write(draw_verdict(verdict, self.canvas))

    def rest(self) -> None:
        """Nothing more is to be shown for now: what was held back is written at once, below whatever stands there."""
        held, self._held = self._held, []
        if held:
            self._put(["", *held])

    def close(self) -> None:
        """Says what was counted and not drawn."""
        self.rest()
        if self.untold and not self._json:
            many = f"{self.untold} more steps are of connections beyond the {self._most} followed at once"
            self._put([self.canvas.paint([(line, "dim")]) for line in wrap(many, self.canvas.width)])

    def _find(self, step: Step) -> _Watched | None:
        """The connection that a step belongs to, a new one if need be; None when too many are under way."""
        key = (step.local, step.remote)
        watched = self._watched.get(key)
        if watched is not None and not watched.conversation.begins_anew(step):
            return watched
        if watched is None:
            # A time-out or a call can't be the first of a connection, only the rest of a forgotten one.
            if step.frame is None and step.outcome is not Outcome.CALLED_CONNECT:
                return None
            if len(self._watched) >= self._most and not self._forget_one():
                return None
        self.connections += 1
        conversation = Conversation(step, msl=self._msl)
        watched = self._watched[key] = _Watched(self.connections, conversation, self._ladder(conversation))
        self._watched.move_to_end(key)
        return watched

    def _forget_one(self) -> bool:
        """Drops an old connection that is over; looks at some of the oldest, not at all of thousands."""
        for _ in range(min(len(self._watched), MOST_TRIED)):
            key, watched = self._watched.popitem(last=False)
            if watched.conversation.over:
                return True
            self._watched[key] = watched
        return False

    def _ladder(self, conversation: Conversation) -> Ladder | None:
        if self._json:
            return None
        return Ladder(
            conversation,
            self.canvas,
            local_name=self.local_name,
            peer_name=self.peer_name,
            shown=self._shown,
            sentences=self._sentences,
            headers=self._headers,
        )

    def _draw(self, watched: _Watched, moment: Moment) -> None:
        ladder = watched.ladder
        assert ladder is not None
        rows: list[str] = []
        if not self._legend_shown:
            self._legend_shown = True
            rows.extend(self.canvas.paint([(line, "dim")]) for line in wrap(legend(self.canvas), self.canvas.width))
        if watched is not self._drawn:
            rows.extend(["", *ladder.heading(f"#{watched.number}")])
            if watched.conversation.steps == 1:
                rows.append(ladder.opening(moment.step.before))
            self._drawn = watched
        self._write([*rows, *ladder.rows(moment)])

    def _take_loose(self, step: Step) -> None:
        """A step of no connection: a packet that never became a segment, a ping, a listener's."""
        moment = Moment(step, step.segment)
        if self._json:
            self._write_record(moment, None)
            return
        if to_everybody(step):
            return
        start = self._drawn.conversation.start if self._drawn else self._start
        clock = f"{step.time - (start or 0.0):.6f}"[:TIME]
        size = f", {len(step.packet)} bytes" if step.packet is not None else ""
        ends = " ".join(spell(end) for end in (step.local, step.remote) if end is not None)
        style = manner_of(step.outcome).value
        name = step.outcome.name
        text = f"{name} {ends + ' ' if ends else ''}{explain(moment)[:-1]}{size}"
        mark = self.canvas.glyphs.lost if style else self.canvas.glyphs.dot
        first, *rest = wrap(printable(text), self.canvas.width - TIME - 3)
        row: list[Span] = [(clock.ljust(TIME + 1), ""), (f"{mark} ", style)]
        head = first[: len(name)]
        rows = [self.canvas.paint([*row, (head, style), (first[len(head) :], "")])]
        rows.extend(self.canvas.paint([(" " * (TIME + 3), ""), (line, "")]) for line in rest)
        self._write(rows)

    def _write_record(self, moment: Moment, number: int | None) -> None:
        row: dict[str, Any] = record(moment, connection=number, sentence=self._sentences)
        self._write([json.dumps(row, ensure_ascii=True, separators=(",", ":"))])

    def _write(self, rows: list[str]) -> None:
        if self._shared:
            self._held.extend(rows)
        else:
            self._put(rows)

    def _put(self, rows: list[str]) -> None:
        if self.failure is not None:
            return
        try:
            self.stream.write("".join(f"{row}\n" for row in rows))
            self.stream.flush()
        except (OSError, ValueError) as error:
            # A reader that left (a closed pipe) must not stop the engine in the middle of a step.
            self.failure = error
