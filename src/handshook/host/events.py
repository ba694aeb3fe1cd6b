"""What a program is told after a batch: which connection or listener has news, and of what kind."""

from typing import NamedTuple

from ..tcp.connection import Connection
from ..tcp.happened import Happened
from .listener import Listener


class Event(NamedTuple):
    """News of one connection or listener."""

    source: Connection | Listener
    happened: Happened
