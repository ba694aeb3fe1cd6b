"""The numbers and names that a sentence about a step may use, each taken from the step itself.

A sentence is a template; what stands in its braces is looked up here, and only what it names is worked out.
"""

from collections.abc import Iterator, Mapping

from ..tcp.config import MOST_SCALE
from ..tcp.sequence import before, distance
from ..wire.flags import ACK, flag_names
from .conversation import Moment


class Words(Mapping[str, str]):
    """What a template's names mean at one moment. Numbers are counted from the SYN where its number is known."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment

    def __getitem__(self, name: str) -> str:
        if name not in _NAMES:
            raise KeyError(name)
        return str(getattr(self, f"_{name}"))

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)

    @property
    def _isn(self) -> int:
        """The sequence number as sent."""
        return self._moment.segment.seq if self._moment.segment else 0

    @property
    def _wire_ack(self) -> int:
        return self._moment.segment.ack if self._moment.segment else 0

    @property
    def _before_ack(self) -> int:
        return (self._wire_ack - 1) & 0xFFFFFFFF

    @property
    def _our_isn(self) -> str:
        isn = self._moment.local_isn
        return "number" if isn is None else str(isn)

    @property
    def _wanted_ack(self) -> str:
        """What an ACK of our SYN would say."""
        isn = self._moment.local_isn
        return "the number after it" if isn is None else str((isn + 1) & 0xFFFFFFFF)

    @property
    def _seq(self) -> int:
        return self._isn if self._moment.seq is None else self._moment.seq

    @property
    def _ack(self) -> int:
        return self._wire_ack if self._moment.ack is None else self._moment.ack

    @property
    def _last(self) -> int:
        """The number of the last byte of data."""
        return self._seq + max(self._moment.length - 1, 0)

    @property
    def _fin(self) -> int:
        """The number that the FIN takes."""
        return self._seq + self._moment.length

    @property
    def _next(self) -> int:
        """The number after the whole segment."""
        return self._seq + (self._moment.segment.length if self._moment.segment else 0)

    @property
    def _acked_fin(self) -> int:
        return self._ack - 1

    @property
    def _expected(self) -> str:
        expected = self._moment.expected
        return "the number we asked for" if expected is None else str(expected)

    @property
    def _bytes(self) -> str:
        return count_bytes(self._moment.length)

    @property
    def _acked(self) -> str:
        return count_bytes(self._moment.acked)

    @property
    def _room(self) -> str:
        """The window, in bytes where its scale is known."""
        moment = self._moment
        if moment.window is not None:
            return count_bytes(moment.window)
        return f"{moment.segment.window if moment.segment else 0} (scale unknown)"

    @property
    def _flags(self) -> str:
        segment = self._moment.segment
        return flag_names(segment.flags) if segment and segment.flags else "a segment without flags"

    @property
    def _tries(self) -> str:
        return f"try {self._moment.tries}"

    @property
    def _syns(self) -> str:
        count = self._moment.local_syns
        return "once" if count == 1 else f"{count} times"

    @property
    def _waited(self) -> str:
        waited = self._moment.waited
        return "a while" if waited is None else duration(waited)

    @property
    def _elapsed(self) -> str:
        return duration(self._moment.elapsed)

    @property
    def _gap(self) -> str:
        return duration(self._moment.gap)

    @property
    def _in_state(self) -> str:
        return duration(self._moment.in_state)

    @property
    def _tsval(self) -> int:
        return self._moment.segment.tsval if self._moment.segment else 0

    @property
    def _remote(self) -> str:
        remote = self._moment.step.remote
        return "the peer" if remote is None else remote[0]

    @property
    def _remote_port(self) -> str:
        remote = self._moment.step.remote
        return "there" if remote is None else f"port {remote[1]}"

    @property
    def _local_port(self) -> str:
        local = self._moment.step.local
        return "there" if local is None else f"port {local[1]}"

    @property
    def _trouble(self) -> str:
        return self._moment.icmp.trouble.value if self._moment.icmp else "trouble"

    @property
    def _mtu(self) -> str:
        mtu = self._moment.icmp.mtu if self._moment.icmp else 0
        return f"{mtu} bytes" if mtu else "less than we sent"

    @property
    def _offers(self) -> str:
        """What the options of a SYN offer, or those of a SYN,ACK agree on; with a space before it."""
        segment = self._moment.segment
        if segment is None:
            return ""
        offers = [f"segments up to {segment.mss} bytes (MSS)"] if segment.mss else []
        if segment.flags & ACK:
            # Only what the other SYN had offered may stand here (RFC 7323 2.2, 3.2; RFC 2018 2).
            agreed = [
                name
                for name, there in (
                    ("WS", segment.scale >= 0),
                    ("SACK", segment.sack_permitted),
                    ("TS", segment.timestamps),
                )
                if there
            ]
            return f" Both SYNs have {enumerate_words(agreed)}: agreed." if agreed else ""
        if segment.scale >= 0:
            offers.append(f"windows times {1 << min(segment.scale, MOST_SCALE)} (WS)")
        if segment.sack_permitted:
            offers.append("reports of gaps (SACK)")
        if segment.timestamps:
            offers.append("timestamps (TS)")
        return f" On offer: {enumerate_words(offers)}." if offers else ""

    @property
    def _carries(self) -> str:
        """The data that a FIN comes behind, as a sentence of its own with a space after it."""
        if not self._moment.length:
            return ""
        return f"First {self._bytes}, numbers {self._seq} to {self._last}, with ack {self._ack}. "

    @property
    def _two_msl(self) -> str:
        """How long TIME-WAIT lasts, in seconds where that is known."""
        msl = self._moment.msl
        return "2 MSL" if msl is None else f"2 MSL (twice {msl:g} s)"

    @property
    def _holds(self) -> str:
        """What a SACK option reports, with a space before it.

        The first block is about a copy where it lies below the ack or within the second (RFC 2883 4).
        """
        segment = self._moment.segment
        if segment is None or not segment.sack:
            return ""
        blocks = list(segment.sack)
        said = ""
        left, right = blocks[0]
        within = len(blocks) > 1 and not before(left, blocks[1][0]) and not before(blocks[1][1], right)
        if before(left, segment.ack) or within:
            said = f" SACK: {count_bytes(distance(left, right))} came twice (D-SACK)."
            del blocks[0]
        if blocks:
            size = sum(distance(left, right) for left, right in blocks)
            said += f" SACK: {count_bytes(size)} beyond the gap {'has' if size == 1 else 'have'} arrived."
        return said

    @property
    def _because(self) -> str:
        cause = self._moment.cause
        return "" if cause is None else f" Why: {cause.meaning.split(': RST')[0]}."


_NAMES = frozenset(name[1:] for name, value in vars(Words).items() if isinstance(value, property))


def count_bytes(count: int) -> str:
    """`1 byte`, `1448 bytes`."""
    return "1 byte" if count == 1 else f"{count} bytes"


def duration(seconds: float) -> str:
    """A length of time with the unit that suits it: `0.31 ms`, `12.4 ms`, `3.0 s`."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def enumerate_words(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
