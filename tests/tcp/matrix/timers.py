"""What each timer does in each place (RFC 9293 3.10.8, 3.8.3, 3.8.4, 3.8.6; RFC 6298), cell by cell.

A cell is `outcome`, `outcome&ANSWER`, `outcome>STATE` or all of it, with the words of OUTCOMES; `-` where the timer
must not run. `&ANSWER` is the first segment that the expiry sends, `*n` a note.
"""

import re
from dataclasses import dataclass, replace

from tcp.matrix import grid
from tcp.matrix.fates import STATES
from tcp.matrix.places import ALL, BY_NAME, CONFIG

from handshook import Config, Outcome, State

OUTCOMES = {
    "again": Outcome.RETRANSMISSION_TIMED_OUT,
    "probe": Outcome.WINDOW_PROBED,
    "ack": Outcome.ACK_DELAY_OVER,
    "alive?": Outcome.KEEP_ALIVE_DUE,
    "dead": Outcome.KEEP_ALIVE_TIMED_OUT,
    "no answer": Outcome.CONNECT_TIMED_OUT,
    "forgotten": Outcome.HALF_OPEN_GIVEN_UP,
    "given up": Outcome.SEND_TIMED_OUT,
    "left": Outcome.FIN_WAIT_2_OVER,
    "over": Outcome.TIME_WAIT_OVER,
}


@dataclass(frozen=True)
class Timer:
    """`config` makes it run within `seconds`; `words` are the outcomes that are its own. `data` says that a segment
    with data arrives first."""

    words: tuple
    seconds: float
    config: Config
    data: bool = False


TIMERS = {
    "retransmission": Timer(("again",), 1.1, CONFIG),
    "window probe": Timer(("probe",), 1.1, CONFIG),
    "delayed ACK": Timer(("ack",), 0.1, replace(CONFIG, delayed_ack=0.05), data=True),
    "keep-alive": Timer(("alive?",), 10.5, replace(CONFIG, keep_alive=10)),
    "dead peer": Timer(
        ("dead",), 35, replace(CONFIG, keep_alive=10, keep_alive_interval=5, keep_alive_probes=2, syn_retries=20)
    ),
    "SYN given up": Timer(("no answer", "forgotten"), 1.1, replace(CONFIG, syn_retries=0, syn_ack_retries=0)),
    "user time-out": Timer(("given up",), 2.1, replace(CONFIG, user_timeout=1)),
    "FIN-WAIT-2": Timer(("left",), 1.1, replace(CONFIG, fin_wait_2_timeout=1)),
    "2 MSL": Timer(("over",), 1.1, replace(CONFIG, msl=0.5)),
}

# Two tables, for the width of the page.
TABLES = [
    """
                          | retransmission | window probe | delayed ACK | keep-alive
CLOSED                    | -              | -            | -           | -
LISTEN                    | -              | -            | -           | -
SYN-SENT, idle            | again&SYN      | -            | -           | -
SYN-SENT, data queued     | again&SYN      | -            | -           | -
SYN-RECEIVED, passive     | again&SYN,ACK  | -            | -           | -
SYN-RECEIVED, active      | again&SYN,ACK  | -            | -           | -
SYN-RECEIVED, data queued | again&SYN,ACK  | -            | -           | -
SYN-RECEIVED, let go      | again&SYN,ACK  | -            | -           | -
ESTABLISHED, idle         | -              | -            | ack&ACK     | alive?&KEEP-ALIVE
ESTABLISHED, data out     | again&DATA     | -            | ack&ACK     | -
ESTABLISHED, shut         | -              | -            | -           | alive?&KEEP-ALIVE
ESTABLISHED, peer shut    | -              | probe&OCTET  | ack&ACK     | -
FIN-WAIT-1, held          | again&FIN      | -            | ack&ACK     | -
FIN-WAIT-1, let go        | again&FIN      | -            | -           | -
FIN-WAIT-1, data out      | again&DATA,FIN | -            | ack&ACK     | -
FIN-WAIT-1, shut          | again&FIN      | -            | -           | -
FIN-WAIT-1, SYN out       | again&SYN,ACK  | -            | -           | -
FIN-WAIT-2, held          | -              | -            | ack&ACK     | alive?&KEEP-ALIVE
FIN-WAIT-2, let go        | -              | -            | -           | alive?&KEEP-ALIVE
FIN-WAIT-2, shut          | -              | -            | -           | alive?&KEEP-ALIVE
CLOSE-WAIT, idle          | -              | -            | -           | alive?&KEEP-ALIVE
CLOSE-WAIT, data out      | again&DATA     | -            | -           | -
CLOSING, held             | again&FIN      | -            | -           | -
CLOSING, let go           | again&FIN      | -            | -           | -
CLOSING, data out         | again&DATA,FIN | -            | -           | -
LAST-ACK, held            | again&FIN      | -            | -           | -
LAST-ACK, let go          | again&FIN      | -            | -           | -
LAST-ACK, data out        | again&DATA,FIN | -            | -           | -
TIME-WAIT, no listener    | -              | -            | -           | -
TIME-WAIT, listener       | -              | -            | -           | -
""",
    """
                          | dead peer       | SYN given up       | user time-out         | FIN-WAIT-2    | 2 MSL
CLOSED                    | -               | -                  | -                     | -             | -
LISTEN                    | -               | -                  | -                     | -             | -
SYN-SENT, idle            | -               | no answer>CLOSED   | -                     | -             | -
SYN-SENT, data queued     | -               | no answer>CLOSED   | -                     | -             | -
SYN-RECEIVED, passive     | -               | forgotten>LISTEN*1 | -                     | -             | -
SYN-RECEIVED, active      | -               | no answer>CLOSED   | -                     | -             | -
SYN-RECEIVED, data queued | -               | no answer>CLOSED   | -                     | -             | -
SYN-RECEIVED, let go      | -               | no answer>CLOSED   | -                     | -             | -
ESTABLISHED, idle         | dead&RST>CLOSED | -                  | -                     | -             | -
ESTABLISHED, data out     | -               | -                  | given up&RST>CLOSED*2 | -             | -
ESTABLISHED, shut         | dead&RST>CLOSED | -                  | -                     | -             | -
ESTABLISHED, peer shut    | -               | -                  | given up&RST>CLOSED*2 | -             | -
FIN-WAIT-1, held          | -               | -                  | given up&RST>CLOSED*2 | -             | -
FIN-WAIT-1, let go        | -               | -                  | given up&RST>CLOSED*2 | -             | -
FIN-WAIT-1, data out      | -               | -                  | given up&RST>CLOSED*2 | -             | -
FIN-WAIT-1, shut          | -               | -                  | given up&RST>CLOSED*2 | -             | -
FIN-WAIT-1, SYN out       | -               | -                  | given up&RST>CLOSED*2 | -             | -
FIN-WAIT-2, held          | dead&RST>CLOSED | -                  | -                     | -             | -
FIN-WAIT-2, let go        | dead&RST>CLOSED | -                  | -                     | left>CLOSED*3 | -
FIN-WAIT-2, shut          | dead&RST>CLOSED | -                  | -                     | -             | -
CLOSE-WAIT, idle          | dead&RST>CLOSED | -                  | -                     | -             | -
CLOSE-WAIT, data out      | -               | -                  | given up&RST>CLOSED*2 | -             | -
CLOSING, held             | -               | -                  | given up&RST>CLOSED*2 | -             | -
CLOSING, let go           | -               | -                  | given up&RST>CLOSED*2 | -             | -
CLOSING, data out         | -               | -                  | given up&RST>CLOSED*2 | -             | -
LAST-ACK, held            | -               | -                  | given up&RST>CLOSED*2 | -             | -
LAST-ACK, let go          | -               | -                  | given up&RST>CLOSED*2 | -             | -
LAST-ACK, data out        | -               | -                  | given up&RST>CLOSED*2 | -             | -
TIME-WAIT, no listener    | -               | -                  | -                     | -             | over>CLOSED
TIME-WAIT, listener       | -               | -                  | -                     | -             | over>CLOSED
""",
]

NOTES = {
    "1": "The four-tuple is CLOSED; its port is in LISTEN still (figure 5, note 1).",
    "2": "3.10.8 deletes the record without a word. The peer may only have been out of reach for a while: a RST lets "
    "it know at once, as in Linux and the BSDs.",
    "3": "3.10.8 knows no such timer: FIN-WAIT-2 would last for ever where the peer never finishes and the program "
    "can't wait any more (RFC 1122 4.2.2.13).",
}


@dataclass(frozen=True)
class Expiry:
    """What must come of a timer."""

    outcome: Outcome
    answer: str
    state: State
    note: str | None


def _cell(text, place):
    found = re.fullmatch(r"([a-z? ]+)(&([A-Z,-]+))?(>([A-Z0-9-]+))?(\*(\d))?", text)
    assert found, f"{text!r} is no cell"
    return Expiry(OUTCOMES[found[1]], found[3] or "", STATES[found[5]] if found[5] else place.state, found[7])


def _read():
    found = {}
    for table in TABLES:
        for where, timer, text in grid.cells(table):
            assert (where, timer) not in found, f"{where}, {timer}: twice"
            found[where, timer] = None if text == "-" else _cell(text, BY_NAME[where])
    return found


CELLS = _read()
WHERE = [place.name for place in ALL]
