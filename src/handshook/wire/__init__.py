"""Bytes to segments and back: IPv4, IPv6, TCP and its options, checksums, and the ICMP that speaks about them."""
