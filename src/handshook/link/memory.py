"""A link in memory and in virtual time: two stacks, and between them whatever a bad network does to packets.

Nothing waits: time jumps to the next thing that happens. With the same seed, and stacks that have one too, the same
calls give the same packets, lost, copied and late in the same places.
"""

from collections.abc import Callable
from heapq import heappop, heappush

from ..host.stack import Stack
from .impairment import Impairment, Way

# After so many rounds at one moment of virtual time two programs are answering each other for ever.
MOST_ROUNDS = 10_000


class MemoryLink:
    """Two stacks on one wire. `now` is the virtual time in seconds; `way` has the impairment, and counts."""

    def __init__(
        self,
        a: Stack,
        b: Stack,
        *,
        delay: float = 0.01,
        jitter: float = 0.0,
        loss: float = 0.0,
        copy: float = 0.0,
        reorder: float = 0.0,
        corrupt: float = 0.0,
        mark: float = 0.0,
        seed: int = 0,
        start: float = 0.0,
    ) -> None:
        self.ends = (a, b)
        self.way = Way(Impairment(delay, jitter, loss, copy, reorder, corrupt, mark), seed)
        self.now = start
        self._flying: list[tuple[float, int, int, bytes]] = []
        self._count = 0

    @property
    def carried(self) -> int:
        """How many packets have been put on the link."""
        return self.way.carried

    def run(
        self,
        until: float | None = None,
        step: Callable[[], object] | None = None,
        done: Callable[[], bool] | None = None,
    ) -> float:
        """Let things happen until virtual time `until`, until `done()` says so, or until nothing more can happen.

        `step` is called whenever something has happened, for the programs at both ends to look at their stacks.
        Returns the virtual time. Raises `RuntimeError` when the ends go on for ever without time passing.
        """
        rounds = 0
        repeated = False
        while True:
            if step is not None:
                step()
            if done is not None and done():
                return self.now
            if self._collect():
                repeated = False
                continue
            if step is not None and not repeated and any(end.news for end in self.ends):
                # What `step` has accepted may have news of its own.
                repeated = True
                continue
            repeated = False
            moment = self._next()
            if moment is None or (until is not None and moment > until):
                if until is not None:
                    self.now = max(self.now, until)
                    for end in self.ends:
                        end.advance(self.now)
                return self.now
            rounds = rounds + 1 if moment <= self.now else 0
            if rounds > MOST_ROUNDS:
                raise RuntimeError(f"at {self.now} s the two ends answer each other without end")
            self.now = max(self.now, moment)
            self._deliver()
            for end in self.ends:
                end.advance(self.now)

    def _collect(self) -> bool:
        """Put on the wire what both ends have to say; True when there was anything."""
        spoken = False
        for side, end in enumerate(self.ends):
            for packet in end.transmit(self.now):
                spoken = True
                self._send(1 - side, packet)
        return spoken

    def _send(self, to: int, packet: bytes) -> None:
        for delay, carried in self.way.carry(packet):
            self._fly(to, carried, delay)

    def _fly(self, to: int, packet: bytes, delay: float) -> None:
        """The packet is on its way, and will be there after `delay`."""
        self._count += 1
        heappush(self._flying, (self.now + delay, self._count, to, packet))

    def _next(self) -> float | None:
        """When the next thing happens."""
        moments = [due for end in self.ends if (due := end.deadline()) is not None]
        if self._flying:
            moments.append(self._flying[0][0])
        return min(moments, default=None)

    def _deliver(self) -> None:
        arriving: tuple[list[bytes], list[bytes]] = ([], [])
        while self._flying and self._flying[0][0] <= self.now:
            _, _, to, packet = heappop(self._flying)
            arriving[to].append(packet)
        for to, packets in enumerate(arriving):
            if packets:
                self._hand_over(to, packets)

    def _hand_over(self, to: int, packets: list[bytes]) -> None:
        """What has crossed the link is the receiver's."""
        self.ends[to].receive_many(packets, self.now)
