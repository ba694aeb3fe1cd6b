"""Packets in, packets out, and whose they are: a host as its link sees it.

    link -> receive  -> wire.parse -> the flow, the TIME-WAIT entry, the listener, or nobody -> an outcome
    link <- transmit <- whoever has something to say

Nothing is sent while a segment arrives; what is owed waits for `transmit`, so that one ACK answers a whole batch and
rides on data or a FIN where there is any. The stack does no I/O and reads no clock: the caller says what time it is.
"""

from array import array
from collections.abc import Iterable

from ..outcomes import Outcome
from ..tcp.challenges import ChallengeLimit
from ..tcp.clock import NEVER
from ..tcp.closing import in_time_wait, rest
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.flow import Flow, Owner
from ..tcp.half_open import HalfOpen
from ..tcp.happened import ENDED, OPENED
from ..tcp.held import Held
from ..tcp.owed import ACK_NONE
from ..tcp.states import CLOSED, LISTEN, SYN_RECEIVED, TIME_WAIT
from ..tcp.time_wait import TimeWait
from ..tcp.timeouts import start_keep_alive
from ..wire.addresses import is_unicast, pack
from ..wire.build import OUTCOMES, Builder
from ..wire.flags import ACK, FIN, RST, SYN
from ..wire.framing import PLAIN, VNET_DATA_VALID, VNET_NEEDS_CHECKSUM, Framing
from ..wire.icmp import EchoRequest, read_icmp, write_echo_reply, write_error
from ..wire.kinds import PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP
from ..wire.segment import Segment, parse
from .answers import Answers
from .bounds import Bounds
from .errors import suffer
from .listener import Listener
from .listeners import Listeners
from .observers import Observers
from .ports import Ports
from .seed import Secrets
from .share import ALONE, Share
from .step import Direction
from .time_waits import TimeWaits
from .timers import Timers

CLOSED_PORT_IGNORED = Outcome.CLOSED_PORT_IGNORED
CLOSED_PORT_RESET = Outcome.CLOSED_PORT_RESET
DROPPED_ACCEPT_QUEUE_FULL = Outcome.DROPPED_ACCEPT_QUEUE_FULL
ESTABLISHED_PASSIVE = Outcome.ESTABLISHED_PASSIVE
FLAGS_NONSENSE = Outcome.FLAGS_NONSENSE
FRAME_LENGTH_BAD = Outcome.FRAME_LENGTH_BAD
FRAME_TRUNCATED = Outcome.FRAME_TRUNCATED
HANDED_ON = Outcome.HANDED_ON
IP_PROTOCOL_UNKNOWN = Outcome.IP_PROTOCOL_UNKNOWN
LISTEN_ACK_RESET = Outcome.LISTEN_ACK_RESET
LISTEN_IGNORED = Outcome.LISTEN_IGNORED
LISTEN_RST_IGNORED = Outcome.LISTEN_RST_IGNORED
NOT_OURS = Outcome.NOT_OURS
SENT_ECHO_REPLY = Outcome.SENT_ECHO_REPLY
SOURCE_INVALID = Outcome.SOURCE_INVALID
SYN_ACK_ACK_BAD = Outcome.SYN_ACK_ACK_BAD
CALLED_REFUSE = Outcome.CALLED_REFUSE
CALLED_UNREACHABLE = Outcome.CALLED_UNREACHABLE
SENT_UNREACHABLE = Outcome.SENT_UNREACHABLE
SYN_HELD = Outcome.SYN_HELD
SYN_ANSWERED = Outcome.SYN_ANSWERED
SYN_SENT_ACK_BAD = Outcome.SYN_SENT_ACK_BAD
TIME_WAIT_ACKED = Outcome.TIME_WAIT_ACKED
TIME_WAIT_FIN_REPEATED = Outcome.TIME_WAIT_FIN_REPEATED
TIME_WAIT_OVER = Outcome.TIME_WAIT_OVER
TIME_WAIT_REOPENED = Outcome.TIME_WAIT_REOPENED

MOST_PACKET = 65535
# What one TSO unit may be, headers included; the IP length field's own limit.
OFFLOAD_FRAME = 65535
# Beyond this many seconds a clock counted in microseconds no longer fits 64 bits: 31,000 years.
LATEST = 1e12
# Data that came with SYNs and waits for their last ACK, in all; beyond it the client repeats it (RFC 9293 3.4).
MOST_HELD = 65536


class Exchange(Owner):
    """The tables of one host and what moves between them. `Stack` puts the program's calls on top."""

    __slots__ = (
        "_addresses",
        "_answers",
        "_bounds",
        "_builder",
        "_counts",
        "_eventful",
        "_flows",
        "_half_open_held",
        "_headroom",
        "_isn",
        "_kept",
        "_listeners",
        "_most_frame",
        "_observers",
        "_ports",
        "_ready",
        "_secrets",
        "_segment",
        "_share",
        "_sharers",
        "_terms",
        "_time_waits",
        "_timers",
        "_transparent",
        "_vnet",
        "_watched",
        "config",
        "framing",
    )

    def __init__(
        self,
        addresses: Iterable[str],
        *,
        config: Config | None = None,
        seed: int | None = None,
        framing: Framing = PLAIN,
        transparent: bool = False,
        share: Share = ALONE,
    ) -> None:
        self.config = config or Config()
        self._secrets = Secrets(share.seed if seed is None else seed)
        Owner.__init__(self, ChallengeLimit(self._secrets.challenges, self.config.host_challenge_limit))
        self.framing = framing
        self._addresses: dict[bytes, str] = {pack(address): address for address in addresses}
        self._transparent = transparent
        if not (self._addresses or transparent) or not all(is_unicast(address) for address in self._addresses):
            raise ValueError("a stack needs addresses of its own, and each must be unicast")
        self._terms = self.config.terms
        self._headroom = framing.headroom
        self._vnet = framing.vnet
        self._most_frame = OFFLOAD_FRAME if framing.vnet else 0
        self._isn = self._secrets.initial_sequence
        self._share = share
        self._sharers = share.count
        self._ports = Ports(self._secrets.ports, share.index, share.count)
        self._builder = Builder(framing, self.config.ttl, self.config.dscp)
        self._segment = Segment()
        self._flows: dict[bytes, Flow] = {}
        self._bounds = Bounds(self._terms)
        self._listeners = Listeners()
        self._time_waits = TimeWaits(self._isn)
        self._timers = Timers()
        self._ready: list[Flow] = []
        self._answers = Answers(self._builder)
        self._eventful: list[Connection | Held | Listener] = []
        self._half_open_held = 0
        self._counts = array("Q", [0]) * OUTCOMES
        self._observers = Observers(framing)
        self._watched = False
        self._kept: list[bytes] = []

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

    # --- what flows ask of their owner -------------------------------------------------------------------------

    def attend(self, flow: Flow, outcome: int) -> None:
        """A call of the program has changed `flow`."""
        if outcome:
            self._counts[outcome] += 1
            if self._watched:
                self._observers.show_flow(self.now, Direction.CALL, outcome, flow, None)
        if self._flows.get(flow.key) is flow:
            self._follow(flow, self.now)
        if self._watched:
            self._observers.tell()

    def report(self, flow: Flow) -> None:
        """List a connection whose news the program has not heard yet."""
        assert isinstance(flow, Connection)
        self._list_news(flow)

    def taken(self, key: bytes) -> bool:
        """Is this four-tuple in use, or resting?"""
        return key in self._flows or self._time_waits.holds(key)

    def still_waits(self, key: bytes) -> bool:
        """Is this four-tuple in TIME-WAIT?"""
        return self._time_waits.holds(key)

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
                why = self._take_icmp(segment, now)
            return self._drop(why, frame)
        key = segment.key
        flow = self._flows.get(key)
        if flow is None:
            return self._meet_stranger(segment, now)
        outcome = flow.arrive(segment, now)
        if outcome == ESTABLISHED_PASSIVE and isinstance(flow, HalfOpen):
            return self._promote(flow, segment, now)
        if outcome == SYN_SENT_ACK_BAD or outcome == SYN_ACK_ACK_BAD:
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
            before = after = LISTEN
            outcome = self._meet_listener(listener, segment, now)
            if outcome == SYN_ANSWERED:
                after = SYN_RECEIVED
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
            outcome = TIME_WAIT_ACKED if listener is None else self._meet_listener(listener, segment, now)
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

    def _meet_listener(self, listener: Listener, segment: Segment, now: float) -> int:
        """SEGMENT ARRIVES in LISTEN (RFC 9293 3.10.7.2)."""
        flags = segment.flags
        if flags & SYN and flags & (RST | FIN):
            return FLAGS_NONSENSE
        if flags & RST:
            return LISTEN_RST_IGNORED
        if flags & ACK:
            self._answers.reset(segment)
            return LISTEN_ACK_RESET
        if not flags & SYN:
            return LISTEN_IGNORED
        full = self._bounds.full(listener, segment.key)
        if full:
            return full
        if len(listener.queue) >= listener.backlog:
            return DROPPED_ACCEPT_QUEUE_FULL
        if listener.hold:
            return self._hold(listener, segment, now)
        key = segment.key
        entry = HalfOpen()
        entry.begin(key, listener, listener.terms, self)
        entry.take_syn(segment, self._isn, now)
        data = segment.data
        if data and len(data) <= entry.window() and self._half_open_held + len(data) <= MOST_HELD:
            entry.hold(data)
            self._half_open_held += len(data)
        self._bounds.enter(listener, key)
        self._flows[key] = entry
        self._make_ready(entry)
        return SYN_ANSWERED

    def _hold(self, listener: Listener, segment: Segment, now: float) -> int:
        """A SYN for a listener whose program decides: remembered, and told. The peer will repeat its data, if any."""
        held = Held()
        held.begin(segment.key, listener, listener.terms, self)
        held.take_syn(segment, self._isn, now)
        held.wait(segment.frame[segment.packet_start :], now)
        self._bounds.enter(listener, held.key)
        self._flows[held.key] = held
        self._timers.arm(held)
        self._list_held(held)
        return SYN_HELD

    def _promote(self, entry: HalfOpen, segment: Segment, now: float) -> int:
        """The last ACK of the handshake: the half-open entry becomes a connection, and the segment goes to it."""
        listener = entry.listener
        assert isinstance(listener, Listener)
        if len(listener.queue) >= listener.backlog:
            if self._watched:
                self._observers.show_flow(self.now, Direction.IN, DROPPED_ACCEPT_QUEUE_FULL, entry, segment.frame)
            return DROPPED_ACCEPT_QUEUE_FULL
        connection = Connection()
        connection.begin(entry.key, listener.config, now, self._most_frame, self)
        connection.adopt(entry)
        if type(entry) is Held:
            entry.open()
        self._forget_half_open(entry)
        self._flows[entry.key] = connection
        outcome = connection.arrive(segment, now)
        connection.happened &= ~OPENED  # `accept` tells the program that it is open
        start_keep_alive(connection, now)
        listener.queue.append(connection)
        if not listener.listed:
            listener.listed = True
            self._eventful.append(listener)
        if self._watched:
            self._observers.show_flow(self.now, Direction.IN, outcome, connection, segment.frame)
        self._follow(connection, now)
        return outcome

    def _take_icmp(self, segment: Segment, now: float) -> int:
        """A ping is answered; an error goes to the connection whose segment it quotes (MUST-54)."""
        message = read_icmp(segment)
        if message is None:
            return Outcome.ICMP_IGNORED
        if isinstance(message, EchoRequest):
            source, destination = message.source, message.destination
            if not self._takes(destination):
                return NOT_OURS
            if not is_unicast(source) or source in self._addresses or source == destination:
                return SOURCE_INVALID
            header = self.framing.header4 if segment.version == 4 else self.framing.header6
            reply = write_echo_reply(message)
            if len(reply) > self._terms.mtu:
                return Outcome.ICMP_IGNORED
            if self._answers.add(header + reply):
                self._counts[SENT_ECHO_REPLY] += 1
            return Outcome.ECHO_ANSWERED
        flow = self._flows.get(message.key)
        connection = flow if type(flow) is Connection else None
        outcome = suffer(connection, message, now)
        if connection is not None:
            self._follow(connection, now)
        return outcome

    def _takes(self, address: bytes) -> bool:
        """Is a packet to this address for us?"""
        return address in self._addresses or (self._transparent and is_unicast(address))

    # --- afterwards --------------------------------------------------------------------------------------------

    def _follow(self, flow: Flow, now: float) -> None:
        """Something has happened to a flow: let it speak with the next batch, and put it where its state belongs."""
        if type(flow) is Connection:
            connection = flow
            if connection.stage == CLOSED:
                self._end(connection)
            elif connection.stage == TIME_WAIT:
                self._rest(connection, now)
            elif connection.happened & OPENED:
                start_keep_alive(connection, now)
            self._list_news(connection)
        elif flow.stage == CLOSED:
            assert isinstance(flow, HalfOpen)
            if type(flow) is Held:
                self._answer_held(flow)
            self._forget_half_open(flow)
            del self._flows[flow.key]
            return
        self._make_ready(flow)

    def _make_ready(self, flow: Flow) -> None:
        """It may have something to say: the next `transmit` asks it."""
        if not flow.ready:
            flow.ready = True
            self._ready.append(flow)

    def _list_news(self, connection: Connection) -> None:
        if connection.happened and connection.owned and not connection.listed:
            connection.listed = True
            self._eventful.append(connection)

    def _list_held(self, held: Held) -> None:
        if held.happened and not held.listed:
            held.listed = True
            self._eventful.append(held)

    def _answer_held(self, held: Held) -> None:
        """What the program has decided for a SYN that is to be no connection."""
        if held.choice == CALLED_REFUSE:
            self._answers.refuse(held)
        elif held.choice == CALLED_UNREACHABLE and held.trouble is not None:
            header = self.framing.header4 if len(held.key) == 12 else self.framing.header6
            if self._answers.add(header + write_error(held.trouble, held.packet)):
                self._counts[SENT_UNREACHABLE] += 1

    def _end(self, connection: Connection) -> None:
        """A connection is over: out of the table, whatever it still has to say."""
        if self._flows.get(connection.key) is connection:
            del self._flows[connection.key]
            self._timers.disarm(connection)
            connection.happened |= ENDED

    def _rest(self, connection: Connection, now: float) -> None:
        """A connection enters TIME-WAIT: a small entry takes its place (RFC 9293 3.6.1)."""
        if self._flows.get(connection.key) is not connection:
            return
        del self._flows[connection.key]
        self._timers.disarm(connection)
        connection.happened |= ENDED
        wait = rest(connection, now + 2 * self._terms.msl)
        self._time_waits.add(connection.key, wait)
        if connection.ack_owed != ACK_NONE:
            connection.ack_owed = ACK_NONE
            connection.segments_out += 1
            self._answers.last_ack(connection.key, wait)

    def _forget_half_open(self, entry: HalfOpen) -> None:
        listener = entry.listener
        assert isinstance(listener, Listener)
        self._bounds.leave(listener, entry.key)
        entry.stage = CLOSED  # it may still be on the list of those with something to say
        if type(entry) is Held:
            held = entry
            held.leave()
            self._list_held(held)
        if entry.data is not None:
            self._half_open_held -= len(entry.data)
        self._timers.disarm(entry)

    def _drop(self, why: int, frame: bytes) -> int:
        """A packet that was not, or not for long, a segment."""
        if self._watched:
            known = why in (NOT_OURS, SOURCE_INVALID) and self._segment.protocol == PROTOCOL_TCP
            key = self._segment.key if known else None
            self._observers.show(self.now, Direction.IN, why, CLOSED, CLOSED, key, frame)
        return why
