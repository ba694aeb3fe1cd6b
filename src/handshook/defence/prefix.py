"""Prefixes of addresses: `192.0.2.0/24` as text, and as the packed address and its length as tables have them."""

from ipaddress import ip_network


def read_prefix(text: str) -> tuple[bytes, int]:
    """The packed network address and the length; an address alone is a prefix of its whole length.

    Raises `ValueError` for what is none, and for one with bits beyond its length.
    """
    network = ip_network(text.strip())
    return network.network_address.packed, network.prefixlen


def spell_prefix(packed: bytes, length: int) -> str:
    """`192.0.2.0/24`; without the length where it is the whole address."""
    whole = packed + bytes((4 if len(packed) <= 4 and length <= 32 else 16) - len(packed))
    network = ip_network((whole, length))
    return str(network.network_address) if length == network.max_prefixlen else str(network)
