"""Sequence numbers: 32 bits that wrap, compared as RFC 9293 3.4 says.

`before(a, b)` is a < b on the circle: true when b is less than half the space ahead of a.
"""

from ..wire.word import HALF, WORD


def before(a: int, b: int) -> bool:
    """a < b."""
    return ((a - b) & WORD) >= HALF


def before_or_at(a: int, b: int) -> bool:
    """a <= b."""
    return ((b - a) & WORD) < HALF


def distance(a: int, b: int) -> int:
    """How far b is ahead of a: 0 to 2^32 - 1."""
    return (b - a) & WORD


def signed_distance(a: int, b: int) -> int:
    """How far b is ahead of a; negative when it is behind: -2^31 to 2^31 - 1."""
    gap = (b - a) & WORD
    return gap - WORD - 1 if gap >= HALF else gap
