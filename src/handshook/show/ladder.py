"""The ladder: one connection as two lanes, drawn as it happens.

The side that opens stands on the left, as in the figures of the RFCs. Each packet is an arrow with its
flags and the name of what the engine decided, its numbers below; time-outs and calls of the program hang on
the engine's own lane. States stand outside the lanes where they change. The peer's carry a question mark:
they are inferred (show.peer).
"""

from collections.abc import Iterable
from enum import Enum

from ..host.step import Direction, Effect, Step
from ..tcp.sequence import signed_distance
from ..tcp.states import State
from ..wire.addresses import spell
from ..wire.flags import ACK, SYN, flag_names
from .conversation import Conversation, Moment
from .explain import explain
from .headers import draw_headers
from .ink import Canvas, Span, fit, length, printable, wrap
from .manner import DROPPED, INJECTED, Manner, manner_of
from .options import unknown_kinds

TIME = 8
STATE = 12  # SYN-RECEIVED
INDENT = 3  # numbers stand below their flags
CLOSE = 1  # where there is little room, below the arrow
PAUSE = 0.5  # seconds without a step that are worth a row of their own
ROOMY = 52  # columns between the lanes from which a sentence is read well there


def legend(canvas: Canvas) -> str:
    """What the signs of a ladder mean."""
    glyphs = canvas.glyphs
    return (
        "seq, ack: from the SYN (as sent); only (as sent) where that side's SYN was not seen. "
        f"{glyphs.again * 2}: sent before. {glyphs.lost}: not taken. STATE?: inferred from the peer's segments."
    )


class Shown(Enum):
    """Which sequence numbers are shown."""

    BOTH = "both"  # counted from the SYN, and as sent in parentheses
    RELATIVE = "relative"
    ABSOLUTE = "absolute"


class Ladder:
    """Draws one connection: `heading()` once, then `rows(moment)` for each step in order.

    `local_name` and `peer_name` say who stands in the lanes. With `sentences`, each step is followed by one
    on what it does and why; with `headers`, each packet by its header.
    """

    def __init__(
        self,
        conversation: Conversation,
        canvas: Canvas,
        *,
        local_name: str = "handshook",
        peer_name: str = "peer",
        shown: Shown = Shown.BOTH,
        sentences: bool = False,
        headers: bool = False,
    ) -> None:
        self._conversation = conversation
        self._canvas = canvas
        self._glyphs = canvas.glyphs
        self._engine_left = conversation.active
        self._names = local_name, peer_name
        self._shown = shown
        self._sentences = sentences
        self._headers = headers
        # The peer's column has room for the question mark too.
        self._left = STATE if self._engine_left else STATE + 1
        self._right = 2 * STATE + 1 - self._left
        self._between = canvas.width - (TIME + 1 + self._left + 1) - 2 - (1 + self._right)
        self._roomy = self._between >= ROOMY
        self._indent = INDENT if self._roomy else CLOSE

    def heading(self, tag: str = "") -> list[str]:
        """Who stands where."""
        local, peer = (
            (f"{name} ", spell(address))
            for name, address in zip(self._names, (self._conversation.local, self._conversation.remote), strict=True)
        )
        left, right = (local, peer) if self._engine_left else (peer, local)
        indent: list[Span] = fit([(tag, "dim")], TIME + 1)
        room = self._canvas.width - length(indent)
        whole = len("".join(left)) + 2 + len("".join(right))
        if whole <= room:
            return [self._canvas.paint([*indent, *self._apart(left, right, room)])]
        blank: list[Span] = [(" " * (TIME + 1), "")]
        if len(left[1]) + 2 + len(right[1]) <= room:
            names, addresses = (left[0].rstrip(), ""), (right[0].rstrip(), "")
            return [
                self._canvas.paint([*indent, *self._apart(names, addresses, room)]),
                self._canvas.paint([*blank, *self._apart(("", left[1]), ("", right[1]), room)]),
            ]
        rows = []
        for at, (name, address) in enumerate((left, right)):
            both: list[Span] = [(name, "bold"), (address, "")]
            rows.append(self._canvas.paint([*(blank if at else indent), *fit(both, room, right=at == 1)]))
        return rows

    def opening(self, state: State) -> str:
        """The row before the first step: the lanes, and the state that the engine is in."""
        return self._row(None, [], engine=[(state.rfc_name, "bold")])

    def rows(self, moment: Moment) -> list[str]:
        """All rows of one step."""
        rows = []
        if moment.gap >= PAUSE:
            rows.append(self._pause(moment.gap))
        rows.extend(self._packet(moment) if moment.step.frame is not None else [self._event(moment)])
        if self._headers and moment.step.segment is not None:
            rows.extend(draw_headers(moment.step, self._canvas))
        if self._sentences:
            rows.extend(self._sentence(explain(moment)))
        return rows

    def _apart(self, left: tuple[str, str], right: tuple[str, str], room: int) -> list[Span]:
        ends: list[Span] = [(right[0], "bold"), (right[1], "")]
        return [*fit([(left[0], "bold"), (left[1], "")], room - length(ends)), *ends]

    def _row(
        self,
        time: float | None,
        middle: list[Span],
        *,
        engine: Iterable[Span] = (),
        peer: Iterable[Span] = (),
        lane: str = "",
        ends: tuple[str, str] = ("", ""),
    ) -> str:
        left, right = (engine, peer) if self._engine_left else (peer, engine)
        clock = _clock(time)
        lane = lane or self._glyphs.lane
        return self._canvas.paint(
            [
                (clock[:-3], ""),
                (clock[-3:], "dim"),
                (" ", ""),
                *fit(list(left), self._left, right=True),
                (" ", ""),
                (ends[0] or lane, "dim"),
                *fit(middle, self._between),
                (ends[1] or lane, "dim"),
                (" ", ""),
                *fit(list(right), self._right),
            ]
        )

    def _states(self, moment: Moment) -> tuple[list[Span], list[Span]]:
        """The engine's and the peer's state, where it changed."""
        step = moment.step
        engine: list[Span] = []
        if step.before is not step.after:
            open_or_not = {State.ESTABLISHED: "bold green", State.CLOSED: "bold"}
            engine.append((step.after.rfc_name, open_or_not.get(step.after, "bold cyan")))
        peer: list[Span] = []
        if moment.peer_after is not None and moment.peer_after is not moment.peer_before:
            peer.append((f"{moment.peer_after.rfc_name}?", "italic"))
        return engine, peer

    def _pause(self, seconds: float) -> str:
        note: Span = (f"{seconds:.1f} s", "dim")
        space = (self._between - len(note[0])) // 2
        return self._row(None, [(" " * max(space, 0), ""), note], lane=self._glyphs.pause)

    def _event(self, moment: Moment) -> str:
        """A time-out or a call of the program: nothing is sent, so it touches the engine's lane only."""
        glyphs, step = self._glyphs, moment.step
        style = manner_of(step.outcome).value
        who, color = ("program", "magenta") if step.direction is Direction.CALL else ("timer", "yellow")
        words: list[Span] = [(f"{who} ", color), (step.outcome.name, style or color)]
        if sum(len(text) for text, _ in words) > self._between - 2:
            del words[0]  # there is room for what it was alone
        engine, peer = self._states(moment)
        if self._engine_left:
            middle = [(f"{glyphs.line} ", color), *words]
            return self._row(moment.elapsed, middle, engine=engine, peer=peer, ends=(glyphs.tee_right, ""))
        middle = [*fit(words, self._between - 2, right=True), (f" {glyphs.line}", color)]
        return self._row(moment.elapsed, middle, engine=engine, peer=peer, ends=("", glyphs.tee_left))

    def _packet(self, moment: Moment) -> list[str]:
        middle, below = self._arrow(moment)
        engine, peer = self._states(moment)
        rows = [self._row(moment.elapsed, middle, engine=engine, peer=peer)]
        for line in [*below, *self._flow(self._numbers(moment)), *self._injected(moment)]:
            rows.append(self._row(None, [(" " * self._indent, ""), *line]))
        return rows

    def _injected(self, moment: Moment) -> list[list[Span]]:
        """What was done on purpose, in as many rows as its rule needs."""
        injected = moment.step.injected
        if injected is None:
            return []
        return [[(line, INJECTED)] for line in wrap(printable(str(injected)), self._between - self._indent)]

    def _arrow(self, moment: Moment) -> tuple[list[Span], list[list[Span]]]:
        """The arrow with flags and outcome; what has no room on it comes as a row below."""
        glyphs, step, segment = self._glyphs, moment.step, moment.step.segment
        manner = manner_of(step.outcome)
        style = manner.value or ("cyan" if moment.outgoing else "green")
        never = step.injected is not None and step.injected.effect is Effect.DROPPED
        if step.injected is not None:
            style = INJECTED
        line = glyphs.again if manner is Manner.AGAIN else glyphs.line
        to_right = moment.outgoing == self._engine_left
        label = flag_names(segment.flags) if segment else "ICMP" if moment.icmp else "packet"
        head, tail = (line * 2, line * 2 + glyphs.right) if to_right else (glyphs.left + line, line * 3)
        if step.outcome in DROPPED or never:
            lost = glyphs.lost
            if to_right:
                tail = line * 2 + lost
            else:
                head = lost + line
        outcome = step.outcome.name
        below: list[list[Span]] = []
        room = self._between - len(head) - len(label) - len(outcome) - len(tail) - 4
        if room < 1:
            below.append([(outcome, style)])
            outcome, room = "", room + len(outcome) + 1
        name: list[Span] = [(f" {outcome} ", style)] if outcome else [(" ", "")]
        spans: list[Span] = [
            (head, style),
            (f" {label} ", "bold"),
            (line * room, style),
            *name,
            (tail, style),
        ]
        return spans, below

    def _numbers(self, moment: Moment) -> list[list[list[Span]]]:
        """What stands below an arrow: the place in the stream, then the rest, one item each."""
        segment = moment.step.segment
        if segment is None:
            text = moment.step.outcome.meaning if moment.icmp is None else moment.icmp.trouble.value
            return [[[(line, "")] for line in wrap(text, self._between - self._indent)]]
        place = [self._number("seq", moment.seq, segment.seq)]
        if segment.flags & ACK:
            place.append(self._number("ack", moment.ack, segment.ack))
        else:
            place.append([("ack ", "dim"), (str(segment.ack), ""), (" unused", "dim")])
        size: list[Span] = [("len ", "dim"), (str(moment.length), "bold" if moment.length else "")]
        if moment.pieces:
            count, each = moment.pieces
            size.append((self._aside(f"{count}{self._glyphs.times}{each}"), "dim"))
        return [place, [size, self._window(moment), *self._options(moment)]]

    def _aside(self, text: str) -> str:
        return f" ({text})" if self._roomy else f"({text})"

    def _number(self, name: str, counted: int | None, sent: int) -> list[Span]:
        if self._shown is Shown.ABSOLUTE:
            return [(f"{name} ", "dim"), (str(sent), "")]
        if counted is None:
            return [(f"{name} ", "dim"), (f"({sent})", "")]
        shown: list[Span] = [(f"{name} ", "dim"), (str(counted), "bold")]
        if self._shown is Shown.BOTH:
            shown.append((self._aside(str(sent)), "dim"))
        return shown

    def _window(self, moment: Moment) -> list[Span]:
        segment = moment.step.segment
        assert segment is not None
        if moment.window is None:
            return [("win ", "dim"), (str(segment.window), ""), (" unscaled", "dim")]
        shown: list[Span] = [("win ", "dim"), (str(moment.window), "")]
        if moment.shift:
            shown.append((self._aside(f"{segment.window}{self._glyphs.times}{1 << moment.shift}"), "dim"))
        return shown

    def _options(self, moment: Moment) -> list[list[Span]]:
        segment = moment.step.segment
        assert segment is not None
        items: list[list[Span]] = []
        if segment.mss:
            items.append([("MSS ", "dim"), (str(segment.mss), "")])
        if segment.scale >= 0:
            items.append([("WS ", "dim"), (str(segment.scale), "")])
        if segment.sack_permitted:
            items.append([("SACK-permitted", "dim")])
        for left, right in segment.sack or ():
            # A block lies in the numbers of the side that is acknowledged, as `ack` does.
            edges = [str(self._beside_ack(moment, edge)) for edge in (left, right)]
            items.append([("SACK ", "dim"), (self._glyphs.dash.join(edges), "")])
        if segment.timestamps:
            items.append([("TS ", "dim"), (self._timestamps(moment), "dim")])
        items.extend([(f"option {kind}", "dim")] for kind in unknown_kinds(segment))
        return items

    def _beside_ack(self, moment: Moment, edge: int) -> int:
        segment = moment.step.segment
        assert segment is not None
        if self._shown is Shown.ABSOLUTE or moment.ack is None:
            return edge
        return moment.ack + signed_distance(segment.ack, edge)

    def _timestamps(self, moment: Moment) -> str:
        """Value and echo, as sent in a SYN; later, counted from each side's first."""
        segment = moment.step.segment
        assert segment is not None
        counted = self._shown is not Shown.ABSOLUTE and not segment.flags & SYN
        value = f"{moment.tsval:+}" if counted and moment.tsval is not None else str(segment.tsval)
        echo = f"{moment.tsecr:+}" if counted and moment.tsecr is not None else str(segment.tsecr)
        return f"{value}/{echo}"

    def _flow(self, groups: list[list[list[Span]]]) -> list[list[Span]]:
        """Each group in as many rows as it needs; always apart, so that a number is found where it was before."""
        room = self._between - self._indent
        space = 2 if self._roomy else 1
        rows: list[list[Span]] = []
        for group in groups:
            rows.append([])
            for item in group:
                if rows[-1] and length(rows[-1]) + space + length(item) > room:
                    rows.append([])
                if rows[-1]:
                    rows[-1].append((" " * space, ""))
                rows[-1].extend(item)
        return [fit(row, room) for row in rows]

    def _sentence(self, text: str) -> list[str]:
        text = printable(text)
        if self._roomy:
            lines = wrap(text, self._between - self._indent - 1)
            return [self._row(None, [(" " * self._indent, ""), (line, "italic")]) for line in lines]
        return [
            self._canvas.paint([(" " * (TIME + 1), ""), (line, "italic")])
            for line in wrap(text, self._canvas.width - TIME - 1)
        ]


def draw(
    steps: Iterable[Step],
    canvas: Canvas | None = None,
    *,
    local_name: str = "handshook",
    peer_name: str = "peer",
    shown: Shown = Shown.BOTH,
    sentences: bool = False,
    headers: bool = False,
    msl: float | None = None,
) -> str:
    """The whole ladder of one connection's steps as text, for a page, a report or a failing test.

    `msl` is the stack's, in seconds, for the sentences.
    """
    rows: list[str] = []
    ladder: Ladder | None = None
    conversation: Conversation | None = None
    for step in steps:
        if conversation is None or ladder is None:
            conversation = Conversation(step, msl=msl)
            ladder = Ladder(
                conversation,
                canvas or Canvas(),
                local_name=local_name,
                peer_name=peer_name,
                shown=shown,
                sentences=sentences,
                headers=headers,
            )
            rows.extend([*ladder.heading(), ladder.opening(step.before)])
        rows.extend(ladder.rows(conversation.take(step)))
    return "\n".join(rows) + "\n" if rows else ""


def _clock(seconds: float | None) -> str:
    """Seconds in eight columns: to the microsecond below ten."""
    if seconds is None:
        return " " * TIME
    text = f"{max(seconds, 0.0):.6f}"
    return text[:TIME] if "." in text[: TIME - 1] else text[:-7].rjust(TIME)
