"""From the rounds' figures to what can be said of them: medians with their spread, ratios within a round, verdicts."""

import statistics
from dataclasses import dataclass

from .must import Must
from .rows import ROW, Missing, Value
from .stacks import OURS, PEERS

Round = dict[str, dict[str, Value]]


@dataclass(frozen=True)
class Spread:
    """A median, and the least and the most beside it."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread | None":
        """None of nothing."""
        return cls(statistics.median(values), min(values), max(values)) if values else None


class Figures:
    """All rounds of one run: `rounds[n][peer][row]`."""

    def __init__(self, rounds: list[Round], missing: dict[str, str]) -> None:
        self.rounds = rounds
        self.missing = missing
        self.peers = [peer.name for peer in PEERS if any(peer.name in one for one in rounds)]

    def values(self, peer: str, row: str) -> list[float]:
        """The peer's figures, round by round, where there are any."""
        found = (one.get(peer, {}).get(row) for one in self.rounds)
        return [value for value in found if isinstance(value, (int, float))]

    def ratios(self, peer: str, row: str, of: str = OURS) -> list[float]:
        """How many times better ours was, each within its round."""
        ratios = []
        for one in self.rounds:
            ours, theirs = one.get(of, {}).get(row), one.get(peer, {}).get(row)
            if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
                above, below = (ours, theirs) if ROW[row].more else (theirs, ours)
                if below > 0:
                    ratios.append(above / below)
        return ratios

    def why_missing(self, peer: str, row: str) -> str | None:
        """The reason of the last round that had none; None for a row that the peer is not asked for."""
        if peer in self.missing:
            return self.missing[peer]
        for one in reversed(self.rounds):
            value = one.get(peer, {}).get(row)
            if isinstance(value, Missing):
                return value.why
        return None


def judge(figures: Figures, must: Must) -> tuple[str, Spread | None, bool | None]:
    """What was asked, what was found, and whether it is enough; None where there is no figure."""
    row = ROW[must.row]
    if must.peer is None:
        found = Spread.of(figures.values(must.of, must.row))
        sign = "≤" if must.at_most else "≥"
        asked = f"{sign} {must.bound:,.10g} {row.unit}".rstrip()
    else:
        found = Spread.of(figures.ratios(must.peer, must.row, must.of))
        asked = f"≥ {must.bound:g} × {must.peer}"
    name = row.what if must.of == OURS else f"{row.what} ({must.of})"
    if found is None:
        return f"{name}: {asked}", None, None
    # Half a unit in the last place that is shown.
    slack = 0.05 if must.at_most and must.bound == 0 else 0.0
    enough = found.median <= must.bound + slack if must.at_most else found.median >= must.bound
    return f"{name}: {asked}", found, enough
