"""An independent witness: it sees each packet that leaves or arrives, and knows what was handed over to be sent.

It keeps no state machine and asks no connection. From the packets alone it works out what each side may have accepted:
what has arrived, and of that only what lay inside the window as it stood then (RFC 9293 3.4, 3.10.7.4). An
acknowledgment of anything else, data that was never handed over, or data beyond what the peer has allowed is an
`AssertionError`.
"""

from dataclasses import dataclass, field

from ..outcomes import BY_NUMBER
from ..tcp.config import MOST_SCALE
from ..wire.addresses import turned
from ..wire.flags import ACK, FIN, RST, SYN, flag_names
from ..wire.kinds import PROTOCOL_TCP
from ..wire.segment import Segment, parse
from .program import Program

SPACE = 1 << 32
# How many openings of one four-tuple are remembered: the last one's packets may still be under way.
REMEMBERED = 8
# A host that hears nothing may say something so often, and then once more in so many seconds (the longest back-off is
# 60 s, and a probe may come between).
UNASKED = 60
UNASKED_EVERY = 20.0


@dataclass(eq=False)
class Stream:
    """One direction of one opening. Positions count from the first byte of data.

    `here` is how much has arrived without a gap and inside the window, `islands` what has beyond it; `edge` is the
    window's edge as the receiver has told it, `allowed` as the sender has heard it; `acked` what was acknowledged.
    """

    isn: int
    program: Program | None
    syn_window: int
    scale: int
    here: int = 0
    islands: list[tuple[int, int]] = field(default_factory=list)
    sent: int = 0
    fin_at: int = -1
    fin_here: bool = False
    edge: int = 0
    acked: int = 0
    allowed: int = 0

    def position(self, number: int) -> int:
        """Where a sequence number stands; -1 is the SYN itself."""
        offset = (number - self.isn - 1) % SPACE
        return offset - SPACE if offset >= SPACE // 2 else offset

    def arrived(self, first: int, last: int) -> None:
        """Bytes that were inside the window are here."""
        last = min(last, self.edge)
        if last <= self.here:
            return
        self.islands.append((max(first, self.here), last))
        self.islands.sort()
        while self.islands and self.islands[0][0] <= self.here:
            self.here = max(self.here, self.islands.pop(0)[1])

    def may_acknowledge(self, position: int) -> bool:
        """Can a receiver that takes only what it must have reached this number?"""
        if 0 <= position <= self.here:
            return True
        return self.fin_here and position == self.fin_at + 1 == self.here + 1


class Witness:
    """The witness of one link between sides 0 and 1."""

    def __init__(self) -> None:
        self._programs: dict[bytes, Program] = {}
        self._streams: dict[bytes, list[Stream]] = {}
        self._segment = Segment()
        self._unasked: dict[bytes, tuple[float, float, int, int]] = {}

    def expect(self, key: bytes, program: Program) -> None:
        """From now on `program` is the one that sends in packets of that four-tuple (as it stands in the packet)."""
        self._programs[key] = program

    def left(self, packet: bytes, now: float) -> None:
        """A host has put a packet on the wire."""
        s = self._segment
        why = parse(packet, 0, False, s)
        if why and s.protocol != PROTOCOL_TCP:
            return  # ICMP
        assert not why, f"a packet was sent that is {BY_NUMBER[why].name}"
        if s.flags & RST:
            return
        self._count(s.key, now)
        if s.flags & SYN:
            self._begin(s)
        elif s.data_end > s.data_start or s.flags & FIN:
            self._data_left(s)
        if s.flags & ACK:
            self._acknowledged(s)

    def arrived(self, packet: bytes) -> None:
        """A host gets a packet from the wire."""
        s = self._segment
        if parse(packet, 0, False, s):
            return
        self._unasked.pop(turned(s.key), None)
        length = s.data_end - s.data_start
        for stream in self._streams.get(s.key, ()):
            first = stream.position(s.seq)
            if first < 0 or first + length > stream.sent:
                continue
            if stream.edge == 0:
                # Before its first ACK the receiver's SYN is all that has told of a window (simultaneous open).
                answers = self._streams.get(turned(s.key))
                stream.edge = answers[-1].syn_window if answers else 0
            stream.arrived(first, first + length)
            if s.flags & FIN and first + length == stream.fin_at:
                stream.fin_here = True
        if s.flags & ACK and not s.flags & RST:
            for stream in self._streams.get(turned(s.key), ()):
                position = stream.position(s.ack)
                if 0 <= position <= stream.sent + 1:
                    stream.allowed = max(stream.allowed, position + self._window(s, stream))

    def spoken_to(self, key: bytes) -> None:
        """Someone else has said something under this key, as it stands in the packet: it may be answered."""
        self._unasked.pop(turned(key), None)

    def latest(self, key: bytes) -> Stream | None:
        """The last opening of that four-tuple that was seen, in that direction."""
        streams = self._streams.get(key)
        return streams[-1] if streams else None

    def _count(self, key: bytes, now: float) -> None:
        """Nobody talks for ever to a peer that is silent, when its program hasn't asked for anything either."""
        program = self._programs.get(key)
        calls = 0 if program is None else program.calls
        first, last, times, called = self._unasked.get(key, (now, -1.0, 0, calls))
        if calls != called:
            first, times = now, 0
        if now > last:
            times += 1
        self._unasked[key] = first, now, times, calls
        most = UNASKED + (now - first) / UNASKED_EVERY
        assert times <= most, f"spoke {times} times in {now - first:.1f} s, and nothing was heard"

    def _begin(self, s: Segment) -> None:
        streams = self._streams.setdefault(s.key, [])
        for stream in streams:
            if stream.isn == s.seq:
                return
        streams.append(Stream(s.seq, self._programs.get(s.key), s.window, s.scale))
        del streams[:-REMEMBERED]

    def _data_left(self, s: Segment) -> None:
        """Data and FIN must be what the program handed over, in its place, and within what the peer has room for."""
        length = s.data_end - s.data_start
        text = s.data
        said = f"{flag_names(s.flags)} with {length} bytes"
        for stream in reversed(self._streams.get(s.key, [])):
            program = stream.program
            first = stream.position(s.seq)
            last = first + length
            if program is None or first < 0 or last > program.sent or program.manner.data[first:last] != text:
                continue
            if s.flags & FIN:
                assert program.finished and last == program.sent, f"{said}: FIN before the end of the data"
                stream.fin_at = last
            # A probe of a shut window is one byte beyond it (RFC 9293 3.8.6.1); SYN,ACK may not have been heard yet.
            if length:
                assert last <= stream.allowed + 1, f"{said}: {last - stream.allowed} bytes beyond the peer's window"
            stream.sent = max(stream.sent, last)
            return
        raise AssertionError(f"{said} at {s.seq}: not what the program handed over")

    def _acknowledged(self, s: Segment) -> None:
        """An ACK must be of what has arrived and was inside the window; it tells of a new one."""
        for stream in reversed(self._streams.get(turned(s.key), [])):
            position = stream.position(s.ack)
            if stream.may_acknowledge(position):
                stream.edge = max(stream.edge, position + self._window(s, stream))
                stream.acked = max(stream.acked, position)
                return
        raise AssertionError(f"{flag_names(s.flags)} acknowledges {s.ack}: that never arrived inside the window")

    def _window(self, s: Segment, answered: Stream) -> int:
        """A window in bytes; scaled when both SYNs said so, and never in a SYN (RFC 7323 2.2)."""
        own = self._streams.get(s.key)
        if s.flags & SYN or not own or own[-1].scale < 0 or answered.scale < 0:
            return s.window
        return s.window << min(own[-1].scale, MOST_SCALE)
