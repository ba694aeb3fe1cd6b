"""How a connection went: one outcome, one sentence, the figures that it rests on, and the error that it makes."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..outcomes import BY_NUMBER, Outcome
from ..wire.addresses import spell
from ..wire.icmp import Trouble
from .sequence import distance
from .states import State
from .tcb import TCB


@dataclass(frozen=True)
class Verdict:
    """What happened to a connection: facts only. `evidence` holds the figures, each by its name."""

    outcome: Outcome
    sentence: str
    evidence: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence


_ERRORS: dict[int, tuple[type[OSError], int, str]] = {
    Outcome.CONNECTION_REFUSED: (ConnectionRefusedError, errno.ECONNREFUSED, "connection refused"),
    Outcome.CONNECT_TIMED_OUT: (TimeoutError, errno.ETIMEDOUT, "connection timed out"),
    Outcome.CONNECTION_RESET: (ConnectionResetError, errno.ECONNRESET, "connection reset by peer"),
    Outcome.SEND_TIMED_OUT: (TimeoutError, errno.ETIMEDOUT, "connection timed out"),
    Outcome.KEEP_ALIVE_TIMED_OUT: (TimeoutError, errno.ETIMEDOUT, "the idle peer is gone"),
    Outcome.CALLED_ABORT: (ConnectionAbortedError, errno.ECONNABORTED, "connection aborted"),
    Outcome.LISTENER_CLOSED: (ConnectionAbortedError, errno.ECONNABORTED, "the listener was closed"),
    Outcome.ICMP_REFUSED: (OSError, errno.EHOSTUNREACH, "no route to host"),
}

_TROUBLE_ERRORS: dict[Trouble, tuple[type[OSError], int, str]] = {
    Trouble.NET_UNREACHABLE: (OSError, errno.ENETUNREACH, "network is unreachable"),
    Trouble.PORT_UNREACHABLE: (ConnectionRefusedError, errno.ECONNREFUSED, "connection refused"),
    Trouble.PROTOCOL_UNREACHABLE: (OSError, errno.ENOPROTOOPT, "protocol not available"),
    Trouble.PROHIBITED: (OSError, errno.EACCES, "communication prohibited"),
}


def error_for(why: int, verdict: Verdict, trouble: Trouble | None) -> OSError | None:
    """The exception for a connection that ended for this reason, with `.verdict` on it; None for a normal end."""
    found = _ERRORS.get(why)
    if found is None:
        return None
    if why == Outcome.ICMP_REFUSED and trouble is not None:
        found = _TROUBLE_ERRORS.get(trouble, found)
    kind, number, text = found
    error = kind(number, text)
    error.verdict = verdict  # type: ignore[attr-defined]
    return error


def judge(c: TCB, state: State, trouble: Trouble | None) -> Verdict:
    """Put the facts of a connection into words; `trouble` is the last ICMP error about it."""
    tries = c.retransmissions + 1
    evidence: dict[str, object] = {
        "state": state.rfc_name,
        "opened": "passively" if c.passive else "actively",
        "segments_in": c.segments_in,
        "segments_out": c.segments_out,
        "retransmissions": c.retransmissions,
        "unanswered": c.retries,
        "bytes_unacknowledged": distance(c.snd_una, c.snd_nxt),
        "round_trip": c.srtt or None,
        "handshake": c.established_at - c.started_at if c.syn_acked else None,
        "icmp": trouble.value if trouble is not None else None,
    }
    remote = spell(c.remote)
    why = BY_NUMBER[c.why]
    if state is State.CLOSED:
        if why is Outcome.CONNECT_TIMED_OUT:
            tries = c.retries + 1
            sentence = f"no answer from {remote} to {tries} SYNs: given up"
        elif why is Outcome.CONNECTION_REFUSED:
            sentence = f"{remote} answered the SYN with RST: nobody listens there"
        elif why is Outcome.ICMP_REFUSED and trouble is not None:
            sentence = f"{remote} can't be reached: {trouble.value} (ICMP)"
        elif why is Outcome.CALLED_ABORT and not c.segments_in:
            sentence = f"given up by the program before {remote} had answered"
        elif why is Outcome.CALLED_ABORT and c.fin_sent and c.peer_finished:
            sentence = f"let go by the program when both sides had finished, but {remote} had not acknowledged it"
        elif why in (Outcome.CLOSED_NORMALLY, Outcome.NOTHING):
            sentence = f"opened, used and released in order with {remote}"
        else:
            sentence = f"with {remote}: {why.meaning}"
        return Verdict(Outcome.CLOSED_NORMALLY if why is Outcome.NOTHING else why, sentence, evidence)
    if not c.syn_acked:
        sentence = f"the handshake with {remote} is under way; {tries} SYN{'s' if tries > 1 else ''} sent"
        return Verdict(Outcome.OPENING, sentence, evidence)
    if state is State.ESTABLISHED:
        return Verdict(Outcome.OPEN, f"open with {remote}", evidence)
    return Verdict(Outcome.CLOSING, f"the connection with {remote} is being released ({state.rfc_name})", evidence)
