"""A connection as a program holds it: send, receive, finish, let go (RFC 9293 3.9.1)."""

from dataclasses import replace
from errno import EPIPE

from ..outcomes import Outcome
from ..wire.build import Builder
from ..wire.icmp import Trouble
from ..wire.segment import Segment
from ..wire.word import WORD
from .arrival import segment_arrives
from .buffers import ReceiveBuffer, SendBuffer
from .clock import NEVER
from .closing import abort, close, finish
from .config import CHANGEABLE, Config
from .departure import emit
from .flow import Owner
from .half_open import HalfOpen
from .happened import READABLE
from .states import CLOSE_WAIT, CLOSED, ESTABLISHED, MAY_SEND, STATES, SYN_RECEIVED, TIME_WAIT, State
from .tcb import TCB, set_mss
from .timeouts import heed_patience, next_due, run_due, start_keep_alive
from .urgent import mark_urgent, urgent_left, urgent_read
from .verdict import Verdict, error_for, judge

CALLED_SHUTDOWN = Outcome.CALLED_SHUTDOWN
NOTHING = Outcome.NOTHING


class Connection(TCB):
    """One TCP connection of a stack, made by `Stack.connect` or handed out by `Listener.accept`.

    No call blocks. Errors that end a connection are the built-in ones (`ConnectionResetError`, `TimeoutError`, …) with
    the verdict as `.verdict`; what makes no sense for the connection's state is a `RuntimeError`.
    """

    __slots__ = ("trouble",)

    def begin(self, key: bytes, config: Config, now: float, most_frame: int, owner: Owner) -> None:
        """For the stack that makes it."""
        self.prepare(key, config, now, most_frame, owner)
        self.trouble: Trouble | None = None

    # --- for the program ---------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The RFC 9293 state; CLOSED once TIME-WAIT is over."""
        if self.stage == TIME_WAIT and not self.owner.still_waits(self.key):
            self.stage = CLOSED
        return STATES[self.stage]

    def send(self, data: bytes | bytearray | memoryview, urgent: bool = False) -> int:
        """Queue data for the peer; returns how many bytes were taken, 0 when the buffer is full.

        Before the handshake is complete data is queued and leaves with it done (RFC 9293 3.10.2). `urgent` tells the
        peer that everything up to here should be read soon (3.8.5); the data keeps its place. Raises the connection's
        error when it has ended, and `BrokenPipeError` after `shutdown`.
        """
        if self.fin_queued or self.stage not in MAY_SEND:
            self._raise_error()
            raise BrokenPipeError(EPIPE, "the connection is not open for sending")
        if self.outgoing is None:
            self.outgoing = SendBuffer()
        room = self.terms.send_buffer - self.outgoing.size
        taken = data if type(data) is bytes else bytes(memoryview(data))
        if len(taken) > room:
            if room <= 0:
                return 0
            taken = taken[:room]
        if taken:
            self.outgoing.append(taken)
            if urgent:
                mark_urgent(self)
            self.owner.attend(self, NOTHING)
        elif self.outgoing.size == 0:
            self.outgoing = None
        return len(taken)

    def recv(self, count: int) -> bytes | None:
        """At most `count` bytes of what the peer sent; b"" after its FIN, None while there is nothing.

        What arrived before a reset can still be read; then the reset is raised.
        """
        if self.close_called:
            raise RuntimeError("recv on a connection that was closed")
        if count < 0:
            raise ValueError("a negative count")
        incoming = self.incoming
        if incoming is not None and incoming.size and self.syn_acked:
            data: bytes = incoming.read(count)
            if incoming.size == 0 and incoming.beyond is None:
                self.incoming = None
            if self.urgent_marks is not None:
                urgent_read(self)
            if self.stage in (ESTABLISHED, CLOSE_WAIT) or not self.peer_finished:
                self.owner.attend(self, NOTHING)
            return data
        if self.peer_finished:
            return b""
        self._raise_error()
        if self.stage == CLOSED:
            return b""
        return None

    def readable(self) -> int:
        """How many bytes `recv` could return at once."""
        return 0 if self.incoming is None else self.incoming.size

    @property
    def urgent(self) -> int:
        """How many bytes there are to read up to the end of the peer's urgent data, those yet to come included.

        0 where there is none. `Happened.URGENT` tells when there is, and when its end moves on (RFC 9293 3.8.5).
        """
        return urgent_left(self)

    def writable(self) -> int:
        """How many bytes `send` would take."""
        if self.fin_queued or self.stage not in MAY_SEND:
            return 0
        queued = 0 if self.outgoing is None else self.outgoing.size
        return max(self.terms.send_buffer - queued, 0)

    def shutdown(self) -> None:
        """Nothing more will be sent: a FIN follows what is queued. Receiving goes on (half-close, RFC 9293 3.6)."""
        if self.stage == CLOSED:
            self._raise_error()
            raise RuntimeError("shutdown on a connection that is closed")
        if not self.fin_queued:
            finish(self)
            self.owner.attend(self, CALLED_SHUTDOWN)

    def close(self) -> None:
        """Finish and let go. What is queued is still sent; unread data makes it a reset (RFC 9293 3.6.1).

        Closing twice, or what has ended by itself, does nothing.
        """
        why = close(self, self.owner.now)
        if why:
            self.owner.attend(self, why)

    def abort(self) -> None:
        """End it at once with a RST; what is queued is lost (RFC 9293 3.10.5)."""
        why = abort(self)
        if why:
            self.owner.attend(self, why)

    def configure(self, **changes: object) -> None:
        """Change what is this connection's own affair while it lives; each name is one of `Config`'s.

        Of those `nagle`, `delayed_ack`, `keep_alive`, `keep_alive_interval`, `keep_alive_probes`, `user_timeout`,
        `syn_retries`, `advise_after`, `soft_errors`, `fin_wait_2_timeout`, `send_buffer`, `ttl` and `dscp` (RFC 9293
        MUST-17, 21, 24, 27, 48, 49; SHLD-20, 21). Raises `ValueError` for any other, and for what no TCP can do.
        """
        fixed = changes.keys() - CHANGEABLE
        if fixed:
            raise ValueError(f"{', '.join(sorted(fixed))}: a connection can't change that once it exists")
        self.config = replace(self.config, **changes)  # type: ignore[arg-type]
        self.terms = self.config.terms
        if not changes.keys().isdisjoint(("keep_alive", "keep_alive_interval", "keep_alive_probes")):
            self.keep_alive_at = NEVER
            self.probes = 0
            start_keep_alive(self, self.last_heard)
        heed_patience(self)
        self.owner.attend(self, NOTHING)

    @property
    def error(self) -> OSError | None:
        """What ended the connection, with its errno and verdict; None while it lives and after a normal end."""
        if self.stage != CLOSED:
            return None
        return error_for(self.why, self.verdict, self.trouble)

    @property
    def verdict(self) -> Verdict:
        """How it went, or how it stands."""
        return judge(self, self.state, self.trouble)

    def _raise_error(self) -> None:
        error = self.error
        if error is not None:
            raise error

    # --- for the stack -----------------------------------------------------------------------------------------

    def adopt(self, entry: HalfOpen) -> None:
        """Take over from a half-open entry; the segment with the last ACK follows through `arrive`."""
        self.passive = True
        self.owned = False
        self.seen = entry.seen
        self.stage = SYN_RECEIVED
        self.iss = entry.iss
        self.irs = entry.irs
        self.snd_una = self.recover = entry.iss
        self.snd_nxt = self.small_end = (entry.iss + 1) & WORD
        self.rcv_nxt = self.last_ack_sent = self.owed_number = entry.rcv_nxt
        self.rcv_edge = (entry.rcv_nxt + entry.window()) & WORD
        self.snd_wnd = self.max_window = entry.peer_window
        self.timestamps = entry.timestamps
        self.ts_recent = entry.ts_recent
        self.ts_recent_at = entry.started_at
        self.ts_offset = entry.ts_offset
        self.sack = entry.sack
        self.ecn = entry.ecn
        self.scaling = entry.scale >= 0
        self.snd_scale = max(entry.scale, 0)
        if not self.scaling:
            self.rcv_scale = 0
        self.started_at = entry.started_at
        self.segments_in = self.segments_out = 1 + entry.retries
        self.retries = entry.retries
        if entry.retries == 0:
            self.rtt_start = entry.sent_at
            self.rtt_seq = self.snd_nxt
        set_mss(self, entry.peer_mss)
        if entry.data is not None:
            self.incoming = ReceiveBuffer()
            self.incoming.append(entry.data, 0, len(entry.data))
            self.happened |= READABLE

    def arrive(self, segment: Segment, now: float) -> int:
        """Judge a segment (RFC 9293 3.10.7)."""
        return segment_arrives(self, segment, now)

    def wake(self, now: float) -> int:
        """Run what is due (RFC 9293 3.10.8)."""
        return run_due(self, now)

    def emit(self, builder: Builder, now: float, frames: list[bytes]) -> int:
        """Write all that may leave now."""
        return emit(self, builder, now, frames)

    def settle(self, now: float) -> None:
        """Work out when it is next due."""
        self.due = next_due(self, now)
