"""One of the two hosts as the explorer plays it: a real `Stack`, and a program that reads and accepts at once.

A host is a value of its history: the same inputs in the same order make the same host. What happens to it is one of
the inputs below, and each ends with what leaves for it.

Each connection is born with an initial sequence number that the explorer has chosen (`number_of`), and the engine's own
rule arrives at it, for the host's clock, which only the explorer moves, is set to the moment at which the rule says so
(RFC 9293 3.4.1: ISN = M + F). So numbers are the same whatever happened before: that is the symmetry by which
otherwise equal states are one.
"""

from collections.abc import Callable
from enum import IntEnum

from ..host.seed import Secrets
from ..host.stack import Stack
from ..host.step import Step
from ..outcomes import Outcome
from ..tcp.clock import NEVER
from ..tcp.connection import Connection
from ..tcp.flow import Flow
from ..tcp.half_open import HalfOpen
from ..tcp.states import CLOSED, MAY_SEND, SYN_RECEIVED, SYN_SENT, SYNCHRONIZED, TIME_WAIT
from ..wire.addresses import make_key, pack
from ..wire.flags import ACK, SYN
from ..wire.segment import Segment, parse
from ..wire.word import WORD
from .bounds import Bounds
from .inside import flow_of, wait_of
from .knowledge import knowledge
from .variants import Variant

ENDS = (("198.51.100.1", 50000), ("198.51.100.2", 80))
KEYS = tuple(make_key(pack(ENDS[1 - s][0]), pack(ENDS[s][0]), ENDS[1 - s][1], ENDS[s][1]) for s in (0, 1))

# The first numbers: in the client's first data is the number where signs turn. None of theirs is ever 0, for a RST that
# answers a segment without an ACK has that (RFC 9293 3.5.2), and to meet it there by chance is one in 2^32.
FIRST = (0x7FFFFFFE, 0xBFFFFFFE)
# How far the next birth's numbers are from the last one's: beyond any window of these hosts.
APART = 1 << 20
# After a crash secrets are new, and numbers may lie on either side of the old ones.
LEVEL = 1 << 27
# At multiples of this a clock of 32 bits that ticks every 4 µs stands at 0, and so does one of milliseconds; and as a
# double it is exact.
SLOT = float(1 << 29)
TICK = 1 / 250_000
SHORT = 1000.0  # any time-out but TIME-WAIT's is due sooner
FOREVER = 1e5  # a patience that ends beyond all bounds

CONNECTION_RESET = Outcome.CONNECTION_RESET
# How a connection may end without its own host having left it before the peer could know.
POLITE = (Outcome.NOTHING, Outcome.CLOSED_NORMALLY, Outcome.CONNECTION_RESET, Outcome.CONNECTION_REFUSED)


class Call(IntEnum):
    """What can happen to a host besides the arrival of a segment."""

    OPEN = 1
    SEND = 2
    SHUTDOWN = 3
    CLOSE = 4
    ABORT = 5
    READ = 6
    TIMEOUT = 7
    REST = 8
    CRASH_HIGH = 9
    CRASH_LOW = 10


Observer = Callable[[Step], None]
Note = Callable[[str], None]


def silent(_: str) -> None:
    """Nobody takes notes."""


class Host:
    """The host at `side` (0 the client, 1 the server). Everything that a property asks is in `facts`.

    `observer` is shown every step of its stack, `note` what the variant did to it from outside.
    """

    def __init__(
        self, side: int, variant: Variant, bounds: Bounds, observer: Observer | None = None, note: Note = silent
    ) -> None:
        self.side = side
        self.key = KEYS[side]
        self.variant = variant
        self.bounds = bounds
        self.observer = observer
        self.note = note
        self.births: tuple[int, ...] = ()  # the initial number of each connection that was ever begun here
        self.known: tuple[tuple[int, int], ...] = ()  # (own, peer's) numbers of each whose peer's SYN was acknowledged
        self.opened: tuple[tuple[int, int], ...] = ()  # ... and of each that was ever open
        self.rude = False  # has it ever left a connection otherwise than in order?
        self.reset: tuple[int, int] | None = None  # the numbers of the last one, if a RST has ended it
        self.reset_late = False  # ... and both had finished?
        self.level = self.crashes = 0
        self.partner = -1  # which of the peer's connections it was whose SYN began this one
        self.clock = 0.0
        self._stamp = 0
        self._segment = Segment()
        self._boot()

    def _boot(self) -> None:
        seed = 1 if self.variant.same_secrets else 1 + self.crashes
        self.secret = Secrets(10 * seed + self.side).initial_sequence
        self.hashed = self.secret.siphash(self.key)
        self.stack = Stack([ENDS[self.side][0]], seed=10 * seed + self.side, config=self.variant.config(self.bounds))
        if self.observer is not None:
            self.stack.observe(self.observer)
        self.listener = self.stack.listen(ENDS[1][1]) if self.side and self.bounds.listens else None
        self.connection: Connection | None = None
        self._half_open: Flow | None = None  # whose birth is noted
        self._met: Flow | None = None  # whose partner is
        self._open: Flow | None = None  # whose opening is
        self._forget()

    def _forget(self) -> None:
        """The program holds no connection."""
        self.connection = None
        self.sent = 0
        self.got = b""

    # --- what can happen ---------------------------------------------------------------------------------------

    def call(self, call: int) -> list[bytes]:
        """The program, the clock or fate does something; returns what leaves for it."""
        c = self.connection
        if call == Call.OPEN:
            self._set_clock_for_birth()
            self.stack.advance(self.clock)
            self._forget()
            end = ENDS[1 - self.side]
            self.connection = self.stack.connect(end, local_port=ENDS[self.side][1])
            self._be_born(self.connection.iss)
        elif call == Call.SEND:
            assert c is not None
            c.send(bytes([self.tag(self.sent)]))
            self.sent += 1
        elif call == Call.SHUTDOWN:
            assert c is not None
            c.shutdown()
        elif call == Call.CLOSE:
            assert c is not None
            c.close()
        elif call == Call.ABORT:
            assert c is not None
            self.rude = True
            c.abort()
        elif call == Call.READ:
            self._read()
        elif call == Call.TIMEOUT or call == Call.REST:
            due = self.stack.deadline()
            assert due is not None
            self.clock = max(self.clock, due)
            self.stack.advance(self.clock)
        else:
            self.rude = True
            self.crashes += 1
            self.level += 1 if call == Call.CRASH_HIGH else -1
            self._boot()
        return self._follow()

    def deliver(self, frame: bytes, stamp: int) -> list[bytes]:
        """A segment arrives that its sender sent when it had begun `stamp` connections; returns what leaves for it."""
        segment = self._segment
        self._stamp = stamp
        if self.variant.rewrites:
            seen = self.variant.rewrite(frame, flow_of(self.stack, self.key))
            if seen != frame:
                self.note(self.variant.says)
            frame = seen
        parse(frame, 0, True, segment)
        if segment.flags & (SYN | ACK) == SYN and flow_of(self.stack, self.key) is None:
            self._set_clock_for_birth()
        self.stack.receive(frame, self.clock)
        return self._follow()

    def _follow(self) -> list[bytes]:
        """The program looks at its connection, and what is owed leaves."""
        frames: list[bytes] = []
        while True:
            self._attend()
            out = self.stack.transmit(self.clock)
            self._note()
            frames += out
            own = self.variant.answer(out, flow_of(self.stack, self.key)) if self.variant.answers else None
            if own is None:
                break
            self.note(self.variant.says)
            self.stack.receive(own, self.clock)
        if self.variant.no_time_wait and wait_of(self.stack, self.key) is not None:
            self.clock += 1.0
            self.stack.advance(self.clock)
        return frames

    def _attend(self) -> None:
        flow = flow_of(self.stack, self.key)
        if isinstance(flow, HalfOpen) and flow is not self._half_open:
            self._half_open = flow
            self._be_born(flow.iss)
            self.partner = self._stamp - 1
        if self.listener is not None and self.listener.queue:
            self._forget()
            self.connection = self.listener.accept()
        if not self.bounds.slow_reader:
            self._read()
        self.stack.events()

    def _read(self) -> None:
        c = self.connection
        if c is None or c.close_called:
            return
        while c.readable() and c.syn_acked:
            self.got += c.recv(64) or b""
        if c.peer_finished and c.fin_queued and c.stage not in (CLOSED, TIME_WAIT):
            c.close()  # nothing is left to do but to let go

    def _note(self) -> None:
        """What became of it, for the properties."""
        flow = flow_of(self.stack, self.key)
        if flow is not None and flow.stage != SYN_SENT and (flow.stage in SYNCHRONIZED or flow.stage == SYN_RECEIVED):
            assert isinstance(flow, (HalfOpen, Connection))
            pair = (flow.iss, flow.irs)
            if isinstance(flow, Connection) and not flow.passive and flow is not self._met:
                self._met = flow
                self.partner = self._stamp - 1
            if pair not in self.known:
                self.known += (pair,)
            if _is_open(flow) and flow is not self._open:
                self._open = flow
                self.opened += (pair,)
        c = self.connection
        if c is None or c.stage not in (CLOSED, TIME_WAIT):
            return
        if c.stage == TIME_WAIT and c is not self._open:
            # All the way in one step: closed before it was open, and then everything in one segment.
            self.opened += ((c.iss, c.irs),)
        self.rude = self.rude or c.why not in POLITE
        self.reset = (c.iss, c.irs) if c.why == CONNECTION_RESET else None
        self.reset_late = c.why == CONNECTION_RESET and c.peer_finished and c.fin_queued
        self._forget()

    # --- births ------------------------------------------------------------------------------------------------

    def number_of(self, birth: int) -> int:
        """The initial sequence number of a host's n-th connection."""
        if self.variant.same_secrets:
            return FIRST[self.side]
        apart = 1 if self.bounds.tight else APART
        return (FIRST[self.side] + self.level * LEVEL + birth * apart) & WORD

    def _set_clock_for_birth(self) -> None:
        """To the moment at which the engine's own rule gives the next connection its number."""
        birth = len(self.births)
        ticks = (self.number_of(birth) - self.hashed) & WORD
        self.clock = SLOT * (birth + 1) + (ticks + 0.5) * TICK
        if self.bounds.tight:
            # The numbers have come round once in between: that is what timestamps tell apart (RFC 7323 5.1).
            self.clock += birth * (WORD + 1) * TICK

    def _be_born(self, iss: int) -> None:
        self.births += (iss,)
        self.reset = None
        self.reset_late = False

    def tag(self, place: int) -> int:
        """The octet that the program sends at that place: it tells whose it is."""
        return self.side << 7 | (len(self.births) - 1) % 16 << 3 | place % 8

    # --- what can be asked -------------------------------------------------------------------------------------

    def memory(self) -> tuple[object, ...]:
        """All that the host is, by which states are recognised, the explorer's own notes on it included."""
        c = self.connection
        program = None if c is None else (self.sent, self.got)
        been = self.births, self.known, self.opened, self.partner
        notes = been, self.rude, self.reset, self.reset_late, self.level, self.crashes
        known = knowledge(self.stack, self.key, self.bounds.patience >= FOREVER)
        # By timestamps others are told what time it is here.
        clock = round(self.clock * 1000) if self.bounds.timestamps else 0
        return (self.side, known, program, notes, clock)

    def possible(self) -> int:
        """Which calls make sense now, as bits by their numbers."""
        bits = 0
        flow = flow_of(self.stack, self.key)
        wait = wait_of(self.stack, self.key) is not None
        c = self.connection
        if c is None:
            if flow is None and not wait:
                bits |= 1 << Call.OPEN
        elif not c.close_called:
            if c.stage in MAY_SEND and c.writable() and self.sent < 8:
                bits |= 1 << Call.SEND
            if not c.fin_queued:
                bits |= 1 << Call.SHUTDOWN
            bits |= 1 << Call.CLOSE | 1 << Call.ABORT
            if self.bounds.slow_reader and c.readable():
                bits |= 1 << Call.READ
        if flow is not None and flow.due != NEVER and flow.due - self.clock < SHORT:
            bits |= 1 << Call.TIMEOUT
        if wait:
            bits |= 1 << Call.REST
        if flow is not None or wait or c is not None:
            bits |= 1 << Call.CRASH_HIGH | 1 << Call.CRASH_LOW
        return bits

    def facts(self) -> "Facts":
        """What the properties ask."""
        return Facts(self)


class Facts:
    """A host at one moment, as the properties see it."""

    __slots__ = (
        "births",
        "busy",
        "got",
        "irs",
        "iss",
        "key",
        "known",
        "nxt",
        "open",
        "opened",
        "partner",
        "recent",
        "reset",
        "reset_late",
        "rude",
        "side",
        "stage",
    )

    def __init__(self, host: Host) -> None:
        flow = flow_of(host.stack, host.key)
        self.side = host.side
        self.key = host.key
        self.births = host.births
        self.known = host.known
        self.opened = host.opened
        self.got = host.got
        self.partner = host.partner
        self.rude = host.rude
        self.reset = host.reset
        self.reset_late = host.reset_late
        waits = wait_of(host.stack, host.key) is not None
        self.stage: int = flow.stage if flow is not None else TIME_WAIT if waits else CLOSED
        self.busy = flow is not None or waits
        self.open = _is_open(flow)
        self.iss = self.irs = self.nxt = -1
        self.recent = -1  # TS.Recent, where timestamps were agreed on
        if isinstance(flow, (HalfOpen, Connection)):
            self.iss = flow.iss
            self.irs = -1 if self.stage == SYN_SENT else flow.irs
            self.recent = flow.ts_recent if flow.timestamps and self.stage != SYN_SENT else -1
            self.nxt = flow.snd_nxt if isinstance(flow, Connection) else (flow.iss + 1) & WORD


def _is_open(flow: Flow | None) -> bool:
    """Has the peer acknowledged our SYN? A program may close before that: then the state's name says more (3.10.4)."""
    return isinstance(flow, Connection) and flow.stage in SYNCHRONIZED and bool(flow.syn_acked)
