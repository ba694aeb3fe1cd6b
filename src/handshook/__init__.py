"""handshook: the life of a TCP connection, in your hands.

A `Stack` is a host: IP packets in, IP packets out, time as a number, and connections that open, carry data and are
released as RFC 9293 says. It does no I/O. Links, a private network, the ladder and the command line stand around it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .host.events import Event
    from .host.listener import Listener
    from .host.queues import Queue
    from .host.snapshot import Entry
    from .host.stack import Stack
    from .host.step import Direction, Step
    from .outcomes import Outcome
    from .tcp.config import Config
    from .tcp.connection import Connection
    from .tcp.happened import Happened
    from .tcp.held import Held
    from .tcp.states import State
    from .tcp.verdict import Verdict
    from .wire.framing import PLAIN, Framing
    from .wire.icmp import Trouble

# Where each public name lives. It is imported when it is first asked for: a command that only prints its help, or the
# keeper of a private network, has no use for the engine.
_HOMES = {
    "PLAIN": "wire.framing",
    "Queue": "host.queues",
    "Config": "tcp.config",
    "Connection": "tcp.connection",
    "Direction": "host.step",
    "Entry": "host.snapshot",
    "Event": "host.events",
    "Framing": "wire.framing",
    "Happened": "tcp.happened",
    "Held": "tcp.held",
    "Listener": "host.listener",
    "Outcome": "outcomes",
    "Stack": "host.stack",
    "State": "tcp.states",
    "Step": "host.step",
    "Trouble": "wire.icmp",
    "Verdict": "tcp.verdict",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]


__all__ = [
    "PLAIN",
    "Config",
    "Connection",
    "Direction",
    "Entry",
    "Event",
    "Framing",
    "Happened",
    "Held",
    "Listener",
    "Outcome",
    "Queue",
    "Stack",
    "State",
    "Step",
    "Trouble",
    "Verdict",
]
