"""A ladder as a picture for a report: SVG, or a page of HTML around it, each a file that needs nothing else.

`stack.observe(drawing)` keeps the steps, at most so many; `svg()` and `html()` draw what there is. A step's sentence
stands in the picture as the title that a pointer shows, and in the page in full.
"""

from collections import OrderedDict
from html import escape

from ..host.step import Direction, Effect, Step
from ..outcomes import Outcome
from ..wire.addresses import spell
from ..wire.flags import ACK, flag_names
from .conversation import Conversation, Moment
from .explain import explain
from .ink import printable
from .ladder import PAUSE
from .manner import DROPPED, Manner, manner_of

MOST_CONNECTIONS = 64
MOST_STEPS = 500

WIDTH, LEFT, RIGHT, TIME, ROW = 960, 260, 700, 16, 17
_CLASSES = {Manner.PLAIN: "", Manner.AGAIN: "again", Manner.DROPPED: "lost", Manner.ENDS: "ends"}

_STYLE = """
text{font:13px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#1b1f24}
.dim{fill:#6b7280}.b{font-weight:bold}.lane{stroke:#9aa2ad;stroke-width:1.5}.pause{stroke-dasharray:2 5}
.in{stroke:#15803d}.out{stroke:#0e7490}.again{stroke:#a16207;stroke-dasharray:7 4}.lost,.ends{stroke:#b91c1c}
.injected{stroke:#a21caf}.arrow{stroke-width:1.7;fill:none}.head{stroke-dasharray:none}text.injected{stroke:none;fill:#a21caf;font-weight:bold}
.paper{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#e6e8eb}.dim{fill:#9aa2ad}.paper{fill:#14171a}
.in{stroke:#4ade80}.out{stroke:#22d3ee}.again{stroke:#facc15}.lost,.ends{stroke:#f87171}
.injected{stroke:#e879f9}text.injected{fill:#e879f9}}
"""
_PAGE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
svg{max-width:100%;height:auto}table{border-collapse:collapse;width:100%;font-size:13px}
td,th{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-top:1px solid #d5d9de}
code{font:12px ui-monospace,monospace}.injected{color:#a21caf;font-weight:bold}
@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#14171a}td,th{border-color:#3a4047}
.injected{color:#e879f9}}
"""


class _Drawn:
    """One connection and its moments."""

    def __init__(self, number: int, conversation: Conversation) -> None:
        self.number = number
        self.conversation = conversation
        self.moments: list[Moment] = []
        self.untold = 0


class Drawing:
    """An observer that keeps steps for a picture.

    Of at most `most` connections, the first ones, and of each the first `steps`; how many there were beyond them is
    said in the picture. `msl` is the stack's, in seconds, for the sentences.
    """

    def __init__(
        self,
        *,
        local_name: str = "handshook",
        peer_name: str = "peer",
        most: int = MOST_CONNECTIONS,
        steps: int = MOST_STEPS,
        msl: float | None = None,
    ) -> None:
        self.local_name = local_name
        self.peer_name = peer_name
        self.untold = 0
        self._most = most
        self._steps = steps
        self._msl = msl
        self._drawn: list[_Drawn] = []
        self._current: OrderedDict[tuple[object, object], _Drawn] = OrderedDict()

    def __call__(self, step: Step) -> None:
        """Takes one step; what is of no connection is left out."""
        if step.local is None or step.remote is None:
            return
        key = step.local, step.remote
        drawn = self._current.get(key)
        if drawn is None or drawn.conversation.begins_anew(step):
            if len(self._drawn) >= self._most or (step.frame is None and step.outcome is not Outcome.CALLED_CONNECT):
                self.untold += 1
                return
            drawn = self._current[key] = _Drawn(len(self._drawn) + 1, Conversation(step, msl=self._msl))
            self._drawn.append(drawn)
        moment = drawn.conversation.take(step)
        if len(drawn.moments) < self._steps:
            drawn.moments.append(moment)
        else:
            drawn.untold += 1

    def svg(self) -> str:
        """The ladders, one below the other, as a file of SVG."""
        parts: list[str] = []
        y = 24
        for drawn in self._drawn:
            y = self._ladder(parts, drawn, y) + 40
        if self.untold:
            parts.append(_text(TIME, y, f"{self.untold} more steps are of other connections", "dim"))
            y += ROW
        if not parts:
            parts.append(_text(TIME, y, "nothing happened", "dim"))
        body = "\n".join(parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {y}" '
            f'width="{WIDTH}" height="{y}">'
            f'<style>{_STYLE}</style><rect class="paper" width="{WIDTH}" height="{y}"/>\n{body}\n</svg>\n'
        )

    def html(self, title: str = "handshook", notes: list[str] | None = None) -> str:
        """A page: `notes`, a paragraph each, such as verdicts; the picture; and each step with its sentence."""
        said = "".join(f"<p>{escape(printable(note))}</p>\n" for note in notes or ())
        tables = "".join(self._table(drawn) for drawn in self._drawn)
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(printable(title))}</title>'
            f"<style>{_PAGE}</style></head>\n<body><h1>{escape(printable(title))}</h1>\n{said}"
            f"{self.svg()}{tables}</body></html>\n"
        )

    # --- one connection ------------------------------------------------------------------------------------------

    def _ladder(self, parts: list[str], drawn: _Drawn, y: int) -> int:
        conversation = drawn.conversation
        ours = f"{self.local_name} {spell(conversation.local)}"
        theirs = f"{self.peer_name} {spell(conversation.remote)}"
        left, right = (ours, theirs) if conversation.active else (theirs, ours)
        parts.append(_text(TIME, y, f"#{drawn.number}", "dim"))
        parts.append(_text(LEFT, y, left, "b", "middle"))
        parts.append(_text(RIGHT, y, right, "b", "middle"))
        y += ROW
        top = y
        rows: list[str] = []
        for moment in drawn.moments:
            if moment.gap >= PAUSE:
                rows.append(_text((LEFT + RIGHT) // 2, y + ROW, f"{moment.gap:.1f} s", "dim", "middle"))
                y += ROW + 8
            y = self._moment(rows, moment, y + ROW, conversation.active)
        if drawn.untold:
            y += ROW
            rows.append(_text(LEFT + 12, y, f"{drawn.untold} more steps", "dim"))
        for x in (LEFT, RIGHT):
            parts.append(f'<line class="lane" x1="{x}" y1="{top - 6}" x2="{x}" y2="{y + 8}"/>')
        parts += rows
        return y

    def _moment(self, parts: list[str], moment: Moment, y: int, engine_left: bool) -> int:
        step = moment.step
        parts.append(f"<g><title>{escape(printable(explain(moment)))}</title>")
        parts.append(_text(TIME, y, f"{moment.elapsed:.6f}", "dim"))
        _states(parts, moment, y, engine_left)
        if step.frame is None:
            x, anchor = (LEFT + 12, "start") if engine_left else (RIGHT - 12, "end")
            who = "program" if step.direction is Direction.CALL else "timer"
            parts.append(_text(x, y, f"{who} {step.outcome.name}", "", anchor))
        else:
            y = _arrow(parts, moment, y, engine_left)
        parts.append("</g>")
        return y + 6

    def _table(self, drawn: _Drawn) -> str:
        rows = []
        for moment in drawn.moments:
            injected = moment.step.injected
            marked = ' class="injected"' if injected is not None else ""
            rows.append(
                f"<tr><td>{moment.elapsed:.6f}</td><td>{moment.step.direction.value}</td>"
                f"<td{marked}><code>{moment.step.outcome.name}</code></td><td>{escape(printable(explain(moment)))}</td></tr>"
            )
        body = "\n".join(rows)
        return (
            f"<h2>#{drawn.number}</h2>\n<table><tr><th>s</th><th></th><th>outcome</th>"
            f"<th>what it does, and why</th></tr>\n{body}\n</table>\n"
        )


def _states(parts: list[str], moment: Moment, y: int, engine_left: bool) -> None:
    step = moment.step
    if step.before is not step.after:
        x, anchor = (LEFT - 12, "end") if engine_left else (RIGHT + 12, "start")
        parts.append(_text(x, y, step.after.rfc_name, "b", anchor))
    if moment.peer_after is not None and moment.peer_after is not moment.peer_before:
        x, anchor = (RIGHT + 12, "start") if engine_left else (LEFT - 12, "end")
        parts.append(_text(x, y, f"{moment.peer_after.rfc_name}?", "dim", anchor))


def _arrow(parts: list[str], moment: Moment, y: int, engine_left: bool) -> int:
    """The segment: what it is above its line, its numbers below, and below those what was injected."""
    step, segment = moment.step, moment.segment
    to_right = moment.outgoing == engine_left
    label = flag_names(segment.flags) if segment is not None else "ICMP" if moment.icmp is not None else "packet"
    parts.append(_text(LEFT + 12, y, label, "b"))
    parts.append(_text(RIGHT - 12, y, step.outcome.name, "dim", "end"))
    never = step.outcome in DROPPED or (step.injected is not None and step.injected.effect is Effect.DROPPED)
    style = "injected" if step.injected is not None else _CLASSES[manner_of(step.outcome)]
    style = style or ("out" if moment.outgoing else "in")
    begin, tip = (LEFT, RIGHT) if to_right else (RIGHT, LEFT)
    back = -1 if to_right else 1
    end = tip + back * 24 if never else tip
    y += 7
    parts.append(f'<path class="arrow {style}" d="M{begin} {y}H{end}"/>')
    wing = tip + back * 9
    head = f"M{end - 6} {y - 6}l12 12m0-12l-12 12" if never else f"M{wing} {y - 5}L{tip} {y}L{wing} {y + 5}"
    parts.append(f'<path class="arrow {style} head" d="{head}"/>')
    if segment is not None:
        y += ROW - 1
        parts.append(_text(LEFT + 12, y, _numbers(moment), "dim"))
    if step.injected is not None:
        y += ROW - 1
        parts.append(_text(LEFT + 12, y, str(step.injected), "injected"))
    return y


def _numbers(moment: Moment) -> str:
    segment = moment.segment
    assert segment is not None
    words = [f"seq {segment.seq if moment.seq is None else moment.seq}"]
    if segment.flags & ACK:
        words.append(f"ack {segment.ack if moment.ack is None else moment.ack}")
    words.append(f"len {moment.length}")
    words.append(f"win {segment.window if moment.window is None else moment.window}")
    if segment.mss:
        words.append(f"MSS {segment.mss}")
    return "  ".join(words)


def _text(x: int, y: int, text: str, style: str = "", anchor: str = "start") -> str:
    named = f' class="{style}"' if style else ""
    placed = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x}" y="{y}"{named}{placed}>{escape(printable(text))}</text>'
