"""The engine for programs that block: a host with a thread of its own, and sockets shaped as the standard library's."""

from .errors import HostDown
from .host import Host
from .sockets import Socket

__all__ = ["Host", "HostDown", "Socket"]
