"""The handshakes that are put to the proof: the engine's own, and what becomes of it with a part of it taken away.

The engine is the shipped one in all of them. What a variant lacks is taken away from outside: by a knob that every
program has, by the moment for which the clock is set, or by changing a segment between the link and the engine. Nothing
below this folder knows of it, so nothing else can have it.
"""

from ..outcomes import Outcome
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.flow import Flow
from ..tcp.half_open import HalfOpen
from ..tcp.states import SYN_RECEIVED, SYN_SENT
from ..wire.addresses import turned
from ..wire.build import Builder
from ..wire.flags import ACK, RST, SYN
from ..wire.segment import Segment, parse
from ..wire.word import WORD
from .bounds import Bounds

# Room for all that the bounds let a program send, and smaller than a segment.
WINDOW = 4
# Longer than any other time-out, so that a segment that still repeats a FIN meets TIME-WAIT (RFC 9293 3.4.2).
MSL = 1e6
MANY = 1000


class Variant:
    """The handshake as it is. `rewrites` and `answers` say whether the methods of those names have anything to do."""

    name = "three-way"
    about = "the engine as it is: three ways, numbers that nobody can guess, TIME-WAIT"
    same_secrets = False
    guessable = False
    no_time_wait = False
    rewrites = False
    answers = False
    says = ""  # what to say of what `rewrite` or `answer` does

    def config(self, bounds: Bounds) -> Config:
        """The knobs of both hosts: the smallest of everything, and nothing that measures time."""
        patient = bounds.patience >= MANY
        return Config(
            receive_window=WINDOW,
            send_buffer=WINDOW,
            initial_rto=1.0,
            min_rto=1.0,
            max_rto=1.0,
            delayed_ack=0.0,
            syn_retries=MANY if patient else int(bounds.patience),
            syn_ack_retries=1,
            user_timeout=bounds.patience,
            msl=1e-6 if self.no_time_wait else MSL,
            timestamps=bounds.timestamps,
            sack=False,
            window_scale=False,
            ecn="off",
            challenge_limit=MANY,
            host_challenge_limit=MANY * MANY,
        )

    def rewrite(self, frame: bytes, flow: Flow | None) -> bytes:
        """A segment on its way into the engine."""
        return frame

    def answer(self, frames: list[bytes], flow: Flow | None) -> bytes | None:
        """What the host then says to itself, as if its peer had; None for nothing."""
        return None


class TwoWay(Variant):
    """The server says the third line of the handshake to itself."""

    name = "two-way"
    about = "the server is open on the SYN: it doesn't wait for its own number to be heard"
    answers = True
    says = "(the two-way server says the next line to itself; the client has not)"

    def answer(self, frames: list[bytes], flow: Flow | None) -> bytes | None:
        """The ACK that the client would send, at once."""
        if not isinstance(flow, HalfOpen) or not frames:
            return None
        return make(turned(flow.key), flow.rcv_nxt, (flow.iss + 1) & WORD, ACK)


class NoAckCheck(Variant):
    """Whatever is acknowledged while a connection opens counts as its own SYN."""

    name = "no-ack-check"
    about = "three ways, but neither side looks whether it is its own number that comes back"
    rewrites = True
    says = "(the next line's ACK field is not looked at; it stands here as this side would like it)"

    def rewrite(self, frame: bytes, flow: Flow | None) -> bytes:
        """Put the number there that the host would like to see."""
        if not isinstance(flow, (HalfOpen, Connection)) or flow.stage not in (SYN_SENT, SYN_RECEIVED):
            return frame
        segment = Segment()
        parse(frame, 0, True, segment)
        if segment.flags & (ACK | RST) != ACK:
            return frame
        return make(turned(flow.key), segment.seq, (flow.iss + 1) & WORD, segment.flags, segment.data, segment.mss)


class RepeatedIsn(Variant):
    """Every connection begins with the same number."""

    name = "repeated-isn"
    about = "three ways, but every connection of a host begins with the same number, also after a crash"
    same_secrets = True


class PredictableIsn(Variant):
    """A stranger knows how numbers are made."""

    name = "predictable-isn"
    about = "three ways, but a stranger who sees none of the server's segments can work out its next number"
    guessable = True


class NoTimeWait(Variant):
    """What is closed is forgotten at once."""

    name = "no-time-wait"
    about = "three ways, but a connection that is closed is forgotten at once"
    no_time_wait = True


VARIANTS: tuple[Variant, ...] = (TwoWay(), Variant(), NoAckCheck(), PredictableIsn(), RepeatedIsn(), NoTimeWait())
BY_NAME = {variant.name: variant for variant in VARIANTS}


def make(key: bytes, seq: int, ack: int, flags: int, data: bytes = b"", mss: int = 0) -> bytes:
    """A segment from the host that files its peer's under `key`."""
    builder = Builder()
    builder.begin(4)
    if mss:
        builder.add_mss(mss)
    return builder.finish(key, seq, ack, flags, WINDOW, data, 0, len(data), 0, Outcome.NOTHING)


def forged(key: bytes, number: int, guesses: list[int]) -> list[bytes]:
    """What a stranger can say in the name of the host with this key: a SYN with `number`, the ACK of each guess, a RST;
    and an ACK from another port."""
    after = (number + 1) & WORD
    port = int.from_bytes(key[-2:], "big") + 1
    elsewhere = make(key[:-2] + port.to_bytes(2, "big"), after, after, ACK)
    acks = [make(key, after, (guess + 1) & WORD, ACK) for guess in guesses]
    return [make(key, number, 0, SYN, mss=1460), *acks, make(key, after, 0, RST), elsewhere]
