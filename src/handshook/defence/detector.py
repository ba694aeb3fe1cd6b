"""The judgment: from what was seen in a window to normal, pressed or flood, and to who is limited or banned.

It reads no clock and no stack: the same samples under the same rules give the same decisions, so a log can be judged
again. Two ideas carry it. A flood is what stands in no proportion to the connections that are opened meanwhile: a crowd
of honest clients may come as fast, but it opens what it asks for. And a state is left only when every reason for it
has been gone for a while, the half-open queue drained among them.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from .rules import Rules
from .sample import ABORTED, ANSWERED, OPENED, STRAY_ACKS, STRAY_FINISHES, STRAY_RESETS, TURNED_AWAY, Sample

# How many peers' earlier bans are remembered.
MOST_STRIKES = 1024
# How many bans and limits of its own making stand at once; by hand there may be more.
MOST_ACTED = 16384


class State(IntEnum):
    """How it stands with the stack."""

    NORMAL = 0
    PRESSED = 1
    FLOOD = 2


@dataclass(frozen=True)
class Signal:
    """Something that can be a flood: its rule in `[flood]`, its number in an alert, and what it means."""

    name: str
    number: int
    meaning: str


SIGNALS = (
    Signal("unfinished", 1, "SYN flood: handshakes that nobody finishes"),
    Signal("guesses", 2, "ACK flood: acknowledgments of what was never sent"),
    Signal("aborted", 3, "SYN and RST flood: handshakes reset before their end"),
    Signal("resets", 4, "RST storm: resets of no connection"),
    Signal("finishes", 5, "FIN storm: ends of no connection"),
    Signal("silent", 6, "connections opened and never used"),
)


@dataclass(frozen=True)
class Decision:
    """`kind` is "state", "alert", "ban" or "limit"; `evidence` is the numbers that it rests on.

    `name` is the new state or the signal. `prefix` is whom it is about, "" for nobody in particular, `proved` whether
    they have shown that the address is theirs; `seconds` and `rate` are a ban's or a limit's.
    """

    kind: str
    name: str
    time: float
    evidence: dict[str, Any] = field(default_factory=dict)
    prefix: str = ""
    proved: bool = False
    seconds: float = 0.0
    rate: float = 0.0


class Detector:
    """Judges samples in order. `state` is how it stands, `firing` the signals that are a flood now."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.state = State.NORMAL
        self.firing: set[str] = set()
        self._samples: deque[Sample] = deque()
        self._reason_at = float("-inf")
        self._acted: dict[str, float] = {}
        self._strikes: OrderedDict[str, int] = OrderedDict()
        self._last = float("-inf")

    def judge(self, sample: Sample) -> list[Decision]:
        """What follows from one more look."""
        watch = self.rules.watch
        if sample.time < self._last:
            # Not the stack's clock, which only grows: a log in which two were mixed. What was seen is of no use.
            self._samples.clear()
            self._reason_at = self._last = sample.time
            self._acted.clear()
        self._last = sample.time
        self._samples.append(sample)
        while self._samples[0].time <= sample.time - watch.window:
            self._samples.popleft()
        seen = self._tally(sample.time, watch.window, watch.patience)
        lately = self._tally(sample.time, watch.calm, 0.0)
        decisions = self._alert(sample, seen, lately)
        decisions += self._move(sample, seen, lately)
        decisions += self._shut_out(sample)
        return decisions

    # --- what was seen -----------------------------------------------------------------------------------------

    def _tally(self, now: float, seconds: float, patience: float) -> dict[str, int]:
        """The signals over so many seconds; of the last `patience` of them SYNs don't count yet."""
        samples = [sample for sample in self._samples if sample.time > now - seconds]
        opened = sum(sample.total(OPENED) for sample in samples)
        aborted = sum(sample.total(ABORTED) for sample in samples)
        answered = sum(sample.total(ANSWERED) for sample in samples if sample.time <= now - patience)
        finishes = sum(min(sample.gate.get("finishes", 0), sample.total(STRAY_FINISHES)) for sample in samples)
        strays = sum(sample.total(STRAY_ACKS) for sample in samples)
        return {
            "opened": opened,
            "turned_away": sum(sample.total(TURNED_AWAY) for sample in samples),
            "unfinished": max(0, answered - opened - aborted),
            "guesses": max(0, strays - finishes),
            "aborted": aborted,
            "resets": sum(min(sample.gate.get("resets", 0), sample.total(STRAY_RESETS)) for sample in samples),
            "finishes": finishes,
            "silent": sum(sample.silent for sample in samples),
            "used": sum(sample.used for sample in samples),
        }

    def _reaches(self, name: str, seen: dict[str, int], part: float = 1.0) -> bool:
        """Is a signal a flood, or such a part of one?"""
        flood = self.rules.flood
        beside = seen["used"] if name == "silent" else seen["opened"]
        least: float = part * getattr(flood, name)
        return seen[name] >= least and seen[name] >= flood.per_opening * beside

    def _goes_on(self, name: str, lately: dict[str, int]) -> bool:
        """Does it still come?"""
        watch = self.rules.watch
        share = self.rules.pressed.part * min(1.0, watch.calm / watch.window)
        least: float = share * getattr(self.rules.flood, name)
        # Where there is no room any more, who is turned away is the sign.
        count = lately[name] + (lately["turned_away"] if name == "unfinished" else 0)
        return count >= max(1.0, least)

    # --- alerts and states -------------------------------------------------------------------------------------

    def _alert(self, sample: Sample, seen: dict[str, int], lately: dict[str, int]) -> list[Decision]:
        decisions = []
        for signal in SIGNALS:
            name = signal.name
            if name in self.firing:
                if not self._goes_on(name, lately):
                    self.firing.discard(name)
            elif self._reaches(name, seen) and self._goes_on(name, lately):
                self.firing.add(name)
                prefix, proved = _whose(name, sample)
                evidence = {**seen, **_queue(sample), "least": getattr(self.rules.flood, name)}
                decisions.append(Decision("alert", name, sample.time, evidence, prefix, proved))
        return decisions

    def _move(self, sample: Sample, seen: dict[str, int], lately: dict[str, int]) -> list[Decision]:
        pressed = self.rules.pressed
        drained = sample.fill <= pressed.leave
        wanted = State.NORMAL
        if self.firing or (self.state == State.FLOOD and not drained):
            wanted = State.FLOOD
        elif (
            sample.fill >= pressed.queue
            or (self.state == State.PRESSED and not drained)
            or any(self._reaches(s.name, seen, pressed.part) and self._goes_on(s.name, lately) for s in SIGNALS)
        ):
            wanted = State.PRESSED
        if wanted > self.state:
            self._reason_at = sample.time
            return [self._enter(wanted, sample, seen)]
        if wanted == self.state:
            self._reason_at = sample.time
            return []
        if sample.time - self._reason_at < self.rules.watch.calm:
            return []
        self._reason_at = sample.time
        return [self._enter(State(self.state - 1), sample, seen)]

    def _enter(self, state: State, sample: Sample, seen: dict[str, int]) -> Decision:
        evidence = {"from": self.state.name.lower(), **seen, **_queue(sample)}
        self.state = state
        return Decision("state", state.name.lower(), sample.time, evidence)

    # --- who is shut out or slowed -----------------------------------------------------------------------------

    def _shut_out(self, sample: Sample) -> list[Decision]:
        """Peers that have proved their address and misuse it; never the source of a lone SYN."""
        rules = self.rules
        if self.state != State.FLOOD:
            return []
        decisions = []
        if rules.act.ban:
            for peer, silent, opened in sample.peers:
                if silent >= rules.ban.silent and silent >= rules.ban.share * opened:
                    decisions += self._ban(peer, "silent", {"silent": silent, "opened": opened}, sample.time)
            for peer, requests in sample.requests:
                if requests >= rules.ban.requests:
                    decisions += self._ban(peer, "requests", {"requests": requests}, sample.time)
        if rules.act.limit:
            for prefix, opened in sample.openings:
                if opened >= rules.limit.openings and self._free(prefix, sample.time, rules.limit.seconds):
                    limit = rules.limit
                    evidence = {"opened": opened, "least": limit.openings}
                    decisions.append(
                        Decision("limit", "openings", sample.time, evidence, prefix, True, limit.seconds, limit.rate)
                    )
        return decisions

    def _ban(self, peer: str, why: str, evidence: dict[str, Any], now: float) -> list[Decision]:
        ban = self.rules.ban
        strikes = self._strikes.get(peer, 0)
        seconds = min(ban.most, ban.seconds * 2**strikes)
        if not self._free(peer, now, seconds):
            return []
        self._strikes[peer] = min(strikes + 1, 60)
        self._strikes.move_to_end(peer)
        if len(self._strikes) > MOST_STRIKES:
            self._strikes.popitem(last=False)
        return [Decision("ban", why, now, {**evidence, "before": strikes}, peer, True, seconds)]

    def _free(self, prefix: str, now: float, seconds: float) -> bool:
        """Is nothing laid on the prefix yet? Then something is, from now on."""
        if self._acted.get(prefix, now) > now:
            return False
        if len(self._acted) >= MOST_ACTED:
            self._acted = {each: until for each, until in self._acted.items() if until > now}
            if len(self._acted) >= MOST_ACTED:
                return False
        self._acted[prefix] = now + seconds
        return True


def _queue(sample: Sample) -> dict[str, Any]:
    return {"half_open": sample.half_open, "room": sample.room, "sources": sample.sources[:3]}


def _whose(name: str, sample: Sample) -> tuple[str, bool]:
    """The heaviest source, and whether it has proved that it is there."""
    if name == "silent" and sample.peers:
        return str(sample.peers[0][0]), True
    return (str(sample.sources[0][0]) if sample.sources else ""), False
