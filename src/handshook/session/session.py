"""One engine at its place, driven: the stack, the pump that moves its packets, the faults between the two, the handlers
that hear its news.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol, runtime_checkable

from ..fault import Faults, Rule
from ..host.stack import Stack
from ..host.step import Step
from ..io.handlers import Handlers
from ..link.pump import Engine, Pump
from ..tcp.config import Config
from .later import Later
from .place import Place


class Observer(Protocol):
    """What may watch the engine; a `Watcher` is one."""

    def __call__(self, step: Step, /) -> None: ...


@runtime_checkable
class Resting(Protocol):
    """An observer that wants to be told when all there was has been shown to it; a `Watcher` is one."""

    def rest(self) -> None: ...


def put_off(observer: Observer) -> Later:
    """What keeps steps for the observer until there is time; it is told when it has been shown all, where it asks."""
    return Later(observer, rest=observer.rest if isinstance(observer, Resting) else None)


class Session:
    """A stack with `place.addresses` on `place.device`; `config` as for `Stack`, its mtu is the device's.

    The observer is shown each step in the loop's spare time, and all that there were when `until`, `settle` and `close`
    return. `busy_poll` is as for `Pump`; `rules` and `seed` are as for `Faults`, and `faults` takes more at any time.
    `guard` makes what the pump drives in the stack's place, such as a `Defence`, of the stack and of what is driven.
    All of it belongs to one thread. Close it before its place.
    """

    def __init__(
        self,
        place: Place,
        *,
        config: Config | None = None,
        observer: Observer | None = None,
        busy_poll: float = 0.0,
        rules: Iterable[str | Rule] = (),
        seed: int | None = None,
        guard: Callable[[Stack, Engine], Engine] | None = None,
    ) -> None:
        self.config = replace(config or Config(), mtu=place.device.mtu)
        self.stack = Stack(place.addresses, config=self.config, framing=place.device.framing, share=place.share)
        self.faults = Faults(self.stack, rules, seed=seed)
        self.handlers = Handlers(self.stack)
        engine = guard(self.stack, self.faults) if guard else self.faults
        self._pump = Pump(engine, place.device, busy_poll=busy_poll)
        self._later: Later | None = None
        if observer is not None:
            self._later = put_off(observer)
            self.faults.observe(self._later)
            self._pump.in_spare_time(self._later.show_one)
        self.tell_time()

    def turn(self, timeout: float | None = None) -> None:
        """Move what waits, sleep until there is more or for `timeout` seconds, and tell the news.

        Raises `LinkDown` when the device is gone.
        """
        self._pump.turn(timeout)
        self.handlers.dispatch()

    def until(self, condition: Callable[[], bool], limit: float | None = None) -> bool:
        """Go on until the condition holds, for at most `limit` seconds; returns whether it does.

        The condition is looked at after each turn, so it must follow from what wakes the loop: packets, timers and
        what is watched. What the last of them has left to say, such as the ACK of a FIN, has left by then.
        """
        end = None if limit is None else time.monotonic() + limit
        while not (holds := condition()):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            self.turn(left)
        self.settle()
        return holds

    def settle(self) -> None:
        """Let what is still to be said leave, such as the ACK of the last FIN, and show all that has happened."""
        self.turn(0)
        self._show()

    def watch(self, descriptor: int, events: int, callback: Callable[[int], object]) -> None:
        """Calls `callback(events)` when the descriptor is ready, as `Pump.watch`; the stack knows the time by then."""

        def call(ready: int) -> None:
            self.tell_time()
            callback(ready)

        self._pump.watch(descriptor, events, call)

    def unwatch(self, descriptor: int) -> None:
        """Watches the descriptor no more."""
        self._pump.unwatch(descriptor)

    def tell_time(self) -> None:
        """Tell the stack what time it is, before it is asked for something out of turn."""
        self.stack.advance(time.monotonic())

    def close(self) -> None:
        """Abort what is open, and tell the peers so. A second call does nothing."""
        try:
            self.tell_time()
            self.handlers.close()
            self._pump.turn(0)
        except (OSError, ValueError):
            # The device may be what has failed, and then nobody can be told.
            pass
        finally:
            self._pump.close()
            self._show()

    def _show(self) -> None:
        if self._later is not None:
            self._later.show_all()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
