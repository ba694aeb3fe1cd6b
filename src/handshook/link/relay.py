"""A bad stretch of network in real time: it stands between two links and hands on what each brings, late or never.

Where the kernel can't make a path slow or lossy, because it has no netem or is nobody's to ask, this does, between two
private networks with a kernel at each end, or between a kernel and an engine. What is injected here never happens by
itself: no queue of the relay's own drops a packet, unless a rate is given whose queue is full.
"""

import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

from .device import BATCH, Device
from .impairment import Impairment, Way


@dataclass(frozen=True)
class Bottleneck:
    """The slowest link of a path: `rate` in octets a second, and room for `queue` octets that wait for it."""

    rate: float
    queue: int

    def __post_init__(self) -> None:
        if not self.rate > 0 or self.queue < 0:
            raise ValueError(f"a bottleneck of {self.rate} octets/s with a queue of {self.queue}")


class Direction:
    """One direction of a relay: from one device to the other. `dropped` counts what found the queue full."""

    def __init__(
        self, source: Device, sink: Device, impairment: Impairment, seed: int, bottleneck: Bottleneck | None = None
    ) -> None:
        self.way = Way(impairment, seed)
        self.dropped = 0
        self.source = source
        self._sink = sink
        self._bottleneck = bottleneck
        self._free_at = 0.0  # when the bottleneck will have sent all that waits for it
        self._flying: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._full = False

    def take_in(self, now: float) -> bool:
        """Reads what the source has; returns whether there may be more."""
        frames = self.source.read()
        for frame in frames:
            moment = now if self._bottleneck is None else self._pass(frame, now, self._bottleneck)
            if moment < now:
                self.dropped += 1
                continue
            for delay, carried in self.way.carry(frame):
                self._count += 1
                heappush(self._flying, (moment + delay, self._count, carried))
        return len(frames) == BATCH

    def hand_on(self, now: float) -> None:
        """Writes what is due."""
        due: list[tuple[float, int, bytes]] = []
        while self._flying and self._flying[0][0] <= now:
            due.append(heappop(self._flying))
        taken = self._sink.write([frame for _, _, frame in due]) if due else 0
        for late in due[taken:]:
            heappush(self._flying, late)
        self._full = taken < len(due)

    def next(self) -> float | None:
        """When the next packet is due, None when there is none or the sink must have room first."""
        return self._flying[0][0] if self._flying and not self._full else None

    @property
    def waits_for(self) -> int | None:
        """The descriptor that must become writable first, if so it is."""
        return self._sink.fileno() if self._full else None

    def _pass(self, frame: bytes, now: float, bottleneck: Bottleneck) -> float:
        """When the frame has passed the bottleneck; a moment of the past where it found the queue full."""
        starts = max(self._free_at, now)
        if (starts - now) * bottleneck.rate > bottleneck.queue:
            return -1.0
        self._free_at = starts + len(frame) / bottleneck.rate
        return self._free_at


class Relay:
    """Two links and the bad network between them. It closes neither device.

    `forth` impairs what comes from `a`, `back` what comes from `b`; each direction draws lots of its own. Frames are
    impaired one by one, so the links should carry bare packets of at most the MTU (a private network with
    `offload=False`): a lost frame of 64 KB would be forty losses in a row.
    """

    def __init__(
        self,
        a: Device,
        b: Device,
        forth: Impairment,
        back: Impairment | None = None,
        *,
        bottleneck: Bottleneck | None = None,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if a.framing != b.framing:
            raise ValueError(f"{a.name} and {b.name} frame packets differently")
        self.forth = Direction(a, b, forth, 2 * seed, bottleneck)
        self.back = Direction(b, a, forth if back is None else back, 2 * seed + 1, bottleneck)
        self._clock = clock

    def turn(self, timeout: float | None = None) -> None:
        """Sleeps until a packet comes or is due, at most `timeout` seconds, and moves what can be moved.

        Raises `LinkDown` when one of the devices is gone.
        """
        ways = (self.forth, self.back)
        readers = [way.source.fileno() for way in ways]
        writers = [descriptor for way in ways if (descriptor := way.waits_for) is not None]
        # Not epoll, which rounds up to whole milliseconds.
        ready, _, _ = select.select(readers, writers, [], self._patience(timeout))
        for way in ways:
            if way.source.fileno() in ready:
                while way.take_in(self._clock()):
                    way.hand_on(self._clock())
            way.hand_on(self._clock())

    def _patience(self, timeout: float | None) -> float | None:
        due = min((moment for way in (self.forth, self.back) if (moment := way.next()) is not None), default=None)
        if due is None:
            return timeout
        left = max(0.0, due - self._clock())
        return left if timeout is None else min(left, timeout)
