"""What is explored of each variant: bounds, one set for each part of a connection's life, and what is to be seen there.

All at once would have more states than there is room for. Each of these lets one part of it have its full play.
"""

from dataclasses import dataclass

from .bounds import Bounds
from .properties import Property


@dataclass(frozen=True)
class Scope:
    """`shows` are the properties that fail here, in the order in which they are told; none of the engine's own does.

    `small` are bounds of the same kind for whoever has only seconds.

    `exempt` is what TCP itself doesn't promise there, `because` says why.
    """

    name: str
    about: str
    bounds: Bounds
    shows: tuple[Property, ...] = ()
    small: Bounds | None = None
    exempt: tuple[Property, ...] = ()
    because: str = ""


ENGINE = (
    Scope(
        "life",
        "one connection, from its opening to its end, data both ways, in a network that loses and copies",
        Bounds(losses=1, copies=1, timeouts=(1, 0), sends=(1, 1), shutdowns=(1, 1)),
        small=Bounds(copies=1, sends=(1, 0), shutdowns=(1, 1), in_flight=3),
    ),
    Scope(
        "old-segments",
        "two connections of one four-tuple, one after the other, and what the first has left in the network",
        Bounds(copies=1, timeouts=(1, 0), opens=(2, 0), sends=(1, 0), shutdowns=(1, 1), aborts=(1, 0)),
        small=Bounds(copies=1, opens=(2, 0), sends=(1, 0), aborts=(1, 0), in_flight=3),
    ),
    Scope(
        "crashes",
        "hosts that lose their memory and begin anew, among segments of before",
        Bounds(copies=1, timeouts=(0, 1), opens=(2, 0), aborts=(1, 1), crashes=(1, 1)),
        small=Bounds(copies=1, opens=(2, 0), crashes=(1, 1), in_flight=2),
    ),
    Scope(
        "both-open",
        "both sides open, one after the other or at once, and close, finish or abort whenever they like",
        Bounds(copies=1, timeouts=(1, 1), opens=(1, 1), closes=(1, 1), aborts=(1, 1)),
        small=Bounds(copies=1, opens=(1, 1), closes=(1, 0), aborts=(0, 1), in_flight=3),
    ),
    Scope(
        "at-once",
        "both sides open at once, and nobody listens",
        Bounds(timeouts=(1, 1), opens=(1, 1), sends=(1, 0), shutdowns=(1, 1), listens=False, in_flight=3),
        small=Bounds(opens=(1, 1), shutdowns=(1, 1), listens=False, in_flight=3),
    ),
    Scope(
        "slow-reader",
        "a program that reads when it likes, and a window that shuts",
        Bounds(opens=(1, 0), sends=(5, 0), timeouts=(1, 1), shutdowns=(1, 0), slow_reader=True, in_flight=3),
        small=Bounds(sends=(5, 0), timeouts=(1, 0), slow_reader=True, in_flight=2),
    ),
    Scope(
        "giving-up",
        "patience that ends: each side gives the other up after two seconds without an answer",
        Bounds(timeouts=(4, 4), sends=(1, 0), shutdowns=(1, 1), patience=2.0, in_flight=3),
        small=Bounds(timeouts=(3, 3), shutdowns=(1, 1), patience=2.0, in_flight=2),
    ),
    Scope(
        "strangers",
        "a stranger who sees nothing says things in the client's name, with numbers that he can only guess",
        Bounds(forged=3, opens=(2, 0), sends=(1, 0), timeouts=(0, 1), aborts=(1, 0)),
        small=Bounds(forged=2, aborts=(1, 0), in_flight=3),
    ),
    Scope(
        "timestamps",
        "numbers that have come round, so that only timestamps tell old segments from new ones",
        Bounds(
            copies=1,
            opens=(2, 0),
            sends=(2, 0),
            aborts=(1, 0),
            timeouts=(1, 0),
            timestamps=True,
            tight=True,
            in_flight=3,
        ),
        small=Bounds(copies=1, opens=(2, 0), sends=(2, 0), aborts=(1, 0), timestamps=True, tight=True, in_flight=2),
        exempt=(Property.UNHARMED,),
        because="timestamps don't protect from an old RST, for none is looked at in it (RFC 7323 5.2)",
    ),
)

OLD = Bounds(copies=1, opens=(2, 0), closes=(1, 1), aborts=(1, 1))
SCOPES: dict[str, tuple[Scope, ...]] = {
    "three-way": ENGINE,
    "two-way": (
        Scope(
            "old-segments",
            "two openings of one four-tuple, and old segments",
            OLD,
            (Property.GHOST, Property.BELIEF, Property.AGREEMENT),
        ),
    ),
    "no-ack-check": (
        Scope("old-segments", "two openings of one four-tuple, and old segments", OLD, (Property.AGREEMENT,)),
    ),
    "predictable-isn": (
        Scope(
            "strangers",
            "a stranger who sees nothing says things in the client's name",
            Bounds(forged=3, opens=(1, 0)),
            (Property.BELIEF,),
        ),
    ),
    "repeated-isn": (
        Scope(
            "old-segments",
            "two connections of one four-tuple, and what the first has left in the network",
            Bounds(copies=1, opens=(2, 0), sends=(1, 0), aborts=(1, 0)),
            (Property.OWN_DATA,),
        ),
        Scope(
            "crashes",
            "a client that loses its memory and connects again",
            Bounds(copies=1, timeouts=(1, 0), opens=(2, 0), sends=(1, 0), crashes=(1, 0)),
            (Property.OWN_DATA,),
        ),
    ),
    "no-time-wait": (
        Scope(
            "last-ack",
            "one connection, finished by both sides",
            Bounds(losses=1, timeouts=(0, 1), shutdowns=(1, 1)),
            (Property.CLOSE,),
        ),
        Scope(
            "old-segments",
            "two connections of one four-tuple, whose numbers have hardly moved on in between",
            Bounds(copies=1, opens=(2, 0), sends=(2, 0), shutdowns=(1, 1), tight=True, in_flight=2),
            (Property.OWN_DATA,),
        ),
    ),
}
