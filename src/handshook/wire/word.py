"""A word of 32 bits, which sequence numbers and timestamps are counted in: arithmetic on them is modulo 2^32.

By name and not as a literal: a literal above 2^31 is a Python object to Cython, and makes one of its whole expression.
"""

WORD = 0xFFFFFFFF
HALF = 0x80000000
