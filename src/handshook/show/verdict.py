"""How a connection went, as rows: the outcome's name, its sentence, and what it rests on."""

from ..tcp.verdict import Verdict
from .ink import Canvas, Span, printable, wrap
from .manner import Manner, manner_of
from .words import duration


def draw_verdict(verdict: Verdict, canvas: Canvas) -> list[str]:
    """The rows of one verdict: name and sentence, then the evidence."""
    style = manner_of(verdict.outcome)
    color = "bold green" if style is Manner.PLAIN else style.value
    name = verdict.outcome.name
    sentence = printable(verdict.sentence)
    indent: Span = ("  ", "")
    if len(name) + len(sentence) + 3 <= canvas.width:
        rows = [canvas.paint([(name, color), indent, (sentence, "")])]
    else:
        rows = [canvas.paint([(name, color)])]
        rows += [canvas.paint([indent, (line, "")]) for line in wrap(sentence, canvas.width - 2)]
    facts = f" {canvas.glyphs.dot} ".join(
        f"{key.replace('_', ' ')} {_spell(value)}" for key, value in verdict.evidence.items() if value is not None
    )
    rows += [canvas.paint([indent, (line, "dim")]) for line in wrap(printable(facts), canvas.width - 2) if line]
    return rows


def _spell(value: object) -> str:
    """Times are the only figures with a fraction."""
    return duration(value) if isinstance(value, float) else str(value)
