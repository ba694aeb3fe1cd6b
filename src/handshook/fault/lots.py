"""Lots that hang on what a segment is, not on when it comes: the same seed hits the same segments.

A lot is drawn from the seed, the rule, which connection it is (counted for each rule), which way the segment goes, its
place in its sender's numbers and how often it was there before. A program that does the same meets the same faults,
however the machine's speed mixes the two directions.
"""

from hashlib import blake2b

_WHOLE = 1 << 64


def lot(*what: object) -> float:
    """A number from 0 up to, not including, 1 for what is given."""
    named = "\0".join(map(str, what)).encode()
    return int.from_bytes(blake2b(named, digest_size=8).digest(), "big") / _WHOLE
