"""The engine's thread: it drives the pump, hears the news, and when it ends it tells everybody who waits.

Calls do not travel to it. They are made where the program makes them, in its own thread, with the lock of `Shared`
held; what only this thread may do (watch a descriptor, say) is handed to it by `soon`, with one wake-up.

A thread that is the only one to wait for a connection takes over the driving meanwhile: what it waits for then needs no
second thread, and each switch of threads costs more than the engine's work. The engine's own thread stands back as long
as that goes on, and is back when for a breath nobody has driven.
"""

import contextlib
import errno
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from ...host.share import ALONE, Share
from ...host.stack import Stack
from ...host.step import Step
from ...link.device import Device, LinkDown
from ...link.pump import Engine, Pump
from ...tcp.config import Config
from ..handlers import Handlers
from .errors import HostDown
from .line import Line
from .shared import Shared

# How long nobody may drive, in seconds, before the engine's thread does again: a program that asks once more within
# that finds the place free. A packet that comes just then waits for as long.
_BREATH = 0.002
# How long a program's thread drives at a time with nothing to hear.
_TERM = 0.02

_MAIN = threading.main_thread().ident


class Ending(Protocol):
    """A private network: its descriptor is readable once it has ended."""

    def fileno(self) -> int: ...


class EngineThread:
    """A stack with its addresses on a device, driven by a thread of its own from the beginning.

    `lock` is held for every look at the stack; `changed` is notified when a connection has ended. `failure` is what
    the thread ended of.
    """

    def __init__(
        self,
        device: Device,
        addresses: Iterable[str],
        config: Config | None,
        seed: int | None,
        *,
        wrap: Callable[[Stack], Engine] | None = None,
        observer: Callable[[Step], None] | None = None,
        spare: Callable[[], bool] | None = None,
        network: Ending | None = None,
        share: Share = ALONE,
    ) -> None:
        self.config = replace(config or Config(), mtu=device.mtu)
        self.stack = Stack(addresses, config=self.config, seed=seed, framing=device.framing, share=share)
        self.shared = Shared(self.stack, self.stack if wrap is None else wrap(self.stack), device)
        self.lock = self.shared.lock
        self.changed = threading.Condition(self.lock)  # type: ignore[arg-type]
        self.handlers = Handlers(self.stack)
        self.failure: BaseException | None = None
        self._why = ""
        self._ending = False
        self._calls: deque[Callable[[], object]] = deque()
        # Who drives: with the lock held, all of these.
        self._stand_back = threading.Condition(self.lock)  # type: ignore[arg-type]
        self._standing_back = False
        self._wanted = False
        self._led = False
        self._terms = 0
        self._waiting = 0
        self._waited: Line | None = None
        self._pump = Pump(self.shared, self.shared)
        self.shared.wakes(self._pump)
        if network is not None:
            # Its device outlives it for as long as we hold it: nothing is sent back, and nothing says so. What can be
            # read there are answers to those who start programs.
            self._pump.watch(network.fileno(), select.EPOLLRDHUP, self._network_ended)
        if observer is not None:
            self.stack.observe(observer)
        if spare is not None:
            self._spare = spare
            self._pump.in_spare_time(self._in_spare_time)
        self.shared.tell_time()
        self._thread = threading.Thread(target=self._run, name="handshook", daemon=True)
        self._thread.start()

    # --- for the program's threads -----------------------------------------------------------------------------

    def check(self) -> None:
        """Raises `HostDown` once nobody drives the engine any more."""
        if self._why:
            raise HostDown(self._why) from self.failure

    def down(self) -> bool:
        """Whether nobody drives the engine any more."""
        return bool(self._why)

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """The lock, the right time, and at the end what there is to say leaves."""
        with self.lock:
            self.check()
            self.shared.tell_time()
            try:
                yield
            finally:
                self.shared.leave()

    def wait(self, line: Line, timeout: float | None) -> None:
        """With the lock held: let go of it until the line has news, or for `timeout` seconds; may return early.

        Who waits for a connection, alone and not for the first time, drives the engine meanwhile, once its thread
        stands back. The main thread doesn't: Ctrl-C could end it in the middle of that.
        """
        if not line.leads or threading.get_ident() == _MAIN:
            line.changed.wait(timeout)
            return
        again, self._waited = self._waited is line, line
        self._waiting += 1
        try:
            alone = again and self._waiting == 1
            if not self._standing_back:
                self._wanted = alone
            elif alone:
                if self._lead(line, timeout):
                    return
                timeout = None if timeout is None else max(0.0, timeout - _TERM)
            elif not self._led:
                self._stand_back.notify()
            line.changed.wait(timeout)
        finally:
            self._waiting -= 1

    def rouse(self) -> None:
        """With the lock held, after a line was told something by another thread: who drives may be who waits for it."""
        if self._led:
            self.shared.wake()

    def _lead(self, line: Line, timeout: float | None) -> bool:
        """Drive until the line has news, or time is up; False when there was nothing to hear for long."""
        self._led = True
        self._terms += 1
        told = line.told
        end = time.monotonic() + (_TERM if timeout is None else min(timeout, _TERM))
        try:
            while line.told == told and not self._why:
                left = end - time.monotonic()
                if left <= 0:
                    return timeout is not None and timeout <= _TERM
                self.lock.release()
                try:
                    self._pump.turn(left)
                    with self.lock:
                        self._look()
                except BaseException as error:
                    self._end_of(error)
                finally:
                    self.lock.acquire()
            return True
        finally:
            self._led = False
            if line.told == told or self._waiting > 1 or self._why:
                # Somebody else is to drive.
                self._stand_back.notify()

    def soon(self, call: Callable[[], object]) -> None:
        """Let the engine's thread make a call, with the lock held; may be asked anywhere, without the lock."""
        self._calls.append(call)
        self.shared.wake()

    def watch(self, descriptor: int, events: int, callback: Callable[[int], object]) -> None:
        """As `Pump.watch`; only for calls that were handed over by `soon`, and for handlers."""

        def locked(ready: int) -> None:
            with self.lock:
                callback(ready)

        self._pump.watch(descriptor, events, locked)

    def unwatch(self, descriptor: int) -> None:
        """As `Pump.unwatch`; only for calls that were handed over by `soon`, and for handlers."""
        self._pump.unwatch(descriptor)

    def close(self, patience: float) -> None:
        """Abort what the program has not closed, wait for the rest, end the thread. A second call does nothing."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("the engine's thread can't wait for its own end")
        with self.lock:
            if not self._why:
                self._why = "the host is closed"
                self.shared.tell_time()
                self.handlers.close(spare_leaving=True)
                self.shared.leave()
                self.rouse()
                self._settle(patience)
            self._ending = True
        self.shared.wake()
        self._thread.join()

    def settle(self, patience: float) -> bool:
        """Wait until no connection is left; returns whether none is."""
        with self.lock:
            return self._settle(patience)

    def _settle(self, patience: float) -> bool:
        end = time.monotonic() + patience
        while len(self.handlers) and self.failure is None:
            left = end - time.monotonic()
            if left <= 0 or not self.changed.wait(left):
                break
        return not len(self.handlers)

    # --- the thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._ending and self.failure is None:
                self._pump.turn()
                with self.lock:
                    self._look()
                    if self._wanted:
                        self._let_lead()
            if self.failure is None:
                self._say_farewell()
        except BaseException as error:
            self._end_of(error)
        finally:
            self._pump.close()

    def _let_lead(self) -> None:
        """Stand back while others drive, and until nobody has for a breath."""
        self._wanted = False
        self._standing_back = self._waiting <= 1
        while self._standing_back:
            terms = self._terms
            self._stand_back.wait(_TERM if self._led else _BREATH)
            self._standing_back = self._led or (terms != self._terms and self._waiting == 0 and not self._why)

    def _end_of(self, error: BaseException) -> None:
        if isinstance(error, LinkDown):
            self._fail(error, f"the link is lost: {error.strerror}")
        else:
            self._fail(error, f"the engine's thread has ended: {error!r}")

    def _look(self) -> None:
        calls = self._calls
        while calls:
            calls.popleft()()
        if self.stack.news:
            before = len(self.handlers)
            self.handlers.dispatch()
            if len(self.handlers) < before:
                self.changed.notify_all()

    def _network_ended(self, _: int) -> None:
        raise LinkDown(errno.ENETDOWN, "the private network has ended")

    def _fail(self, error: BaseException, why: str) -> None:
        with self.lock:
            self.failure = error
            self._why = why
            self.handlers.lose_link(HostDown(why))
            self.changed.notify_all()

    def _say_farewell(self) -> None:
        with self.lock:
            self.shared.tell_time()
            self.handlers.close()
        try:
            self._pump.turn(0)
        except OSError:
            # The device may be gone by now, and then nobody can be told.
            return

    def _in_spare_time(self) -> bool:
        with self.lock:
            return self._spare()
