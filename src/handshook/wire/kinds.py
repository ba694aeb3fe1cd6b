"""The numbers by which IP names what it carries and TCP names its options (IANA's registries)."""

PROTOCOL_ICMP = 1
PROTOCOL_TCP = 6
PROTOCOL_ICMPV6 = 58

OPTION_END = 0
OPTION_NOP = 1
OPTION_MSS = 2
OPTION_SCALE = 3
OPTION_SACK_PERMITTED = 4
OPTION_SACK = 5
OPTION_TIMESTAMPS = 8
