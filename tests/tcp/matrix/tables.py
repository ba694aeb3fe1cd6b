"""All cells: (place, kind of segment) to what must come of it, and the moves between states that there can be."""

from tcp.matrix import carrying, ending, opening, releasing

from handshook import State
from handshook.tcp.states import TRANSITIONS

TABLES = [
    opening.CLOSED,
    opening.LISTEN,
    opening.SYN_SENT,
    opening.SYN_RECEIVED,
    opening.SYN_RECEIVED_QUEUED,
    carrying.ESTABLISHED,
    carrying.CLOSE_WAIT,
    releasing.FIN_WAIT_1,
    releasing.FIN_WAIT_1_WITH_SYN,
    releasing.FIN_WAIT_2,
    ending.CLOSING,
    ending.LAST_ACK,
    ending.TIME_WAIT,
]
CELLS = {key: cell for table in TABLES for key, cell in table.cells.items()}

TWO_AT_ONCE = {
    # A SYN,ACK, or the ACK of our SYN, that is a FIN too.
    (State.SYN_SENT, State.CLOSE_WAIT),
    # The same where the program has finished already.
    (State.SYN_SENT, State.FIN_WAIT_1),
    (State.SYN_SENT, State.CLOSING),
    (State.SYN_RECEIVED, State.CLOSING),
    # Figure 5, note 1: the four-tuple is CLOSED, its port is in LISTEN still.
    (State.SYN_RECEIVED, State.LISTEN),
}
"""Moves that one segment makes in two steps of figure 5."""

MOVES = {(before, after) for (before, _), after in TRANSITIONS.items()} | TWO_AT_ONCE | {(s, s) for s in State}
