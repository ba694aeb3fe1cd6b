"""How a connection went, in one outcome, one sentence, and the figures that it rests on."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..outcomes import Outcome
from ..wire.icmp import Trouble


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
