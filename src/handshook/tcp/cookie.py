"""SYN cookies: the half-open entry that the peer keeps for us (RFC 4987 3.6 and appendix A; Bernstein, 1996).

    cookie = MAC(four-tuple, the peer's number, time slot, options) + index into a table of MSS values

is the initial sequence number of a SYN,ACK after which nothing is remembered. Whoever sends `cookie + 1` back has
received it, and what it says is read out of it again. The MAC is all 32 bits of it, so there is no part that a guess
could get right for certain: of the 2^32 numbers one for each MSS index is good in each time slot that is still good.

Where the peer offers timestamps, its window scale, SACK and ECN ride in the low six bits of our timestamp, which it
echoes; they are under the MAC, too. Without timestamps these three are not agreed on. Linux does the same.
"""

from ..wire.segment import Segment
from ..wire.word import WORD
from .config import DEFAULT_MSS4, DEFAULT_MSS6, MOST_SCALE
from .cookie_layout import ECN_BIT, MSS, NO_SCALE, NO_TIMESTAMPS, OPTION_BITS, SACK_BIT
from .ecn import asks
from .isn import Secret
from .terms import Terms

# By MSS, the index of the largest that isn't larger.
INDEX = b"".join(
    bytes([index]) * (above - (least if index else 0))
    for index, (least, above) in enumerate(zip(MSS, (*MSS[1:], 65536), strict=True))
)


def mss_index(mss: int, ipv6: bool) -> int:
    """The largest in the table that the peer takes; `mss` is 0 where its SYN had none (RFC 9293 3.7.1)."""
    if mss == 0:
        mss = DEFAULT_MSS6 if ipv6 else DEFAULT_MSS4
    return INDEX[mss]


def pack_options(s: Segment, terms: Terms) -> int:
    """What of the SYN's options we agree to, in six bits; NO_TIMESTAMPS where none can be carried."""
    if not s.timestamps or not terms.timestamps:
        return NO_TIMESTAMPS
    bits = min(s.scale, MOST_SCALE) if s.scale >= 0 and terms.window_scale else NO_SCALE
    if s.sack_permitted and terms.sack:
        bits |= SACK_BIT
    if terms.ecn_accepts and asks(s):
        bits |= ECN_BIT
    return bits


def options_allowed(bits: int, terms: Terms) -> bool:
    """Could we have agreed to these?"""
    if bits == NO_TIMESTAMPS:
        return True
    if bits & NO_SCALE != NO_SCALE and not terms.window_scale:
        return False
    return not ((bits & SACK_BIT and not terms.sack) or (bits & ECN_BIT and not terms.ecn_accepts))


def stamp(clock: int, bits: int) -> int:
    """Our timestamp with the options in it: never later than `clock`, for it must not go back afterwards."""
    value = (clock & ~OPTION_BITS & WORD) | bits
    return (value - OPTION_BITS - 1) & WORD if bits > clock & OPTION_BITS else value


class Mac:
    """Makes the MAC of one stack's cookies, in a scratch space of its own."""

    __slots__ = ("_scratch",)

    def __init__(self) -> None:
        self._scratch = bytearray(48)

    def of(self, secret: Secret, key: bytes, number: int, slot: int, options: int) -> int:
        """For the four-tuple `key`, the peer's initial number, a time slot and the options: 32 bits."""
        p = self._scratch
        k = key
        n = len(key)
        for i in range(n):
            p[i] = k[i]
        p[n] = number >> 24
        p[n + 1] = (number >> 16) & 0xFF
        p[n + 2] = (number >> 8) & 0xFF
        p[n + 3] = number & 0xFF
        p[n + 4] = (slot >> 16) & 0xFF
        p[n + 5] = (slot >> 8) & 0xFF
        p[n + 6] = slot & 0xFF
        p[n + 7] = options
        hashed = secret.hash(self._scratch, n + 8)
        return hashed & WORD
