"""The transmission control block: the variables of one connection, by their RFC 9293 names (3.3.1).

It has no rules of its own. `opening`, `arrival`, `transfer`, `closing`, `recovery` and `departure` each hold some of
them and work on a TCB; `connection` puts the program's calls on top.
"""

from ..outcomes import Outcome
from ..wire.word import WORD
from .buffers import ReceiveBuffer, SendBuffer
from .clock import NEVER
from .config import DEFAULT_MSS4, DEFAULT_MSS6, LEAST_MSS, Config
from .congestion import Congestion
from .doubt import NO_DOUBT
from .flow import Flow, Owner
from .owed import ACK_NONE
from .scoreboard import Scoreboard
from .terms import Terms
from .urgent_marks import UrgentMarks

NOTHING = Outcome.NOTHING
SENT_ACK = Outcome.SENT_ACK


class TCB(Flow):
    """One connection's variables. Sequence numbers are modulo 2^32; times are seconds, `NEVER` where nothing is set.

    `most_frame` is the largest packet that the link cuts up by itself, 0 where it cuts up none.
    """

    __slots__ = (
        "ack_at",
        "ack_owed",
        "ack_reason",
        "again_left",
        "again_right",
        "by_cookie",
        "capacity",
        "challenge_from",
        "challenges",
        "close_called",
        "config",
        "congestion",
        "cwr_owed",
        "doubt",
        "doubt_timestamp",
        "duplicate_acks",
        "earlier_acks",
        "earlier_number",
        "ecn",
        "ecn_echo",
        "ecn_until",
        "established_at",
        "expires_at",
        "fin_acked",
        "fin_known",
        "fin_queued",
        "fin_sent",
        "fin_seq",
        "give_up_at",
        "happened",
        "incoming",
        "irs",
        "iss",
        "keep_alive_at",
        "last_ack_sent",
        "last_heard",
        "listed",
        "max_window",
        "most_frame",
        "mss",
        "mtu",
        "must_resend",
        "outgoing",
        "owed_number",
        "owned",
        "owner",
        "passive",
        "peer_finished",
        "peer_mss",
        "probe_owed",
        "probes",
        "rcv_edge",
        "rcv_nxt",
        "rcv_scale",
        "recover",
        "recovering",
        "reorder_at",
        "reset_owed",
        "retransmissions",
        "retransmit_at",
        "retries",
        "rto",
        "rtt_seq",
        "rtt_start",
        "rttvar",
        "sack",
        "scaling",
        "scoreboard",
        "segments_in",
        "segments_out",
        "small_end",
        "snd_nxt",
        "snd_scale",
        "snd_una",
        "snd_wl1",
        "snd_wl2",
        "snd_wnd",
        "squeezed",
        "srtt",
        "started_at",
        "syn_acked",
        "tail_again",
        "tail_end",
        "tail_owed",
        "tail_probed",
        "terms",
        "timer_probes",
        "timestamps",
        "troubled",
        "ts_offset",
        "ts_recent",
        "ts_recent_at",
        "unacked_octets",
        "unanswered_from",
        "unit",
        "urgent_marks",
        "why",
        "window_probed",
    )

    def prepare(self, key: bytes, config: Config, now: float, most_frame: int, owner: Owner) -> None:
        """Set every variable to what it is before the first SYN."""
        self.key = key
        self.owner = owner
        self.config = config
        self.terms: Terms = config.terms
        self.mtu = self.terms.mtu
        self.most_frame = most_frame
        self.outgoing: SendBuffer | None = None
        self.incoming: ReceiveBuffer | None = None
        self.congestion: Congestion | None = None
        self.scoreboard: Scoreboard | None = None
        self.urgent_marks: UrgentMarks | None = None
        # Send sequence variables
        self.iss = self.snd_una = self.snd_nxt = 0
        self.snd_wnd = self.snd_wl1 = self.snd_wl2 = self.max_window = 0
        self.snd_scale = 0
        # Receive sequence variables; `rcv_edge` is RCV.NXT + RCV.WND as last advertised.
        self.irs = self.rcv_nxt = self.rcv_edge = self.last_ack_sent = 0
        self.squeezed = False  # our last segment told of a window that unread data had narrowed
        self.capacity = self.terms.receive_window
        self.rcv_scale = self.terms.receive_scale
        # What is to be said
        self.ack_owed = ACK_NONE
        self.ack_reason: int = SENT_ACK
        self.unacked_octets = 0  # what came since our last ACK
        # How many more segments are acknowledged at once and each; the number of the ACK that is owed; the number of
        # those owed before it in the same batch, and how many they are. See acking.py.
        self.troubled = self.owed_number = self.earlier_number = self.earlier_acks = 0
        self.again_left = self.again_right = 0  # the octets that came twice, until the peer was told (RFC 2883)
        self.reset_owed = False
        self.probe_owed = False
        self.window_probed = False  # what is out, or its first octet, has been a probe of a shut window
        self.must_resend = False  # the first of what is lost goes at once, whatever the congestion window says
        self.small_end = 0  # the end of the last segment that was less than full (Minshall's reading of Nagle)
        self.syn_acked = False
        # Release
        self.fin_queued = self.fin_sent = self.fin_acked = False
        self.fin_known = self.peer_finished = False
        self.fin_seq = 0  # the sequence number of the peer's FIN, once `fin_known`
        self.close_called = False
        self._offer(self.terms)
        self._begin_timing(self.terms)
        # For the program, and for whoever asks how it went
        self.passive = False
        self.by_cookie = False
        self.owned = True  # the program holds it; a connection that waits to be accepted is nobody's yet
        self.listed = False  # news of it waits for the program
        self.happened = 0
        self.why: int = NOTHING
        self.started_at = self.last_heard = now
        self.established_at = NEVER
        self.segments_in = self.segments_out = self.retransmissions = 0

    def _offer(self, terms: Terms) -> None:
        """The options and what they settle, as they stand until the peer's SYN is known."""
        self.scaling = terms.window_scale
        self.timestamps = terms.timestamps
        self.sack = terms.sack
        self.ts_recent = self.ts_offset = 0
        self.ts_recent_at = 0.0
        self.ecn = self.ecn_echo = self.cwr_owed = False
        self.ecn_until = 0  # the window of data for which we have slowed down already
        self.peer_mss = 0
        self.mss = DEFAULT_MSS4
        # The most payload that may leave as one frame: `mss`, or a multiple where the link cuts it up.
        self.unit = self.mss

    def _begin_timing(self, terms: Terms) -> None:
        """Loss, round trips and time-outs (RFC 6298), and the limits on what strangers can make us send."""
        self.recovering = False
        self.recover = 0
        self.duplicate_acks = 0
        self.doubt = NO_DOUBT  # may what was sent again have been needless? See spurious.py
        self.doubt_timestamp = 0
        self.reorder_at = NEVER  # when RACK looks again at what may only be late
        self.timer_probes = False  # the timer that runs is the probe time-out, not the retransmission time-out
        self.tail_owed = self.tail_probed = self.tail_again = False
        self.tail_end = 0
        self.srtt = self.rttvar = 0.0
        self.rto = terms.initial_rto
        self.rtt_seq = 0
        self.rtt_start = NEVER
        self.retries = self.probes = 0
        # `expires_at` is when RTO expires for the oldest that is out, also while the timer probes first.
        self.retransmit_at = self.expires_at = self.ack_at = self.keep_alive_at = self.give_up_at = NEVER
        self.unanswered_from = NEVER
        self.challenges = 0
        self.challenge_from = 0.0


def flight(c: TCB) -> int:
    """Octets that are believed to be in the network: sent, neither acknowledged nor given up as lost."""
    return 0 if c.scoreboard is None else c.scoreboard.in_flight()


def data_end(c: TCB) -> int:
    """The sequence number after the last octet that the program has handed over; a FIN would stand there."""
    size = c.outgoing.size if c.outgoing is not None else 0
    return (c.snd_una + (0 if c.syn_acked else 1) + size) & WORD


def set_mss(c: TCB, peer_mss: int) -> None:
    """Settle the effective send MSS (RFC 9293 3.7.1, MUST-15, MUST-16) and the unit in which frames leave.

    `peer_mss` is 0 where the peer's SYN had none. While urgent data is out each segment leaves by itself, for whoever
    cuts up a longer one would give all its parts the same pointer.
    """
    if len(c.key) == 12:
        headers = 40
        peer_mss = peer_mss or DEFAULT_MSS4
    else:
        headers = 60
        peer_mss = peer_mss or DEFAULT_MSS6
    c.peer_mss = peer_mss
    options = 12 if c.timestamps else 0
    c.mss = max(min(peer_mss, c.mtu - headers) - options, LEAST_MSS)
    c.unit = c.mss
    if c.most_frame > headers + options + c.mss and (c.urgent_marks is None or not c.urgent_marks.sending):
        c.unit *= (c.most_frame - headers - options) // c.mss
