"""What can be known about a connection from its steps so far: where each side's numbers begin, what they agreed on.

Each step goes through `Conversation.take` once and comes out as a `Moment`: the step with its numbers counted from the
start. The ladder, the sentences and the lines for machines all draw from the same moments.
"""

from dataclasses import dataclass

from ..host.step import Direction, Effect, Step
from ..outcomes import Outcome
from ..tcp.config import MOST_SCALE
from ..tcp.sequence import signed_distance
from ..tcp.states import State
from ..wire.flags import ACK, FIN, SYN
from ..wire.framing import VNET_GSO_NONE
from ..wire.icmp import IcmpError, read_icmp
from ..wire.segment import Segment, parse
from .manner import DISBELIEVED
from .peer import Sign, infer

RESET_CAUSES = frozenset(
    {
        Outcome.LISTEN_ACK_RESET,
        Outcome.SYN_ACK_ACK_BAD,
        Outcome.LISTENER_CLOSED,
        Outcome.SYN_SENT_ACK_BAD,
        Outcome.HALF_OPEN_GIVEN_UP,
        Outcome.DATA_AFTER_CLOSE_RESET,
        Outcome.SEND_TIMED_OUT,
        Outcome.FIN_WAIT_2_OVER,
        Outcome.KEEP_ALIVE_TIMED_OUT,
        Outcome.CALLED_ABORT,
        Outcome.CALLED_REFUSE,
        Outcome.CLOSED_UNREAD_RESET,
    }
)
"""After one of these a RST needs no other reason."""


@dataclass(frozen=True)
class Moment:
    """A step, and what the steps before it make of it. Counted numbers are None where the start was not seen."""

    step: Step
    segment: Segment | None = None
    icmp: IcmpError | None = None
    elapsed: float = 0.0  # seconds since the connection's first step
    gap: float = 0.0  # seconds since its previous step
    in_state: float = 0.0  # seconds that the engine had been in the state before this step
    seq: int | None = None  # counted from the sender's SYN, which is 0
    ack: int | None = None  # counted from the receiver's SYN; None without the ACK flag
    length: int = 0  # bytes of data
    pieces: tuple[int, int] | None = None  # (how many, of how many bytes) the link makes, or made, of this one frame
    shift: int | None = None  # the window's scale in force
    window: int | None = None  # bytes
    tsval: int | None = None  # counted from the sender's first timestamp
    tsecr: int | None = None
    acked: int = 0  # how many numbers it acknowledges for the first time
    expected: int | None = None  # the number that the receiver had last asked for
    tries: int = 1  # how many times this SYN, FIN or piece of data has been sent
    waited: float | None = None  # seconds since it was last sent; for a time-out, since we sent what wants an answer
    third: bool = False  # our ACK that completes the handshake
    acks_fin: bool = False  # it acknowledges the other side's FIN
    peer_before: State | None = None  # inferred
    peer_after: State | None = None
    cause: Outcome | None = None  # of a RST: the decision that it follows
    local_isn: int | None = None
    local_syns: int = 0  # SYNs and SYN,ACKs that we sent so far
    fin_sent: bool = False  # our FIN has been sent, now or before
    msl: float | None = None  # seconds that the engine takes for a segment's longest life

    @property
    def outgoing(self) -> bool:
        """Whether it is a packet of ours."""
        return self.step.direction is Direction.OUT


class Numbers:
    """One side's sequence numbers, counted from its SYN beyond 2^32 if need be."""

    def __init__(self) -> None:
        self.origin: int | None = None
        self._near = self._count = 0

    def start(self, isn: int) -> None:
        """The SYN's own number."""
        if self.origin != isn:
            self.origin = self._near = isn
            self._count = 0

    def count(self, number: int) -> int | None:
        """The number counted from the SYN; negative when it lies before it."""
        return None if self.origin is None else self._count + signed_distance(self._near, number)

    def reach(self, number: int) -> None:
        """Numbers as far as this have been used, so the count goes on from here."""
        count = self.count(number)
        if count is not None and count > self._count:
            self._near, self._count = number, count


class Side:
    """What one side has said so far."""

    def __init__(self) -> None:
        self.numbers = Numbers()
        self.shift: int | None = None  # what its SYN offered, -1 for nothing; None while its SYN was not seen
        self.first_timestamp: int | None = None
        self.acked: int | None = None  # the highest ack it sent, counted
        self.fin: int | None = None  # the number its FIN takes, counted
        self.syns = 0
        self._last: tuple[int, int] | None = None
        self.tries = 0
        self.sent_at: float | None = None

    def repeat(self, segment: Segment, data: int, time: float) -> tuple[int, float | None]:
        """How many times this has been sent, and how long ago before this; (1, None) for what takes no number."""
        kind = segment.flags & (SYN | FIN)
        if not kind and not data:
            return 1, None
        what = (segment.seq if not kind else -kind, kind)
        again = what == self._last
        waited = time - self.sent_at if again and self.sent_at is not None else None
        self.tries = self.tries + 1 if again else 1
        self._last, self.sent_at = what, time
        return self.tries, waited


class Conversation:
    """One connection as seen from the engine: feed it every step in order.

    `local` and `remote` are (address, port). `active` says whether the engine opened it, as far as the
    first step tells. `msl` is the engine's, in seconds, where that is known.
    """

    def __init__(self, first: Step, *, msl: float | None = None) -> None:
        self.local = first.local or ("?", 0)
        self.remote = first.remote or ("?", 0)
        self.active = _opens(first)
        self.start = first.time
        self.state = first.before
        self.peer: State | None = None
        self.msl = msl
        self.steps = 0
        self.ended = False
        self._ours, self._theirs = Side(), Side()
        self._knows_of_its_fin = False
        self._previous = self._since = first.time
        self._cause: Outcome | None = None

    @property
    def over(self) -> bool:
        """Whether little or nothing of it is left to see."""
        return self.state in (State.CLOSED, State.LISTEN, State.TIME_WAIT)

    def begins_anew(self, step: Step) -> bool:
        """Whether this step of the same four-tuple belongs to another connection than the steps so far."""
        outcome = step.outcome
        if outcome is Outcome.TIME_WAIT_REOPENED:
            return True
        if outcome is Outcome.CALLED_CONNECT:
            return self.steps > 0
        segment = step.segment
        if segment is None or segment.flags & (SYN | ACK) != SYN:
            return False
        if self.ended:
            return True
        origin = self._theirs.numbers.origin
        return outcome in (Outcome.SYN_ANSWERED, Outcome.SYN_HELD) and origin not in (None, segment.seq)

    def take(self, step: Step) -> Moment:
        """The step with its numbers counted; remembers what it says for the steps that follow."""
        gap, self._previous = step.time - self._previous, step.time
        in_state = step.time - self._since
        if step.after is not self.state:
            self._since = step.time
        self.state = step.after
        self.steps += 1
        self.ended = step.after is State.CLOSED and (self.ended or step.before is not State.CLOSED)
        if step.outcome in RESET_CAUSES:
            self._cause = step.outcome
        segment = step.segment
        if segment is None:
            waited = None
            if step.direction is Direction.TIMER and self._ours.sent_at is not None:
                waited = step.time - self._ours.sent_at
            icmp = _icmp_in(step)
            return Moment(
                step,
                icmp=icmp,
                seq=self._ours.numbers.count(icmp.seq) if icmp else None,
                waited=waited,
                tries=self._ours.tries,
                peer_before=self.peer,
                peer_after=self.peer,
                elapsed=step.time - self.start,
                gap=gap,
                in_state=in_state,
                local_isn=self._ours.numbers.origin,
                local_syns=self._ours.syns,
                fin_sent=self._ours.fin is not None,
                msl=self.msl,
            )
        return self._take_segment(step, segment, gap, in_state)

    def _take_segment(self, step: Step, segment: Segment, gap: float, in_state: float) -> Moment:
        outgoing = step.direction is Direction.OUT
        sender, receiver = (self._ours, self._theirs) if outgoing else (self._theirs, self._ours)
        # What neither side has sent says nothing of either.
        forged = step.injected is not None and step.injected.effect is Effect.FORGED
        believed = (outgoing or step.outcome not in DISBELIEVED) and not forged
        flags = segment.flags
        data = segment.data_end - segment.data_start
        if flags & SYN and (believed or sender.numbers.origin is None):
            sender.numbers.start(segment.seq)
            sender.shift = segment.scale
            sender.syns += 1
        if segment.timestamps and sender.first_timestamp is None:
            sender.first_timestamp = segment.tsval
        seq = sender.numbers.count(segment.seq)
        ack = receiver.numbers.count(segment.ack) if flags & ACK else None
        acked = 0 if ack is None else max(0, ack - (sender.acked or 0))
        acks_fin = ack is not None and receiver.fin is not None and ack > receiver.fin
        # Whatever the opener sends first after its SYN is the handshake's third segment, with data or without.
        third = outgoing and ack == 1 and seq == 1 and sender.acked is None
        expected = receiver.acked
        tries, waited = sender.repeat(segment, data, step.time) if believed else (1, None)
        peer_before = self.peer
        if believed:
            self._remember(segment, sender, receiver, seq, ack, data)
            if not outgoing:
                lives_on = bool(data or flags & FIN or (ack or 0) > 1)
                sign = Sign(flags, (ack or 0) >= 1, lives_on, acks_fin, self._knows_of_its_fin)
                self.peer = infer(self.peer, sign)
            elif flags & FIN:
                self._knows_of_its_fin = acks_fin
        shift = _shift(segment, sender, receiver)
        return Moment(
            step,
            segment,
            elapsed=step.time - self.start,
            gap=gap,
            in_state=in_state,
            seq=seq,
            ack=ack,
            length=data,
            pieces=_pieces(step, data),
            shift=shift,
            window=_window(segment, shift),
            tsval=_counted(segment, segment.tsval, sender),
            tsecr=_counted(segment, segment.tsecr, receiver) if flags & ACK else None,
            acked=acked,
            expected=expected,
            tries=tries,
            waited=waited,
            third=third,
            acks_fin=acks_fin,
            peer_before=peer_before,
            peer_after=self.peer,
            cause=self._cause,
            local_isn=self._ours.numbers.origin,
            local_syns=self._ours.syns,
            fin_sent=self._ours.fin is not None,
            msl=self.msl,
        )

    def _remember(
        self, segment: Segment, sender: Side, receiver: Side, seq: int | None, ack: int | None, data: int
    ) -> None:
        sender.numbers.reach((segment.seq + segment.length) & 0xFFFFFFFF)
        if ack is not None and (sender.acked is None or ack > sender.acked):
            sender.acked = ack
        if segment.flags & FIN and seq is not None and sender.fin is None:
            sender.fin = seq + data


def _opens(step: Step) -> bool:
    """Whether the engine is the one that opens: from the first step, and where that is no SYN, from the ports."""
    if step.outcome is Outcome.CALLED_CONNECT or step.after is State.SYN_SENT:
        return True
    if step.segment is not None and step.segment.flags & SYN:
        answer = bool(step.segment.flags & ACK)
        return answer != (step.direction is Direction.OUT)
    if step.local is None or step.remote is None:
        return False
    return step.local[1] > step.remote[1]


def _shift(segment: Segment, sender: Side, receiver: Side) -> int | None:
    """RFC 7323 2.2: a SYN's own window is never scaled, the others' only when both SYNs had the option."""
    if segment.flags & SYN:
        return 0
    if sender.shift is None or receiver.shift is None:
        return 0 if -1 in (sender.shift, receiver.shift) else None
    return min(sender.shift, MOST_SCALE) if sender.shift >= 0 and receiver.shift >= 0 else 0


def _window(segment: Segment, shift: int | None) -> int | None:
    if shift is None:
        # A shut window is shut under every scale.
        return None if segment.window else 0
    return segment.window << shift


def _counted(segment: Segment, value: int, side: Side) -> int | None:
    if not segment.timestamps or side.first_timestamp is None:
        return None
    return signed_distance(side.first_timestamp, value)


def _pieces(step: Step, data: int) -> tuple[int, int] | None:
    """How many segments on the wire a long frame stands for (virtio_net_hdr: gso_type, gso_size)."""
    frame = step.frame
    if not step.framing.vnet or frame is None or frame[1] == VNET_GSO_NONE:
        return None
    size = frame[4] | frame[5] << 8
    return (-(-data // size), size) if 0 < size < data else None


def _icmp_in(step: Step) -> IcmpError | None:
    if step.frame is None or step.direction is not Direction.IN:
        return None
    segment = Segment()
    if parse(step.frame, step.framing.headroom, True, segment) != Outcome.IP_PROTOCOL_UNKNOWN:
        return None
    message = read_icmp(segment)
    return message if isinstance(message, IcmpError) else None
