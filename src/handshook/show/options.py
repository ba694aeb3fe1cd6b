"""The options of a segment, each with its kind and its bytes, the unknown ones too.

`wire.segment` keeps what the engine uses; whoever looks at a segment wants to see all that stands in it.
"""

from dataclasses import dataclass

from ..wire.kinds import (
    OPTION_END,
    OPTION_MSS,
    OPTION_NOP,
    OPTION_SACK,
    OPTION_SACK_PERMITTED,
    OPTION_SCALE,
    OPTION_TIMESTAMPS,
)
from ..wire.segment import Segment

NAMES = {
    OPTION_END: "end",
    OPTION_NOP: "NOP",
    OPTION_MSS: "MSS",
    OPTION_SCALE: "WS",
    OPTION_SACK_PERMITTED: "SACK-permitted",
    OPTION_SACK: "SACK",
    OPTION_TIMESTAMPS: "TS",
    19: "MD5",  # RFC 2385
    28: "user time-out",  # RFC 5482
    29: "TCP-AO",  # RFC 5925
    30: "MPTCP",  # RFC 8684
    34: "fast open",  # RFC 7413
}
READ = frozenset(
    {OPTION_END, OPTION_NOP, OPTION_MSS, OPTION_SCALE, OPTION_SACK_PERMITTED, OPTION_SACK, OPTION_TIMESTAMPS}
)
"""The kinds that the engine reads."""


@dataclass(frozen=True)
class Option:
    """One option; `body` is what follows kind and length."""

    kind: int
    body: bytes

    @property
    def name(self) -> str:
        """`MSS`, or `option 253` for a kind without a name here."""
        return NAMES.get(self.kind, f"option {self.kind}")

    @property
    def single(self) -> bool:
        """Whether it is a lone byte with neither length nor body."""
        return self.kind in (OPTION_END, OPTION_NOP)


def options_of(segment: Segment) -> list[Option]:
    """The options in the order in which they stand, padding included up to the first end-of-options."""
    raw = segment.options
    found = []
    at = 0
    while at < len(raw):
        kind = raw[at]
        if kind in (OPTION_END, OPTION_NOP):
            found.append(Option(kind, b""))
            at += 1
            if kind == OPTION_END:
                break
            continue
        size = raw[at + 1] if at + 1 < len(raw) else 0
        if size < 2:
            break
        found.append(Option(kind, raw[at + 2 : at + size]))
        at += size
    return found


def unknown_kinds(segment: Segment) -> list[int]:
    """The kinds in it that the engine skips."""
    return [option.kind for option in options_of(segment) if option.kind not in READ]
