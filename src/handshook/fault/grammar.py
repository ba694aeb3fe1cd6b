"""Reads a line such as `drop syn first 2 to 10.0.0.1:80` into a `Rule`, and says exactly what is wrong with one.

rule      = form {modifier}
form      = one of fault.forms
modifier  = "to" END | "from" END | "first" N | "after" N|TIME | "for" N|TIME | "between" TIME TIME
          | "probability" SHARE | "seed" N
"""

from collections.abc import Callable
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Any, NoReturn

from . import quantities
from .forms import FORMS, MODIFIERS, WHATS, Form
from .rule import Rule, RuleError, Target

MOST_CHARACTERS = 500


def parse(text: str) -> Rule:
    """The rule that a line is. Raises `RuleError`, a `ValueError`, with the nearest words that it knows."""
    words = text.split()
    line = " ".join(words)
    if not words:
        raise RuleError("an empty rule; such as: drop syn first 2")
    if len(line) > MOST_CHARACTERS or not line.isprintable():
        raise RuleError(f"a rule is at most {MOST_CHARACTERS} characters that can be printed")
    form, found, at = _read_form(line, words)
    values = _read_modifiers(line, words, at)
    if "seed" in values and "probability" not in values and found.get("share") is None:
        _refuse(line, "nothing is drawn, so `seed` has nothing to do; it goes with a share or `probability`")
    _check_counts(line, form, values)
    share = found.pop("share", None)
    if share is not None:
        if "probability" in values:
            _refuse(line, "two shares: the form's own and `probability`")
        values["probability"] = share
    return Rule(text=line, form=form, **found, **values)


def _check_counts(line: str, form: Form, values: dict[str, Any]) -> None:
    """What is chosen for a whole connection has no segments to count."""
    if form.whole and "first" in values:
        _refuse(line, f"`{form.pattern}` is for a whole connection: there is nothing to count for `first`; use `for`")
    if form.whole and type(values.get("after")) is int:
        _refuse(line, f"`{form.pattern}` is for a whole connection: `after` takes a time there, such as `after 2s`")
    if form.once and type(values.get("lasts")) is float:
        _refuse(line, f"`{form.pattern}` is over at once: `for` takes a number of connections there")


def _refuse(line: str, why: str) -> NoReturn:
    raise RuleError(f"`{line}`: {why}")


def _read_form(line: str, words: list[str]) -> tuple[Form, dict[str, Any], int]:
    """The form, what stands in its slots, and how many words it took: the longest that fits."""
    at = 0
    alive = list(FORMS)
    while True:
        longer = [form for form in alive if len(form.words) > at]
        going = [form for form in longer if at < len(words) and _fits(form.words[at], words[at])]
        if going:
            alive, at = going, at + 1
            continue
        whole = [form for form in alive if len(form.words) == at]
        if whole and (at == len(words) or words[at] in MODIFIERS):
            return whole[0], _take(line, whole[0], words), at
        expected = list(dict.fromkeys(form.words[at] for form in longer))
        _refuse(line, _unknown(words, at, expected, bool(whole)))


def _fits(slot: str, word: str) -> bool:
    if slot == "WHAT":
        return word in WHATS
    if slot in quantities.SLOTS:
        return word[:1].isdigit()
    return slot == word


def _take(line: str, form: Form, words: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for slot, word in zip(form.words, words, strict=False):
        if slot == "WHAT":
            found["what"] = word
        elif slot in quantities.SLOTS:
            name = "share" if slot == "SHARE" else "amount"
            found[name] = _quantity(line, quantities.SLOTS[slot].read, word)
    return found


def _unknown(words: list[str], at: int, expected: list[str], may_end: bool) -> str:
    known: list[str] = []
    for slot in expected:
        known += WHATS if slot == "WHAT" else [] if slot in quantities.SLOTS else [slot]
    if may_end:
        known += MODIFIERS
    slots = [f"{slot} (such as {quantities.SLOTS[slot].example})" for slot in expected if slot in quantities.SLOTS]
    choice = ", ".join([*known, *slots])
    choice = f"one of {choice}" if len([*known, *slots]) > 1 else f"`{choice}`"
    where = f"after `{' '.join(words[:at])}` comes" if at else "a rule begins with"
    if at == len(words):
        return f"it ends too soon: {where} {choice}"
    near = get_close_matches(words[at], known, n=2, cutoff=0.6)
    hint = f"; did you mean {' or '.join(f'`{word}`' for word in near)}?" if near else ""
    return f"{words[at]!r} is unknown here: {where} {choice}{hint}"


def _read_modifiers(line: str, words: list[str], at: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    while at < len(words):
        name = words[at]
        if name not in MODIFIERS:
            _refuse(line, _unknown(words, at, list(MODIFIERS), False))
        wanted = len(MODIFIERS[name][0].split())
        given = words[at + 1 : at + 1 + wanted]
        if len(given) < wanted:
            _refuse(line, f"`{name}` is followed by {MODIFIERS[name][0]}: {MODIFIERS[name][1]}")
        key = {"from": "source", "for": "lasts"}.get(name, name)
        if key in values:
            _refuse(line, f"`{name}` stands there twice")
        values[key] = _READERS[name](line, given)
        at += 1 + wanted
    return values


def _quantity(line: str, read: Callable[[str], Any], word: str) -> Any:
    try:
        return read(word)
    except ValueError as error:
        _refuse(line, str(error))


def _one(read: Callable[[str], Any]) -> Callable[[str, list[str]], Any]:
    return lambda line, given: _quantity(line, read, given[0])


def _between(line: str, given: list[str]) -> tuple[float, float]:
    begin, end = (_quantity(line, quantities.time, word) for word in given)
    if begin >= end:
        _refuse(line, f"between {given[0]} and {given[1]} there is no time")
    return begin, end


def _end(line: str, given: list[str]) -> Target:
    """`HOST:PORT`, `HOST`, `:PORT`, `[IPV6]:PORT`, a bare IPv6 address; `*` is any host."""
    word = given[0]
    if word.startswith("["):
        host, closed, port = word[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            _refuse(line, f"{word!r}: an IPv6 address with a port is written [2001:db8::1]:80")
        port = port[1:]
    elif word.count(":") > 1:
        host, port = word, ""
    else:
        host, _, port = word.partition(":")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        _refuse(line, f"{word!r}: a port is 1 to 65535")
    if not port and word.endswith(":"):
        _refuse(line, f"{word!r} ends where a port should be")
    return Target(_host(line, host), int(port) if port else None)


def _host(line: str, host: str) -> str | None:
    if host in ("", "*"):
        return None
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    labels = host.rstrip(".").lower().split(".")
    if ":" in host or labels[-1].isdigit() or not all(_is_label(label) for label in labels):
        _refuse(line, f"{host!r} is neither an address nor a name; a port alone is written :{host}")
    return ".".join(labels)


def _is_label(label: str) -> bool:
    return 0 < len(label) < 64 and label.isascii() and all(c.isalnum() or c in "-_" for c in label)


_READERS: dict[str, Callable[[str, list[str]], Any]] = {
    "to": _end,
    "from": _end,
    "first": _one(quantities.count),
    "after": _one(quantities.count_or_time),
    "for": _one(quantities.count_or_time),
    "between": _between,
    "probability": _one(quantities.share),
    "seed": _one(quantities.number),
}
