"""Text for a terminal or a file: what is seen of it counts for the layout, colour is added last.

A row is a list of spans, each a text and a style. Plain escape sequences do here: a ladder's rows are laid
out to the column already, and a richer library would cost its import on every command before the first
packet is drawn.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

Span = tuple[str, str]

NARROWEST = 72  # below this the lanes have no room between them; longer lines are then the terminal's to break
WIDEST = 120  # wider lanes make longer arrows, not clearer ones
USUAL = 80  # when nothing says how wide: a pipe, a file

_CODES = {
    "bold": "1",
    "dim": "2",
    "italic": "3",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "magenta": "35",
    "cyan": "36",
}


@dataclass(frozen=True)
class Glyphs:
    """The characters that a picture is made of."""

    lane: str
    pause: str  # a lane while nothing happens
    line: str
    again: str  # the line of what is sent again
    right: str
    left: str
    lost: str  # the end of an arrow that is not taken
    tee_right: str
    tee_left: str
    times: str
    dash: str
    dot: str
    fill: str  # an unset flag
    corners: str  # of a header's table: across, down, and the nine joints row by row


UNICODE = Glyphs("│", "┆", "─", "╌", "▶", "◀", "✗", "├", "┤", "×", "–", "·", "·", "─│┌┬┐├┼┤└┴┘")
ASCII = Glyphs("|", ":", "-", "~", ">", "<", "x", "+", "+", "x", "-", "-", ".", "-|+++++++++")


@dataclass(frozen=True)
class Canvas:
    """What is drawn on: how wide it is, which characters it can show, and whether it shows colour."""

    width: int = USUAL
    glyphs: Glyphs = UNICODE
    color: bool = False

    def paint(self, spans: Iterable[Span]) -> str:
        """The row as one string."""
        if not self.color:
            return "".join(text for text, _ in spans).rstrip()
        return "".join(_colored(text, style) for text, style in spans).rstrip()


def canvas_for(
    stream: IO[str], *, width: int | None = None, color: bool | None = None, ascii: bool | None = None
) -> Canvas:
    """The canvas that a stream is; what isn't given is found out from the stream and the environment.

    Colour needs a terminal that isn't `dumb`, and gives way to a non-empty `NO_COLOR` (no-color.org).
    Unicode needs an encoding that has it.
    """
    terminal = _is_terminal(stream)
    if color is None:
        color = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    if ascii is None:
        ascii = not _shows_unicode(stream)
    if width is None:
        width = _width_of(stream, terminal)
    return Canvas(min(max(width, NARROWEST), WIDEST), ASCII if ascii else UNICODE, color)


def length(spans: Iterable[Span]) -> int:
    """How many columns the row takes."""
    return sum(len(text) for text, _ in spans)


def fit(spans: list[Span], width: int, *, right: bool = False) -> list[Span]:
    """The spans in exactly `width` columns: filled up with spaces, or cut."""
    room = width - length(spans)
    if room >= 0:
        space = (" " * room, "")
        return [space, *spans] if right else [*spans, space]
    kept: list[Span] = []
    left = width
    for text, style in spans:
        kept.append((text[:left], style))
        left -= len(kept[-1][0])
    return kept


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns, broken between words; a longer word is cut."""
    lines = [""]
    for word in text.split():
        while len(word) > width:
            if lines[-1]:
                lines.append("")
            lines[-1], word = word[:width], word[width:]
        if not lines[-1]:
            lines[-1] = word
        elif len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def printable(text: str) -> str:
    """The text without anything that a terminal would obey: what peers send must not move the cursor."""
    return "".join(character if character.isprintable() else "." for character in text)


def _colored(text: str, style: str) -> str:
    codes = ";".join(_CODES[name] for name in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text


def _is_terminal(stream: IO[str]) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def _shows_unicode(stream: IO[str]) -> bool:
    try:
        "".join(str(part) for part in vars(UNICODE).values()).encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _width_of(stream: IO[str], terminal: bool) -> int:
    # shutil asks standard output, but a ladder often goes to standard error.
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        columns = 0
    if columns <= 0 and terminal:
        try:
            columns = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
    return columns if columns > 0 else USUAL
