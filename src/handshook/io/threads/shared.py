"""One stack for many threads: every call to it, the pump's and the program's, is made with one lock held.

The pump sees this in place of the stack and of the device, and holds the lock only while it asks the stack, never while
it sleeps. A program's thread that has given the engine something to say takes it to the device by itself (`leave`),
as a system call does in a kernel, and wakes the pump only where the pump would sleep too long to keep a timer.
"""

import threading
import time
from typing import Protocol

from ...host.stack import Stack
from ...link.device import Device, LinkDown
from ...link.pump import Engine
from ...wire.framing import Framing


class Waker(Protocol):
    """What has a sleep to be ended; `Pump` is one."""

    def wake(self) -> None: ...


class Shared:
    """A stack and its device behind `lock`. It is both to a pump: an `Engine` and a `Device`.

    `engine` is the stack, or what stands between it and the link. Tell it by `wakes` which pump it is that drives it.
    """

    def __init__(self, stack: Stack, engine: Engine, device: Device) -> None:
        self.lock = threading.Lock()
        self.stack = stack
        self.name = device.name
        self.mtu = device.mtu
        self.framing: Framing = device.framing
        self.aside: int | None = getattr(device, "aside", None)
        self._engine = engine
        self._device = device
        self._pump: Waker | None = None
        self._sleeps = False
        self._until: float | None = None
        # Frames that a program's thread could not put on the device: they are first when the pump writes next.
        self._left: list[bytes] = []
        # The pump has frames that have not left, and nothing may overtake them.
        self._carried = False

    def wakes(self, pump: Waker) -> None:
        """Who is to be woken."""
        self._pump = pump

    # --- for the program's threads, with the lock held ---------------------------------------------------------

    def tell_time(self) -> None:
        """Before a call of which the stack must know when it was made."""
        self._engine.advance(time.monotonic())

    def leave(self) -> None:
        """After a call that may have given the engine something to say: it leaves now."""
        if not self._carried and not self._left:
            frames = self._engine.transmit(time.monotonic())
            if frames:
                self._put(frames)
        if self._sleeps:
            due = self._engine.deadline()
            early = due is not None and (self._until is None or due < self._until)
            if early or self._left or self.stack.news:
                self.wake()

    def wake(self) -> None:
        """End the pump's sleep; may be called without the lock."""
        self._sleeps = False
        if self._pump is not None:
            self._pump.wake()

    def _put(self, frames: list[bytes]) -> None:
        try:
            self._left = frames[self._device.write(frames) :]
        except LinkDown:
            # The pump meets the same error, and tells everybody.
            self._left = frames

    # --- the stack, as the pump sees it ------------------------------------------------------------------------

    def receive_many(self, frames: list[bytes], now: float) -> None:
        """As `Stack.receive_many`."""
        with self.lock:
            self._engine.receive_many(frames, now)

    def transmit(self, now: float) -> list[bytes]:
        """As `Stack.transmit`."""
        with self.lock:
            self._sleeps = False
            frames = self._left + self._engine.transmit(now) if self._left else self._engine.transmit(now)
            self._left = []
            self._carried = bool(frames)
        return frames

    def deadline(self) -> float | None:
        """As `Stack.deadline`. The pump asks before it sleeps."""
        with self.lock:
            self._until = self._engine.deadline()
            self._sleeps = True
            return self._until

    def advance(self, now: float) -> None:
        """As `Stack.advance`."""
        with self.lock:
            self._engine.advance(now)

    @property
    def news(self) -> bool:
        """As `Stack.news`."""
        return self._engine.news

    # --- the device, as the pump sees it -----------------------------------------------------------------------

    def fileno(self) -> int:
        """The device's."""
        return self._device.fileno()

    def read(self) -> list[bytes]:
        """As `Device.read`."""
        return self._device.read()

    def write(self, frames: list[bytes]) -> int:
        """As `Device.write`."""
        taken = self._device.write(frames)
        with self.lock:
            self._carried = taken < len(frames)
        return taken

    def close(self) -> None:
        """The device is its owner's to close."""
