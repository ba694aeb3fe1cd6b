"""A network at its worst between two hosts: what happens to whole paths, beyond what befalls single packets.

Spells in which nothing gets through, losses in bursts, copies that come back minutes later, a path that narrows in
the middle of a transfer (with ICMP that says so, or without a word), hosts that are switched off and come back without
memory. And a place for whoever wants to see each packet that leaves or arrives, or to say something of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from random import Random

from ..host.stack import Stack
from ..link.memory import MemoryLink
from ..wire.icmp import Trouble, write_error
from ..wire.offload import cut


@dataclass(frozen=True)
class Weather:
    """What happens to the path. Times are seconds of virtual time, shares are 0 to 1, sizes bytes.

    `burst` is the share of packets with which a burst of losses begins, `burst_length` how long it lasts on average.
    `old` is the share of packets of which a copy arrives up to `oldest` seconds later. `dead` has the spells (from, to)
    in which nothing gets through. From `narrow_from` on no packet longer than `path_mtu` passes: its sender is told by
    ICMP, or, where `black_hole` says so, isn't.
    """

    burst: float = 0.0
    burst_length: float = 0.1
    old: float = 0.0
    oldest: float = 0.0
    dead: tuple[tuple[float, float], ...] = ()
    narrow_from: float = inf
    path_mtu: int = 65535
    black_hole: bool = False


class RoughLink(MemoryLink):
    """`MemoryLink` with weather, hosts that can be switched off, and an agenda of what is to happen at a time.

    `leaving` and `arriving` are called with (side, packet) for each IP packet that side 0 or 1 has put on the wire or
    gets from it; frames of a host with offload have been cut into packets by then. Other keywords are `MemoryLink`'s.
    """

    def __init__(
        self, a: Stack, b: Stack, *, weather: Weather | None = None, seed: int = 0, **impairment: float
    ) -> None:
        super().__init__(a, b, seed=seed, **impairment)
        self.weather = weather or Weather()
        self.off = [False, False]
        self.leaving: Callable[[int, bytes], object] | None = None
        self.arriving: Callable[[int, bytes], object] | None = None
        self._chance = Random(seed ^ 0x5EED)
        self._bursting = 0.0
        self._agenda: list[tuple[float, int, Callable[[], object]]] = []

    def at(self, moment: float, action: Callable[[], object]) -> None:
        """Have `action` called at that moment, or now where it has passed."""
        self._count += 1
        heappush(self._agenda, (max(moment, self.now), self._count, action))

    def replace(self, side: int, stack: Stack) -> None:
        """The host at `side` is another one from now on: what the old one knew is gone."""
        self.ends = (stack, self.ends[1]) if side == 0 else (self.ends[0], stack)

    def inject(self, to: int, packet: bytes, delay: float = 0.0) -> None:
        """Someone else's packet for side `to`, past all weather."""
        self._fly(to, packet, delay)

    def dead(self) -> bool:
        """Does nothing get through now?"""
        return any(first <= self.now < last for first, last in self.weather.dead)

    def _next(self) -> float | None:
        due = super()._next()
        if self._agenda and (due is None or self._agenda[0][0] < due):
            return self._agenda[0][0]
        return due

    def _deliver(self) -> None:
        while self._agenda and self._agenda[0][0] <= self.now:
            heappop(self._agenda)[2]()
        super()._deliver()

    def _send(self, to: int, packet: bytes) -> None:
        for piece in cut(packet, self.ends[1 - to].framing):
            if self.leaving is not None:
                self.leaving(1 - to, piece)
            if self._passes(to, piece):
                super()._send(to, piece)

    def _passes(self, to: int, packet: bytes) -> bool:
        """Does the weather let it through to where single packets have their own fate?"""
        weather = self.weather
        if weather.dead and self.dead():
            return False
        if self.now >= weather.narrow_from and len(packet) > weather.path_mtu:
            if not weather.black_hole:
                told = write_error(Trouble.TOO_BIG, packet, mtu=weather.path_mtu)
                super()._send(1 - to, told)
            return False
        if self.now < self._bursting:
            return False
        if weather.burst and self._chance.random() < weather.burst:
            self._bursting = self.now + self._chance.expovariate(1 / weather.burst_length)
            return False
        if weather.old and self._chance.random() < weather.old:
            self._fly(to, packet, self._chance.random() * weather.oldest)
        return True

    def _hand_over(self, to: int, packets: list[bytes]) -> None:
        if self.off[to]:
            return
        if self.arriving is not None:
            for packet in packets:
                self.arriving(to, packet)
        framing = self.ends[to].framing
        super()._hand_over(to, [(framing.header4 if p[0] >> 4 == 4 else framing.header6) + p for p in packets])
