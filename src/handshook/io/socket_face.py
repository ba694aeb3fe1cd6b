"""What a library may ask the socket behind a transport: its addresses, its family, and to be prompt."""

import errno
import socket

from ..tcp.connection import Connection


def socket_address(end: tuple[str, int]) -> tuple[str, int] | tuple[str, int, int, int]:
    """An address as sockets spell it: for IPv6 with a flow label and a scope, both 0 here."""
    return (*end, 0, 0) if ":" in end[0] else end


class SocketFace:
    """As asyncio's TransportSocket: enough to look at; no I/O, and no descriptor (`fileno` is -1)."""

    type = socket.SOCK_STREAM
    proto = socket.IPPROTO_TCP

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def family(self) -> socket.AddressFamily:
        """AF_INET or AF_INET6."""
        return socket.AF_INET6 if ":" in self._connection.local[0] else socket.AF_INET

    def getsockname(self) -> tuple[str, int] | tuple[str, int, int, int]:
        """The engine's end."""
        return socket_address(self._connection.local)

    def getpeername(self) -> tuple[str, int] | tuple[str, int, int, int]:
        """The other end."""
        return socket_address(self._connection.remote)

    def fileno(self) -> int:
        """-1: the kernel knows nothing of it. See `as_socket` for a real one."""
        return -1

    def getsockopt(self, level: int, option: int) -> int:
        """TCP_NODELAY and SO_KEEPALIVE; raises OSError (ENOPROTOOPT) for any other."""
        config = self._connection.config
        if (level, option) == (socket.IPPROTO_TCP, socket.TCP_NODELAY):
            return int(not config.nagle)
        if (level, option) == (socket.SOL_SOCKET, socket.SO_KEEPALIVE):
            return int(config.keep_alive > 0)
        raise OSError(errno.ENOPROTOOPT, "the engine has no such option")

    def setsockopt(self, level: int, option: int, value: int) -> None:
        """TCP_NODELAY and SO_KEEPALIVE (after the two hours of RFC 1122); raises OSError (ENOPROTOOPT) for others."""
        if (level, option) == (socket.IPPROTO_TCP, socket.TCP_NODELAY):
            self._connection.configure(nagle=not value)
        elif (level, option) == (socket.SOL_SOCKET, socket.SO_KEEPALIVE):
            self._connection.configure(keep_alive=7200.0 if value else 0.0)
        else:
            raise OSError(errno.ENOPROTOOPT, "the engine has no such option")
