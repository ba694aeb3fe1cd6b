"""Faults to plant into a copy of the engine's sources, and the search for them: `python planted.py SCOPE`.

Run as a program it asks the package that it finds on its path, so that a copy with a fault in it can be asked. The
explorer finds them all; the campaign of handshook.testing need not be asked.
"""

import json
import sys
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Fault:
    """In `file`, `was` becomes `planted`. `by` is the scope of the explorer that finds it."""

    name: str
    file: str
    was: str
    planted: str
    by: str


FAULTS = (
    Fault(
        "an ACK not checked in SYN-RECEIVED",
        "tcp/opening.py",
        "    if s.ack != (iss + 1) & WORD:\n        return SYN_ACK_ACK_BAD\n    return ESTABLISHED_PASSIVE",
        "    return ESTABLISHED_PASSIVE",
        "strangers",
    ),
    Fault(
        "an ACK not checked in SYN-SENT",
        "tcp/opening.py",
        "        good_ack = acknowledges(c, s)\n",
        "        good_ack = True\n",
        "old-segments",
    ),
    Fault(
        "a RST accepted anywhere",
        "tcp/arrival.py",
        "        if s.seq == c.rcv_nxt:\n            return end(c, CONNECTION_RESET)\n",
        "        if True:\n            return end(c, CONNECTION_RESET)\n",
        "strangers",
    ),
    Fault(
        "an initial number used again",
        "tcp/isn.py",
        "    return (ticks + hashed) & WORD",
        "    return (ticks * 0 + hashed) & WORD",
        "old-segments",
    ),
    Fault(
        "TIME-WAIT skipped",
        "host/tables.py",
        "2 * self._terms.msl)\n        self._time_waits.add(connection.key, wait)\n        if connection",
        "2 * self._terms.msl)\n        if connection",
        "life",
    ),
    Fault(
        "an old timestamp accepted",
        "tcp/arrival.py",
        "        if before(s.tsval, c.ts_recent) and now",
        "        if False and now",
        "timestamps",
    ),
    Fault(
        "a FIN taken before the data in front of it",
        "tcp/closing.py",
        "c.peer_finished or before(c.rcv_nxt, c.fin_seq):",
        "c.peer_finished:",
        "life",
    ),
    Fault(
        "a half-open entry not matched on the ports",
        "host/exchange.py",
        "        if flow is None:\n            return self._meet_stranger(segment, now)\n",
        "        if flow is None:\n"
        "            near = [f for k, f in self._flows.items() if k[:-4] == key[:-4] and type(f) is HalfOpen]\n"
        "            flow = near[0] if near else None\n"
        "        if flow is None:\n            return self._meet_stranger(segment, now)\n",
        "strangers",
    ),
    Fault(
        "a challenge answered with RST",
        "tcp/transfer.py",
        "    c.challenges += 1\n    c.ack_owed = ACK_NOW\n",
        "    c.challenges += 1\n    c.reset_owed = True\n",
        "crashes",
    ),
    Fault(
        "a closed port that says nothing",
        "host/exchange.py",
        "            outcome = CLOSED_PORT_RESET\n            self._answers.reset(segment)\n",
        "            outcome = CLOSED_PORT_RESET\n",
        "both-open",
    ),
    Fault(
        "a program that closes half-way believes any ACK",
        "tcp/arrival.py",
        "        if not c.syn_acked and s.ack != c.iss and not acknowledges(c, s):",
        "        if False:",
        "both-open",
    ),
    Fault(
        "a SYN that ends TIME-WAIT whatever its number",
        "tcp/closing.py",
        "        return TIME_WAIT_REOPENED if is_newer(w, s, timestamps) else TIME_WAIT_SYN_DROPPED",
        "        return TIME_WAIT_REOPENED",
        "life",
    ),
)


def explore(name):
    """What fails in the small bounds of this scope, and in how many steps."""
    from handshook.prove.job import prove
    from handshook.prove.scopes import SCOPES
    from handshook.prove.variants import BY_NAME

    for scope in SCOPES["three-way"]:
        if scope.name == name:
            result = prove(BY_NAME["three-way"], replace(scope, bounds=scope.small))
            return [[failure.property.value, failure.steps] for failure in result.failures]
    raise ValueError(f"no scope {name}")


if __name__ == "__main__":
    print(json.dumps(explore(sys.argv[1])))
