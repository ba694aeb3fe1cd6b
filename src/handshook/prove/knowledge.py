"""What a host knows, as a value: two hosts with equal knowledge do the same with whatever comes.

So it has every variable of the engine on which a decision of its can hang, and none that only counts. What is left out
is named here with the reason, and a test sees that every variable of a connection is on one of the lists. Times are
told from now; numbers stand as they are, for the explorer gives each birth of a connection a number of its own
(host.py).
"""

from ..host.stack import Stack
from ..tcp.clock import NEVER
from ..tcp.connection import Connection
from ..tcp.flow import Flow
from ..tcp.half_open import HalfOpen
from ..tcp.scoreboard import Scoreboard
from ..tcp.time_wait import TimeWait
from .inside import flow_of, unread, wait_of

# Moments, told from now.
TIMES = ("retransmit_at", "expires_at", "reorder_at", "ack_at", "give_up_at", "keep_alive_at")

NUMBERS = (
    "stage",
    "iss",
    "snd_una",
    "snd_nxt",
    "snd_wnd",
    "snd_wl1",
    "snd_wl2",
    "max_window",
    "irs",
    "rcv_nxt",
    "rcv_edge",
    "last_ack_sent",
    "owed_number",
    "recover",
    "fin_seq",
    "rtt_seq",
    "small_end",
    "unacked_octets",
    "duplicate_acks",
    "retries",
    "probes",
    "doubt",
    "ack_owed",
    "ack_reason",
    "must_resend",
    "timer_probes",
    "syn_acked",
    "probe_owed",
    "window_probed",
    "squeezed",
    "reset_owed",
    "fin_queued",
    "fin_sent",
    "fin_acked",
    "fin_known",
    "peer_finished",
    "close_called",
    "recovering",
    "passive",
    "owned",
    "mss",
    "rto",
    "timestamps",
    "ts_recent",
)

OBJECTS = ("outgoing", "incoming", "scoreboard", "rtt_start", "unanswered_from", "doubt_timestamp")

LEFT_OUT = {
    "the same in every connection of these hosts": (
        "key owner config terms capacity mtu most_frame peer_mss unit snd_scale rcv_scale scaling"
    ),
    "options that these hosts don't offer: SACK (and so RACK, tail probes, D-SACK), ECN; no urgent data": (
        "sack tail_owed tail_probed tail_again tail_end again_left again_right ecn ecn_echo ecn_until cwr_owed "
        "urgent_marks"
    ),
    "the same as long as secrets are, and a moment that nothing here lasts 24 days from": "ts_offset ts_recent_at",
    "every window of these hosts is smaller than one segment, and so never smaller than the congestion window": (
        "congestion"
    ),
    "the least, the first and the longest RTO are the same, so what was measured changes nothing": "srtt rttvar",
    "every batch is one segment, and no ACK is delayed (acking.py)": "troubled earlier_number earlier_acks",
    "these hosts have room for every half-open connection, and so send no cookies": "by_cookie",
    "limits on challenges that are beyond what the bounds let happen": "challenges challenge_from",
    "counted, or kept for a verdict, a snapshot or an observer": (
        "segments_in segments_out retransmissions started_at last_heard established_at seen why trouble"
    ),
    "the stack's own lists and heap, settled after each batch by what is here": (
        "due armed place ready happened listed"
    ),
}


def knowledge(stack: Stack, key: bytes, patient: bool) -> tuple[object, ...]:
    """What the stack knows under one four-tuple; `patient` where no connection is ever given up (Bounds.patience)."""
    flow = flow_of(stack, key)
    if flow is not None:
        return _of_flow(flow, stack.now, patient)
    wait = wait_of(stack, key)
    return () if wait is None else _of_wait(wait)


def _of_wait(wait: TimeWait) -> tuple[object, ...]:
    # When it expires is no matter: the explorer lets it expire when it likes (explorer.py).
    return ("TIME-WAIT", wait.snd_nxt, wait.rcv_nxt, wait.window, wait.timestamps, wait.ts_recent)


def _of_flow(flow: Flow, now: float, patient: bool) -> tuple[object, ...]:
    if isinstance(flow, HalfOpen):
        owed: tuple[object, ...] = (flow.syn_owed, flow.ack_owed)
        numbers = flow.iss, flow.irs, flow.rcv_nxt, flow.peer_window, flow.retries, flow.rto
        owed += (flow.timestamps, flow.ts_recent)
        return ("half-open", *numbers, *owed, flow.data, _from_now(flow.due, now), flow.sent_at == NEVER)
    assert isinstance(flow, Connection)
    c = flow
    numbers = tuple(getattr(c, name) for name in NUMBERS)
    times = tuple(_from_now(getattr(c, name), now) for name in TIMES)
    # How long nothing was answered: until patience ends it is only counted.
    unanswered = None if patient else _from_now(c.unanswered_from, now)
    waiting = () if c.incoming is None else (unread(c.incoming), tuple(c.incoming.beyond or ()))
    queued = 0 if c.outgoing is None else c.outgoing.size
    # It is noted without timestamps too, and then never asked for.
    doubt = c.doubt_timestamp if c.timestamps else 0
    return (numbers, times, unanswered, waiting, queued, _of_board(c.scoreboard), c.rtt_start == NEVER, doubt)


def _of_board(board: Scoreboard | None) -> object:
    """What is out. The times in it are RACK's, which needs SACK."""
    if board is None:
        return None
    records = tuple((sent.seq, sent.end, sent.again, sent.lost) for sent in board.records[board.head :])
    return (records, board.out, board.lost, board.credit)


def _from_now(moment: float, now: float) -> float | None:
    """To the millisecond: the clock is a large number, and its last digits are no one's business."""
    return None if moment == NEVER else round(moment - now, 3)
