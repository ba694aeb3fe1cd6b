"""A stack's tables as plain data: every half-open, open, closing and TIME-WAIT entry."""

from dataclasses import dataclass

from ..tcp.clock import NEVER
from ..tcp.connection import Connection
from ..tcp.flow import Flow
from ..tcp.half_open import HalfOpen
from ..tcp.held import Held
from ..tcp.states import State
from ..tcp.time_wait import TimeWait
from ..wire.addresses import local_of, remote_of


@dataclass(frozen=True)
class Entry:
    """One four-tuple that the stack knows. `age` is in seconds, `due` the seconds until its next time-out or None.

    `options` names what both SYNs agreed on, e.g. ("mss 1460", "timestamps", "sack", "scale 7/5"). `policy` is how a
    half-open entry is treated: "answered" with a SYN,ACK, "held" for the program's word, or left in "silence" by it;
    "" for all others.
    """

    local: tuple[str, int]
    remote: tuple[str, int]
    state: State
    age: float
    retries: int
    options: tuple[str, ...]
    send_queue: int
    receive_queue: int
    due: float | None
    policy: str = ""


def entry_of(flow: Flow, now: float) -> Entry:
    """A half-open entry or a connection."""
    due = flow.due - now if flow.due != NEVER else None
    if isinstance(flow, HalfOpen):
        agreed = _options(flow.peer_mss, flow.timestamps, flow.sack, flow.scale, flow.terms.receive_scale)
        queued = len(flow.data) if flow.data is not None else 0
        age = now - flow.started_at
        return Entry(flow.local, flow.remote, flow.state, age, flow.retries, agreed, 0, queued, due, _policy(flow))
    assert isinstance(flow, Connection)
    agreed = _options(flow.peer_mss, flow.timestamps, flow.sack, flow.snd_scale if flow.scaling else -1, flow.rcv_scale)
    send_queue = flow.outgoing.size if flow.outgoing is not None else 0
    age = now - flow.started_at
    return Entry(flow.local, flow.remote, flow.state, age, flow.retries, agreed, send_queue, flow.readable(), due)


def _policy(entry: HalfOpen) -> str:
    if not isinstance(entry, Held) or not entry.waits:
        return "answered"
    return "silence" if entry.choice else "held"


def entry_of_wait(key: bytes, wait: TimeWait, msl: float, now: float) -> Entry:
    """A TIME-WAIT entry; its age counts from when the wait began."""
    due = wait.expires - now
    options = ("timestamps",) if wait.timestamps else ()
    return Entry(local_of(key), remote_of(key), State.TIME_WAIT, 2 * msl - due, 0, options, 0, 0, due)


def _options(mss: int, timestamps: bool, sack: bool, theirs: int, ours: int) -> tuple[str, ...]:
    agreed = [f"mss {mss}"] if mss else []
    if timestamps:
        agreed.append("timestamps")
    if sack:
        agreed.append("sack")
    if theirs >= 0:
        agreed.append(f"scale {ours}/{theirs}")
    return tuple(agreed)
