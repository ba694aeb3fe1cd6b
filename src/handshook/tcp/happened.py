"""What a program is told of a connection or a listener: news by kind, as bits."""

from enum import IntFlag


class Happened(IntFlag):
    """Kinds of news; several may come at once, each is told once until it happens again."""

    OPENED = 1  # the handshake that this side began is complete
    READABLE = 2  # data is there for `recv`
    WRITABLE = 4  # the peer has acknowledged data, so there is room for `send`
    FINISHED = 8  # the peer has finished: after what is readable, `recv` returns b""
    ENDED = 16  # the connection is over; `error` says how
    ACCEPTABLE = 32  # a listener has a connection for `accept`
    URGENT = 64  # the peer marks data as urgent; `urgent` says how much there is still to read up to its end
    TROUBLED = 128  # something is wrong and doesn't end the connection: the verdict's evidence has what
    HELD = 256  # a SYN is held: the program decides what it is answered with


# By number: making a flag from its bits costs more than a segment does.
HAPPENED = [Happened(bits) for bits in range(1 << len(Happened))]


def telling(kinds: Happened) -> list[bool]:
    """Is any of these kinds among some news? By the number of the news: `telling(Happened.ENDED)[happened]`.

    For a program with many connections: `&` of two flags is a function in Python, a look into a list is not.
    """
    return [bool(kinds & news) for news in HAPPENED]


# For the engine, which counts with plain integers.
OPENED = Happened.OPENED.value
READABLE = Happened.READABLE.value
WRITABLE = Happened.WRITABLE.value
FINISHED = Happened.FINISHED.value
ENDED = Happened.ENDED.value
HELD = Happened.HELD.value
URGENT = Happened.URGENT.value
TROUBLED = Happened.TROUBLED.value
