"""docs/why-three.md: the argument for three ways, with what the explorer finds. Run as a program it writes the page:
`make docs`."""

from io import StringIO
from pathlib import Path

from handshook.prove.bounds import SIDES
from handshook.prove.job import prove
from handshook.prove.properties import Property
from handshook.prove.scopes import ENGINE, SCOPES
from handshook.prove.stories import STORIES
from handshook.prove.variants import BY_NAME
from handshook.prove.words import draw
from handshook.show.watch import Watcher

PAGE = Path(__file__).parents[2] / "docs" / "why-three.md"
WIDTH = 96

TEXT = """\
# Why three ways

Made by `make docs` from what `handshook prove` finds; a test fails when this page is not current. Every ladder here was
drawn by the shipped engine, taken the shortest way to where a property fails.

## The question

A connection is two counts: each side numbers what it sends, and needs the other to know where its numbers begin. That
much could be said in two lines, one each way. The trouble is the network between them. It may keep a segment, and
deliver it when the connection that it belongs to is long over; and a host may forget, or never have asked. So a side
that hears a number can't tell by looking at it whether it was said just now. It can only send it back, and see whether
anybody objects. That is the third line: the server's number comes back to it, from someone who has just heard it.

Tomlinson (1975, "Selecting sequence numbers") put the problem as one of numbers: old duplicates are harmless if they
can be told from what is new, by numbers that are not used again while an old one lives, and by having each side's
first number acknowledged before it is believed. Sunshine and Dalal ("Connection management in transport protocols",
Computer Networks 2, 1978) went through the cases of old segments and of hosts that crash, and what a handshake needs
to stand them. RFC 9293 has the handshake and its reason in 3.5, and what its numbers must be like in 3.4.

## Two ways

{two_way}

## Three ways

The same two hosts, with the engine as it is. Every order is tried in which segments may arrive, be lost, be copied and
come late, time-outs go off, programs open, send, finish, close and abort, and hosts lose their memory; the properties
are looked at in every state.

| property | what it says |
|---|---|
{properties}

These are the explorations, in the bounds in which every run of the tests repeats them. `handshook prove three-way` goes
further, and says how far: some 14 million states.

| exploration | what plays | bounds | states | steps deep |
|---|---|---|---|---|
{scopes}

Every property holds in each, but for {exempt}

## What three ways rest on

The third line proves that somebody has heard the server's number. That is worth only as much as the number, as the
look at it, and as the memory on both sides.

{others}

## How it is done

The two hosts share nothing but segments. So what a host does hangs on its own state and on what comes, and the engine
has to be asked once for each such pair; the explorer puts the answers together in every order, breadth first. Two
states of a host are one when they agree in every variable on which a decision can hang
([knowledge.py](../src/handshook/prove/knowledge.py) has the list, and what is left out and why); tests go to the same
state on different ways and see that it does the same. Initial numbers are chosen by setting the clock from which the
engine takes them, so that a connection's numbers are the same whatever happened before. Whole states are kept, not
hashes of them: none is ever taken for another. Each way that is shown was gone once more, from the beginning, by hosts
that no memory stands in for.

Time is not simulated but left open: any time-out that runs may go off at any moment, before or after anything else, as
if the hosts' clocks had nothing to do with each other. Only TIME-WAIT is held to what it is for: when it ends, what the
old connection had in the network is gone (RFC 9293 3.4.2).

The engine's sources know nothing of the other handshakes. They are made from outside
([variants.py](../src/handshook/prove/variants.py)): the two-way server says the third line to itself, no ACK check puts
the number there that the host would like to see, and so on.

## What it does not show

- Anything beyond the bounds. A fault that takes three crashes, or five copies of a segment, is not looked for.
- SACK, window scaling, ECN, and timestamps but in the one exploration; segments of more than a few octets, more than
  one four-tuple, ICMP, several segments in one batch. The simulations ([testing.md](testing.md)) have those, by chance
  and not in every order.
- Numbers that meet by chance. A connection's are far from every other's here; in the world they are so but for one
  chance in millions (RFC 9293 3.4.1, RFC 6528).
- Where more segments would be in the network than the bounds let be, that way is not taken; how often is counted.
- That the rules are right. Properties are looked at that RFC 9293 asks for; whether it asks for the right ones, no
  exploration can say.

## What it has found

In the engine: a program that closes in SYN-RECEIVED goes on to FIN-WAIT-1 (RFC 9293 3.10.4), and there an ACK of
something else was challenged, as in a connection that is open, and not answered with RST, as in one that isn't yet
(3.5.2). After a simultaneous open with an old SYN two hosts that meant different connections so answered each other
until their patience ended. Now the RST comes.
"""

HEADINGS = {
    "no-ack-check": "Without a look at the number",
    "predictable-isn": "With a number that can be worked out",
    "repeated-isn": "With the same number each time",
    "no-time-wait": "Without TIME-WAIT",
}


def failure_section(name, result, failure):
    """One failure: the way in words, the ladder of the side that has seen most of it, and what it means."""
    told = "\n".join(f"{number}. {text}" for number, text in enumerate(failure.trace.told, 1))
    side = max((0, 1), key=lambda side: (len(failure.trace.seen[side]), side))
    if failure.property in (Property.GHOST, Property.BELIEF):
        side = 1
    stream = StringIO()
    watcher = Watcher(stream, width=WIDTH, color=False, ascii=False, peer_name=SIDES[1 - side])
    watcher.local_name = SIDES[side]
    draw(watcher, failure.trace.seen[side])
    rule = f"**{failure.property.value} fails**: {failure.property.broken}. The shortest way has {failure.steps} steps:"
    ladder = stream.getvalue().strip("\n")
    return f"{rule}\n\n{told}\n\n{STORIES[name, failure.property]}\n\n```\n{ladder}\n```"


def variant_section(name):
    """What a lesser handshake comes to."""
    parts = [f"*{BY_NAME[name].about}*"]
    for scope in SCOPES[name]:
        result = prove(BY_NAME[name], scope)
        assert not result.missing
        shown = [failure for failure in result.failures if failure.property in scope.shows]
        parts += [failure_section(name, result, failure) for failure in shown]
    return "\n\n".join(parts)


def scope_row(scope):
    """One exploration of the engine's own handshake."""
    from dataclasses import replace

    result = prove(BY_NAME["three-way"], replace(scope, bounds=scope.small))
    assert result.exhausted and not result.failures
    bounds = scope.small.sentence().replace(",", ", ")
    return f"| {scope.name} | {scope.about} | {bounds} | {result.states:,} | {result.depth} |"


def write():
    """The page."""
    exempt = [f"{each.value} in {scope.name}: {scope.because}." for scope in ENGINE for each in scope.exempt]
    return TEXT.format(
        two_way=variant_section("two-way"),
        properties="\n".join(f"| {each.value} | {each.rule} |" for each in Property),
        scopes="\n".join(scope_row(scope) for scope in ENGINE),
        exempt=" ".join(exempt),
        others="\n\n".join(f"### {heading}\n\n{variant_section(name)}" for name, heading in HEADINGS.items()),
    )


if __name__ == "__main__":
    PAGE.write_text(write(), encoding="utf-8")
