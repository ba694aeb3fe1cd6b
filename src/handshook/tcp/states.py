r"""The states of a connection and every way between them, as data (RFC 9293 3.3.2, figure 5).

                              +---------+
                              |  CLOSED |<-------------------------------------------+
                              +---------+                                            |
              passive OPEN      |     |      active OPEN                             |
              ----------------+ |     |  +--------------                             |
              make a listener | |     |  |  send SYN                                 |
                              v v     v  v                                           |
        +--------+  SYN / SYN,ACK  +--------------+  SYN / SYN,ACK  +----------+     |
        | LISTEN |---------------->| SYN-RECEIVED |<----------------| SYN-SENT |-----+ RST, time-out
        +--------+                 +--------------+                 +----------+     |
                                          | ACK of SYN                   | SYN,ACK   |
                                          |        +-------------+       | / ACK     |
                                          +------->| ESTABLISHED |<------+           |
                                   close / FIN     +-------------+    FIN / ACK      |
                                  +-------------------|       |-------------------+  |
                                  v                                               v  |
                            +------------+   FIN / ACK                  +------------+
                            | FIN-WAIT-1 |----------------+             | CLOSE-WAIT |
                            +------------+                v             +------------+
                 ACK of FIN |     | FIN with ACK    +---------+  close / FIN  |
                            v     | of FIN / ACK    | CLOSING |               v
                  +------------+  |                 +---------+         +----------+
                  | FIN-WAIT-2 |  |      ACK of FIN    |                | LAST-ACK |
                  +------------+  v                    v                +----------+
                        |       +------------------------+   2 MSL          | ACK of FIN
                        +------>|        TIME-WAIT       |----------->  CLOSED
                    FIN / ACK   +------------------------+

A RST that is believed, an abort, or giving up leads from every state to CLOSED. A SYN that is answered with a cookie
leaves LISTEN as it is, and the ACK that brings it back leads straight to ESTABLISHED (RFC 4987 3.6).
`TRANSITIONS` says all of it; the other drawings (show/states.py, docs/states.md), the inferred state of a peer and the
exhaustiveness tests read it there.
"""

from enum import Enum, IntEnum


class State(IntEnum):
    """A connection's state, by its RFC 9293 name."""

    CLOSED = 0  # no connection
    LISTEN = 1  # waits for anyone's SYN
    SYN_SENT = 2  # our SYN is out
    SYN_RECEIVED = 3  # both SYNs are known, ours is not yet acknowledged
    ESTABLISHED = 4  # data goes both ways
    FIN_WAIT_1 = 5  # we finished first; our FIN is out
    FIN_WAIT_2 = 6  # our FIN is acknowledged; the peer still sends
    CLOSE_WAIT = 7  # the peer finished first; we still send
    CLOSING = 8  # both finished at once; our FIN is not yet acknowledged
    LAST_ACK = 9  # the peer finished first, now we did; our FIN is out
    TIME_WAIT = 10  # all is done; old segments die out before the four-tuple is used again

    @property
    def rfc_name(self) -> str:
        """`FIN-WAIT-1` for FIN_WAIT_1."""
        return self.name.replace("_", "-")


STATES = list(State)
"""By number: looking a state up costs less than making one of its number."""

CLOSED = State.CLOSED
LISTEN = State.LISTEN
SYN_SENT = State.SYN_SENT
SYN_RECEIVED = State.SYN_RECEIVED
ESTABLISHED = State.ESTABLISHED
FIN_WAIT_1 = State.FIN_WAIT_1
FIN_WAIT_2 = State.FIN_WAIT_2
CLOSE_WAIT = State.CLOSE_WAIT
CLOSING = State.CLOSING
LAST_ACK = State.LAST_ACK
TIME_WAIT = State.TIME_WAIT


class Event(Enum):
    """What can move a connection from one state to another."""

    PASSIVE_OPEN = "passive OPEN"
    ACTIVE_OPEN = "active OPEN"
    CLOSE = "CLOSE"
    ABORT = "ABORT"
    SYN = "SYN"
    SYN_ACK = "SYN,ACK"
    ACK_OF_SYN = "ACK of SYN"
    COOKIE = "ACK of a cookie"
    FIN = "FIN"
    ACK_OF_FIN = "ACK of FIN"
    FIN_WITH_ACK_OF_FIN = "FIN with ACK of FIN"
    RST = "RST"
    GIVE_UP = "time-out"
    TWO_MSL = "2 MSL"


_GIVES_UP = (SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK)

TRANSITIONS: dict[tuple[State, Event], State] = {
    (CLOSED, Event.PASSIVE_OPEN): LISTEN,
    (CLOSED, Event.ACTIVE_OPEN): SYN_SENT,
    (LISTEN, Event.SYN): SYN_RECEIVED,
    (LISTEN, Event.COOKIE): ESTABLISHED,
    (LISTEN, Event.CLOSE): CLOSED,
    (SYN_SENT, Event.SYN): SYN_RECEIVED,
    (SYN_SENT, Event.SYN_ACK): ESTABLISHED,
    (SYN_SENT, Event.CLOSE): CLOSED,
    (SYN_RECEIVED, Event.ACK_OF_SYN): ESTABLISHED,
    (SYN_RECEIVED, Event.CLOSE): FIN_WAIT_1,
    (SYN_RECEIVED, Event.FIN): CLOSE_WAIT,
    (ESTABLISHED, Event.CLOSE): FIN_WAIT_1,
    (ESTABLISHED, Event.FIN): CLOSE_WAIT,
    (FIN_WAIT_1, Event.ACK_OF_FIN): FIN_WAIT_2,
    (FIN_WAIT_1, Event.FIN): CLOSING,
    (FIN_WAIT_1, Event.FIN_WITH_ACK_OF_FIN): TIME_WAIT,
    (FIN_WAIT_2, Event.FIN): TIME_WAIT,
    (CLOSE_WAIT, Event.CLOSE): LAST_ACK,
    (CLOSING, Event.ACK_OF_FIN): TIME_WAIT,
    (LAST_ACK, Event.ACK_OF_FIN): CLOSED,
    (TIME_WAIT, Event.TWO_MSL): CLOSED,
    (TIME_WAIT, Event.SYN): SYN_RECEIVED,
    **{(state, Event.RST): CLOSED for state in _GIVES_UP},
    **{(state, Event.ABORT): CLOSED for state in (*_GIVES_UP, LISTEN, TIME_WAIT)},
    **{(state, Event.GIVE_UP): CLOSED for state in _GIVES_UP},
}
"""(state, event) to next state; what isn't here doesn't change the state."""

SYNCHRONIZED = frozenset(State) - {CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED}
"""The states in which both sides have acknowledged each other's SYN (RFC 9293 3.5.2)."""

MAY_SEND = frozenset({SYN_SENT, SYN_RECEIVED, ESTABLISHED, CLOSE_WAIT})
"""The states in which the program may hand over data (RFC 9293 3.10.2); before ESTABLISHED it is queued."""

MAY_RECEIVE = frozenset({ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2})
"""The states in which the peer's data is taken (RFC 9293 3.10.7.4, seventh)."""
