"""What can become of a segment: the words that the tables are written in, and how a table's text is read.

A cell is `fate`, `fate+10`, `fate!rw`, `fate&DATA`, `fate>STATE` or all of it in this order, and `*n` where the engine
means to differ from the RFC's letter: note n of the same table says why.

    fate     what was decided and what is answered at once: FATES below
    +10      RCV.NXT moves by 10 (data and FIN), and the answer says so
    !rw      what the program is told beside what the fate itself says: the letters of TOLD
    &DATA    the answer carries what the program had queued; &DATA,FIN its FIN too; &ACK there is an answer after all
    >STATE   the next state; the same one where nothing is said
"""

import re
from dataclasses import dataclass

from tcp.matrix import grid
from tcp.matrix.kinds import KINDS
from tcp.matrix.places import BY_NAME, Place

from handshook import Outcome, State
from handshook.tcp.happened import Happened

TOLD = {
    "o": Happened.OPENED,
    "r": Happened.READABLE,
    "w": Happened.WRITABLE,
    "f": Happened.FINISHED,
    "e": Happened.ENDED,
    "a": Happened.ACCEPTABLE,
}
STATES = {state.rfc_name: state for state in State}

# The answers of RFC 9293 3.10.7, each with its numbers: see `Walk.wanted`.
SILENCE, ACK, SYN_ACK, ABORT = "", "ACK", "SYN,ACK", "ABORT"
RST, RST_ACK = "RST", "RST,ACK"


@dataclass(frozen=True)
class Fate:
    """The decision by its name, the answer, what the program is told, and the error it then meets."""

    outcome: Outcome
    answer: str = SILENCE
    told: str = ""
    error: type | None = None


FATES = {
    # CLOSED (3.10.7.1)
    "no port": Fate(Outcome.CLOSED_PORT_RESET, RST),
    "no port, 0": Fate(Outcome.CLOSED_PORT_RESET, RST_ACK),
    "no port, RST": Fate(Outcome.CLOSED_PORT_IGNORED),
    # LISTEN (3.10.7.2)
    "half-open": Fate(Outcome.SYN_ANSWERED, SYN_ACK),
    "stray ACK": Fate(Outcome.LISTEN_ACK_RESET, RST),
    "stray RST": Fate(Outcome.LISTEN_RST_IGNORED),
    "useless": Fate(Outcome.LISTEN_IGNORED),
    "nonsense": Fate(Outcome.FLAGS_NONSENSE),
    # SYN-SENT (3.10.7.3)
    "bad ACK": Fate(Outcome.SYN_SENT_ACK_BAD, RST),
    "unproved": Fate(Outcome.SYN_SENT_RST_IGNORED),
    "too early": Fate(Outcome.SYN_SENT_IGNORED),
    "refused": Fate(Outcome.CONNECTION_REFUSED, error=ConnectionRefusedError),
    "open": Fate(Outcome.ESTABLISHED_ACTIVE, ACK, "o"),
    "both open": Fate(Outcome.SIMULTANEOUS_SYN, SYN_ACK),
    # SYN-RECEIVED (3.10.7.4)
    "once more": Fate(Outcome.SYN_REPEATED, SYN_ACK),
    "not our SYN": Fate(Outcome.SYN_ACK_ACK_BAD, RST),
    "forgotten": Fate(Outcome.HALF_OPEN_RESET),
    "opened": Fate(Outcome.ESTABLISHED_PASSIVE),
    # first to fourth: the sequence number, RST, SYN (3.10.7.4, RFC 5961 3-5, RFC 7323 5)
    "old": Fate(Outcome.DUPLICATE_SEGMENT, ACK),
    "outside": Fate(Outcome.OUTSIDE_WINDOW, ACK),
    "missed": Fate(Outcome.RST_OUTSIDE_WINDOW),
    "reset": Fate(Outcome.CONNECTION_RESET, error=ConnectionResetError),
    "challenge": Fate(Outcome.CHALLENGE_ACK, ACK),
    "stale": Fate(Outcome.PAWS_REJECTED, ACK),
    "unstamped": Fate(Outcome.TIMESTAMP_MISSING),
    # fifth: the ACK
    "no ACK": Fate(Outcome.WITHOUT_ACK_DROPPED),
    "same": Fate(Outcome.ACK_NOTHING_NEW),
    "duplicate": Fate(Outcome.DUPLICATE_ACK),
    "acked": Fate(Outcome.ACKED),
    "our FIN": Fate(Outcome.FIN_ACKED),
    # seventh: the text
    "data": Fate(Outcome.DATA_ACCEPTED, ACK, "r"),
    "gap": Fate(Outcome.DATA_OUT_OF_ORDER, ACK),
    "late": Fate(Outcome.DATA_AFTER_FIN_IGNORED),
    "unwanted": Fate(Outcome.DATA_AFTER_CLOSE_RESET, ABORT),
    # eighth: the FIN
    "FIN": Fate(Outcome.FIN_ACCEPTED, ACK, "f"),
    "both": Fate(Outcome.FIN_BOTH, ACK, "f"),
    # TIME-WAIT (3.10.7.4, RFC 1337, RFC 6191)
    "rests": Fate(Outcome.TIME_WAIT_IGNORED),
    "rests, ACK": Fate(Outcome.TIME_WAIT_ACKED, ACK),
    "rests, FIN": Fate(Outcome.TIME_WAIT_FIN_REPEATED, ACK),
    "rests, SYN": Fate(Outcome.TIME_WAIT_SYN_DROPPED),
    "rests, RST": Fate(Outcome.TIME_WAIT_RST_IGNORED),
    "begins anew": Fate(Outcome.TIME_WAIT_REOPENED, SYN_ACK),
}

CELL = re.compile(
    r"(?P<fate>[A-Za-z0-9, -]+?)(\+(?P<moved>\d+))?(!(?P<told>[a-z]+))?(&(?P<carries>[A-Z,]+))?"
    r"(>(?P<next>[A-Z0-9-]+))?(\*(?P<note>\d))?"
)


@dataclass(frozen=True)
class Cell:
    """What must come of one kind of segment in one place."""

    fate: Fate
    word: str
    state: State
    moved: int = 0
    told: frozenset = frozenset()
    answer: str = SILENCE
    note: str | None = None


def cell(text, place, notes):
    """Read one cell."""
    found = CELL.fullmatch(text)
    assert found, f"{text!r} is no cell"
    word, moved, carries = found["fate"], int(found["moved"] or 0), found["carries"]
    fate = FATES[word]
    state = STATES[found["next"]] if found["next"] else place.state
    told = {TOLD[letter] for letter in fate.told + (found["told"] or "")}
    if place.state is not state and state in (State.CLOSED, State.TIME_WAIT) and place.variant != "passive":
        told.add(Happened.ENDED)  # for the program it is over: TIME-WAIT is the stack's matter
    if carries:
        answer = carries
    else:
        answer = ACK if moved and fate.answer == SILENCE else fate.answer
    if found["note"]:
        assert found["note"] in notes, f"note {found['note']} is missing"
    return Cell(fate, word, state, moved, frozenset(told), answer, found["note"])


@dataclass(frozen=True)
class Table:
    """A state's cells, and the notes of those that mean to differ."""

    cells: dict
    notes: dict


def table(state, text, **notes):
    """A table's text as {(place, kind): cell}.

    The first line names the variants, several of them with `=` between where they fare alike; each other line begins
    with a kind of segment. A `note1="…"` is what `*1` stands for.
    """
    notes = {name.removeprefix("note"): why for name, why in notes.items()}
    found = {}
    for kind, variants, word in grid.cells(text):
        assert kind in KINDS, f"{kind!r} is no kind of segment"
        for variant in variants.split("="):
            place = _place(state, variant.strip())
            assert (place, kind) not in found, f"{place.name}, {kind}: twice"
            found[place, kind] = cell(word, place, notes)
    return Table(found, notes)


def _place(state, variant) -> Place:
    return BY_NAME[state.rfc_name if variant == "-" else f"{state.rfc_name}, {variant}"]
