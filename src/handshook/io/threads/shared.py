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


class HostLock:
    """A lock that knows who has it: whoever asks for it once more, from a callback, is told so and doesn't hang."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0

    def check(self) -> None:
        """Raises RuntimeError where this thread has it already."""
        if self._owner == threading.get_ident():
            raise RuntimeError("a callback of the host, such as an observer, can't call the host")

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.Lock.acquire`; raises RuntimeError as `check` does."""
        self.check()
        got = self._lock.acquire(blocking, timeout)
        if got:
            self._owner = threading.get_ident()
        return got

    def release(self) -> None:
        """As `threading.Lock.release`."""
        self._owner = 0
        self._lock.release()

    def locked(self) -> bool:
        """Whether somebody has it."""
        return self._lock.locked()

    def _is_owned(self) -> bool:
        # For threading.Condition, which otherwise would find out by trying.
        return self._owner == threading.get_ident()

    def __enter__(self) -> bool:
        # As `acquire`, in one step: each call of a socket comes this way.
        me = threading.get_ident()
        if self._owner == me:
            self.check()
        self._lock.acquire()
        self._owner = me
        return True

    def __exit__(self, *_: object) -> None:
        self._owner = 0
        self._lock.release()


class Waker(Protocol):
    """What has a sleep to be ended; `Pump` is one."""

    def wake(self) -> None: ...


class Shared:
    """A stack and its device behind `lock`. It is both to a pump: an `Engine` and a `Device`.

    `engine` is the stack, or what stands between it and the link. Tell it by `wakes` which pump it is that drives it.
    """

    def __init__(self, stack: Stack, engine: Engine, device: Device) -> None:
        self.lock = HostLock()
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
