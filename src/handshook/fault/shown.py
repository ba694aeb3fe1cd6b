"""Steps for those who observe a stack through its faults: what was done on purpose is marked on each.

A step of what leaves waits until the faults have seen its frame; it then stands for each of the segments that the frame
was cut into, with what has become of it.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ..host.stack import Stack
from ..host.step import Direction, Injected, Step
from ..outcomes import Outcome
from ..tcp.states import State
from .flow import Flow

IN, OUT = Direction.IN, Direction.OUT
MOST_STATES = 65_536


class Shown:
    """The observers of one stack with faults."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._callbacks: list[Callable[[Step], None]] = []
        self._states: OrderedDict[tuple[Any, Any], State] = OrderedDict()
        self._marking: Injected | None = None
        self._holding = False
        self._held: list[Step] = []
        # By the frame that the stack has sent: what leaves instead, piece by piece. Frames live as long as their steps.
        self._pieces: dict[int, list[tuple[bytes, Injected | None]]] = {}
        self._current: list[tuple[bytes, Injected | None]] | None = None
        self._extra: list[Step] = []
        stack.observe(self._hear)

    def add(self, callback: Callable[[Step], None]) -> None:
        """Call back from now on."""
        self._callbacks.append(callback)

    def remove(self, callback: Callable[[Step], None]) -> bool:
        """Stop calling back; returns whether nobody is left."""
        self._callbacks.remove(callback)
        if not self._callbacks:
            self._stack.unobserve(self._hear)
        return not self._callbacks

    # --- what arrives --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def marking(self, injected: Injected) -> Iterator[None]:
        """What arrives meanwhile is marked."""
        self._marking = injected
        try:
            yield
        finally:
            self._marking = None

    def lost(self, way: Direction, flow: Flow, frame: bytes, now: float, injected: Injected | None) -> None:
        """A segment never arrives."""
        if way is OUT:
            self._add(frame, injected)
        else:
            self._tell(self._made(Outcome.INJECTED_LOSS, IN, flow, frame, now, injected))

    def held(self, way: Direction, frame: bytes, injected: Injected | None) -> None:
        """A segment is held back. One that arrives is shown when it does."""
        if way is OUT:
            self._add(frame, injected)

    # --- what leaves ---------------------------------------------------------------------------------------------

    def hold(self) -> None:
        """The stack transmits: its steps wait."""
        self._holding = True

    def begin(self, frame: Any) -> None:
        """This frame of the stack's is being judged."""
        self._current = self._pieces[id(frame)] = []

    def left(self, frame: bytes, injected: Injected | None, extra: Flow | None, now: float) -> None:
        """A segment leaves; `extra` is its flow where the stack hasn't sent it."""
        if extra is None:
            self._add(frame, injected)
            return
        step = self._made(Outcome.INJECTED_SEGMENT, OUT, extra, frame, now, injected)
        if self._holding:
            self._extra.append(step)
        else:
            self._tell(step)

    def tell(self) -> None:
        """What the stack has sent is judged: tell the steps of it."""
        self._holding = False
        held, self._held = self._held, []
        pieces, self._pieces, self._current = self._pieces, {}, None
        extra, self._extra = self._extra, []
        for step in held:
            for frame, injected in pieces.get(id(step.frame), ()) or ((step.frame, None),):
                alike = injected is None and frame is step.frame
                self._tell(step if alike else replace(step, frame=frame, injected=injected))
        for step in extra:
            self._tell(step)

    def _add(self, frame: bytes, injected: Injected | None) -> None:
        if self._current is not None:
            self._current.append((frame, injected))

    # --- everything ----------------------------------------------------------------------------------------------

    def _hear(self, step: Step) -> None:
        if self._marking is not None and step.direction is IN:
            step = replace(step, injected=self._marking)
        if step.local is not None and step.remote is not None:
            self._states[step.local, step.remote] = step.after
            if len(self._states) > MOST_STATES:
                self._states.popitem(last=False)
        if self._holding:
            self._held.append(step)
        else:
            self._tell(step)

    def _made(
        self, outcome: Outcome, way: Direction, flow: Flow, frame: bytes, now: float, injected: Injected | None
    ) -> Step:
        local, remote = flow.local, flow.remote
        state = self._states.get((local, remote), State.CLOSED)
        return Step(now, way, outcome, state, state, local, remote, frame, self._stack.framing, injected)

    def _tell(self, step: Step) -> None:
        for callback in tuple(self._callbacks):
            callback(step)
