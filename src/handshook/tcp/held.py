"""A SYN that waits for the program's word: nothing is answered before the program has decided (RFC 9293 3.10.7.2).

    SYN --> held --> accept()        SYN,ACK, and on as any half-open entry
                 --> refuse()        RST
                 --> unreachable()   ICMP destination unreachable
                 --> ignore()        silence, for as long as a SYN may be held
                 --> the peer's RST, or `hold_timeout`: gone

This is what an honest proxy needs: it answers as the far side has answered, and when. Until then the four-tuple is in
LISTEN still, with the SYN remembered.
"""

from ..outcomes import Outcome
from ..wire.flags import ACK, FIN, RST, SYN
from ..wire.icmp import UNREACHABLE, Trouble
from ..wire.segment import Segment
from ..wire.word import WORD
from .clock import NEVER
from .half_open import HalfOpen
from .happened import ENDED, HELD
from .states import CLOSED, LISTEN, SYN_RECEIVED

CALLED_ACCEPT = Outcome.CALLED_ACCEPT
CALLED_IGNORE = Outcome.CALLED_IGNORE
CALLED_REFUSE = Outcome.CALLED_REFUSE
CALLED_UNREACHABLE = Outcome.CALLED_UNREACHABLE
ESTABLISHED_PASSIVE = Outcome.ESTABLISHED_PASSIVE
HALF_OPEN_RESET = Outcome.HALF_OPEN_RESET
HELD_IGNORED = Outcome.HELD_IGNORED
HELD_KEPT = Outcome.HELD_KEPT
HOLD_OVER = Outcome.HOLD_OVER
NOTHING = Outcome.NOTHING
SILENCE_OVER = Outcome.SILENCE_OVER
SYN_ACK_ACK_BAD = Outcome.SYN_ACK_ACK_BAD
SYN_HELD_AGAIN = Outcome.SYN_HELD_AGAIN
SYN_KEPT_SILENT = Outcome.SYN_KEPT_SILENT

# What has become of it: the outcome of the call that decided, or that it is a connection.
UNDECIDED = NOTHING

# Of the SYN as much is kept as an ICMP error quotes: both headers with all their options (RFC 792).
MOST_KEPT = 128
# Of what a peer sends that has been answered with a cookie: the ACK that brought it back, and the first data.
MOST_FRAMES = 2
MOST_FRAME = 4096


class Held(HalfOpen):
    """A peer that asks for a connection, and the program that has yet to answer; comes with `Happened.HELD`.

    `local` and `remote` are (address, port). Each of the calls decides, once: it returns True, or False when the peer
    is gone already, and raises `RuntimeError` when it was decided before. What is decided leaves with the next
    `transmit`. `Happened.ENDED` tells that it has gone before it was a connection, if that was not the program's wish.
    """

    __slots__ = ("choice", "frames", "happened", "listed", "packet", "proved", "trouble")

    def wait(self, packet: bytes, now: float) -> None:
        """For the stack that makes it, after `take_syn`: keep the SYN, answer nothing."""
        self._begin_to_wait(now)
        self.packet = packet[:MOST_KEPT]
        self.stage = self.seen = LISTEN

    def wait_proved(self, frame: bytes, now: float) -> None:
        """The same after `recall`, for an ACK that has brought back a cookie: keep it."""
        self._begin_to_wait(now)
        self.frames.append(frame)
        self.proved = True

    def _begin_to_wait(self, now: float) -> None:
        self.packet = b""
        self.frames: list[bytes] = []
        self.proved = False
        self.trouble: Trouble | None = None
        self.choice: int = UNDECIDED
        self.happened = HELD
        self.listed = False
        self.syn_owed = False
        self.due = now + self.terms.hold_timeout

    # --- for the program ---------------------------------------------------------------------------------------

    @property
    def answer_to(self) -> str:
        """What the answer will be to: the "SYN"; or the "COOKIE" that the peer has sent back.

        When there is no room for more half-open entries a SYN is answered with a cookie first (RFC 4987 3.6), and
        held once the peer has proved by it that it is real. That peer believes the connection open: `accept` gives the
        listener a connection at once, and `refuse` and `unreachable` are both the reset of an open connection.
        """
        return "COOKIE" if self.proved else "SYN"

    @property
    def waits(self) -> bool:
        """Is it still undecided, or to go unanswered?"""
        return self.stage != CLOSED and self.choice in (UNDECIDED, CALLED_IGNORE)

    @property
    def gone(self) -> bool:
        """Is it over, though the program has not ended it: reset by the peer, timed out, its listener closed?"""
        return self.stage == CLOSED and self.choice in (UNDECIDED, CALLED_ACCEPT, HOLD_OVER)

    def accept(self) -> bool:
        """Answer with a SYN,ACK; once the peer has acknowledged it, the listener has a connection to accept."""
        return self._decide(CALLED_ACCEPT)

    def refuse(self) -> bool:
        """Answer with a RST: connection refused. A SYN that comes after it is held anew."""
        return self._decide(CALLED_REFUSE)

    def ignore(self) -> bool:
        """Answer nothing, as a firewall that drops does, or a host that isn't there.

        The program isn't asked anew each time the peer repeats its SYN: that is dropped in silence until
        `hold_timeout` has passed since the first.
        """
        return self._decide(CALLED_IGNORE)

    def unreachable(self, trouble: Trouble = Trouble.HOST_UNREACHABLE) -> bool:
        """Answer with ICMP or ICMPv6, destination unreachable, which quotes the SYN (RFC 792, RFC 4443 3.1).

        A SYN that comes after it is held anew. Raises `ValueError` for a trouble that is none of `UNREACHABLE`.
        """
        if trouble not in UNREACHABLE:
            raise ValueError(f"{trouble}: that doesn't say that a destination is unreachable")
        self.trouble = trouble
        return self._decide(CALLED_UNREACHABLE)

    def _decide(self, choice: int) -> bool:
        if self.gone:
            return False
        if self.choice != UNDECIDED:
            raise RuntimeError("this SYN has been answered, or left unanswered, already")
        self.choice = choice
        if choice == CALLED_ACCEPT:
            self.stage = SYN_RECEIVED
            self.syn_owed = not self.proved
        elif choice != CALLED_IGNORE:
            self.stage = CLOSED
        self.owner.attend(self, choice)
        return True

    # --- for the stack -----------------------------------------------------------------------------------------

    def arrive(self, segment: Segment, now: float) -> int:
        """Judge a segment for a SYN that is held, or that nothing will be said to."""
        if self.choice == CALLED_ACCEPT:
            return HalfOpen.arrive(self, segment, now)
        flags = segment.flags
        if self.proved:
            return self._arrive_proved(segment, now)
        if flags & RST:
            # Whoever saw the SYN knows what would have been next (RFC 5961 3.2).
            if flags & SYN or segment.seq != self.rcv_nxt:
                return HELD_IGNORED
            self.stage = CLOSED
            return HALF_OPEN_RESET
        if self.choice == CALLED_IGNORE:
            return SYN_KEPT_SILENT
        if flags & ACK:
            # As in LISTEN: nothing that it could acknowledge was sent.
            return SYN_ACK_ACK_BAD
        if flags & SYN and not flags & FIN and segment.seq == self.irs:
            return SYN_HELD_AGAIN
        return HELD_IGNORED

    def _arrive_proved(self, segment: Segment, now: float) -> int:
        """From a peer that believes the connection open: its first data is kept, the rest it will repeat."""
        if self.choice == CALLED_IGNORE:
            return SYN_KEPT_SILENT
        if segment.flags & RST:
            return HalfOpen.arrive(self, segment, now)
        if segment.flags & SYN or segment.seq != self.rcv_nxt or segment.ack != (self.iss + 1) & WORD:
            return HELD_IGNORED
        if not segment.data or len(self.frames) == MOST_FRAMES or len(segment.frame) > MOST_FRAME:
            return HELD_IGNORED
        self.frames.append(segment.frame)
        return HELD_KEPT

    def wake(self, now: float) -> int:
        """The program has not decided in time; or the silence has lasted as long as it should."""
        if self.choice == CALLED_ACCEPT:
            return HalfOpen.wake(self, now)
        if self.due > now:
            return NOTHING
        self.stage = CLOSED
        self.due = NEVER
        if self.choice == CALLED_IGNORE:
            return SILENCE_OVER
        self.choice = HOLD_OVER
        return HOLD_OVER

    def open(self) -> None:
        """It becomes a connection."""
        self.choice = ESTABLISHED_PASSIVE

    def leave(self) -> None:
        """It is out of the tables. The program is told, unless it was its wish."""
        self.stage = CLOSED
        if self.gone:
            self.happened |= ENDED
