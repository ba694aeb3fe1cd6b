"""Packets in, packets out, and whose they are: a host as its link sees it.

    link -> receive  -> wire.parse -> the flow, the TIME-WAIT entry, the listener, or nobody -> an outcome
    link <- transmit <- whoever has something to say

Nothing is sent while a segment arrives; what is owed waits for `transmit`, so that one ACK answers a whole batch and
rides on data or a FIN where there is any. The stack does no I/O and reads no clock: the caller says what time it is.
"""

from ..outcomes import Outcome
from ..tcp.clock import NEVER
from ..tcp.closing import in_time_wait
from ..tcp.connection import Connection
from ..tcp.half_open import HalfOpen
from ..tcp.states import CLOSED, LISTEN, SYN_RECEIVED, TIME_WAIT
from ..tcp.time_wait import TimeWait
from ..wire.addresses import is_unicast
from ..wire.flags import RST
from ..wire.framing import VNET_DATA_VALID, VNET_NEEDS_CHECKSUM
from ..wire.icmp import EchoRequest, read_icmp, write_echo_reply
from ..wire.kinds import PROTOCOL_ICMP, PROTOCOL_ICMPV6
from ..wire.segment import Segment, parse
from .errors import suffer
from .listening import Listening
from .step import Direction

CLOSED_PORT_IGNORED = Outcome.CLOSED_PORT_IGNORED
CLOSED_PORT_RESET = Outcome.CLOSED_PORT_RESET
COOKIE_ACCEPTED = Outcome.COOKIE_ACCEPTED
COOKIE_HELD = Outcome.COOKIE_HELD
ESTABLISHED_PASSIVE = Outcome.ESTABLISHED_PASSIVE
FRAME_LENGTH_BAD = Outcome.FRAME_LENGTH_BAD
FRAME_TRUNCATED = Outcome.FRAME_TRUNCATED
HANDED_ON = Outcome.HANDED_ON
IP_PROTOCOL_UNKNOWN = Outcome.IP_PROTOCOL_UNKNOWN
NOT_OURS = Outcome.NOT_OURS
SENT_ECHO_REPLY = Outcome.SENT_ECHO_REPLY
SOURCE_INVALID = Outcome.SOURCE_INVALID
SYN_ACK_ACK_BAD = Outcome.SYN_ACK_ACK_BAD
SYN_ANSWERED = Outcome.SYN_ANSWERED
SYN_CACHED = Outcome.SYN_CACHED
SYN_HELD = Outcome.SYN_HELD
SYN_SENT_ACK_BAD = Outcome.SYN_SENT_ACK_BAD
TIME_WAIT_ACKED = Outcome.TIME_WAIT_ACKED
TIME_WAIT_FIN_REPEATED = Outcome.TIME_WAIT_FIN_REPEATED
TIME_WAIT_OVER = Outcome.TIME_WAIT_OVER
TIME_WAIT_REOPENED = Outcome.TIME_WAIT_REOPENED

MOST_PACKET = 65535
# Beyond this many seconds a clock counted in microseconds no longer fits 64 bits: 31,000 years.
LATEST = 1e12


class Exchange(Listening):
    """What moves between a host's tables and its link. `Stack` puts the program's calls on top."""

    __slots__ = ()

    # --- the link's side ---------------------------------------------------------------------------------------

    def receive(self, frame: bytes | bytearray | memoryview, now: float) -> None:
        """Take one packet from the link, with what the framing says stands before it. Never raises on bad input."""
        if type(frame) is not bytes:
            frame = bytes(memoryview(frame))
        self._go_on(now)
        self._counts[self._arrive(frame, self.now)] += 1
        if self._watched:
            self._observers.tell()

    def receive_many(self, frames: list[bytes], now: float) -> None:
        """Take a batch of packets; they are all looked at before anything is answered (RFC 9293 MUST-59)."""
        for frame in frames:
            self.receive(frame, now)

    def transmit(self, now: float) -> list[bytes]:
        """Every packet that is to leave now, in order, ready for the link.

        Each is bytes; with a framing that `gathers`, a long one may be a tuple of its parts.
        """
        now = self._go_on(now)
        builder = self._builder
        builder.set_clock(now)
        frames = self._answers.take(now)
        if self._watched:
            self._observers.show_answers(now, frames)
            builder.log = []
        ready = self._ready
        self._ready = []
        for flow in ready:
            flow.ready = False
            first = len(frames)
            flow.emit(builder, now, frames)
            if builder.log is not None:
                self._observers.show_sent(now, flow, builder.log, frames[first:])
                builder.log = []
            if flow.stage != CLOSED and flow.stage != TIME_WAIT:
                if type(flow) is Connection:
                    connection = flow
                    connection.settle(now)
                self._timers.arm(flow)
        builder.log = None
        if self._watched or self._kept:
            frames = self._show_frames(frames)
        return frames

    def deadline(self) -> float | None:
        """When `advance` or `transmit` is next due, in seconds of the caller's clock; None for never."""
        if self._ready or self._kept or self._answers.waiting():
            return self.now
        due = min(self._timers.next(), self._time_waits.next())
        return None if due == NEVER else due

    def advance(self, now: float) -> None:
        """Run every timer that is due."""
        now = self._go_on(now)
        while True:
            flow = self._timers.pop(now)
            if flow is None:
                break
            why = flow.wake(now)
            if why:
                self._counts[why] += 1
                if self._watched:
                    self._observers.show_flow(self.now, Direction.TIMER, why, flow, None)
            self._follow(flow, now)
        while True:
            key = self._time_waits.pop(now)
            if key is None:
                break
            self._counts[TIME_WAIT_OVER] += 1
            if self._watched:
                self._observers.show(self.now, Direction.TIMER, TIME_WAIT_OVER, TIME_WAIT, CLOSED, key, None)
        if self._watched:
            self._observers.tell()

    def _go_on(self, now: float) -> float:
        """Time goes on, never back. Raises `ValueError` for what is no moment."""
        if not now <= LATEST:
            raise ValueError(f"now is {now}; it is a number of seconds, up to {LATEST:.0e}")
        if now > self.now:
            self.now = now
        return self.now

    def _show_frames(self, frames: list[bytes]) -> list[bytes]:
        """Tell observers of what leaves. Should one raise, the frames wait for the next `transmit`."""
        self._kept += frames
        self._observers.tell()
        frames = self._kept
        self._kept = []
        return frames

    # --- arrival -----------------------------------------------------------------------------------------------

    def _arrive(self, frame: bytes, now: float) -> int:
        """Find out whose packet this is, and let them judge it."""
        headroom = self._headroom
        trusted = False
        if headroom:
            if len(frame) < headroom:
                return self._drop(FRAME_TRUNCATED, frame)
            if self._vnet:
                trusted = (frame[0] & (VNET_NEEDS_CHECKSUM | VNET_DATA_VALID)) != 0
        if len(frame) > headroom + MOST_PACKET + 40:
            return self._drop(FRAME_LENGTH_BAD, frame)
        segment = self._segment
        why = parse(frame, headroom, trusted, segment)
        if why:
            if why == IP_PROTOCOL_UNKNOWN and segment.protocol in (PROTOCOL_ICMP, PROTOCOL_ICMPV6):
                return self._take_icmp(segment, now)
            return self._drop(why, frame)
        key = segment.key
        flow = self._flows.get(key)
        if flow is None:
            return self._meet_stranger(segment, now)
        outcome = flow.arrive(segment, now)
        if outcome == ESTABLISHED_PASSIVE and isinstance(flow, HalfOpen):
            return self._promote(flow, segment, now)
        if outcome == SYN_SENT_ACK_BAD or outcome == SYN_ACK_ACK_BAD:
            if isinstance(flow, HalfOpen):
                return self._doubt(flow, segment, now)
            self._answers.reset(segment)
        if self._watched:
            self._observers.show_flow(self.now, Direction.IN, outcome, flow, frame)
        self._follow(flow, now)
        return outcome

    def _meet_stranger(self, segment: Segment, now: float) -> int:
        """A segment of no connection: for TIME-WAIT, for a listener, for a closed port, or not for us."""
        key = segment.key
        k = key
        width = (len(key) - 4) // 2
        local = k[width : 2 * width]
        if not self._takes(local):
            return self._drop(NOT_OURS, segment.frame)
        remote = k[:width]
        if not is_unicast(remote) or remote in self._addresses or remote == local:
            # MUST-63; a packet from ourselves that comes over the link is the "land" attack.
            return self._drop(SOURCE_INVALID, segment.frame)
        wait = self._time_waits.find(key)
        if wait is not None:
            return self._meet_time_wait(wait, segment, now)
        before: int = CLOSED
        after: int = CLOSED
        listener = self._listeners.find(key)
        if listener is not None:
            if self._cache.waiting:
                row = self._cache.find(key, now)
                if row >= 0:
                    return self._meet_cached(listener, row, segment, now)
            before = after = LISTEN
            outcome = self._meet_listener(listener, segment, False, now)
            if outcome == SYN_ANSWERED or outcome == SYN_CACHED:
                after = SYN_RECEIVED
            elif outcome == COOKIE_ACCEPTED or outcome == COOKIE_HELD:
                return outcome
        elif self._sharers > 1 and self._ports.owner(key) != self._ports.index:
            outcome = HANDED_ON
            self._share.hand_on(self._ports.owner(key), segment.frame)
        elif segment.flags & RST:
            outcome = CLOSED_PORT_IGNORED
        else:
            outcome = CLOSED_PORT_RESET
            self._answers.reset(segment)
        if self._watched:
            self._observers.show(self.now, Direction.IN, outcome, before, after, key, segment.frame)
        return outcome

    def _meet_time_wait(self, wait: TimeWait, segment: Segment, now: float) -> int:
        """A segment for a four-tuple that rests. A new SYN ends the rest only where a listener takes it up."""
        key = segment.key
        listener = self._listeners.find(key)
        after: int = TIME_WAIT
        outcome = in_time_wait(wait, segment, listener is not None and listener.terms.timestamps)
        if outcome == TIME_WAIT_REOPENED:
            # Where nobody listens it is answered with an ACK, as in Linux: a RST would call the connection refused
            # that was just closed in order, and ending the rest would be what RFC 1337 warns of.
            outcome = TIME_WAIT_ACKED if listener is None else self._meet_listener(listener, segment, True, now)
            if outcome == SYN_ANSWERED or outcome == SYN_HELD:
                entry = self._flows[key]
                assert isinstance(entry, HalfOpen)
                entry.begin_after(wait.snd_nxt)
                self._time_waits.remove(key)
                after = entry.stage
                if outcome == SYN_ANSWERED:
                    outcome = TIME_WAIT_REOPENED
        elif outcome == TIME_WAIT_FIN_REPEATED:
            wait.expires = now + 2 * self._terms.msl
            self._time_waits.add(key, wait)
        if outcome == TIME_WAIT_FIN_REPEATED or outcome == TIME_WAIT_ACKED:
            self._answers.last_ack(key, wait)
        if self._watched:
            self._observers.show(self.now, Direction.IN, outcome, TIME_WAIT, after, key, segment.frame)
        return outcome

    def _take_icmp(self, segment: Segment, now: float) -> int:
        """A ping is answered; an error goes to the connection whose segment it quotes (MUST-54)."""
        message = read_icmp(segment)
        if message is None:
            return self._drop(Outcome.ICMP_IGNORED, segment.frame)
        if isinstance(message, EchoRequest):
            source, destination = message.source, message.destination
            if not self._takes(destination):
                return self._drop(NOT_OURS, segment.frame)
            if not is_unicast(source) or source in self._addresses or source == destination:
                return self._drop(SOURCE_INVALID, segment.frame)
            header = self.framing.header4 if segment.version == 4 else self.framing.header6
            reply = write_echo_reply(message)
            if len(reply) > self._terms.mtu:
                return self._drop(Outcome.ICMP_IGNORED, segment.frame)
            if self._answers.add(header + reply):
                self._counts[SENT_ECHO_REPLY] += 1
            return self._drop(Outcome.ECHO_ANSWERED, segment.frame)
        flow = self._flows.get(message.key)
        connection = flow if type(flow) is Connection else None
        outcome = suffer(connection, message, now)
        if connection is None or outcome in (Outcome.ICMP_IGNORED, Outcome.ICMP_FOR_NO_ONE):
            return self._drop(outcome, segment.frame)
        if self._watched:
            self._observers.show_flow(self.now, Direction.IN, outcome, connection, segment.frame)
        self._follow(connection, now)
        return outcome

    def _takes(self, address: bytes) -> bool:
        """Is a packet to this address for us?"""
        return address in self._addresses or (self._transparent and is_unicast(address))
