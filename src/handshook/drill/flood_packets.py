"""The packets of an attack: forged, from sources that are nobody's, towards the engine of a private network.

There is nothing here that sends. The sources are of the range for benchmarks (RFC 2544) and, for IPv6, of the one for
documentation (RFC 3849), so that whatever became of them they would be routed nowhere.
"""

from random import Random

from ..lab.addresses import ENGINE4, ENGINE6
from ..wire.addresses import make_key, pack
from ..wire.build import Builder
from ..wire.flags import ACK, FIN, RST, SYN

FORGED = ("syn", "ack", "syn-rst", "rst-fin")
"""What can be forged; "connect" can't, for who connects must hear the answer."""

# 198.18.0.0/15, and 2001:db8:8000::/33 with its 32,768 prefixes of 48 bits.
SOURCES4 = 0xC6120000
BITS4 = 17
SOURCES6 = 0x20010DB8_80000000 << 64
BITS6 = 95


def forge(attack: str, count: int, *, port: int, seed: int, version: int = 4, to: str = "") -> list[bytes]:
    """So many packets of an attack, each from a source of its own, as far as there are enough.

    "syn-rst" has two for each source, a SYN and its RST. `to` is the engine's address, in whose place the kernel's can
    stand when the kernel is what is attacked.
    """
    if attack not in FORGED:
        raise ValueError(f"{attack!r} can't be forged; {', '.join(FORGED)} can")
    random = Random(seed)
    draw = random.getrandbits
    target = pack(to or (ENGINE4 if version == 4 else ENGINE6))
    builder = Builder()
    packets: list[bytes] = []
    while len(packets) < count:
        if version == 4:
            source = (SOURCES4 | draw(BITS4)).to_bytes(4, "big")
        else:
            source = (SOURCES6 | draw(BITS6)).to_bytes(16, "big")
        key = make_key(target, source, port, 1024 + draw(16) % 64512)
        seq = draw(32)
        if attack.startswith("syn"):
            packets.append(_write(builder, version, key, seq, 0, SYN, draw(32)))
            if attack == "syn-rst" and len(packets) < count:
                packets.append(_write(builder, version, key, (seq + 1) & 0xFFFFFFFF, 0, RST, 0))
        elif attack == "ack":
            packets.append(_write(builder, version, key, seq, draw(32), ACK, draw(32)))
        else:
            flags = (RST, FIN, FIN | ACK)[draw(8) % 3]
            packets.append(_write(builder, version, key, seq, draw(32) if flags & ACK else 0, flags, 0))
    return packets


def _write(builder: Builder, version: int, key: bytes, seq: int, ack: int, flags: int, stamp: int) -> bytes:
    """One packet, with the options that a Linux client sends: forged SYNs should not be told by their poverty."""
    builder.begin(version)
    if flags == SYN:
        builder.add_mss(1460 if version == 4 else 1440)
        builder.add_sack_permitted()
        builder.add_timestamps(stamp, 0)
        builder.add_scale(7)
    elif flags == ACK:
        builder.add_timestamps(stamp, stamp ^ 0x5A5A5A5A)
    return builder.finish(key, seq, ack, flags, 64240, b"", 0, 0, 0, 0)
