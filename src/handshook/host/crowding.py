"""What is done where a SYN finds no room and gets no cookie: the policies of RFC 4987 3 that need state.

an entry that has waited longer than is allowed when the queue is full goes first, under any policy (3.3)
drop-new       this SYN goes
drop-oldest    the listener's oldest entry goes (3.4)
cache          the SYN goes into a row of the SYN cache (3.5)
"""

from ..outcomes import Outcome
from ..tcp.half_open import HalfOpen
from ..tcp.states import CLOSED, SYN_RECEIVED
from ..wire.segment import Segment
from .listener import Listener
from .step import Direction
from .tables import Tables

HALF_OPEN_EVICTED = Outcome.HALF_OPEN_EVICTED
HALF_OPEN_PRESSED = Outcome.HALF_OPEN_PRESSED
SYN_CACHED = Outcome.SYN_CACHED
SYN_CACHE_EVICTED = Outcome.SYN_CACHE_EVICTED

# How many that are gone may stand in a listener's order before it is swept, beyond as many as are there.
UNSWEPT = 64


class Crowding(Tables):
    """The tables, and who goes when they are full."""

    __slots__ = ()

    def _queue_up(self, listener: Listener, entry: HalfOpen) -> None:
        """Note who came when, where that decides who goes."""
        if listener.terms.cookies_when_full:
            return
        order = listener.order
        if len(order) > 2 * listener.half_open + UNSWEPT:
            alive = [each for each in order if each.stage == SYN_RECEIVED]
            order.clear()
            order.extend(alive)
        order.append(entry)

    def _make_way(self, listener: Listener, key: bytes) -> bool:
        """Take away the listener's oldest entry for a new one, if its time is over or the policy says so."""
        if self._bounds.prefix_full(key):
            # Others must not go for a prefix that has its share.
            return False
        order = listener.order
        while order and order[0].stage != SYN_RECEIVED:
            order.popleft()
        if not order:
            return False
        oldest = order[0]
        if oldest.retries > listener.patience():
            why = HALF_OPEN_PRESSED
        elif listener.terms.policy_oldest:
            why = HALF_OPEN_EVICTED
        else:
            return False
        order.popleft()
        self._counts[why] += 1
        self._forget_half_open(oldest)
        del self._flows[oldest.key]
        if self._watched:
            self._observers.show_flow(self.now, Direction.TIMER, why, oldest, None)
        return True

    def _cache_syn(self, listener: Listener, segment: Segment, now: float) -> int:
        """Into the SYN cache."""
        victim = self._cache.victim(segment.key, now)
        if victim is not None:
            self._counts[SYN_CACHE_EVICTED] += 1
            if self._watched:
                shown = Direction.TIMER, SYN_CACHE_EVICTED, SYN_RECEIVED, CLOSED, victim
                self._observers.show(self.now, *shown, None)
        self._make_ready(self._cache.take(segment, listener, listener.terms, now))
        return SYN_CACHED
