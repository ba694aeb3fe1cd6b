"""A rate that somebody may have: a bucket that fills with time and that each packet takes from."""


class Bucket:
    """`rate` a second, and as much as a second's at once."""

    __slots__ = ("_at", "_left", "rate")

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self._left = max(1.0, rate)
        self._at = now

    def take(self, now: float) -> bool:
        """One packet; False when that is too many. A clock that goes back fills nothing."""
        if now > self._at:
            self._left = min(max(1.0, self.rate), self._left + (now - self._at) * self.rate)
            self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
