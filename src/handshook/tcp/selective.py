"""What a receiver tells beyond the ACK number: what came from behind a gap (RFC 2018), what came twice (RFC 2883)."""

from .acking import note_trouble
from .tcb import TCB


def note_duplicate(c: TCB, left: int, right: int) -> None:
    """The octets [left, right) came again: told once, in the next ACK (RFC 2883 4)."""
    c.again_left = left
    c.again_right = right
    note_trouble(c)


def has_blocks(c: TCB) -> bool:
    """Is there anything to tell?"""
    return c.sack and (c.again_left != c.again_right or (c.incoming is not None and c.incoming.beyond is not None))


def take_blocks(c: TCB) -> list[tuple[int, int]]:
    """The blocks of a segment that leaves now: a duplicate first (RFC 2883 4), then what came last (RFC 2018 4)."""
    blocks = [] if c.incoming is None else c.incoming.blocks()
    if c.again_left != c.again_right:
        blocks.insert(0, (c.again_left, c.again_right))
        c.again_left = c.again_right
    return blocks
