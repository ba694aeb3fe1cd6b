"""IP addresses between text and the bytes of a packet, and four-tuples between both.

A `key` is a connection's four-tuple as it stands in an arriving packet: source address, destination address, source
port, destination port, all in network order. It is 12 bytes for IPv4 and 36 for IPv6, one slice of the packet, and
the name under which every table of the engine files that connection.
"""

from functools import lru_cache
from ipaddress import ip_address, ip_interface


@lru_cache(maxsize=4096)
def pack(text: str) -> bytes:
    """The 4 or 16 bytes of an address; `ValueError` when it is none. A prefix length after it is dropped."""
    return ip_interface(text).ip.packed


def unpack(packed: bytes) -> str:
    """The text of 4 or 16 bytes."""
    return str(ip_address(packed))


def is_unicast(packed: bytes) -> bool:
    """False for what no host may have as its own: multicast, broadcast, unspecified (RFC 9293 MUST-46, 57, 63)."""
    if len(packed) == 4:
        return 0 < packed[0] < 224
    return packed[0] != 0xFF and any(packed)


def make_key(remote: bytes, local: bytes, remote_port: int, local_port: int) -> bytes:
    """The key under which segments from `remote` to `local` are filed."""
    ports = remote_port << 16 | local_port
    return b"".join((remote, local, ports.to_bytes(4, "big")))


def remote_of(key: bytes) -> tuple[str, int]:
    """The address and port of the other side."""
    width = (len(key) - 4) // 2
    return unpack(key[:width]), int.from_bytes(key[2 * width : 2 * width + 2], "big")


def local_of(key: bytes) -> tuple[str, int]:
    """The address and port of this side."""
    width = (len(key) - 4) // 2
    return unpack(key[width : 2 * width]), int.from_bytes(key[2 * width + 2 :], "big")


def turned(key: bytes) -> bytes:
    """The key as it stands in the packets that go the other way."""
    width = (len(key) - 4) // 2
    return key[width : 2 * width] + key[:width] + key[-2:] + key[-4:-2]


def spell(end: tuple[str, int]) -> str:
    """`198.51.100.1:80`, `[2001:db8::1]:80`."""
    host, port = end
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
