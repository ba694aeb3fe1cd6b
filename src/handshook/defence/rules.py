"""The rules: when a stack is pressed, when it is flooded, and what is done about it. A small TOML file says them.

What a file leaves out keeps its default. A rule that can't be is told with its line and the reason, and then none of
the file counts: whoever had rules keeps them.
"""

import tomllib
from dataclasses import dataclass, field, fields
from inspect import cleandoc
from textwrap import wrap
from typing import Any, TypeVar

Value = TypeVar("Value", int, float, bool)


class RulesWrong(ValueError):
    """A file of rules that says what can't be: `line` (0 where it is not one line's fault) and `reason`."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line
        self.reason = reason


def rule(default: Value, least: float, most: float, reason: str) -> Value:
    """A rule, the least and the most that it can be, and what it is for."""
    return field(default=default, metadata={"least": least, "most": most, "reason": cleandoc(reason)})


@dataclass(frozen=True)
class Watch:
    """How the watching is done."""

    interval: float = rule(0.1, 0.01, 10, "Seconds between two looks at the counters.")
    window: float = rule(1.0, 0.1, 60, "Seconds that a look takes in.")
    patience: float = rule(
        0.4, 0, 30, "Seconds that an honest peer may take for the last ACK; until then its SYN counts for nothing."
    )
    calm: float = rule(0.2, 0, 600, "Seconds without any reason before the next lower state: the hysteresis.")
    prefix4: int = rule(24, 8, 32, "The prefix under which IPv4 sources are counted together: 8, 16, 24 or 32 bits.")
    prefix6: int = rule(48, 8, 128, "The same for IPv6, a multiple of 8.")


@dataclass(frozen=True)
class Pressed:
    """When the stack is pressed, which is not yet a flood."""

    queue: float = rule(0.5, 0.01, 1, "From this share of the half-open queue on.")
    leave: float = rule(0.1, 0, 1, "Pressed no more, and no flood is over, before the queue is down to this share.")
    part: float = rule(0.5, 0, 1, "Or from this part of what would be a flood on.")


@dataclass(frozen=True)
class Flood:
    """What is a flood: so many in a window, and so many for each connection that was opened in it."""

    per_opening: float = rule(
        3.0, 0, 1e6, "How many there must be for each opened connection; a crowd of honest clients opens as many."
    )
    unfinished: int = rule(300, 1, 1e9, "SYNs whose handshake nobody finishes.")
    guesses: int = rule(300, 1, 1e9, "ACKs that acknowledge nothing: somebody guesses cookies, or numbers.")
    aborted: int = rule(300, 1, 1e9, "SYNs that are reset before the last ACK.")
    resets: int = rule(300, 1, 1e9, "RSTs that end nothing.")
    finishes: int = rule(300, 1, 1e9, "FINs of no connection.")
    silent: int = rule(200, 1, 1e9, "Connections that were opened and never used.")
    speak_within: float = rule(0.4, 0.01, 3600, "Seconds in which an opened connection is to be used.")


@dataclass(frozen=True)
class Act:
    """What is done. Each can be left out."""

    shorten: bool = rule(True, 0, 1, "Pressed: a SYN,ACK is repeated once; flooded: never. Entries go sooner.")
    wait: float = rule(0.5, 0.05, 60, "How long it is waited for the last ACK then, in seconds, before that.")
    cookies: bool = rule(True, 0, 1, "Flooded: every SYN is answered with a cookie, and nothing kept.")
    limit: bool = rule(True, 0, 1, "Flooded: prefixes whose peers opened connections without end are slowed down.")
    ban: bool = rule(True, 0, 1, "Flooded: peers that have proved their address, and misuse it, are shut out.")


@dataclass(frozen=True)
class Limit:
    """The rate of a prefix. Nobody is limited for what a forged source has sent."""

    openings: int = rule(1000, 1, 1e9, "Finished handshakes of a prefix in a window that make it too many.")
    rate: float = rule(200.0, 0.001, 1e9, "SYNs a second that it may send then.")
    seconds: float = rule(10.0, 0.1, 1e9, "How long.")


@dataclass(frozen=True)
class Ban:
    """Who is shut out: an address that has finished handshakes, and nearly all of them for nothing."""

    silent: int = rule(40, 1, 1e9, "Unused connections of an address in a window.")
    share: float = rule(0.8, 0, 1, "The share that they must be of all that it opened.")
    requests: int = rule(100000, 1, 1e9, "Requests of an address in a window, where the program tells of them.")
    seconds: float = rule(60.0, 0.1, 1e9, "How long. The next ban of the same address lasts twice as long.")
    most: float = rule(3600.0, 0.1, 1e9, "And none longer than this.")


@dataclass(frozen=True)
class Rules:
    """All of them, in the sections that the file has."""

    watch: Watch = field(default_factory=Watch)
    pressed: Pressed = field(default_factory=Pressed)
    flood: Flood = field(default_factory=Flood)
    act: Act = field(default_factory=Act)
    limit: Limit = field(default_factory=Limit)
    ban: Ban = field(default_factory=Ban)


_SECTIONS: dict[str, type[Any]] = {
    "watch": Watch,
    "pressed": Pressed,
    "flood": Flood,
    "act": Act,
    "limit": Limit,
    "ban": Ban,
}


def read_rules(text: str) -> Rules:
    """The rules that a text says. Raises `RulesWrong`."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, where = str(error).rpartition(" (at line ")
        line = where.split(",")[0]
        raise RulesWrong(int(line) if line.isdigit() else len(text.splitlines()), message or str(error)) from None
    parts = {}
    for section, values in found.items():
        kind = _SECTIONS.get(section)
        if kind is None or not isinstance(values, dict):
            known = ", ".join(_SECTIONS)
            raise RulesWrong(_line_of(text, section), f"{section}: there is no such section; there are {known}")
        known_here = {each.name: each for each in fields(kind)}
        for name, value in values.items():
            if name not in known_here:
                reason = f"{section}.{name}: there is no such rule; there are {', '.join(known_here)}"
                raise RulesWrong(_line_of(text, section, name), reason)
            try:
                values[name] = _checked(value, known_here[name])
            except ValueError as error:
                raise RulesWrong(_line_of(text, section, name), f"{section}.{name} {error}") from None
        parts[section] = kind(**values)
    rules = Rules(**parts)
    _check_together(rules, text)
    return rules


def rules_text(rules: Rules) -> str:
    """The rules as a file, each with what it is for; `read_rules` reads the same again."""
    lines = []
    for section, kind in _SECTIONS.items():
        lines += [f"# {cleandoc(kind.__doc__ or '')}", f"[{section}]"]
        for each in fields(kind):
            value = getattr(getattr(rules, section), each.name)
            lines += [f"# {line}" for line in wrap(each.metadata["reason"], 100)]
            lines.append(f"{each.name} = {str(value).lower() if isinstance(value, bool) else repr(value)}")
        lines.append("")
    return "\n".join(lines)


def _checked(value: object, each: Any) -> int | float | bool:
    wanted = type(each.default)
    if wanted is bool:
        if not isinstance(value, bool):
            raise ValueError(f"is {value!r}; it is true or false")
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or (wanted is int and not isinstance(value, int)):
        raise ValueError(f"is {value!r}; it takes a {'whole ' if wanted is int else ''}number")
    least, most = each.metadata["least"], each.metadata["most"]
    if not least <= value <= most:
        raise ValueError(f"is {value!r}; it is {least:g} to {most:g}")
    return float(value) if wanted is float else value


def _check_together(rules: Rules, text: str) -> None:
    watch = rules.watch
    for name in ("prefix4", "prefix6"):
        if getattr(watch, name) % 8:
            raise RulesWrong(_line_of(text, "watch", name), f"watch.{name} is no multiple of 8")
    if watch.patience + watch.interval > watch.window:
        line = _line_of(text, "watch", "patience") or _line_of(text, "watch", "window")
        raise RulesWrong(line, "watch.patience and one interval don't fit into watch.window: nothing would be seen")
    if rules.pressed.leave > rules.pressed.queue:
        line = _line_of(text, "pressed", "leave") or _line_of(text, "pressed", "queue")
        raise RulesWrong(line, "pressed.leave is above pressed.queue: it would be left before it is entered")
    if rules.ban.most < rules.ban.seconds:
        line = _line_of(text, "ban", "most") or _line_of(text, "ban", "seconds")
        raise RulesWrong(line, "ban.most is below ban.seconds")


def _line_of(text: str, section: str, name: str = "") -> int:
    """The line where a section, or a rule in it, stands; 0 where it doesn't. tomllib tells no lines of what it read."""
    here = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            here = line.strip("[] \t\"'")
            if here == section and not name:
                return number
            continue
        key = line.partition("=")[0].strip().strip("\"'")
        if name and (key == f"{section}.{name}" if not here else here == section and key == name):
            return number
        if not name and not here and key.partition(".")[0] == section:
            return number
    return 0
