"""What a program is told after a batch: which connection or listener has news, and of what kind."""

from functools import partial
from typing import NamedTuple

from ..tcp.connection import Connection
from ..tcp.happened import Happened
from .listener import Listener


class Event(NamedTuple):
    """News of one connection or listener."""

    source: Connection | Listener
    happened: Happened


# `Event(...)` without its trip through Python: a batch can bring hundreds.
make_event = partial(tuple.__new__, Event)
