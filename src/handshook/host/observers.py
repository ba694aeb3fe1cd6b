"""Who watches a stack, and what they are shown: one `Step` for each thing that happens.

A stack without observers never comes here. What happens is noted while it happens and told when the stack has done its
work, so that a callback may call the stack, and one that raises leaves nothing half done.
"""

from collections import deque
from collections.abc import Callable

from ..outcomes import BY_NUMBER, Outcome
from ..tcp.flow import Flow
from ..tcp.states import CLOSED, LISTEN, TIME_WAIT, State
from ..wire.addresses import local_of, remote_of, turned
from ..wire.flags import RST, SYN
from ..wire.framing import Framing
from ..wire.icmp import ECHO_REPLIES
from ..wire.segment import Segment, parse
from .step import Direction, Step


class Observers:
    """The callbacks of one stack."""

    __slots__ = ("_callbacks", "_framing", "_telling", "_untold")

    def __init__(self, framing: Framing) -> None:
        self._callbacks: list[Callable[[Step], None]] = []
        self._framing = framing
        self._untold: deque[Step] = deque()
        self._telling = False

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    def add(self, callback: Callable[[Step], None]) -> None:
        """Call back from now on."""
        self._callbacks.append(callback)

    def remove(self, callback: Callable[[Step], None]) -> None:
        """Stop calling back; `ValueError` for one that isn't called."""
        self._callbacks.remove(callback)

    def show_flow(self, now: float, direction: Direction, outcome: int, flow: Flow, frame: bytes | None) -> None:
        """A step of a flow: what it was when last shown, and what it is now."""
        before = flow.seen
        flow.seen = flow.stage
        self.show(now, direction, outcome, before, flow.stage, flow.key, frame)

    def show_sent(self, now: float, flow: Flow, outcomes: list[int], frames: list[bytes]) -> None:
        """What a flow has just written."""
        for outcome, frame in zip(outcomes, frames, strict=True):
            self.show(now, Direction.OUT, outcome, flow.stage, flow.stage, flow.key, frame)

    def show_answers(self, now: float, frames: list[bytes]) -> None:
        """Answers that no flow has given: a closed port's RST, a cookie, the last ACK of TIME-WAIT, an echo reply."""
        segment = Segment()
        for frame in frames:
            if parse(frame, self._framing.headroom, True, segment):
                echoes = frame[segment.tcp_start] in ECHO_REPLIES
                outcome = Outcome.SENT_ECHO_REPLY if echoes else Outcome.SENT_UNREACHABLE
                self.show(now, Direction.OUT, outcome, CLOSED, CLOSED, None, frame)
                continue
            key = turned(segment.key)
            if segment.flags & RST:
                self.show(now, Direction.OUT, Outcome.SENT_RST_FOR_NO_ONE, CLOSED, CLOSED, key, frame)
            elif segment.flags & SYN:
                self.show(now, Direction.OUT, Outcome.SENT_COOKIE, LISTEN, LISTEN, key, frame)
            else:
                self.show(now, Direction.OUT, Outcome.SENT_ACK, TIME_WAIT, TIME_WAIT, key, frame)

    def show(
        self,
        now: float,
        direction: Direction,
        outcome: int,
        before: int,
        after: int,
        key: bytes | None,
        frame: bytes | None,
    ) -> None:
        """Note one step."""
        step = Step(
            now,
            direction,
            BY_NUMBER[outcome],
            State(before),
            State(after),
            None if key is None else local_of(key),
            None if key is None else remote_of(key),
            frame,
            self._framing,
        )
        self._untold.append(step)

    def tell(self) -> None:
        """Call everyone back with what has happened. What a callback raises comes out when all have heard of that step;
        what happened after it is told next time."""
        if self._telling:
            # A callback has called the stack: whoever is telling already goes on with what came of it.
            return
        self._telling = True
        try:
            while self._untold:
                self._tell(self._untold.popleft())
        finally:
            self._telling = False

    def _tell(self, step: Step) -> None:
        raised: BaseException | None = None
        for callback in tuple(self._callbacks):
            try:
                callback(step)
            except BaseException as error:
                raised = raised or error
        if raised is not None:
            raise raised
