"""What timestamps change in the tables (RFC 7323 3.2 and 5, RFC 6191 2).

A rule says for a state and a mode (kinds.py) what becomes of every kind of segment that it doesn't except; excepted are
RSTs, which need no timestamp (RFC 7323 5.2), and the kinds that have a cell of their own, "=" being the table's.
"""

from dataclasses import dataclass

from tcp.matrix.fates import cell
from tcp.matrix.kinds import KINDS
from tcp.matrix.places import ALL

from handshook import State

BEFORE = (State.CLOSED, State.LISTEN, State.SYN_SENT)
OPEN = (
    State.ESTABLISHED,
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
    State.CLOSE_WAIT,
    State.CLOSING,
    State.LAST_ACK,
)


@dataclass(frozen=True)
class Rule:
    """`otherwise` is the cell of what isn't in `cells`, None for the table's own; `why` is the reason to differ."""

    otherwise: str | None
    cells: dict
    why: str = ""


AS_IT_IS = Rule(None, {})
# The peer's SYN once more, and the end of a simultaneous open.
SYN_AGAIN = ("SYN again", "SYN with data", "SYN,ACK again", "SYN,ACK ahead", "SYN,ACK with data")
NEW_SYN = ("SYN again", "SYN next", "SYN inside", "SYN far above", "SYN with data")
OLD_WAY = dict.fromkeys(SYN_AGAIN, "=")
WHY_OLD_WAY = (
    "A SYN, or SYN,ACK, of the handshake itself is known by its number, and judged before its timestamp: some stacks "
    "repeat their SYN without options, and must not wait for ever."
)
WHY_RESTS = (
    "RFC 7323 would drop, or answer, what comes to TIME-WAIT by its timestamp. There is no data left to protect, and "
    "what has a length is answered anyway."
)

NEWER_TAKEN = Rule(
    None,
    {kind: f"begins anew{'+10' if kind == 'SYN with data' else ''}>SYN-RECEIVED" for kind in NEW_SYN},
)
OLDER = Rule(None, dict.fromkeys(NEW_SYN, "rests, SYN"), WHY_RESTS)

RULES = {
    **{(state, mode): AS_IT_IS for state in State for mode in ("none", "unasked", "fresh") if state != State.TIME_WAIT},
    **{(state, mode): AS_IT_IS for state in BEFORE for mode in ("missing", "old")},
    (State.SYN_RECEIVED, "missing"): Rule("unstamped", OLD_WAY, WHY_OLD_WAY),
    (State.SYN_RECEIVED, "old"): Rule("stale", OLD_WAY, WHY_OLD_WAY),
    **{(state, "missing"): Rule("unstamped", {}) for state in OPEN},
    **{(state, "old"): Rule("stale", {}) for state in OPEN},
    (State.TIME_WAIT, "none"): AS_IT_IS,
    (State.TIME_WAIT, "missing"): Rule(None, {}, WHY_RESTS),
    (State.TIME_WAIT, "unasked", "listener"): NEWER_TAKEN,
    (State.TIME_WAIT, "fresh", "listener"): NEWER_TAKEN,
    (State.TIME_WAIT, "old", "listener"): OLDER,
    # Where nobody listens no timestamps would be agreed on, and the number decides.
    **{(State.TIME_WAIT, mode, "no listener"): Rule(None, {}, WHY_RESTS) for mode in ("unasked", "fresh", "old")},
}


def rule_of(place, mode):
    """The rule for a place in a mode; there must be exactly one."""
    keys = [key for key in ((place.state, mode), (place.state, mode, place.variant)) if key in RULES]
    assert len(keys) == 1, f"{place.name}, {mode}: {len(keys)} rules"
    return RULES[keys[0]]


def stamped(place, kind, mode, base):
    """The cell of a kind of segment in a mode, given the table's."""
    rule = rule_of(place, mode)
    text = rule.cells.get(kind, rule.otherwise)
    if text is None or text == "=" or "R" in KINDS[kind].flags:
        return base
    return cell(text, place, {})


def unused():
    """Rules that no place needs."""
    used = {
        key for place in ALL for mode in MODE_NAMES for key in ((place.state, mode), (place.state, mode, place.variant))
    }
    return set(RULES) - used


MODE_NAMES = ("none", "unasked", "fresh", "missing", "old")
