"""The pump: the one loop that moves frames between an engine and a device, and sleeps when it can.

One turn sends what the engine has to say, sleeps until a frame, a timer, a watched descriptor or `wake()`
ends the sleep, and takes in all that waits. Frames are moved in batches: one wake-up reads many, the engine
answers them together. When the device's queue is full, what it did not take is kept, in order, and the engine
is asked for nothing more until that has left: it makes better segments later than a queue would keep now, and
no frame is ever dropped here. What is only for people to see, such as drawing, is done in the pump's spare time:
a small piece at a time, and only while nothing waits.
"""

import os
import select
import time
from collections.abc import Callable
from typing import Protocol

from .device import BATCH, Device
from .heap import keep_heap

# Batches taken in before watched descriptors get their turn: 2,000 small frames are a few milliseconds' work.
_BATCHES_A_TURN = 8

# How long a device is left alone that calls itself writable and takes nothing, in seconds (memory short,
# say).
_PAUSE = 0.001

# A timer may be further away than a poll can wait (2^31 milliseconds, 24 days): there is a turn each day, in seconds.
_LONGEST = 86_400.0


class Engine(Protocol):
    """What the pump asks of an engine; `Stack` is one."""

    def receive_many(self, frames: list[bytes], now: float) -> None: ...
    def transmit(self, now: float) -> list[bytes]: ...
    def deadline(self) -> float | None: ...
    def advance(self, now: float) -> None: ...
    @property
    def news(self) -> bool: ...


class Pump:
    """Drives one engine over one device.

    All but `wake` belong to one thread. The pump closes neither the device nor what it watches.
    `clock` gives seconds that only grow: the engine's `now`. `busy_poll` is for how many seconds it asks again and
    again before it sleeps: a peer that answers within them is served without a wake-up, which takes longer than the
    work itself, and the processor is busy for as long after every turn. An idle pump sleeps all the same.
    """

    def __init__(
        self, stack: Engine, device: Device, clock: Callable[[], float] = time.monotonic, *, busy_poll: float = 0.0
    ) -> None:
        keep_heap()
        self.wakeups = 0
        """How often a sleep has ended: an idle pump's stands still."""
        self._stack = stack
        self._device = device
        self._clock = clock
        self._busy_poll = busy_poll
        self._unsent: list[bytes] = []
        self._stuck = False
        self._awaits_room = False
        self._spare: Callable[[], bool] | None = None
        self._watched: dict[int, Callable[[int], object]] = {}
        self._always: dict[int, int] = {}
        self._waker = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poller = select.epoll()
        self._poller.register(self._waker, select.EPOLLIN)
        self._device_descriptor = device.fileno()
        self._poller.register(self._device_descriptor, select.EPOLLIN)
        # Where frames come in by another way, too.
        self._aside: int | None = getattr(device, "aside", None)
        if self._aside is not None:
            self._poller.register(self._aside, select.EPOLLIN)

    def turn(self, timeout: float | None = None) -> bool:
        """One round of sending, sleeping and receiving; afterwards look at the engine's events.

        What arrives is answered by the next turn, so that what the program makes of it rides on the answer: a close
        after a FIN leaves as one segment, and so does a reply with the ACK of its request.

        Sleeps at most `timeout` seconds, for ever when None, not at all when 0. Returns whether anything
        happened: a frame moved, a timer ran, a watched descriptor was served, or somebody called `wake`.
        Raises `LinkDown` when the device is gone, and whatever a watcher's callback raises.
        """
        happened = self._send(self._clock())
        if self._unsent or self._awaits_room:
            self._await_room(bool(self._unsent) and not self._stuck)
        ready = self._sleep(timeout)
        self.wakeups += 1
        retry = self._stuck
        for descriptor, events in ready:
            if descriptor == self._device_descriptor:
                retry = retry or bool(events & select.EPOLLOUT)
                if events & ~select.EPOLLOUT:
                    happened |= self._take_in()
            elif descriptor == self._aside:
                happened |= self._take_in()
            elif descriptor == self._waker:
                os.eventfd_read(self._waker)
                happened = True
            else:
                happened |= self._serve(descriptor, events)
        if self._always:
            for descriptor, events in list(self._always.items()):
                happened |= self._serve(descriptor, events)
        now = self._clock()
        deadline = self._stack.deadline()
        if deadline is not None and deadline <= now:
            self._stack.advance(now)
            happened = True
        if retry and self._unsent:
            happened |= self._retry()
        return happened

    def watch(self, descriptor: int, events: int, callback: Callable[[int], object]) -> None:
        """Calls `callback(events)` in each turn in which the descriptor is ready.

        `events` are select.EPOLLIN and the like; errors and hang-ups are always told. Watching a descriptor
        again changes what it is watched for. A plain file, which can't be polled, is always ready.
        """
        known = descriptor in self._watched
        try:
            if known and descriptor not in self._always:
                self._poller.modify(descriptor, events)
            elif not known:
                self._poller.register(descriptor, events)
        except PermissionError:
            self._always[descriptor] = events
        if descriptor in self._always:
            self._always[descriptor] = events
        self._watched[descriptor] = callback

    def unwatch(self, descriptor: int) -> None:
        """Watches the descriptor no more; one that is not watched, or closed by now, is no error."""
        known = self._watched.pop(descriptor, None) is not None
        if self._always.pop(descriptor, None) is None and known:
            try:
                self._poller.unregister(descriptor)
            except OSError:
                # It was closed first, and so the kernel has forgotten it already.
                return

    def in_spare_time(self, work: Callable[[], bool]) -> None:
        """Calls `work()` again and again before a sleep, while it returns True and neither packet nor timer waits.

        Each call should take well under a millisecond: nobody is answered while it runs.
        """
        self._spare = work

    def wake(self) -> None:
        """Ends the sleep of the turn that is running or, when none is, of the next one.

        May be called from any thread and from a signal handler, and after `close`.
        """
        try:
            os.eventfd_write(self._waker, 1)
        except (OSError, ValueError):
            # Closed, or 2^64 wakes are pending: nobody sleeps.
            return

    def fileno(self) -> int:
        """A descriptor that is readable when a turn would find something to do; for a loop that watches many such.

        Together with `patience` it is all that such a loop needs: `turn(0)` when the one or the other says so.
        """
        return self._poller.fileno()

    def patience(self) -> float | None:
        """How many seconds the next turn may wait for the descriptor: 0 when it is due now, None for ever."""
        return self._patience(None)

    @property
    def backlog(self) -> int:
        """How many frames wait because the device's queue was full."""
        return len(self._unsent)

    def close(self) -> None:
        """Frees the pump's own descriptors. A second call does nothing."""
        waker, self._waker = self._waker, -1
        if waker >= 0:
            self._poller.close()
            os.close(waker)

    def __enter__(self) -> "Pump":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _sleep(self, timeout: float | None) -> list[tuple[int, int]]:
        spare = self._spare
        if spare is not None:
            began = self._clock()
            while self._patience(timeout) != 0 and spare():
                ready = self._poller.poll(0)
                if ready:
                    return ready
            if timeout is not None:
                timeout = max(0.0, timeout - (self._clock() - began))
        patience = self._patience(timeout)
        if self._busy_poll and patience != 0:
            began = self._clock()
            end = began + (self._busy_poll if patience is None else min(self._busy_poll, patience))
            while (now := self._clock()) < end:
                ready = self._poller.poll(0)
                if ready:
                    return ready
            patience = self._patience(None if timeout is None else max(0.0, timeout - (now - began)))
        return self._poller.poll(patience)

    def _patience(self, timeout: float | None) -> float | None:
        if self._always or self._stack.news:
            return 0.0
        if self._stuck:
            timeout = _PAUSE if timeout is None else min(timeout, _PAUSE)
        deadline = self._stack.deadline()
        if deadline is None:
            return timeout if timeout is None else min(timeout, _LONGEST)
        left = min(max(0.0, deadline - self._clock()), _LONGEST)
        if self._unsent and left < _PAUSE:
            # What is due is most likely something to say, and it has to wait for room, of which the poll tells.
            left = _PAUSE
        return left if timeout is None else min(left, timeout)

    def _take_in(self) -> bool:
        happened = False
        for _ in range(_BATCHES_A_TURN):
            frames = self._device.read()
            if frames:
                happened = True
                now = self._clock()
                self._stack.receive_many(frames, now)
            if len(frames) < BATCH:
                break
            # More wait: the peer is busy sending, and the sooner it has its ACKs the smoother it goes on.
            self._send(now)
        return happened

    def _send(self, now: float) -> bool:
        # While a backlog waits the engine is not asked: what it would say would only queue behind.
        return not self._unsent and self._write(self._stack.transmit(now))

    def _retry(self) -> bool:
        sent = self._write(self._unsent)
        # It said that it had room and took nothing: asking again at once would only burn time.
        self._stuck = not sent
        return sent

    def _write(self, frames: list[bytes]) -> bool:
        if not frames:
            return False
        taken = self._device.write(frames)
        self._unsent = frames[taken:]
        return taken > 0

    def _await_room(self, wanted: bool) -> None:
        if wanted != self._awaits_room:
            self._awaits_room = wanted
            self._poller.modify(self._device_descriptor, select.EPOLLIN | (select.EPOLLOUT if wanted else 0))

    def _serve(self, descriptor: int, events: int) -> bool:
        callback = self._watched.get(descriptor)
        if callback is None:
            return False
        # Whoever is called back finds the engine's clock right.
        self._stack.advance(self._clock())
        callback(events)
        return True
