"""What leaves: the one place where segments of a connection are made.

Whatever is owed is looked at together, once for each batch: what was lost goes first, then new data as far as both
windows let it, the FIN on the last of it, and an ACK by itself only when nothing else carried it (RFC 9293 3.8).
"""

from ..outcomes import Outcome
from ..wire.build import Builder
from ..wire.flags import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG
from ..wire.word import WORD
from .clock import NEVER
from .ecn import ECT
from .owed import ACK_NONE, ACK_NOW
from .recovery import congestion_of, note_sent, tail_probe_sent
from .scoreboard import Sent, stretch
from .selective import has_blocks, take_blocks
from .sequence import before, before_or_at, distance, signed_distance
from .spurious import note_resent
from .states import CLOSED, SYN_RECEIVED, SYN_SENT
from .tcb import TCB, data_end, flight
from .timing import arm, measure_from
from .urgent import urgent_pointer
from .window import advertise, update_due

NOTHING = Outcome.NOTHING
SENT_ACK = Outcome.SENT_ACK
SENT_DATA = Outcome.SENT_DATA
SENT_DATA_AGAIN = Outcome.SENT_DATA_AGAIN
SENT_FIN = Outcome.SENT_FIN
SENT_FIN_AGAIN = Outcome.SENT_FIN_AGAIN
SENT_KEEP_ALIVE = Outcome.SENT_KEEP_ALIVE
SENT_RST = Outcome.SENT_RST
SENT_SYN = Outcome.SENT_SYN
SENT_SYN_ACK = Outcome.SENT_SYN_ACK
SENT_SYN_ACK_AGAIN = Outcome.SENT_SYN_ACK_AGAIN
SENT_SYN_AGAIN = Outcome.SENT_SYN_AGAIN
SENT_TAIL_PROBE = Outcome.SENT_TAIL_PROBE
SENT_WINDOW_PROBE = Outcome.SENT_WINDOW_PROBE
SENT_WINDOW_UPDATE = Outcome.SENT_WINDOW_UPDATE

# The most that SACK blocks can take up in a header (RFC 2018 3: four of them).
MOST_SACK = 36

# From this many octets on it costs less to hand over the data in parts than to copy it behind its header.
LEAST_APART = 8192

# `sendable` says so when not even an empty segment is to leave.
SILENT = -1


def emit(c: TCB, b: Builder, now: float, frames: list[bytes]) -> int:
    """Write everything that may leave now; returns the outcome of the last segment."""
    if c.reset_owed:
        return _emit_reset(c, b, frames)
    outcome: int = NOTHING
    if c.stage == CLOSED:
        return outcome
    while c.scoreboard is not None and c.scoreboard.lost and may_resend(c):
        outcome = _emit_again(c, b, now, frames)
    if c.outgoing is not None and c.syn_acked and c.snd_una == c.snd_nxt:
        congestion_of(c).resume(c.mss, now, c.rto)
    while True:
        count = sendable(c)
        if count == SILENT:
            break
        outcome = _emit_new(c, b, now, frames, count)
    if c.tail_owed:
        outcome = _emit_tail_probe(c, b, now, frames) or outcome
    if c.probe_owed:
        outcome = _emit_probe(c, b, now, frames)
    if c.ack_owed == ACK_NOW:
        if c.earlier_acks:
            _emit_earlier(c, b, now, frames)
        outcome = _emit_bare(c, b, now, frames, acceptable_seq(c), c.ack_reason)
    elif outcome == NOTHING and update_due(c):
        outcome = _emit_bare(c, b, now, frames, acceptable_seq(c), SENT_WINDOW_UPDATE)
    return outcome


def may_resend(c: TCB) -> bool:
    """The first segment of a loss always, the rest as the congestion window has room."""
    return c.must_resend or c.congestion is None or flight(c) < c.congestion.cwnd


def sendable(c: TCB) -> int:
    """How much new data may leave as the next segment; 0 is a SYN or FIN alone, SILENT nothing at all.

    RFC 9293 3.8.6.2.1 (MUST-38, the sender's silly-window avoidance) with Nagle's rule as Minshall reads it: a small
    segment waits only for an earlier small one.
    """
    if not c.syn_acked:
        if c.snd_nxt == c.iss:
            return 0
        if c.stage == SYN_SENT or c.stage == SYN_RECEIVED:
            return SILENT
    if c.fin_sent:
        return SILENT
    waiting = distance(c.snd_nxt, data_end(c))
    if waiting == 0:
        return 0 if c.fin_queued else SILENT
    if c.scoreboard is not None and c.scoreboard.lost:
        return SILENT
    usable = signed_distance(c.snd_nxt, (c.snd_una + c.snd_wnd) & WORD)
    if c.congestion is not None:
        usable = min(usable, c.congestion.cwnd - flight(c))
    if usable <= 0:
        return SILENT
    count = min(waiting, usable, c.unit)
    if count == waiting:
        if count >= c.mss or not c.terms.nagle or c.fin_queued or before_or_at(c.small_end, c.snd_una):
            return count
        return count if urgent_pointer(c, c.snd_nxt) else SILENT
    if count >= c.mss:
        return count - count % c.mss
    if count * 2 >= c.max_window:
        return count
    return SILENT


def acceptable_seq(c: TCB) -> int:
    """The number of a segment without data: SND.NXT, or the window's edge where probes or a FIN have gone beyond it.

    A peer whose window is shut takes nothing else than the edge itself (RFC 9293 3.10.7.4), and so would hear none of
    our ACKs; Linux does the same.
    """
    edge = (c.snd_una + c.snd_wnd) & WORD
    return edge if c.syn_acked and before(edge, c.snd_nxt) else c.snd_nxt


def _emit_new(c: TCB, b: Builder, now: float, frames: list[bytes], count: int) -> int:
    """The next segment that was never sent: the SYN, data, or the FIN, alone or on the last data."""
    seq = c.snd_nxt
    if not c.syn_acked and seq == c.iss:
        c.snd_nxt = (seq + 1) & WORD
        note_sent(c, seq, c.snd_nxt, now)
        if c.stage == SYN_SENT:
            c.started_at = now
        measure_from(c, now, c.snd_nxt)
        arm(c, now)
        return _emit_syn(c, b, now, frames, SENT_SYN if c.stage == SYN_SENT else SENT_SYN_ACK)
    end = (seq + count) & WORD
    flags = ACK
    outcome: int = SENT_DATA
    if end == data_end(c):
        if count:
            flags |= PSH
        if c.fin_queued:
            flags |= FIN
            c.fin_sent = True
            outcome = SENT_FIN
            end = (end + 1) & WORD
    if count % c.mss:
        c.small_end = end
    c.snd_nxt = end
    note_sent(c, seq, end, now)
    measure_from(c, now, end)
    arm(c, now)
    _write(c, b, now, frames, seq, count, flags, outcome)
    return outcome


def _emit_again(c: TCB, b: Builder, now: float, frames: list[bytes]) -> int:
    """The first segment of what was lost."""
    board = c.scoreboard
    lost = None if board is None else board.first_lost()
    if board is None or lost is None:
        raise AssertionError("octets are lost and no stretch is")
    syn = not c.syn_acked and lost.seq == c.iss
    board.resend(lost, 1 if syn else c.unit, now)
    c.must_resend = False
    c.retransmissions += 1
    c.rtt_start = NEVER
    if syn:
        return _emit_syn(c, b, now, frames, SENT_SYN_AGAIN if c.stage == SYN_SENT else SENT_SYN_ACK_AGAIN)
    note_resent(c, (b.clock + c.ts_offset) & WORD)
    return _write_again(c, b, now, frames, lost, SENT_DATA_AGAIN)


def _write_again(c: TCB, b: Builder, now: float, frames: list[bytes], sent: Sent, why: int) -> int:
    """A stretch once more, with the FIN if it was in it."""
    last = data_end(c)
    count = distance(sent.seq, sent.end)
    flags = ACK
    if before(last, sent.end):
        count -= 1
        flags |= FIN
        if why == SENT_DATA_AGAIN:
            why = SENT_FIN_AGAIN
    if count and (sent.seq + count) & WORD == last:
        flags |= PSH
    _write(c, b, now, frames, sent.seq, count, flags, why)
    return why


def _emit_tail_probe(c: TCB, b: Builder, now: float, frames: list[bytes]) -> int:
    """RFC 8985 7.3: new data if the peer's window takes any, else the last segment once more."""
    c.tail_owed = False
    waiting = 0 if c.fin_sent else distance(c.snd_nxt, data_end(c))
    room = signed_distance(c.snd_nxt, (c.snd_una + c.snd_wnd) & WORD)
    count = min(waiting, room, c.mss)
    if count > 0:
        why = _emit_new(c, b, now, frames, count)
        tail_probe_sent(c, False)
        return why
    board = c.scoreboard
    last = None if board is None else board.last()
    if last is None:
        return NOTHING
    tail_probe_sent(c, True)
    c.retransmissions += 1
    c.rtt_start = NEVER
    probe = stretch(last.seq, last.end, now, True)
    if distance(last.seq, last.end) > c.mss:
        probe.seq = (last.end - c.mss) & WORD
    return _write_again(c, b, now, frames, probe, SENT_TAIL_PROBE)


def _emit_probe(c: TCB, b: Builder, now: float, frames: list[bytes]) -> int:
    """Ask a silent peer: with an octet of new data at a shut window (RFC 9293 3.8.6.1), else with none (3.8.4)."""
    c.probe_owed = False
    waiting = 0 if c.fin_sent else distance(c.snd_nxt, data_end(c))
    if waiting and c.snd_una == c.snd_nxt:
        congestion_of(c)
        # One octet, or what a window too small to be worth it would take (3.8.6.2.1's override time-out).
        count = max(1, min(waiting, c.snd_wnd, c.mss))
        seq = c.snd_nxt
        c.snd_nxt = c.small_end = (seq + count) & WORD
        note_sent(c, seq, c.snd_nxt, now)
        _write(c, b, now, frames, seq, count, ACK, SENT_WINDOW_PROBE)
        return SENT_WINDOW_PROBE
    # RFC 9293 3.8.4: one below what is expected, so that the peer must answer.
    return _emit_bare(c, b, now, frames, (c.snd_una - 1) & WORD, SENT_KEEP_ALIVE)


def _emit_bare(c: TCB, b: Builder, now: float, frames: list[bytes], seq: int, outcome: int) -> int:
    """An ACK with nothing in it."""
    _write(c, b, now, frames, seq, 0, ACK, outcome)
    return outcome


def _emit_earlier(c: TCB, b: Builder, now: float, frames: list[bytes]) -> None:
    """The ACKs that were owed before the last one of this batch, as they would have left then; see acking.py."""
    why = c.ack_reason
    number = c.rcv_nxt
    c.rcv_nxt = c.earlier_number
    for _ in range(c.earlier_acks):
        _emit_bare(c, b, now, frames, acceptable_seq(c), SENT_ACK)
    c.rcv_nxt = number
    c.ack_reason = why


def _write(c: TCB, b: Builder, now: float, frames: list[bytes], seq: int, count: int, flags: int, why: int) -> None:
    """Build one segment of an open connection, with every option that belongs in it."""
    b.begin(4 if len(c.key) == 12 else 6)
    b.mark(c.terms.ttl, c.terms.dscp)
    if c.timestamps:
        b.add_timestamps((b.clock + c.ts_offset) & WORD, c.ts_recent)
    gaps = has_blocks(c)
    if gaps and count + MOST_SACK <= c.mss:
        b.add_sack(take_blocks(c))
        gaps = False
    window = advertise(c)
    if c.urgent_marks is not None:
        b.urgent = urgent_pointer(c, seq)
        if b.urgent:
            flags |= URG
    if c.ecn:
        if c.ecn_echo:
            flags |= ECE
        if count and (why == SENT_DATA or why == SENT_FIN):
            # RFC 3168 6.1.4, 6.1.5: only new data; a retransmission or a bare ACK must not be marked.
            b.ecn = ECT
            if c.cwr_owed:
                c.cwr_owed = False
                flags |= CWR
    if count and c.outgoing is not None:
        if c.congestion is not None:
            c.congestion.used_at = now
        out = c.outgoing
        # Data begins behind the SYN, which takes a number of its own.
        offset = distance((c.snd_una + (0 if c.syn_acked else 1)) & WORD, seq)
        if b.gathers and count >= LEAST_APART and b.log is None:
            b.parts = out.parts(offset, count)
            frames.append(b.finish(c.key, seq, c.rcv_nxt, flags, window, b"", 0, count, c.mss, why))
            b.parts = None
        else:
            out.locate(offset, count)
            frames.append(b.finish(c.key, seq, c.rcv_nxt, flags, window, out.piece, out.first, out.last, c.mss, why))
            out.release()
    else:
        frames.append(b.finish(c.key, seq, c.rcv_nxt, flags, window, b"", 0, 0, 0, why))
    b.ecn = b.urgent = 0
    c.segments_out += 1
    c.last_ack_sent = c.rcv_nxt
    # A full segment has no room for SACK blocks: an ACK that should have told of them is still owed.
    if not gaps or c.ack_owed != ACK_NOW:
        c.ack_owed = ACK_NONE
        c.ack_reason = SENT_ACK
        c.ack_at = NEVER
        c.unacked_octets = c.earlier_acks = 0
        c.owed_number = c.rcv_nxt


def _emit_syn(c: TCB, b: Builder, now: float, frames: list[bytes], why: int) -> int:
    """A SYN, or in a simultaneous open a SYN,ACK, with what we offer (RFC 9293 3.7.1 MUST-14, RFC 7323, RFC 2018)."""
    b.begin(4 if len(c.key) == 12 else 6)
    b.mark(c.terms.ttl, c.terms.dscp)
    b.add_mss(c.mtu - (40 if len(c.key) == 12 else 60))
    opening = c.stage == SYN_SENT
    if c.sack:
        b.add_sack_permitted()
    if c.timestamps:
        b.add_timestamps((b.clock + c.ts_offset) & WORD, 0 if opening else c.ts_recent)
    if c.scaling:
        b.add_scale(c.terms.receive_scale)
    flags = SYN if opening else SYN | ACK
    if opening and c.terms.ecn_asks and c.retries == 0:
        # Asked once: a firewall that drops such SYNs must not keep us out (RFC 3168 6.1.1.1).
        flags |= ECE | CWR
    elif c.ecn and not opening:
        flags |= ECE
    # RFC 9293 3.10.1: a first SYN acknowledges nothing, and its ACK field is 0.
    ack = 0 if opening else c.rcv_nxt
    frames.append(b.finish(c.key, c.iss, ack, flags, min(c.capacity, 0xFFFF), b"", 0, 0, 0, why))
    c.segments_out += 1
    c.last_ack_sent = c.rcv_nxt
    c.ack_owed = ACK_NONE
    return why


def _emit_reset(c: TCB, b: Builder, frames: list[bytes]) -> int:
    """A RST that an honest peer must believe: exactly the number it expects next (RFC 9293 3.10.5, RFC 5961 3.2)."""
    c.reset_owed = False
    b.begin(4 if len(c.key) == 12 else 6)
    b.mark(c.terms.ttl, c.terms.dscp)
    frames.append(b.finish(c.key, acceptable_seq(c), c.rcv_nxt, RST | ACK, 0, b"", 0, 0, 0, SENT_RST))
    c.segments_out += 1
    return SENT_RST
