"""The control bits of a TCP header (RFC 9293 3.1), in the order of their bits.

The engine works with the plain integers; `flag_names` is what people read.
"""

FIN = 0x01
SYN = 0x02
RST = 0x04
PSH = 0x08
ACK = 0x10
URG = 0x20
ECE = 0x40
CWR = 0x80

NAMES = {SYN: "SYN", FIN: "FIN", RST: "RST", PSH: "PSH", ACK: "ACK", URG: "URG", ECE: "ECE", CWR: "CWR"}


def flag_names(flags: int) -> str:
    """`SYN,ACK` for 0x12; `none` for a segment without any control bit."""
    return ",".join(name for bit, name in NAMES.items() if flags & bit) or "none"
