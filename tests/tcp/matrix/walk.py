"""One step on the ground: a segment arrives, and everything that can be seen of it is compared with its cell."""

from segments import MASK, read
from tcp.matrix.places import LISTEN, OURS, SYN_RECEIVED, SYN_SENT, THEN, TIME_WAIT, stream
from tcp.matrix.tables import MOVES

from handshook import State
from handshook.tcp.happened import Happened
from handshook.testing import check

# News that the tables are about; what else a program may be told of has tests of its own.
NEWS = (
    Happened.OPENED | Happened.READABLE | Happened.WRITABLE | Happened.FINISHED | Happened.ENDED | Happened.ACCEPTABLE
)
# Segments under which TS.Recent stays: what isn't acceptable, a RST, a SYN (RFC 7323 5.3 R3, 4.3). R3 alone would let
# one with an impossible ACK move it, which R4 then discards (RFC 5961 5): whoever guesses could shut a true peer out.
KEEPS_STAMP = {"old", "outside", "stale", "challenge", "rests, ACK", "rests, FIN"}


def arrive(ground, kind, mode):
    """The segment arrives; the stack's outcome and its answers."""
    before = len(ground.t.steps)
    outcome = ground.t.send_packet(kind.packet(ground, mode))
    for step in ground.t.steps[before:]:
        assert (step.before, step.after) in MOVES, f"{step.before.rfc_name} to {step.after.rfc_name} by {step.outcome}"
    answers = [read(frame) for frame in ground.stack.transmit(ground.t.now)]
    assert len(answers) <= 1, f"{len(answers)} answers to one segment: {answers}"
    if "R" in kind.flags:
        assert not any("R" in answer.flags for answer in answers), f"a RST answers a RST: {answers}"
    if ground.connection is not None:
        check(ground.connection)
    return outcome, answers


def news(ground):
    """What the program is told, all of it put together; what waits to be accepted is accepted."""
    told = Happened(0)
    for _, happened in ground.stack.events():
        told |= happened
    if Happened.ACCEPTABLE in told:
        ground.connection = ground.listener.accept()
        for _, happened in ground.stack.events():
            told |= happened
        assert ground.listener.accept() is None
    return told & NEWS


def see(ground, kind, mode, cell):
    """Let the segment arrive and compare. Raises `AssertionError` that says what differs."""
    place = ground.place
    outcome, answers = arrive(ground, kind, mode)
    wrong = []
    if outcome is not cell.fate.outcome:
        wrong.append(f"outcome {outcome.name}, not {cell.fate.outcome.name}")
    wanted = wanted_answer(ground, kind, cell)
    found = None
    if answers:
        a = answers[0]
        isn = a.seq if "S" in a.flags else ground.t.stack_isn or 0
        ack = (a.ack - ground.t.isn) & MASK if "A" in a.flags else 0
        found = (a.flags.replace("P", ""), (a.seq - isn) & MASK, ack, a.data)
        wrong += stamp_of(ground, kind, mode, cell, a)
        if "R" not in a.flags and "S" not in a.flags and (ack + a.window - ground.edge) & MASK > MASK // 2:
            wrong.append(f"the window's edge went back from {ground.edge} to {ack + a.window}")
    if found != wanted:
        wrong.append(f"answer {found}, not {wanted}")
    told = news(ground)
    if told != sum(cell.told, Happened(0)):
        wrong.append(f"told {told!r}, not {sum(cell.told, Happened(0))!r}")
    state = ground.state()
    if state is not cell.state:
        wrong.append(f"state {state.rfc_name}, not {cell.state.rfc_name}")
    wrong += see_program(ground, kind, cell, state)
    assert not wrong, f"{place.name}: " + "; ".join(wrong)


def wanted_answer(ground, kind, cell):
    """(flags, SEQ, ACK, data) of the answer, by RFC 9293's `<SEQ=…><ACK=…><CTL=…>`; None for silence."""
    place = ground.place
    seq, ack, _ = kind.numbers(place)
    start = seq + 1 if begins(place, cell) else place.R
    rcv_nxt = (start + cell.moved) & MASK
    return {
        "": None,
        "ACK": ("A", place.N, rcv_nxt, b""),
        "SYN,ACK": ("SA", 0, rcv_nxt, b""),
        "ABORT": ("RA", place.N, place.R, b""),
        "RST": ("R", (ack or 0) & MASK, 0, b""),
        "RST,ACK": ("RA", 0, (seq + kind.length(place)) & MASK, b""),
        "DATA": ("A", place.N, rcv_nxt, OURS),
        "DATA,FIN": ("FA", place.N, rcv_nxt, OURS),
    }[cell.answer]


def begins(place, cell):
    """Is RCV.NXT, and whether there are timestamps, this segment's to say?"""
    return place.state in (LISTEN, SYN_SENT) or cell.word == "begins anew"


def stamp_of(ground, kind, mode, cell, answer):
    """What is wrong with the timestamps of an answer (RFC 7323 3.2, 4.3)."""
    place = ground.place
    body = answer.option(8)
    if "R" in answer.flags:
        return []
    agreed = mode.tsval is not None if begins(place, cell) else mode.stamped
    if not agreed:
        return [] if body is None else ["timestamps that were not agreed on"]
    if body is None:
        return ["the timestamps are missing"]
    echo = int.from_bytes(body[4:], "big")
    if cell.word == "once more":
        return [] if echo in (THEN, mode.tsval) else [f"TSecr {echo}"]
    seq, _, _ = kind.numbers(place)
    new = begins(place, cell)
    if cell.word not in KEEPS_STAMP:
        new = new or seq <= place.R
    wanted = mode.tsval if new and mode.tsval is not None else THEN
    return [] if echo == wanted else [f"TSecr {echo}, not {wanted}"]


def see_program(ground, kind, cell, state):
    """What is wrong with what the program can read, and with the error that it meets."""
    connection, place = ground.connection, ground.place
    if connection is None:
        return []
    if cell.word != "begins anew" and state is not State.LISTEN and connection.state is not state:
        return [f"the connection says {connection.state.rfc_name}"]
    error = connection.error
    if type(error) is not (cell.fate.error or type(None)):
        return [f"error {error!r}, not {cell.fate.error}"]
    if not place.held:
        return []
    data, end = drain(connection)
    octets = place.unread + (cell.moved - (Happened.FINISHED in cell.told) if Happened.READABLE in cell.told else 0)
    first = kind.numbers(place)[0] + 1 if place.state is SYN_SENT else 1
    wrong = []
    if data != stream(first, octets):
        wrong.append(f"{len(data)} octets to read, not {octets}")
    finished = Happened.FINISHED in cell.told or place.state in (
        State.CLOSE_WAIT,
        State.CLOSING,
        State.LAST_ACK,
        TIME_WAIT,
    )
    wanted = b"" if finished else cell.fate.error
    if place.state is SYN_RECEIVED and connection.state is SYN_RECEIVED:
        wanted = None
    if end != wanted:
        wrong.append(f"then {end!r}, not {wanted!r}")
    return wrong


def drain(connection):
    """All that can be read, and what comes then: b"" for the end, None for not yet, or the error's type."""
    data = b""
    while True:
        try:
            got = connection.recv(1 << 20)
        except OSError as error:
            return data, type(error)
        if not got:
            return data, got
        data += got
