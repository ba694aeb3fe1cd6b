"""What was seen of one connection to a target: its steps for the ladder, and how it went.

Some never become a connection of the engine's, such as one that is refused or whose SYNs come to nothing; they are seen
all the same, for their steps are.
"""

from collections import deque
from dataclasses import replace

from ..host.step import Direction, Injected, Step
from ..outcomes import BY_NUMBER, Outcome
from ..show.conversation import Conversation
from ..show.ink import Canvas
from ..show.ladder import Ladder
from ..tcp.connection import Connection
from ..tcp.states import State
from ..tcp.verdict import Verdict
from ..wire.addresses import spell

# A step may hold a frame of 64 KB. The beginning and the end of a connection are what a ladder is read for.
FIRST = 64
LAST = 64


class Seen:
    """One connection, from its first step on.

    `connection` is the engine's own, where there is one, `unserved` why nobody behind the target could serve it.
    """

    def __init__(self, first: Step) -> None:
        self.conversation = Conversation(first)
        self.connection: Connection | None = None
        self._first: list[Step] = []
        self._last: deque[Step] = deque(maxlen=LAST)
        self._between = 0
        self._heard = 0
        self.unserved = ""
        self.injected: list[Injected] = []
        self._decisive: Outcome = first.outcome
        self.take(first)

    def take(self, step: Step) -> None:
        """One more step of it."""
        self.conversation.take(step)
        if step.injected is not None and step.injected not in self.injected:
            self.injected.append(step.injected)
        self._heard += step.direction is Direction.IN
        if step.direction is not Direction.OUT:
            self._decisive = BY_NUMBER[step.outcome]
        if len(self._first) < FIRST:
            self._first.append(step)
            return
        self._between += len(self._last) == LAST
        self._last.append(step)

    @property
    def state(self) -> State:
        """The engine's side of it."""
        return self.conversation.state if self.connection is None else self.connection.state

    @property
    def over(self) -> bool:
        """Whether nothing more is to come but what the peer repeats: it is closed, or rests in TIME-WAIT."""
        return self.state in (State.CLOSED, State.LISTEN, State.TIME_WAIT)

    @property
    def verdict(self) -> Verdict:
        """How it went, or goes; what was done on purpose is named in it."""
        found = self._plain_verdict()
        if not self.injected:
            return found
        rules = ", ".join(f"`{rule}`" for rule in dict.fromkeys(injected.rule for injected in self.injected))
        return replace(found, sentence=f"{found.sentence}: injected by {rules}")

    def _plain_verdict(self) -> Verdict:
        if self.connection is None:
            evidence: dict[str, object] = {"state": self.state.rfc_name, "segments_in": self._heard}
            return Verdict(self._decisive, self._decisive.meaning, evidence)
        verdict = self.connection.verdict
        if self.unserved:
            return replace(verdict, sentence=f"{verdict.sentence}: nobody serves there ({self.unserved})")
        if self.state is State.TIME_WAIT:
            # The engine calls it closed when the rest is over; both have finished and said so by now.
            sentence = f"opened, used and released in order with {spell(self.conversation.remote)}"
            return Verdict(Outcome.CLOSED_NORMALLY, sentence, verdict.evidence)
        return verdict

    def ladder(self, canvas: Canvas) -> str:
        """The ladder; of a long connection its first and its last steps."""
        conversation = Conversation(self._first[0])
        ladder = Ladder(conversation, canvas, local_name="peer", peer_name="client")
        rows = [*ladder.heading(), ladder.opening(self._first[0].before)]
        for step in self._first:
            rows += ladder.rows(conversation.take(step))
        if self._between:
            rows.append(f"({self._between} steps more)")
        for step in self._last:
            rows += ladder.rows(conversation.take(step))
        return "\n".join(rows) + "\n"
