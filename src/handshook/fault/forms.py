"""The table of rules: how each is written, what it does, and when in a connection's life. `help_text` prints it.

In a form, WHAT is one of `WHATS`, and TIME, SIZE, RATE and SHARE are quantities. "Our" side is the engine's, whether it
opened the connection or was called; all else holds for segments of either side.
"""

from dataclasses import dataclass
from enum import IntEnum

from ..wire.flags import ACK, FIN, RST, SYN


class Moment(IntEnum):
    """How far a handshake has to come for a rule to act; and what never happens once one has acted."""

    SYN = 1
    SYN_ACK = 2
    LAST_ACK = 3
    OPEN = 4


WHATS = {
    "syn": "the segment that asks for the connection",
    "synack": "the answer to it",
    "ack": "the handshake's last ACK, with whatever rides on it",
    "data": "a segment with data",
    "fin": "a segment with a FIN",
    "rst": "a reset",
}
# Which segments can be it, by their flags.
ALL = 0xFF
FLAGS = {"syn": SYN, "synack": SYN, "ack": ACK, "data": ALL, "fin": FIN, "rst": RST}
WHEN = {"syn": Moment.SYN, "synack": Moment.SYN_ACK, "ack": Moment.LAST_ACK, "data": Moment.OPEN, "fin": Moment.OPEN}


@dataclass(frozen=True)
class Form:
    """One row. `acts` is when it acts first, None for any time; `stops` is what never comes to pass where it always
    acts. `whole` says that a connection has it or not, so there are no segments to count; `once`, that it is over at
    once. `flags` are those of which a segment must have one for it to act."""

    pattern: str
    verb: str
    help: str
    part: str
    acts: Moment | None = None
    stops: Moment | None = None
    once: bool = False
    whole: bool = False
    flags: int = ALL

    @property
    def words(self) -> tuple[str, ...]:
        """The pattern, word by word."""
        return tuple(self.pattern.split())


_ANY, _OPENING, _TRANSFER, _RELEASE = "any part", "the handshake", "the transfer", "the release"

FORMS = (
    Form(
        "refuse",
        "refuse",
        "the SYN is answered with RST: connection refused",
        _OPENING,
        Moment.SYN,
        Moment.SYN,
        flags=SYN,
    ),
    Form(
        "rst in handshake",
        "reset the handshake",
        "the SYN,ACK becomes a RST, and so does the half-open connection at its sender",
        _OPENING,
        Moment.SYN_ACK,
        Moment.SYN_ACK,
        flags=SYN,
    ),
    Form(
        "stale syn",
        "stale syn",
        "before the SYN comes an older one, with another number",
        _OPENING,
        Moment.SYN,
        flags=SYN,
    ),
    Form("drop WHAT", "drop", "it never arrives", _ANY),
    Form("delay WHAT TIME", "delay", "it arrives so much later", _ANY),
    Form("delay TIME", "delay", "every segment arrives so much later", _ANY),
    Form("duplicate WHAT", "duplicate", "it arrives twice", _ANY),
    Form("duplicate SHARE", "duplicate", "so many of all segments arrive twice", _ANY),
    Form("corrupt WHAT", "corrupt", "a bit is turned: the receiver's checksum finds out", _ANY),
    Form("corrupt SHARE", "corrupt", "a bit is turned in so many of all segments", _ANY),
    Form("corrupt", "corrupt", "a bit is turned in every segment", _ANY, Moment.SYN, Moment.SYN),
    Form("loss SHARE", "drop", "so many of all segments never arrive", _ANY),
    Form("reorder SHARE", "reorder", "so many of all segments are held back for 50 ms, and overtaken", _ANY),
    Form(
        "rst after accept",
        "reset",
        "as soon as the connection is open both sides are sent a RST",
        _TRANSFER,
        Moment.OPEN,
        Moment.OPEN,
        once=True,
        whole=True,
    ),
    Form(
        "rst after SIZE bytes",
        "reset",
        "when one side has sent so many, both sides are sent a RST",
        _TRANSFER,
        Moment.OPEN,
        once=True,
        whole=True,
    ),
    Form(
        "silence after established",
        "silence",
        "once it is open nothing arrives any more, either way",
        _TRANSFER,
        Moment.OPEN,
        Moment.OPEN,
        whole=True,
    ),
    Form(
        "silence after SIZE bytes",
        "silence",
        "the same, when one side has sent so many",
        _TRANSFER,
        Moment.OPEN,
        whole=True,
    ),
    Form(
        "half-open",
        "forget",
        "once it is open our side forgets it: what the other sends is answered with RST",
        _TRANSFER,
        Moment.OPEN,
        Moment.OPEN,
        once=True,
        whole=True,
    ),
    Form(
        "mute",
        "mute",
        "our side accepts and acknowledges, and its data and FIN never arrive",
        _TRANSFER,
        Moment.OPEN,
        whole=True,
    ),
    Form("window 0", "shut", "our side says, from its SYN,ACK on, that it has no room", _TRANSFER, whole=True),
    Form(
        "slow RATE",
        "slow",
        "data goes so fast, each way, and what would wait too long is lost",
        _TRANSFER,
        Moment.OPEN,
        whole=True,
    ),
    Form(
        "stuck fin",
        "stick",
        "our side's FIN never arrives, all else does: the close is never finished",
        _RELEASE,
        Moment.OPEN,
        whole=True,
        flags=FIN,
    ),
)

MODIFIERS = {
    "to": ("HOST:PORT", "only connections to that address or name; HOST or :PORT alone will do"),
    "from": ("HOST:PORT", "only connections opened from there"),
    "first": ("N", "only the first N such segments of each connection"),
    "after": ("N|TIME", "not the first N such segments of each connection; or not until so long after it began"),
    "for": ("N|TIME", "only the first N connections; or for so long on each, from when it first acts"),
    "between": ("TIME TIME", "only between these two times, counted from when the rule was added"),
    "probability": ("SHARE", "only so many of them, drawn from the seed"),
    "seed": ("N", "a seed of the rule's own for that"),
}


def help_text() -> str:
    """The whole table, in lines of at most 80 columns."""
    from textwrap import wrap

    rows = [(form.pattern, form.help) for form in FORMS]
    rows += [(f"... {name} {form}", text) for name, (form, text) in MODIFIERS.items()]
    rows += [(f"WHAT: {name}", text) for name, text in WHATS.items()]
    lines = []
    for left, right in rows:
        first, *rest = wrap(right, 50)
        lines.append(f"  {left:<26}{first}")
        lines += [" " * 28 + line for line in rest]
    return "\n".join(lines)
