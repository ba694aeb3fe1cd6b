"""A way through the states, gone once more from the beginning with two hosts that nobody's memory stands in for.

It says in words what happens, step by step, and keeps what each host's observers see, so that it can be drawn as a
ladder. That the hosts end where the explorer said is checked on the way.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from ..host.step import Direction, Step
from ..tcp.states import State
from ..wire.flags import flag_names
from ..wire.segment import Segment, parse
from .actions import DELIVER, FORGE, KEEP, KIND, LOSE, SIDE, WORD16
from .bounds import SIDES
from .catalogue import SEGMENTS, Catalogue
from .host import Call, Host

# How long each thing takes on the ladder, in seconds; to the hosts themselves the clock says something else (host.py).
STEP, TIMEOUT, REST = 0.01, 1.0, 60.0

SAID = {
    Call.OPEN: "{who} opens{again}",
    Call.SEND: "{who}'s program sends an octet",
    Call.SHUTDOWN: "{who}'s program has nothing more to send (shutdown)",
    Call.CLOSE: "{who}'s program closes",
    Call.ABORT: "{who}'s program aborts",
    Call.READ: "{who}'s program reads",
    Call.TIMEOUT: "a time-out of {who}'s goes off",
    Call.REST: "{who}'s TIME-WAIT ends; nothing of that connection is in the network any more",
    Call.CRASH_HIGH: "{who} loses its memory, and begins anew with other secrets",
    Call.CRASH_LOW: "{who} loses its memory, and begins anew with other secrets",
}


@dataclass
class Trace:
    """What happened, in sentences, and what each host's observers saw: steps, and notes on what a variant did."""

    told: list[str] = field(default_factory=list)
    seen: tuple[list[Step | str], list[Step | str]] = field(default_factory=lambda: ([], []))


class Replay:
    """Goes a way of actions (explorer.py)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.trace = Trace()
        self._catalogue = catalogue
        self._now = 0.0
        self._states = list(catalogue.roots)
        self._network: Counter[int] = Counter()
        self._kept: Counter[int] = Counter()
        self._hosts = [self._make(side) for side in (0, 1)]

    def _make(self, side: int) -> Host:
        seen = self.trace.seen[side]
        catalogue = self._catalogue
        return Host(
            side,
            catalogue.variant,
            catalogue.bounds,
            lambda step: seen.append(replace(step, time=self._now)),
            seen.append,
        )

    def go(self, way: list[int]) -> Trace:
        """Raises `RuntimeError` when the hosts don't do what they did before."""
        for action in way:
            self._now += STEP
            kind, side, what = action >> KIND, action >> SIDE & 15, action & WORD16
            if kind in (DELIVER, KEEP):
                self._deliver(side, what, kind == KEEP)
            elif kind == LOSE:
                self._network[what] -= 1
                self.trace.told.append(f"{self._name(what)} is lost")
            elif kind == FORGE:
                self._network[what] += 1
                self.trace.told.append(f"a stranger sends a {self._flags(what)} in the client's name")
            else:
                self._call(side, Call(what))
            if not self._catalogue.is_in(self._hosts[side], self._states[side]):
                raise RuntimeError("gone once more, the way leads elsewhere: what a host knows was not all it is")
        return self.trace

    def _deliver(self, side: int, segment: int, kept: bool) -> None:
        if not self._network[segment]:
            raise RuntimeError("a segment arrives that was never sent")
        name = self._name(segment)
        if not kept:
            self._network[segment] -= 1
        self._kept[segment] += kept
        before = len(self.trace.seen[side])
        was = self._state(side)
        frame, stamp = self._catalogue.frames[segment], self._catalogue.stamps[segment]
        self._take(side, SEGMENTS + segment, self._hosts[side].deliver(frame, stamp))
        self.trace.told.append(
            f"{name} arrives at the {SIDES[side]}{', and a copy of it stays in the network' if kept else ''}: "
            f"{self._outcomes(side, before, Direction.IN)}{self._change(side, was)}"
        )

    def _call(self, side: int, call: Call) -> None:
        self._now += {Call.TIMEOUT: TIMEOUT, Call.REST: REST}.get(call, 0.0)
        who = f"the {SIDES[side]}"
        again = " again" if self._hosts[side].births else ""
        if call == Call.REST:
            gone = self._catalogue.outlived(self._states[side], self._states[1 - side])
            for segment in self._network:
                if self._catalogue.destinations[segment] != side or self._catalogue.stamps[segment] <= gone:
                    self._network[segment] = 0
        was = self._state(side)
        self._take(side, call, self._hosts[side].call(call))
        self.trace.told.append(SAID[call].format(who=who, again=again) + self._change(side, was))

    def _take(self, side: int, given: int, frames: list[bytes]) -> None:
        """The host's next state, and what it has sent."""
        self._states[side], sent, _ = self._catalogue.step(self._states[side], given)
        if [self._catalogue.frames[each] for each in sent] != frames:
            raise RuntimeError("gone once more, other segments leave")
        self._network.update(sent)

    # --- words ---------------------------------------------------------------------------------------------------

    def _state(self, side: int) -> State:
        host = self._hosts[side]
        stage = State(host.facts().stage)
        return State.LISTEN if stage is State.CLOSED and host.listener is not None else stage

    def _change(self, side: int, was: State) -> str:
        now = self._state(side)
        return "" if now is was else f"; {was.rfc_name} → {now.rfc_name}"

    def _outcomes(self, side: int, since: int, direction: Direction) -> str:
        steps = [each for each in self.trace.seen[side][since:] if isinstance(each, Step)]
        return ", ".join(step.outcome.name for step in steps if step.direction is direction)

    def _flags(self, segment: int) -> str:
        read = Segment()
        parse(self._catalogue.frames[segment], 0, True, read)
        size = read.data_end - read.data_start
        return flag_names(read.flags) + (f" with {size} octet{'s'[: size > 1]}" if size else "")

    def _name(self, segment: int) -> str:
        """`the client's SYN`, `an old SYN,ACK of the server's first connection`."""
        side = 1 - self._catalogue.destinations[segment]
        stamp = self._catalogue.stamps[segment]
        sender = self._hosts[side]
        if segment in self._catalogue.strangers:
            return f"the stranger's {self._flags(segment)}"
        copy = "a copy of the" if self._kept[segment] else "the"
        if stamp == len(sender.births):
            return f"{copy} {SIDES[side]}'s {self._flags(segment)}"
        return (
            f"{'an old copy of the' if self._kept[segment] else 'an old'} {self._flags(segment)} of the {SIDES[side]}'s"
        )
