"""Urgent data: a mark in the stream that says up to where its sender wants it read soon (RFC 9293 3.8.5).

The data stays in the stream, at its place (RFC 6093 3.4); only the mark runs ahead of it, by up to 65,535 octets. New
programs should not use it (SHLD-13): what stands between the two ends may well take the mark off.
"""

from ..wire.flags import SYN
from ..wire.segment import Segment
from ..wire.word import WORD
from .happened import URGENT
from .sequence import before, distance, signed_distance
from .states import ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2
from .tcb import TCB, data_end, set_mss
from .urgent_marks import UrgentMarks

MOST_AHEAD = 0xFFFF


def mark_urgent(c: TCB) -> None:
    """All that the program has handed over so far is urgent (RFC 9293 3.10.2)."""
    if c.urgent_marks is None:
        c.urgent_marks = UrgentMarks()
    c.urgent_marks.sending = True
    c.urgent_marks.snd_up = data_end(c)
    c.unit = c.mss


def urgent_pointer(c: TCB, seq: int) -> int:
    """The urgent pointer of a segment that begins at `seq`; 0 where nothing from there on is urgent.

    It points behind the urgent data (MUST-62), or where that is too far, as far as 16 bits reach: then a later segment
    moves it on (MUST-31).
    """
    marks = c.urgent_marks
    if marks is None or not marks.sending:
        return 0
    ahead = signed_distance(seq, marks.snd_up)
    return min(max(ahead, 0), MOST_AHEAD)


def urgent_acked(c: TCB) -> None:
    """SND.UNA has moved: once it is past the urgent data the mark is history."""
    marks = c.urgent_marks
    if marks is not None and marks.sending and not before(c.snd_una, marks.snd_up):
        marks.sending = False
        _tidy(c)
        set_mss(c, c.peer_mss)


def take_urgent(c: TCB, s: Segment) -> bool:
    """Sixth, check the URG bit: RCV.UP moves on, and the program is told each time (MUST-32). Did it move?"""
    if c.close_called or c.stage not in (ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2):
        return False
    up = (s.seq + s.urgent + ((s.flags & SYN) != 0)) & WORD
    marks = c.urgent_marks
    known = marks.rcv_up if marks is not None and marks.receiving else _consumed(c)
    if not before(known, up):
        return False
    if marks is None:
        marks = c.urgent_marks = UrgentMarks()
    marks.receiving = True
    marks.rcv_up = up
    c.happened |= URGENT
    return True


def urgent_left(c: TCB) -> int:
    """How much the program has still to read before the urgent data ends, what is yet to come included (MUST-33)."""
    marks = c.urgent_marks
    if marks is None or not marks.receiving:
        return 0
    end = marks.rcv_up
    if c.fin_known and before(c.fin_seq, end):
        end = c.fin_seq
    return max(signed_distance(_consumed(c), end), 0)


def urgent_read(c: TCB) -> None:
    """The program has read: once it is past the urgent data the mark is history."""
    marks = c.urgent_marks
    if marks is not None and marks.receiving and urgent_left(c) == 0:
        marks.receiving = False
        _tidy(c)


def _consumed(c: TCB) -> int:
    """The number of the octet that the program reads next."""
    waiting = c.incoming.size if c.incoming is not None else 0
    return distance(waiting + (1 if c.peer_finished else 0), c.rcv_nxt)


def _tidy(c: TCB) -> None:
    marks = c.urgent_marks
    if marks is not None and not marks.sending and not marks.receiving:
        c.urgent_marks = None
