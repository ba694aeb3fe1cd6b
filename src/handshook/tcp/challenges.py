"""How often a whole host answers what could be forged (RFC 5961 7), beside the limit that each flow has for itself.

A fixed limit for all would tell a stranger who uses it up whether somebody else's connection has answered too
(CVE-2016-5696). So it is drawn anew each second, between half and one and a half of what is set, as Linux does.
"""

from .clock import NEVER
from .isn import Secret

PERIOD = 1.0


class ChallengeLimit:
    """What one host may still answer in this second; `most` is what it may answer in a second on average."""

    __slots__ = ("_count", "_left", "_most", "_secret", "_since")

    def __init__(self, secret: Secret, most: int) -> None:
        self._secret = secret
        self._most = most
        self._since = -NEVER
        self._count = 0
        self._left = 0

    def take(self, now: float) -> bool:
        """May one more be sent now? If so it counts."""
        if now - self._since >= PERIOD:
            self._since = now
            self._count += 1
            drawn = self._secret.siphash(self._count.to_bytes(8, "big"))
            self._left = (self._most + 1) // 2 + drawn % self._most
        if self._left == 0:
            return False
        self._left -= 1
        return True
