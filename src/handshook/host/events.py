"""What a program is told after a batch: which connection or listener has news, and of what kind."""

from typing import TypeAlias

from ..tcp.connection import Connection
from ..tcp.happened import Happened
from ..tcp.held import Held
from .listener import Listener

Event: TypeAlias = tuple[Connection | Listener | Held, Happened]
"""Whose news, and which; a plain pair, for a batch can bring hundreds."""
