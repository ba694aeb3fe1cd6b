"""What state the peer is probably in, as far as the segments that came from it tell.

The engine sees only its own side. What it sends may be lost, so it says nothing about the peer; what
arrives was sent by somebody in some state. Each sign is turned into events of `TRANSITIONS` as the peer
would have lived through them. A peer whose last ACK is awaited in silence (FIN-WAIT-2, CLOSED after
LAST-ACK) gives no sign of it, and none is made up.
"""

from dataclasses import dataclass

from ..tcp.states import TRANSITIONS, Event, State
from ..wire.flags import ACK, FIN, RST, SYN


@dataclass(frozen=True)
class Sign:
    """What one believable segment from the peer gives away.

    `acks_syn`: it acknowledges our SYN. `lives_on`: it does what only a peer past the handshake does,
    acknowledging more than our SYN, sending data or a FIN. `acks_fin`: it acknowledges our FIN.
    `knows_of_its_fin`: our FIN told it that its own FIN had arrived.
    """

    flags: int
    acks_syn: bool = False
    lives_on: bool = False
    acks_fin: bool = False
    knows_of_its_fin: bool = False


def infer(state: State | None, sign: Sign) -> State | None:
    """The state after a sign; None stays None while nothing is known."""
    if sign.flags & RST:
        return State.CLOSED
    if sign.flags & SYN:
        return _after_syn(state, sign)
    if state is None:
        return None
    if sign.acks_syn and state is State.SYN_SENT:
        state = _go(state, Event.SYN_ACK)
    if sign.lives_on and state is State.SYN_RECEIVED:
        state = _go(state, Event.ACK_OF_SYN)
    if sign.acks_fin:
        both = state is State.FIN_WAIT_1 and sign.knows_of_its_fin
        state = _go(state, Event.FIN_WITH_ACK_OF_FIN if both else Event.FIN)
    if sign.flags & FIN:
        state = _go(state, Event.CLOSE)
    return state


def _after_syn(state: State | None, sign: Sign) -> State:
    if not sign.flags & ACK:
        return State.SYN_SENT if state is State.SYN_SENT else _go(State.CLOSED, Event.ACTIVE_OPEN)
    # SYN,ACK answers a SYN: of a listener, or of one that had sent a SYN of its own (both open at once).
    listening = _go(State.CLOSED, Event.PASSIVE_OPEN)
    return _go(state if state in (State.SYN_SENT, State.SYN_RECEIVED) else listening, Event.SYN)


def _go(state: State, event: Event) -> State:
    return TRANSITIONS.get((state, event), state)
