"""What each user call does in each place (RFC 9293 3.10.1 to 3.10.6), cell by cell.

A cell is `result`, `result&ANSWER`, `result>STATE` or both, and `*n` for a note; `-` where there is nothing to call.

    result   ok, or the octets that `send` took, or what `recv` returned (not yet, end, data), or the error raised
    &ANSWER  what leaves at once
    >STATE   the next state; the same one where nothing is said
"""

import re
from dataclasses import dataclass

from tcp.matrix import grid
from tcp.matrix.fates import STATES
from tcp.matrix.places import ALL, BY_NAME, CONFIG, OURS, Ground

from handshook import State

RESULTS = {
    "ok": None,
    "10": 10,
    "not yet": None,
    "end": b"",
    "taken": OSError,
    "closing": BrokenPipeError,
    "misuse": RuntimeError,
    "reset": ConnectionResetError,
    "refused": ConnectionRefusedError,
    "aborted": ConnectionAbortedError,
    "timed out": TimeoutError,
}
"""The words; `data` is all the peer's data that the place has."""

CALLS = {
    "connect": lambda g: g.stack.connect((g.t.address, g.t.port), local_port=80),
    "listen": lambda g: g.stack.listen(80),
    "send": lambda g: g.connection.send(OURS),
    "recv": lambda g: g.connection.recv(1 << 20),
    "shutdown": lambda g: g.connection.shutdown(),
    "close": lambda g: (g.connection or g.listener).close(),
    "abort": lambda g: g.connection.abort(),
}

# Two tables, for the width of the page.
TABLES = [
    """
                          | connect           | listen    | send      | recv
CLOSED                    | ok&SYN>SYN-SENT   | ok>LISTEN | -         | -
CLOSED, reset             | ok&SYN>SYN-SENT   | ok        | reset     | reset
CLOSED, refused           | ok&SYN>SYN-SENT   | ok        | refused   | refused
CLOSED, timed out         | ok&SYN>SYN-SENT   | ok        | timed out | timed out
CLOSED, aborted           | ok&SYN>SYN-SENT   | ok        | aborted   | aborted
CLOSED, released          | ok&SYN>SYN-SENT   | ok        | closing   | end
LISTEN                    | ok&SYN>SYN-SENT*2 | taken     | -         | -
SYN-SENT, idle            | taken             | ok        | 10        | not yet
SYN-SENT, data queued     | taken             | ok        | 10        | not yet
SYN-RECEIVED, passive     | taken             | taken     | -         | -
SYN-RECEIVED, active      | taken             | ok        | 10        | not yet
SYN-RECEIVED, data queued | taken             | ok        | 10        | not yet
SYN-RECEIVED, let go      | taken             | ok        | closing   | misuse
ESTABLISHED, idle         | taken             | ok        | 10&DATA   | not yet
ESTABLISHED, data out     | taken             | ok        | 10        | not yet
ESTABLISHED, shut         | taken             | ok        | 10&DATA   | data&ACK
ESTABLISHED, peer shut    | taken             | ok        | 10        | not yet
FIN-WAIT-1, held          | taken             | ok        | closing   | not yet
FIN-WAIT-1, let go        | taken             | ok        | closing   | misuse
FIN-WAIT-1, data out      | taken             | ok        | closing   | not yet
FIN-WAIT-1, shut          | taken             | ok        | closing   | data&ACK
FIN-WAIT-1, SYN out       | taken             | ok        | closing   | not yet
FIN-WAIT-2, held          | taken             | ok        | closing   | not yet
FIN-WAIT-2, let go        | taken             | ok        | closing   | misuse
FIN-WAIT-2, shut          | taken             | ok        | closing   | data&ACK
CLOSE-WAIT, idle          | taken             | ok        | 10&DATA   | end
CLOSE-WAIT, data out      | taken             | ok        | 10        | end
CLOSING, held             | taken             | ok        | closing   | end
CLOSING, let go           | taken             | ok        | closing   | misuse
CLOSING, data out         | taken             | ok        | closing   | end
LAST-ACK, held            | taken             | ok        | closing   | end
LAST-ACK, let go          | taken             | ok        | closing   | misuse
LAST-ACK, data out        | taken             | ok        | closing   | end
TIME-WAIT, no listener    | taken             | ok        | closing   | end
TIME-WAIT, listener       | taken             | taken     | closing   | end
""",
    """
                          | shutdown          | close             | abort
CLOSED                    | -                 | -                 | -
CLOSED, reset             | reset             | ok*1              | ok*1
CLOSED, refused           | refused           | ok*1              | ok*1
CLOSED, timed out         | timed out         | ok*1              | ok*1
CLOSED, aborted           | aborted           | ok*1              | ok*1
CLOSED, released          | misuse            | ok*1              | ok*1
LISTEN                    | -                 | ok>CLOSED         | -
SYN-SENT, idle            | ok                | ok>CLOSED         | ok>CLOSED
SYN-SENT, data queued     | ok                | ok>CLOSED         | ok>CLOSED
SYN-RECEIVED, passive     | -                 | ok>CLOSED*3       | -
SYN-RECEIVED, active      | ok&FIN>FIN-WAIT-1 | ok&FIN>FIN-WAIT-1 | ok&RST>CLOSED
SYN-RECEIVED, data queued | ok                | ok                | ok&RST>CLOSED
SYN-RECEIVED, let go      | ok*4              | ok*4              | ok&RST>CLOSED
ESTABLISHED, idle         | ok&FIN>FIN-WAIT-1 | ok&FIN>FIN-WAIT-1 | ok&RST>CLOSED
ESTABLISHED, data out     | ok&FIN>FIN-WAIT-1 | ok&FIN>FIN-WAIT-1 | ok&RST>CLOSED
ESTABLISHED, shut         | ok&FIN>FIN-WAIT-1 | ok&RST>CLOSED*5   | ok&RST>CLOSED
ESTABLISHED, peer shut    | ok>FIN-WAIT-1     | ok>FIN-WAIT-1     | ok&RST>CLOSED
FIN-WAIT-1, held          | ok*4              | ok*4              | ok&RST>CLOSED
FIN-WAIT-1, let go        | ok*4              | ok*4              | ok&RST>CLOSED
FIN-WAIT-1, data out      | ok*4              | ok*4              | ok&RST>CLOSED
FIN-WAIT-1, shut          | ok*4              | ok&RST>CLOSED*5   | ok&RST>CLOSED
FIN-WAIT-1, SYN out       | ok*4              | ok*4              | ok&RST>CLOSED
FIN-WAIT-2, held          | ok*4              | ok*4              | ok&RST>CLOSED
FIN-WAIT-2, let go        | ok*4              | ok*4              | ok&RST>CLOSED
FIN-WAIT-2, shut          | ok*4              | ok&RST>CLOSED*5   | ok&RST>CLOSED
CLOSE-WAIT, idle          | ok&FIN>LAST-ACK   | ok&FIN>LAST-ACK   | ok&RST>CLOSED
CLOSE-WAIT, data out      | ok&FIN>LAST-ACK   | ok&FIN>LAST-ACK   | ok&RST>CLOSED
CLOSING, held             | ok*4              | ok*4              | ok>CLOSED
CLOSING, let go           | ok*4              | ok*4              | ok>CLOSED
CLOSING, data out         | ok*4              | ok*4              | ok>CLOSED
LAST-ACK, held            | ok*4              | ok*4              | ok>CLOSED
LAST-ACK, let go          | ok*4              | ok*4              | ok>CLOSED
LAST-ACK, data out        | ok*4              | ok*4              | ok>CLOSED
TIME-WAIT, no listener    | ok*4              | ok*4              | ok>CLOSED*6
TIME-WAIT, listener       | ok*4              | ok*4              | ok>CLOSED*6
""",
]

NOTES = {
    "1": "3.10.4 and 3.10.5 call it an error. A program that cleans up need not ask first how the connection went; "
    "what ended it is still in `error`.",
    "2": "3.10.1 turns the passive OPEN into an active one. Here a listener is a port's, and goes on (MUST-42); the "
    "connection is another record.",
    "3": "A half-open entry belongs to its listener, and nothing was promised to the peer yet: forgotten without a "
    "word; its next segment is answered with RST by the closed port.",
    "4": '3.10.4: "strictly speaking an error", and "ok" acceptable, as long as there is no second FIN.',
    "5": "3.6.1, SHLD-3: data is unread, so it is a reset.",
    "6": "3.10.5 deletes the record. For the program it is over; the four-tuple rests on, for that is what keeps old "
    "segments from a new connection (MUST-13).",
}


def _ended(how):
    """A connection that is over, by what ended it."""

    def reach(ipv6=False, config=CONFIG):
        start = "SYN-SENT, idle" if how in ("refused", "timed out") else "ESTABLISHED, idle"
        g = Ground(BY_NAME[start], ipv6=ipv6, config=config)
        if how == "reset":
            g.say("RST", 1)
        elif how == "refused":
            g.say("RST,ACK", 1, 1)
        elif how == "timed out":
            g.t.wait(300)
            while g.t.receive():
                pass
        elif how == "aborted":
            g.connection.abort()
            g.hear("RST,ACK", 1, 1)
        else:
            g.say("FIN,ACK", 1, 1)
            g.connection.shutdown()
            g.hear("FIN,ACK", 1, 2)
            g.say("ACK", 2, 2)
        g.stack.events()
        assert g.connection.state is State.CLOSED
        return g

    return reach


ENDED = {f"CLOSED, {how}": _ended(how) for how in ("reset", "refused", "timed out", "aborted", "released")}
WHERE = [place.name for place in ALL] + list(ENDED)


def reach(name, ipv6=False, stamped=False):
    """The ground at a place of this table."""
    if name in ENDED:
        return ENDED[name](ipv6)
    return Ground(BY_NAME[name], ipv6=ipv6, passive=ipv6, stamped=stamped)


@dataclass(frozen=True)
class Call:
    """What must come of a call."""

    result: str
    answer: str
    state: State
    note: str | None


def _read():
    found = {}
    for table in TABLES:
        for where, name, text in grid.cells(table):
            assert (where, name) not in found, f"{where}, {name}: twice"
            found[where, name] = None if text == "-" else _cell(text, where)
    return found


def _cell(text, place):
    found = re.fullmatch(r"([a-z0-9 ]+)(&([A-Z]+))?(>([A-Z0-9-]+))?(\*(\d))?", text)
    assert found, f"{text!r} is no cell"
    before = BY_NAME[place].state if place in BY_NAME else State.CLOSED
    return Call(found[1], found[3] or "", STATES[found[5]] if found[5] else before, found[7])


CELLS = _read()
