"""Mangling packets, from a flipped bit to a splice of two, and making the checksums right so that it gets further."""

import struct

from segments import ICMP, ICMPV6, TCP, internet_sum, pseudo_header

INTERESTING = [0, 1, 2, 5, 0x0F, 0x40, 0x45, 0x4F, 0x50, 0x60, 0x7F, 0x80, 0xF0, 0xFE, 0xFF]


def mutate(random, raw, another):
    """A changed copy; `another` gives a second packet for splicing."""
    raw = bytearray(raw)
    for _ in range(1 + int(random.expovariate(1.2))):
        if not raw:
            return bytes(raw)
        chance = random.random()
        at = random.randrange(min(len(raw), 100))
        if chance < 0.25:
            raw[at] ^= 1 << random.randrange(8)
        elif chance < 0.45:
            raw[at] = random.choice(INTERESTING)
        elif chance < 0.55:
            raw[at : at + 2] = struct.pack("!H", random.choice([0, 1, 0x7FFF, 0x8000, 0xFFFF, random.getrandbits(16)]))
        elif chance < 0.65:
            raw[at : at + 4] = random.randbytes(4)
        elif chance < 0.75:
            del raw[random.randrange(len(raw)) :]
        elif chance < 0.80:
            raw += random.randbytes(random.randrange(64))
        elif chance < 0.85:
            del raw[at : at + random.randrange(24)]
        elif chance < 0.90:
            raw[at:at] = raw[at : at + random.randrange(24)]
        elif chance < 0.95:
            other = another()
            raw = raw[: random.randrange(len(raw))] + other[random.randrange(len(other) + 1) :]
        else:
            _set_tcp_field(random, raw)
    return bytes(raw)


def _set_tcp_field(random, raw):
    """Flags, data offset, window, an option's kind or length, where they usually stand."""
    tcp = 20 if raw[0] >> 4 == 4 else 40
    at = tcp + random.choice([12, 13, 13, 13, 14, 20, 21, 22, 23, 24, 25])
    if at < len(raw):
        raw[at] = random.getrandbits(8)


def mend(raw):
    """Lengths and checksums made right, as far as there is anything to make right."""
    raw = bytearray(raw)
    if len(raw) < 20:
        return bytes(raw)
    if raw[0] >> 4 == 4:
        header, protocol = (raw[0] & 15) * 4, raw[9]
        if not 20 <= header <= len(raw):
            return bytes(raw)
        raw[2:4] = struct.pack("!H", len(raw) & 0xFFFF)
        raw[10:12] = b"\x00\x00"
        raw[10:12] = struct.pack("!H", internet_sum(bytes(raw[:header])) ^ 0xFFFF)
        addresses = bytes(raw[12:16]), bytes(raw[16:20])
    elif raw[0] >> 4 == 6 and len(raw) >= 40:
        header, protocol = 40, raw[6]
        raw[4:6] = struct.pack("!H", (len(raw) - 40) & 0xFFFF)
        addresses = bytes(raw[8:24]), bytes(raw[24:40])
    else:
        return bytes(raw)
    at = header + {TCP: 16, ICMP: 2, ICMPV6: 2}.get(protocol, len(raw))
    if at + 2 <= len(raw):
        raw[at : at + 2] = b"\x00\x00"
        body = bytes(raw[header:])
        pseudo = b"" if protocol == ICMP else pseudo_header(*addresses, protocol, len(body))
        raw[at : at + 2] = struct.pack("!H", internet_sum(pseudo + body) ^ 0xFFFF)
    return bytes(raw)
