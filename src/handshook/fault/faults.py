"""Faults between a stack and its link: rules on segments, each by its line, added and removed while it runs.

`Faults` has a stack's face for the link (receive, transmit, deadline, advance), so whatever drives a stack drives it.
It acts on packets only. Where no rule is in force it passes whole batches on; a connection that no rule is for costs
one look-up a frame. What is done to a segment is marked on its step, for whoever observes through `observe`.
"""

import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from heapq import heappop, heappush
from typing import Any

from ..host.stack import Stack
from ..host.step import Direction, Injected, Step
from ..tcp.connection import Connection
from ..tcp.verdict import Verdict
from ..wire.addresses import make_key, pack, spell, turned
from ..wire.framing import VNET_HEADER
from ..wire.offload import cut
from ..wire.segment import Segment, parse
from . import contradictions
from .acts import ACTS, fits, strike_later
from .flow import Flow
from .grammar import parse as parse_rule
from .passing import Passing
from .rule import Rule, RuleError, Target
from .shown import Shown
from .tally import Active, Tally

IN, OUT = Direction.IN, Direction.OUT
# Connections that are remembered, for their rules and marks, and of them those that are over; the oldest go first.
MOST_FLOWS = 16_384
MOST_OVER = 4096
MOST_RULES = 1000

Names = Callable[[str], Iterable[str]]


class Faults:
    """Wraps a stack; `rules` are lines, or `Rule`s.

    `seed` is where lots are drawn from; without one it is drawn, and `seed` has it, to have the same again. `names`
    says which addresses a name in a `to` or `from` stands for; without it a rule with a name is refused.
    """

    def __init__(
        self,
        stack: Stack,
        rules: Iterable[str | Rule] = (),
        *,
        seed: int | None = None,
        names: Names | None = None,
    ) -> None:
        self.stack = stack
        self.seed = secrets.randbelow(1 << 32) if seed is None else seed
        self._names = names
        self._headroom = stack.framing.headroom
        self._active: dict[int, Active] = {}
        self._last_id = 0
        self._in: OrderedDict[bytes, Flow] = OrderedDict()
        self._out: dict[bytes, Flow] = {}
        self._over: deque[Flow] = deque()
        self._waiting: list[tuple[float, int, Callable[[float], None]]] = []
        self._serial = 0
        self._leaving: list[bytes] = []
        self._shown: Shown | None = None
        for rule in rules:
            self.add(rule)

    # --- rules ---------------------------------------------------------------------------------------------------

    @property
    def rules(self) -> Mapping[int, Active]:
        """The rules in force by their ids, each with its `hits`; a copy."""
        return dict(self._active)

    def add(self, rule: str | Rule) -> int:
        """A rule is in force from now on, after those before it; returns its id. Raises `RuleError`."""
        read = parse_rule(rule) if isinstance(rule, str) else rule
        for target in (read.to, read.source):
            if target is not None and target.is_name and self._names is None:
                raise RuleError(f"`{read}`: {target.host} is a name, and nobody here knows its address: give that")
        if len(self._active) >= MOST_RULES:
            raise RuleError(f"{MOST_RULES} rules are the most")
        contradictions.check(read, [active.rule for active in self._active.values()])
        self._last_id += 1
        seed = self.seed if read.seed is None else read.seed
        active = self._active[self._last_id] = Active(self._last_id, read, seed)
        for flow in self._in.values():
            self._hang(active, flow)
        return self._last_id

    def remove(self, id: int) -> Rule:
        """A rule is no longer in force; what it holds back still arrives in time. Raises `KeyError` for no such id."""
        active = self._active.pop(id)
        for flow in self._in.values():
            flow.hang([tally for tally in flow.tallies if tally.active is not active])
        return active.rule

    def clear(self) -> None:
        """Removes every rule."""
        for id in list(self._active):
            self.remove(id)

    # --- what was done -------------------------------------------------------------------------------------------

    def injected(self, local: tuple[str, int], remote: tuple[str, int]) -> list[Injected]:
        """What was done to the connection between these ends, an entry for each rule, in order of its first effect."""
        flow = self._in.get(make_key(pack(remote[0]), pack(local[0]), remote[1], local[1]))
        return [] if flow is None else list(flow.marks.values())

    def verdict(self, connection: Connection) -> Verdict:
        """The connection's verdict, and what was injected: facts first, and the faults named after them."""
        return self.marked(connection.verdict, connection.local, connection.remote)

    def marked(self, verdict: Verdict, local: tuple[str, int], remote: tuple[str, int]) -> Verdict:
        """A verdict of the connection between these ends, with what was injected."""
        marks = self.injected(local, remote)
        if not marks:
            return verdict
        named = ", ".join(f"`{mark.rule}`" for mark in marks)
        evidence = {**verdict.evidence, "injected": [str(mark) for mark in marks]}
        return replace(verdict, sentence=f"{verdict.sentence}: injected by {named}", evidence=evidence)

    def observe(self, callback: Callable[[Step], None]) -> None:
        """As `Stack.observe`; each step that was brought about on purpose has `injected`, and there is one for each
        segment that never arrived."""
        if self._shown is None:
            self._shown = Shown(self.stack)
        self._shown.add(callback)

    def unobserve(self, callback: Callable[[Step], None]) -> None:
        """Stop calling back."""
        if self._shown is None:
            raise ValueError("it isn't called")
        if self._shown.remove(callback):
            self._shown = None

    # --- the link's side -----------------------------------------------------------------------------------------

    @property
    def news(self) -> bool:
        """As the stack's."""
        return self.stack.news

    @property
    def now(self) -> float:
        """As the stack's."""
        return self.stack.now

    def events(self) -> list[Any]:
        """As the stack's."""
        return self.stack.events()

    def receive(self, frame: bytes, now: float) -> None:
        """As the stack's."""
        self.receive_many([frame], now)

    def receive_many(self, frames: list[bytes], now: float) -> None:
        """As the stack's."""
        if not self._active:
            self.stack.receive_many(frames, now)
            return
        begin = self._headroom + 12
        untouched: list[bytes] = []
        flows = self._in
        for frame in frames:
            # The key of a packet without IP options, of IPv4 or IPv6; where that is something else it is no key.
            flow = flows.get(frame[begin : begin + 12]) or flows.get(frame[begin - 4 : begin + 32])
            if flow is not None and not flow.tallies:
                untouched.append(frame)
                continue
            taken = self._find(IN, frame, now)
            if taken is None:
                untouched.append(frame)
                continue
            if untouched:
                self.stack.receive_many(untouched, now)
                untouched = []
            self._take(IN, frame, taken, now)
        if untouched:
            self.stack.receive_many(untouched, now)

    def transmit(self, now: float) -> list[bytes]:
        """As the stack's."""
        if self._shown is not None:
            self._shown.hold()
        frames = self.stack.transmit(now)
        if self._active:
            begin = self._headroom + 12
            flows = self._out
            # With a framing that gathers, a frame may be a tuple of its parts.
            sent: list[Any] = list(frames)
            for frame in sent:
                head = frame if type(frame) is bytes else frame[0]
                flow = flows.get(head[begin : begin + 12]) or flows.get(head[begin - 4 : begin + 32])
                if flow is not None and not flow.tallies:
                    self._leaving.append(frame)
                    continue
                whole = frame if type(frame) is bytes else b"".join(frame)
                taken = self._find(OUT, whole, now)
                if taken is None:
                    self._leaving.append(frame)
                    continue
                if self._shown is not None:
                    self._shown.begin(frame)
                self._take(OUT, whole, taken, now)
        else:
            self._leaving += frames
        if self._shown is not None:
            # Should an observer raise, what leaves waits for the next time.
            self._shown.tell()
        leaving, self._leaving = self._leaving, []
        return leaving

    def deadline(self) -> float | None:
        """As the stack's, and for what is held back."""
        if self._leaving:
            return self.stack.now
        due = self.stack.deadline()
        if self._waiting and (due is None or self._waiting[0][0] < due):
            return self._waiting[0][0]
        return due

    def advance(self, now: float) -> None:
        """As the stack's."""
        self.stack.advance(now)
        waiting = self._waiting
        while waiting and waiting[0][0] <= now:
            heappop(waiting)[2](now)

    # --- one segment ---------------------------------------------------------------------------------------------

    def _find(self, way: Direction, frame: bytes, now: float) -> Flow | None:
        """The connection of a frame, where some rule may act on it."""
        segment = Segment()
        if parse(frame, self._headroom, True, segment):
            return None
        flow = self._flow(segment, way, now)
        if flow.watched & segment.flags:
            return flow
        self._passed(flow, segment, way)
        return None

    def _take(self, way: Direction, frame: bytes, flow: Flow, now: float) -> None:
        """A frame that some rule may act on: cut into the segments that it stands for, each judged for itself."""
        head = bytes(VNET_HEADER) + frame[VNET_HEADER : self._headroom] if self.stack.framing.vnet else b""
        head = head or frame[: self._headroom]
        pieces = cut(frame, self.stack.framing)
        for packet in pieces:
            piece = Segment()
            parse(packet, 0, True, piece)
            self._judge(Passing(packet, piece, flow, way, now, self._later, self._send), head)

    def _judge(self, passing: Passing, head: bytes) -> None:
        flow, way, now = passing.flow, passing.way, passing.now
        for tally in flow.tallies:
            passing.tally = tally
            active = tally.active
            if active.since is None:
                active.since = now
            if not fits(passing):
                continue
            if tally.chooses(passing):
                tally.hit(now)
                ACTS[active.rule.form.verb](passing)
                if not passing.packets:
                    break
            elif active.rule.form.once and tally.too_early(passing):
                strike_later(passing)
        injected = passing.injected
        if passing.packets:
            self._passed(flow, passing.segment, way)
        elif self._shown is not None:
            self._shown.lost(way, flow, head + passing.packet, now, injected)
        for nth, (held, packet) in enumerate(passing.packets):
            if held:
                self._later(now + held, self._arriving(way, head + packet, injected))
                if self._shown is not None:
                    self._shown.held(way, head + passing.packet, injected)
            else:
                self._pass(way, head + packet, now, injected, flow if nth and way is OUT else None)
        for where, packet, mark in passing.forged:
            self._send(where, flow, packet, mark, now)
        flow.let_go()

    def _arriving(self, way: Direction, frame: bytes, injected: Injected | None) -> Callable[[float], None]:
        def arrive(now: float) -> None:
            if way is IN:
                self._pass(IN, frame, now, injected)
            else:
                self._leaving.append(frame)

        return arrive

    def _pass(
        self, way: Direction, frame: bytes, now: float, injected: Injected | None, extra: Flow | None = None
    ) -> None:
        """On to the stack, or to the link; `extra` is the flow of a frame that the stack hasn't sent."""
        shown = self._shown
        if way is OUT:
            self._leaving.append(frame)
            if shown is not None:
                shown.left(frame, injected, extra, now)
        elif shown is None or injected is None:
            self.stack.receive(frame, now)
        else:
            with shown.marking(injected):
                self.stack.receive(frame, now)

    def _send(self, way: Direction, flow: Flow, packet: bytes, injected: Injected, now: float) -> None:
        """A segment that nobody has sent; it meets no faults."""
        framing = self.stack.framing
        header = framing.header4 if packet[0] >> 4 == 4 else framing.header6
        flow.mark(injected)
        before = flow.over
        flow.forged(packet)
        self._note_end(flow, before)
        self._pass(way, header + packet, now, injected, flow)

    def _later(self, moment: float, action: Callable[[float], None]) -> None:
        self._serial += 1
        heappush(self._waiting, (moment, self._serial, action))

    # --- whose it is ---------------------------------------------------------------------------------------------

    def _flow(self, segment: Segment, way: Direction, now: float) -> Flow:
        key = segment.key if way is IN else turned(segment.key)
        flow = self._in.get(key)
        if flow is None or flow.is_another(segment, way):
            if flow is not None:
                self._forget(key)
            elif len(self._in) >= MOST_FLOWS:
                self._forget(next(iter(self._in)))
            flow = self._in[key] = self._out[turned(key)] = Flow(key, now)
            flow.meet(segment, way)
            for active in self._active.values():
                self._hang(active, flow)
        return flow

    def _passed(self, flow: Flow, segment: Segment, way: Direction) -> None:
        before = flow.over
        flow.passed(segment, way)
        self._note_end(flow, before)

    def _note_end(self, flow: Flow, before: bool) -> None:
        if flow.over and not before:
            self._over.append(flow)
            if len(self._over) > MOST_OVER:
                old = self._over.popleft()
                if self._in.get(old.key) is old:
                    self._forget(old.key)

    def _forget(self, key: bytes) -> None:
        del self._in[key]
        del self._out[turned(key)]

    def _hang(self, active: Active, flow: Flow) -> None:
        """Give the flow the rule, where it is for it."""
        if self._is_for(active.rule, flow):
            active.connections += 1
            flow.hang([*flow.tallies, Tally(active, active.connections)])

    def _is_for(self, rule: Rule, flow: Flow) -> bool:
        if rule.to is None and rule.source is None:
            return True
        ends = flow.remote, flow.local
        # Who opened it is known from its SYN; where that went by before anybody looked, either end may be meant.
        ways = [ends] if flow.opener is IN else [ends[::-1]] if flow.opener is OUT else [ends, ends[::-1]]
        return any(self._is_end(rule.source, source) and self._is_end(rule.to, to) for source, to in ways)

    def _is_end(self, target: Target | None, end: tuple[str, int]) -> bool:
        if target is None:
            return True
        if target.port is not None and target.port != end[1]:
            return False
        if target.host is None:
            return True
        if target.is_name and self._names is not None:
            return end[0] in self._names(target.host)
        return target.host == end[0]

    def __repr__(self) -> str:
        held = ", ".join(str(active.rule) for active in self._active.values()) or "no rules"
        return f"<Faults at {spell((self.stack.addresses[0], 0))}: {held}>"


def between(
    rules: Iterable[str | Rule] = (), seed: int | None = None, observer: Callable[[Step], None] | None = None
) -> Callable[[Stack], Faults]:
    """For hosts that make their stack themselves, as what `wrap` calls; the observer is shown the marked steps."""

    def wrap(stack: Stack) -> Faults:
        faults = Faults(stack, rules, seed=seed)
        if observer is not None:
            faults.observe(observer)
        return faults

    return wrap
