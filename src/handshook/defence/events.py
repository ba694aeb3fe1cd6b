"""What a defence has seen and done, as JSON lines in the shape of Suricata's EVE log.

    alert     a signal has become a flood; `src_ip` is its heaviest source, which is forged more likely than not
    drop      a ban or a limit is laid on somebody who has proved the address
    stats     one look: what every decision rests on
    defence   the state changed, rules were read, a list was edited

`timestamp` is the machine's clock, for people; `defence.time` the stack's, by which everything is decided.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from .detector import SIGNALS, Decision, State
from .rules import Rules, rules_text
from .sample import Sample

GENERATOR = 4987  # our own, after the RFC
NUMBERS = {signal.name: signal.number for signal in SIGNALS}
MEANINGS = {signal.name: signal.meaning for signal in SIGNALS}
BANS = {"silent": 101, "requests": 102, "openings": 103}
REASONS = {
    "silent": "opens connections and never uses them",
    "requests": "asks without end",
    "openings": "opens connections without end",
}
Event = dict[str, Any]


class Events:
    """Makes events and hands them to `say`; `local` is the address that they are about."""

    def __init__(self, say: Callable[[Event], object], wall: Callable[[], float], local: str) -> None:
        self._say = say
        self._wall = wall
        self._local = local

    def sample(self, sample: Sample) -> None:
        """One look."""
        self._tell("stats", sample.time, {"stats": sample.record()})

    def decision(self, decision: Decision, state: State) -> None:
        """Something was decided."""
        told = {"state": state.name.lower(), "name": decision.name, "evidence": decision.evidence}
        if decision.kind == "state":
            self._tell("defence", decision.time, {"defence": {**told, "change": "state"}})
            return
        ours = {**told, "prefix": decision.prefix, "proved": decision.proved}
        if decision.kind == "alert":
            alert = _alert("allowed", NUMBERS[decision.name], MEANINGS[decision.name], 1)
            self._tell("alert", decision.time, {**self._ends(decision.prefix), "alert": alert, "defence": ours})
            return
        ours.update(change=decision.kind, seconds=decision.seconds)
        if decision.kind == "limit":
            ours["rate"] = decision.rate
        alert = _alert("blocked", BANS[decision.name], f"{decision.prefix} {REASONS[decision.name]}", 2)
        self._tell("drop", decision.time, {**self._ends(decision.prefix), "alert": alert, "defence": ours})

    def rules(self, rules: Rules, now: float, state: State) -> None:
        """Rules are in force from now on."""
        self._tell(
            "defence", now, {"defence": {"state": state.name.lower(), "change": "rules", "text": rules_text(rules)}}
        )

    def edit(self, what: str, now: float, state: State) -> None:
        """Somebody has edited a list."""
        self._tell("defence", now, {"defence": {"state": state.name.lower(), "change": "edit", "what": what}})

    def _ends(self, prefix: str) -> Event:
        source = str(ip_network(prefix, strict=False).network_address) if prefix else ""
        return {
            "src_ip": source or ("::" if ":" in self._local else "0.0.0.0"),
            "src_port": 0,
            "dest_ip": self._local,
            "dest_port": 0,
            "proto": "TCP",
        }

    def _tell(self, kind: str, now: float, more: Event) -> None:
        stamp = datetime.fromtimestamp(self._wall(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f%z")
        if "defence" in more:
            more["defence"]["time"] = now
        self._say({"timestamp": stamp, "event_type": kind, **more})


def _alert(action: str, number: int, signature: str, severity: int) -> Event:
    return {
        "action": action,
        "gid": GENERATOR,
        "signature_id": number,
        "rev": 1,
        "signature": signature,
        "category": "Attempted Denial of Service",
        "severity": severity,
    }
