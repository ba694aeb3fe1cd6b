"""The quantities that a rule is written with: times, sizes, rates, shares, counts. Each says what is wrong with a word.

3s 500ms 2min    1000 64KB 1MB    50KB/s    5% 0.05    3
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z%/]*)", re.ASCII)
_TIMES = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_SIZES = {"": 1, "B": 1, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "KiB": 1 << 10, "MiB": 1 << 20}


def time(word: str) -> float:
    """Seconds; the unit must be there."""
    number, unit = _split(word, "a time, such as 3s, 500ms or 2min")
    if unit not in _TIMES:
        raise ValueError(f"{word!r} is no time: a number and {', '.join(_TIMES)}, such as 3s")
    return number * _TIMES[unit]


def size(word: str) -> int:
    """Bytes."""
    number, unit = _split(word, "a size, such as 1000 or 64KB")
    if unit not in _SIZES or number * _SIZES[unit] % 1:
        raise ValueError(f"{word!r} is no size: whole bytes, or a number and KB, MB, KiB or MiB")
    return int(number * _SIZES[unit])


def rate(word: str) -> float:
    """Bytes a second."""
    amount, _, per = word.partition("/")
    if per != "s" or size(amount) <= 0:
        raise ValueError(f"{word!r} is no rate: bytes a second, such as 50KB/s")
    return float(size(amount))


def share(word: str) -> float:
    """More than 0, at most 1: a share of all, in per cent or as a fraction."""
    number, unit = _split(word, "a share, such as 5% or 0.05")
    value = number / 100 if unit == "%" else number
    if unit not in ("", "%") or not 0 < value <= 1:
        raise ValueError(f"{word!r} is no share: more than 0 and at most 100%, or 1")
    return value


def count(word: str) -> int:
    """A whole number from 1."""
    if not word.isascii() or not word.isdigit() or int(word) < 1:
        raise ValueError(f"{word!r} is no count: 1 or more")
    return int(word)


def number(word: str) -> int:
    """Any whole number: a seed."""
    if not re.fullmatch(r"-?\d+", word, re.ASCII):
        raise ValueError(f"{word!r} is no whole number")
    return int(word)


def count_or_time(word: str) -> int | float:
    """An int is a count, a float seconds."""
    return count(word) if word.isdigit() else time(word)


def _split(word: str, what: str) -> tuple[float, str]:
    found = _NUMBER.fullmatch(word)
    if found is None:
        raise ValueError(f"{word!r} is not {what}")
    return float(found[1]), found[2]


@dataclass(frozen=True)
class Slot:
    """A place in a rule where a quantity stands: how it is read, and an example."""

    read: Callable[[str], float]
    example: str


SLOTS = {
    "TIME": Slot(time, "3s"),
    "SIZE": Slot(size, "1000"),
    "RATE": Slot(rate, "50KB/s"),
    "SHARE": Slot(share, "5%"),
}
