"""What a bad network does to packets: the shares of them that it loses, copies, corrupts, marks, holds back.

`Impairment` says it in figures, `Way` draws each packet's fate by them, out of one seed: the same packets in the same
order meet the same fate, whether time is virtual (`memory`) or real (`relay`).
"""

from dataclasses import dataclass
from random import Random

from ..wire.checksum import checksum


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


class Way:
    """The way that packets take. `carried`, `lost`, `copied` and `late` count them."""

    def __init__(self, impairment: Impairment, seed: int) -> None:
        self.impairment = impairment
        self.carried = self.lost = self.copied = self.late = 0
        self._random = Random(seed)

    def carry(self, packet: bytes) -> list[tuple[float, bytes]]:
        """What becomes of a packet: none, one or two that arrive, each with the seconds that it takes."""
        way = self.impairment
        chance = self._random.random
        self.carried += 1
        if way.loss and chance() < way.loss:
            self.lost += 1
            return []
        copies = 1
        if way.copy and chance() < way.copy:
            self.copied += 1
            copies = 2
        arriving = []
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
            arriving.append((delay, carried))
        return arriving

    def _corrupted(self, packet: bytes) -> bytes:
        damaged = bytearray(packet)
        damaged[self._random.randrange(len(packet))] ^= 1 << self._random.randrange(8)
        return bytes(damaged)
