"""What is in a SYN cookie, and how long it is good: the numbers that its maker and its readers share (cookie.py)."""

from .config import LEAST_MSS

SLOT = 64.0  # seconds
LIFE = 2 * SLOT
"""A cookie is good in its slot and the next: 64 to 128 s. Linux has 60 to 120; our own half-open entry lives 63."""

MSS = (LEAST_MSS, 536, 1220, 1360, 1440, 1460, 8940, 65475)
"""What a peer's MSS is rounded down to: what Ethernet, tunnels over it, jumbo frames and loopback make of both IPs."""
MSS_INDICES = len(MSS)

NO_SCALE = 15
SACK_BIT = 16
ECN_BIT = 32
OPTION_BITS = 63
# What stands for the options where there is no timestamp to carry any.
NO_TIMESTAMPS = 64
