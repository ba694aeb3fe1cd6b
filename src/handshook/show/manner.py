"""Which outcomes are drawn differently: what is sent again, what isn't taken, what ends a connection at
once.
"""

from enum import Enum

from ..outcomes import DROPS, Outcome


class Manner(Enum):
    """How a step looks; the value is its style."""

    PLAIN = ""
    AGAIN = "yellow"
    DROPPED = "red"
    ENDS = "bold red"


AGAIN = frozenset(
    {
        Outcome.SYN_REPEATED,
        Outcome.SYN_HELD_AGAIN,
        Outcome.DUPLICATE_SEGMENT,
        Outcome.TIME_WAIT_FIN_REPEATED,
        Outcome.RETRANSMISSION_TIMED_OUT,
        Outcome.SENT_SYN_AGAIN,
        Outcome.SENT_SYN_ACK_AGAIN,
        Outcome.SENT_DATA_AGAIN,
        Outcome.SENT_FIN_AGAIN,
        Outcome.SENT_TAIL_PROBE,
    }
)
"""A copy of what was there before, or the reason for one."""

DROPPED = frozenset(outcome for outcome in Outcome if outcome in DROPS) | frozenset(
    {
        Outcome.ICMP_IGNORED,
        Outcome.ICMP_FOR_NO_ONE,
        Outcome.CLOSED_PORT_IGNORED,
        Outcome.FLAGS_NONSENSE,
        Outcome.LISTEN_RST_IGNORED,
        Outcome.LISTEN_ACK_RESET,
        Outcome.LISTEN_IGNORED,
        Outcome.HELD_IGNORED,
        Outcome.SYN_KEPT_SILENT,
        Outcome.DROPPED_SYN_QUEUE_FULL,
        Outcome.DROPPED_SYN_HOST_FULL,
        Outcome.DROPPED_SYN_PREFIX_FULL,
        Outcome.DROPPED_ACCEPT_QUEUE_FULL,
        Outcome.SYN_ACK_ACK_BAD,
        Outcome.SYN_SENT_ACK_BAD,
        Outcome.SYN_SENT_RST_IGNORED,
        Outcome.SYN_SENT_IGNORED,
        Outcome.OUTSIDE_WINDOW,
        Outcome.RST_OUTSIDE_WINDOW,
        Outcome.CHALLENGE_ACK,
        Outcome.CHALLENGE_ACK_LIMITED,
        Outcome.PAWS_REJECTED,
        Outcome.WITHOUT_ACK_DROPPED,
        Outcome.DATA_AFTER_FIN_IGNORED,
        Outcome.TIMESTAMP_MISSING,
        Outcome.REASSEMBLY_FULL,
        Outcome.TIME_WAIT_SYN_DROPPED,
        Outcome.TIME_WAIT_RST_IGNORED,
        Outcome.TIME_WAIT_ACKED,
        Outcome.TIME_WAIT_IGNORED,
        Outcome.ANSWER_DROPPED,
        Outcome.INJECTED_LOSS,
    }
)
"""Not taken, whether answered or not."""

DISBELIEVED = DROPPED - {
    Outcome.SYN_KEPT_SILENT,
    Outcome.DROPPED_SYN_QUEUE_FULL,
    Outcome.DROPPED_SYN_HOST_FULL,
    Outcome.DROPPED_SYN_PREFIX_FULL,
    Outcome.DROPPED_ACCEPT_QUEUE_FULL,
    Outcome.REASSEMBLY_FULL,
    Outcome.INJECTED_LOSS,
}
"""What these say about their sender may be old or forged; the others were only not wanted."""

ENDS = frozenset(
    {
        Outcome.ICMP_REFUSED,
        Outcome.CLOSED_PORT_RESET,
        Outcome.HALF_OPEN_RESET,
        Outcome.HALF_OPEN_GIVEN_UP,
        Outcome.LISTENER_CLOSED,
        Outcome.HOLD_OVER,
        Outcome.CONNECTION_REFUSED,
        Outcome.CONNECT_TIMED_OUT,
        Outcome.CONNECTION_RESET,
        Outcome.DATA_AFTER_CLOSE_RESET,
        Outcome.SEND_TIMED_OUT,
        Outcome.KEEP_ALIVE_TIMED_OUT,
        Outcome.SENT_RST,
        Outcome.SENT_RST_FOR_NO_ONE,
        Outcome.CALLED_ABORT,
        Outcome.CALLED_REFUSE,
        Outcome.CALLED_UNREACHABLE,
        Outcome.CLOSED_UNREAD_RESET,
    }
)
"""The connection is over, and not because both sides finished."""

INJECTED = "bold magenta"
"""The style of what was done on purpose, and of nothing else."""


def manner_of(outcome: Outcome) -> Manner:
    """How a step with this outcome is drawn."""
    if outcome in DROPPED:
        return Manner.DROPPED
    if outcome in AGAIN:
        return Manner.AGAIN
    if outcome in ENDS:
        return Manner.ENDS
    return Manner.PLAIN
