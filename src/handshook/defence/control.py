"""A defence told what to do while it runs: one line in, an answer out, which is what a control socket carries.

state                       how it stands, in numbers
bans [MOST]                 who is shut out, until when, and why
ban PREFIX [SECONDS]        shut somebody out; without seconds for ever
unban PREFIX
limits [MOST]               who is slowed down
limit PREFIX RATE [SECONDS] so many SYNs a second
unlimit PREFIX
rules                       the rules in force, as a file
reload FILE                 other rules; where the file is wrong the old ones stay
"""

from collections.abc import Callable
from math import inf, isfinite
from typing import Any

from .defence import Defence
from .rules import read_rules, rules_text

Answer = dict[str, Any]
# A list is shown up to here, unless more is asked for.
MOST_SHOWN = 100
# And never beyond this, which one answer has room for.
MOST_ROWS = 1000


class Wrong(ValueError):
    """A command that can't be; says why."""


def command(defence: Defence, line: str) -> Answer:
    """Do what the line says; returns what came of it, as JSON takes it. Raises `Wrong`."""
    words = line.split()
    if not words:
        raise Wrong(f"no command; there are {', '.join(_COMMANDS)}")
    found = _COMMANDS.get(words[0])
    if found is None:
        raise Wrong(f"{words[0]}: there is no such command; there are {', '.join(_COMMANDS)}")
    least, most, do = found
    if not least <= len(words) - 1 <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise Wrong(f"{words[0]} takes {wanted} words, not {len(words) - 1}")
    try:
        return do(defence, words[1:])
    except Wrong:
        raise
    except (ValueError, OSError) as error:
        raise Wrong(str(error)) from error


def _bans(defence: Defence, words: list[str]) -> Answer:
    rows = defence.lists.banned(defence.stack.now, _count(words))
    return {"bans": [str(row) for row in rows], "of": defence.lists.bans.size}


def _ban(defence: Defence, words: list[str]) -> Answer:
    defence.lists.ban(words[0], defence.stack.now + _seconds(words[1:]))
    defence.edited("ban " + " ".join(words))
    return {"banned": words[0]}


def _unban(defence: Defence, words: list[str]) -> Answer:
    if not defence.lists.unban(words[0]):
        raise Wrong(f"{words[0]} is not banned")
    defence.edited(f"unban {words[0]}")
    return {"unbanned": words[0]}


def _limits(defence: Defence, words: list[str]) -> Answer:
    rows = defence.lists.limited(defence.stack.now, _count(words))
    return {"limits": [str(row) for row in rows], "of": defence.lists.limits.size}


def _limit(defence: Defence, words: list[str]) -> Answer:
    now = defence.stack.now
    defence.lists.limit(words[0], _number(words[1]), now, now + _seconds(words[2:]))
    defence.edited("limit " + " ".join(words))
    return {"limited": words[0]}


def _unlimit(defence: Defence, words: list[str]) -> Answer:
    if not defence.lists.unlimit(words[0]):
        raise Wrong(f"{words[0]} is not limited")
    defence.edited(f"unlimit {words[0]}")
    return {"unlimited": words[0]}


def _reload(defence: Defence, words: list[str]) -> Answer:
    with open(words[0], encoding="utf-8") as file:
        defence.rules = read_rules(file.read())
    return {"reloaded": words[0]}


def _seconds(words: list[str]) -> float:
    seconds = _number(words[0]) if words else inf
    if seconds <= 0:
        raise Wrong(f"{words[0]} seconds are over at once")
    return seconds


def _number(word: str) -> float:
    number = float(word)
    if not isfinite(number):
        raise Wrong(f"{word} is no number to count with")
    return number


def _count(words: list[str]) -> int:
    count = int(words[0]) if words else MOST_SHOWN
    if not 1 <= count <= MOST_ROWS:
        raise Wrong(f"{words[0]}: it is 1 to {MOST_ROWS} lines")
    return count


_COMMANDS: dict[str, tuple[int, int, Callable[[Defence, list[str]], Answer]]] = {
    "state": (0, 0, lambda defence, _: defence.figures()),
    "bans": (0, 1, _bans),
    "ban": (1, 2, _ban),
    "unban": (1, 1, _unban),
    "limits": (0, 1, _limits),
    "limit": (2, 3, _limit),
    "unlimit": (1, 1, _unlimit),
    "rules": (0, 0, lambda defence, _: {"rules": rules_text(defence.rules)}),
    "reload": (1, 1, _reload),
}
