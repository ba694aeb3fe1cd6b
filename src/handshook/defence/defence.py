"""A defence beside a stack: packets pass its gate, it looks at the counters ten times a second, and acts by its rules.

It is driven in the stack's place (`receive_many`, `transmit`, `deadline`, `advance`); everything else is still asked of
the stack. While nothing happens it costs nothing, and it never wakes anybody.
"""

import secrets
import time
from collections.abc import Callable
from typing import Any

from ..host.listener import Listener
from ..host.stack import Stack
from ..link.pump import Engine
from ..outcomes import Outcome
from ..wire.addresses import pack
from .detector import Decision, Detector, State
from .events import Event, Events
from .gate import COUNTED, Gate
from .lists import Lists
from .newcomers import Newcomers, peer_of
from .prefix import spell_prefix
from .rules import Rules
from .sample import WATCHED, Sample

# The lists of a look leave out who has less than this.
WORTH_A_LINE = 10
# The knobs of a listener that are turned.
ACTED_ON = ("cookies", "initial_rto", "syn_ack_retries")


class Defence:
    """Guards `stack` by `rules`. `engine` is what the packets go on to, where that is not the stack itself.

    `say` is given each event as a dictionary, for a JSON line; see events.py. `wall` tells the time that people read,
    seconds since 1970. `seed` is for tests: without one the sketches' secret comes from the system. All of it belongs
    to the stack's own thread.
    """

    def __init__(
        self,
        stack: Stack,
        rules: Rules | None = None,
        *,
        engine: Engine | None = None,
        say: Callable[[Event], object] | None = None,
        wall: Callable[[], float] = time.time,
        seed: int | None = None,
    ) -> None:
        self.stack = stack
        self._engine: Engine = engine or stack
        self.lists = Lists()
        self.detector = Detector(rules or Rules())
        self._newcomers = Newcomers()
        secret = secrets.randbits(64) if seed is None else seed
        self._gate = Gate(stack.framing.headroom, self.lists.bans, self.lists.limits, secret)
        self._events = Events(say or (lambda event: None), wall, stack.addresses[0])
        self._counted: dict[Outcome, int] = {}
        self._passed = [0] * len(COUNTED)
        self._own: dict[Listener, dict[str, Any]] = {}
        self._next = stack.now
        self._window_ends = stack.now
        self._awake = False
        self._use(self.detector.rules)

    # --- in the stack's place ----------------------------------------------------------------------------------

    def receive_many(self, frames: list[bytes], now: float) -> None:
        """A batch of packets from the link."""
        self._engine.receive_many(self._gate.pass_on(frames, now), now)
        if frames:
            self._awake = True
        if now >= self._next:
            self.look(now)

    def receive(self, frame: bytes | bytearray | memoryview, now: float) -> None:
        """One packet from the link."""
        self.receive_many([bytes(frame)], now)

    def transmit(self, now: float) -> list[bytes]:
        """What is to leave, as the stack says it."""
        return self._engine.transmit(now)

    def deadline(self) -> float | None:
        """When `advance` is next due."""
        due = self._engine.deadline()
        if self._awake:
            return self._next if due is None else min(due, self._next)
        return due

    def advance(self, now: float) -> None:
        """Run what is due."""
        self._engine.advance(now)
        if self._awake and now >= self._next:
            self.look(now)

    @property
    def news(self) -> bool:
        """As the stack's."""
        return self._engine.news

    # --- for programs ------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """How it stands."""
        return self.detector.state

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self.detector.rules

    @rules.setter
    def rules(self, rules: Rules) -> None:
        self._use(rules)
        self._apply()

    def request(self, address: str) -> None:
        """A program may tell of each request, so that a peer with too many of them is known."""
        self._newcomers.requests.add(peer_of(pack(address)))
        self._awake = True

    def edited(self, what: str) -> None:
        """A list was edited by hand: the log knows it."""
        self._events.edit(what, self.stack.now, self.state)

    def figures(self) -> dict[str, Any]:
        """How it stands in numbers: state, firing signals, packets by kind, lengths of the lists."""
        gate = {name: int(self._gate.counts[place]) for place, name in enumerate(COUNTED)}
        return {
            "state": self.state.name.lower(),
            "firing": sorted(self.detector.firing),
            "bans": self.lists.bans.size,
            "limits": self.lists.limits.size,
            **gate,
        }

    # --- looking and acting ------------------------------------------------------------------------------------

    def look(self, now: float) -> None:
        """Look at what has happened since the last time, and act on it."""
        watch = self.rules.watch
        self._next = now + watch.interval
        self.lists.expire(now)
        sample = self._sample(now)
        calm = sample.idle and not self._newcomers and self.state == State.NORMAL
        self._awake = not calm
        if not sample.idle or self.state != State.NORMAL:
            self._events.sample(sample)
            for decision in self.detector.judge(sample):
                self._act(decision)
            self._apply()
        if now >= self._window_ends:
            self._window_ends = now + watch.window
            self._gate.clear()
            self._newcomers.clear()

    def _sample(self, now: float) -> Sample:
        rules = self.rules
        counters = self.stack.counters()
        changed = {
            outcome.name: counters[outcome] - self._counted.get(outcome, 0)
            for outcome in WATCHED
            if counters.get(outcome, 0) != self._counted.get(outcome, 0)
        }
        self._counted = {outcome: counters[outcome] for outcome in WATCHED if outcome in counters}
        passed = list(self._gate.counts)
        gate = {name: passed[i] - self._passed[i] for i, name in enumerate(COUNTED) if passed[i] != self._passed[i]}
        self._passed = passed
        half_open = room = 0
        for listener in self.stack.listeners:
            half_open += listener.half_open
            room += listener.config.half_open_limit
            self._newcomers.add(listener.take_newcomers(), now, rules.watch.prefix4, rules.watch.prefix6)
        silent, used = self._newcomers.look(now - rules.flood.speak_within)
        return Sample(
            now,
            dict(sorted(changed.items())),
            gate,
            half_open,
            max(1, room),
            silent,
            used,
            self._sources(),
            self._newcomers.prefixes(WORTH_A_LINE),
            self._newcomers.peers(WORTH_A_LINE),
            self._newcomers.asking(WORTH_A_LINE),
        )

    def _sources(self) -> list[list[Any]]:
        watch, gate = self.rules.watch, self._gate
        found = [
            (count, spell_prefix(prefix + bytes(width - len(prefix)), length))
            for sketch, width, length in ((gate.sketch4, 4, watch.prefix4), (gate.sketch6, 16, watch.prefix6))
            for prefix, count, error in sketch.hitters.top(8)
            if count > error
        ]
        return [[prefix, count] for count, prefix in sorted(found, reverse=True)[:8]]

    def _act(self, decision: Decision) -> None:
        self._events.decision(decision, self.state)
        until = decision.time + decision.seconds
        if decision.kind == "ban":
            self.lists.ban(decision.prefix, until, decision.name)
            self._newcomers.dismiss(decision.prefix)
        elif decision.kind == "limit":
            self.lists.limit(decision.prefix, decision.rate, decision.time, until, decision.name)

    def _apply(self) -> None:
        """Each listener has the knobs that the state asks for, and its own again when that is over."""
        listeners = self.stack.listeners
        kept = {}
        for listener in listeners:
            own = self._own.get(listener, {})
            config = listener.config
            own = {name: own.get(name, getattr(config, name)) for name in ACTED_ON}
            wanted = {**own, **self._wanted(own)}
            if wanted != own:
                kept[listener] = own
            if wanted != {name: getattr(config, name) for name in ACTED_ON}:
                listener.configure(**wanted)
        self._own = kept

    def _wanted(self, own: dict[str, Any]) -> dict[str, Any]:
        act = self.rules.act
        wanted: dict[str, Any] = {}
        if self.state >= State.PRESSED and act.shorten:
            # Who is half-way in a flood is asked once, and may come again.
            retries = min(own["syn_ack_retries"], 0 if self.state == State.FLOOD else 1)
            wanted.update(syn_ack_retries=retries, initial_rto=min(own["initial_rto"], act.wait))
        if self.state == State.FLOOD and act.cookies:
            wanted.update(cookies="always")
        return wanted

    def _use(self, rules: Rules) -> None:
        self.detector.rules = rules
        self._gate.width4 = rules.watch.prefix4 >> 3
        self._gate.width6 = rules.watch.prefix6 >> 3
        self._gate.clear()
        self._newcomers.clear()
        self._events.rules(rules, self.stack.now, self.state)
