"""handshook: the life of a TCP connection, in your hands.

A `Stack` is a host: IP packets in, IP packets out, time as a number, and connections that open, carry data and are
released as RFC 9293 says. It does no I/O. Links, a private network, the ladder and the command line stand around it.
"""

from .host.events import Event
from .host.listener import Listener
from .host.snapshot import Entry
from .host.stack import Stack
from .host.step import Direction, Step
from .outcomes import Outcome
from .tcp.config import Config
from .tcp.connection import Connection
from .tcp.happened import Happened
from .tcp.states import State
from .tcp.verdict import Verdict
from .wire.framing import PLAIN, Framing

__all__ = [
    "PLAIN",
    "Config",
    "Connection",
    "Direction",
    "Entry",
    "Event",
    "Framing",
    "Happened",
    "Listener",
    "Outcome",
    "Stack",
    "State",
    "Step",
    "Verdict",
]
