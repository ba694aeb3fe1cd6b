"""A link in memory and in virtual time: two stacks, and between them whatever a bad network does to packets.

Nothing waits: time jumps to the next thing that happens. With the same seed, and stacks that have one too, the same
calls give the same packets, lost, copied and late in the same places.
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random

from ..host.stack import Stack
from ..wire.checksum import checksum

# After so many rounds at one moment of virtual time two programs are answering each other for ever.
MOST_ROUNDS = 10_000


@dataclass(frozen=True)
class Impairment:
    """What happens to each packet on its way. Times are seconds, shares are 0 to 1.

    `delay` is the way's length, `jitter` the most that is added to it at random (and so may reorder), `loss`, `copy`
    and `corrupt` the share of packets that never arrive, arrive twice, or with a bit turned; `reorder` the share
    held back by up to `late` more. `mark` is the share of packets that can carry a mark of congestion and get one
    (RFC 3168).
    """

    delay: float = 0.01
    jitter: float = 0.0
    loss: float = 0.0
    copy: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    mark: float = 0.0
    late: float = 0.05

    def __post_init__(self) -> None:
        for name in ("loss", "copy", "reorder", "corrupt", "mark"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; a share is 0 to 1")
        for name in ("delay", "jitter", "late"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)} s; time doesn't run backwards")


def marked(packet: bytes) -> bytes:
    """The packet as a congested router passes it on: CE where the sender has said that it listens (RFC 3168 5)."""
    if packet[0] >> 4 == 6:
        listens = packet[1] >> 4 & 3
        return packet[:1] + bytes([packet[1] | 0x30]) + packet[2:] if listens else packet
    if not packet[1] & 3:
        return packet
    header = bytearray(packet[: (packet[0] & 15) * 4])
    header[1] |= 3
    header[10:12] = bytes(2)
    header[10:12] = checksum(header).to_bytes(2, "big")
    return bytes(header) + packet[len(header) :]


class MemoryLink:
    """Two stacks on one wire. `now` is the virtual time in seconds; `carried`, `lost`, `copied` and `late` count."""

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
        self.impairment = Impairment(delay, jitter, loss, copy, reorder, corrupt, mark)
        self.now = start
        self.carried = self.lost = self.copied = self.late = 0
        self._random = Random(seed)
        self._flying: list[tuple[float, int, int, bytes]] = []
        self._count = 0

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
        way = self.impairment
        chance = self._random.random
        self.carried += 1
        if way.loss and chance() < way.loss:
            self.lost += 1
            return
        copies = 1
        if way.copy and chance() < way.copy:
            self.copied += 1
            copies = 2
        for _ in range(copies):
            delay = way.delay
            if way.jitter:
                delay += chance() * way.jitter
            if way.reorder and chance() < way.reorder:
                self.late += 1
                delay += chance() * way.late
            carried = marked(packet) if way.mark and chance() < way.mark else packet
            if way.corrupt and chance() < way.corrupt:
                carried = self._corrupted(carried)
            self._fly(to, carried, delay)

    def _fly(self, to: int, packet: bytes, delay: float) -> None:
        """The packet is on its way, and will be there after `delay`."""
        self._count += 1
        heappush(self._flying, (self.now + delay, self._count, to, packet))

    def _corrupted(self, packet: bytes) -> bytes:
        damaged = bytearray(packet)
        damaged[self._random.randrange(len(packet))] ^= 1 << self._random.randrange(8)
        return bytes(damaged)

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
