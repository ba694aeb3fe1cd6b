"""IP packets written and read by hand, for tests that must not trust the engine's own writer and reader.

Everything is laid out with `struct`, straight from the RFCs' diagrams. `packet` writes a sound packet; each field that
a test wants wrong is given by name. `read` is the strict counterpart: it takes a packet apart and fails on anything
unsound.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))
LETTERS = {"S": SYN, "F": FIN, "R": RST, "P": PSH, "A": ACK, "U": URG, "E": ECE, "C": CWR}

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS = 0, 43, 44, 60

MASK = 0xFFFFFFFF

# --- options ---------------------------------------------------------------------------------------------------------

EOL = b"\x00"
NOP = b"\x01"
SACK_PERMITTED = b"\x04\x02"


def option(kind, body=b"", length=None):
    """Any option; `length` is what its length byte claims."""
    return bytes((kind, 2 + len(body) if length is None else length)) + body


def mss(size):
    return option(2, struct.pack("!H", size))


def scale(shift):
    return option(3, bytes((shift,)))


def sack(*blocks):
    return option(5, b"".join(struct.pack("!II", left & MASK, right & MASK) for left, right in blocks))


def timestamps(value, echo=0):
    return option(8, struct.pack("!II", value & MASK, echo & MASK))


def padded(options, filler=EOL):
    """To a whole number of words."""
    return options + filler * (-len(options) % 4)


# --- writing ---------------------------------------------------------------------------------------------------------


def bits(flags):
    """The flags byte: from letters ("SA") or a number."""
    return flags if isinstance(flags, int) else sum(LETTERS[letter] for letter in flags)


def internet_sum(data):
    """The ones' complement sum of 16-bit words, folded (RFC 1071)."""
    if len(data) % 2:
        data += b"\x00"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def pseudo_header(source, destination, protocol, length):
    if len(source) == 4:
        return source + destination + struct.pack("!BBH", 0, protocol, length)
    return source + destination + struct.pack("!IHBB", length, 0, 0, protocol)


def tcp(
    source,
    destination,
    flags,
    *,
    sport=40000,
    dport=80,
    seq=0,
    ack=0,
    window=65535,
    urgent=0,
    options=b"",
    data=b"",
    offset=None,
    reserved=0,
    checksum=None,
    wrong_checksum=0,
):
    """A TCP segment with its checksum for these packed addresses; `offset` in words, options padded with EOL."""
    options = padded(options)
    words = 5 + len(options) // 4 if offset is None else offset
    header = struct.pack(
        "!HHIIBBHHH", sport, dport, seq & MASK, ack & MASK, words << 4 & 0xFF | reserved, bits(flags), window, 0, urgent
    )
    segment = header + options + data
    if checksum is None:
        checksum = internet_sum(pseudo_header(source, destination, TCP, len(segment)) + segment) ^ 0xFFFF
    checksum ^= wrong_checksum
    return segment[:16] + struct.pack("!H", checksum) + segment[18:]


def ip4(
    source,
    destination,
    payload,
    *,
    protocol=TCP,
    options=b"",
    version=4,
    header_words=None,
    total=None,
    checksum=None,
    wrong_checksum=0,
    tos=0,
    identification=0,
    fragment=0x4000,
    ttl=64,
):
    """An IPv4 packet; `fragment` is the whole flags-and-offset word, DF by default."""
    options = padded(options)
    words = 5 + len(options) // 4 if header_words is None else header_words
    total = 20 + len(options) + len(payload) if total is None else total
    header = (
        struct.pack(
            "!BBHHHBBH4s4s",
            version << 4 | words,
            tos,
            total,
            identification,
            fragment,
            ttl,
            protocol,
            0,
            source,
            destination,
        )
        + options
    )
    if checksum is None:
        # Over what the header itself claims to be, so that only the claim is wrong.
        checksum = internet_sum((header + payload)[: words * 4]) ^ 0xFFFF
    return header[:10] + struct.pack("!H", checksum ^ wrong_checksum) + header[12:] + payload


def ip6(
    source,
    destination,
    payload,
    *,
    protocol=TCP,
    extensions=(),
    version=6,
    length=None,
    traffic_class=0,
    flow=0,
    ttl=64,
):
    """An IPv6 packet; `extensions` are (kind, bytes) in order, the bytes without their next-header octet."""
    kinds = [kind for kind, _ in extensions] + [protocol]
    chain = b"".join(bytes((kinds[at + 1],)) + rest for at, (_, rest) in enumerate(extensions))
    length = len(chain) + len(payload) if length is None else length
    first = version << 28 | traffic_class << 20 | flow
    return struct.pack("!IHBB16s16s", first, length, kinds[0], ttl, source, destination) + chain + payload


@lru_cache(maxsize=1024)
def packed(address):
    """The bytes of an address."""
    return ip_address(address).packed


@lru_cache(maxsize=1024)
def text(address):
    """The text of an address's bytes."""
    return str(ip_address(address))


def packet(source, destination, flags, *, ip=None, **fields):
    """A whole packet from (address, port) to (address, port). `ip` holds the IP header's fields, the rest are TCP's."""
    here, there = packed(source[0]), packed(destination[0])
    segment = tcp(here, there, flags, sport=source[1], dport=destination[1], **fields)
    return (ip4 if len(here) == 4 else ip6)(here, there, segment, **(ip or {}))


def icmp(source, destination, kind, code, rest, *, wrong_checksum=0, **ip):
    """An ICMP or ICMPv6 message as a whole packet; `rest` is what follows the checksum."""
    here, there = packed(source), packed(destination)
    message = struct.pack("!BBH", kind, code, 0) + rest
    if len(here) == 4:
        checksum = internet_sum(message) ^ 0xFFFF ^ wrong_checksum
        return ip4(here, there, message[:2] + struct.pack("!H", checksum) + message[4:], protocol=ICMP, **ip)
    checksum = internet_sum(pseudo_header(here, there, ICMPV6, len(message)) + message) ^ 0xFFFF ^ wrong_checksum
    return ip6(here, there, message[:2] + struct.pack("!H", checksum) + message[4:], protocol=ICMPV6, **ip)


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Read:
    """A sound TCP packet, as `read` found it. `options` holds (kind, body) in order, padding left out."""

    source: tuple[str, int]
    destination: tuple[str, int]
    flags: str
    seq: int
    ack: int
    window: int
    options: tuple[tuple[int, bytes], ...]
    data: bytes
    urgent: int = 0
    ttl: int = 64
    ecn: int = 0
    gso: int = 0

    @property
    def length(self):
        """SEG.LEN."""
        return len(self.data) + ("S" in self.flags) + ("F" in self.flags)

    def option(self, kind):
        """The body of the first option of this kind; None where there is none."""
        return next((body for found, body in self.options if found == kind), None)


@dataclass(frozen=True)
class ReadIcmp:
    """A sound ICMP message; `rest` is what follows the checksum."""

    source: str
    destination: str
    kind: int
    code: int
    rest: bytes


# Every option this engine sends: its length, and whether only a SYN may carry it.
LENGTHS = {2: (4, True), 3: (3, True), 4: (2, True), 8: (10, False)}


def read(frame, framing=None):
    """Take apart a packet that the engine sent. `AssertionError` for anything that no sound stack sends."""
    headroom = 0 if framing is None else framing.headroom
    vnet = framing is not None and framing.vnet
    raw = frame[headroom:]
    assert len(raw) >= 20, "shorter than an IP header"
    if raw[0] >> 4 == 4:
        source, destination, protocol, ttl, ecn, payload = _read_ip4(raw)
    else:
        source, destination, protocol, ttl, ecn, payload = _read_ip6(raw)
    if protocol in (ICMP, ICMPV6):
        assert not vnet or frame[:10] == bytes(10)
        return _read_icmp(source, destination, protocol, payload)
    assert protocol == TCP, f"protocol {protocol}"
    assert len(payload) >= 20, "shorter than a TCP header"
    pseudo = pseudo_header(source, destination, TCP, len(payload))
    gso = 0
    if vnet:
        gso = _read_vnet(frame, headroom, raw, payload, internet_sum(pseudo))
    else:
        assert internet_sum(pseudo + payload) == 0xFFFF, "TCP checksum"
    sport, dport, seq, ack, offset, flags, window, _, urgent = struct.unpack("!HHIIBBHHH", payload[:20])
    header = (offset >> 4) * 4
    assert 20 <= header <= len(payload) and offset & 0x0F == 0, "data offset"
    names = "".join(letter for letter, bit in LETTERS.items() if flags & bit)
    _check_flags(names, seq, ack, urgent, payload[header:])
    options = _read_options(payload[20:header], "S" in names)
    return Read(
        (text(source), sport),
        (text(destination), dport),
        names,
        seq,
        ack,
        window,
        options,
        payload[header:],
        urgent,
        ttl,
        ecn,
        gso,
    )


def _read_ip4(raw):
    first, tos, total, _, fragment, ttl, protocol, _ = struct.unpack("!BBHHHBBH", raw[:12])
    assert first == 0x45, "version and header length"
    assert total == len(raw), f"total length {total} in a packet of {len(raw)}"
    assert internet_sum(raw[:20]) == 0xFFFF, "IPv4 checksum"
    assert fragment == 0x4000, "DF and no fragment"
    assert ttl > 0, "time to live"
    return raw[12:16], raw[16:20], protocol, ttl, tos & 3, raw[20:]


def _read_ip6(raw):
    first, length, protocol, ttl = struct.unpack("!IHBB", raw[:8])
    assert first >> 28 == 6, "version"
    assert length == len(raw) - 40, f"payload length {length} in a packet of {len(raw)}"
    assert ttl > 0, "hop limit"
    return raw[8:24], raw[24:40], protocol, ttl, first >> 20 & 3, raw[40:]


def _read_icmp(source, destination, protocol, payload):
    assert len(payload) >= 8, "shorter than an ICMP header"
    pseudo = b"" if protocol == ICMP else pseudo_header(source, destination, ICMPV6, len(payload))
    assert internet_sum(pseudo + payload) == 0xFFFF, "ICMP checksum"
    return ReadIcmp(text(source), text(destination), payload[0], payload[1], payload[4:])


def _read_vnet(frame, headroom, raw, payload, pseudo_sum):
    """struct virtio_net_hdr (virtio 1.2, 5.1.6): the checksum is begun, and a long segment says how to cut it."""
    flags, gso_type, header_length, gso_size, start, offset = struct.unpack("<BBHHHH", frame[:10])
    ip_header = len(raw) - len(payload)
    tcp_at = headroom - 10 + ip_header
    assert (flags, start, offset) == (1, tcp_at, 16), "csum_start, csum_offset"
    assert struct.unpack("!H", payload[16:18])[0] == pseudo_sum, "the sum of the pseudo-header"
    data = (payload[12] >> 4) * 4
    if gso_type == 0:
        assert (header_length, gso_size) == (0, 0), "lengths without gso"
        return 0
    # VIRTIO_NET_HDR_GSO_ECN: of the pieces only the first may carry CWR.
    with_ecn = 0x80 if payload[13] & 0x80 else 0
    assert gso_type == (1 if ip_header == 20 else 4) | with_ecn, "gso type"
    assert header_length == tcp_at + data, "hdr_len"
    assert 0 < gso_size < len(payload) - data, "gso_size"
    return gso_size


def _check_flags(names, seq, ack, urgent, data):
    assert names, "a segment without any flag"
    assert not ("S" in names and ("F" in names or "R" in names)), f"flags {names}"
    assert not ("R" in names and "F" in names), f"flags {names}"
    assert "A" in names or names in ("S", "SEC", "R"), f"flags {names} without ACK"
    assert "A" in names or ack == 0, "an ACK field without the flag"
    assert "U" in names or urgent == 0, "an urgent pointer without the flag"
    assert not ("R" in names and data), "data on a RST"


def _read_options(raw, syn):
    found = []
    at = 0
    while at < len(raw):
        kind = raw[at]
        if kind == 0:
            assert not any(raw[at:]), "MUST-69: bytes after EOL are zero"
            break
        if kind == 1:
            at += 1
            continue
        assert at + 2 <= len(raw), "an option without its length"
        size = raw[at + 1]
        assert 2 <= size <= len(raw) - at, f"option {kind} of {size} bytes"
        if kind == 5:
            assert size >= 10 and (size - 2) % 8 == 0, "SACK length"
        else:
            assert kind in LENGTHS, f"option {kind}"
            assert size == LENGTHS[kind][0], f"option {kind} of {size} bytes"
            assert syn or not LENGTHS[kind][1], f"option {kind} outside a SYN (MUST-65)"
        found.append((kind, raw[at + 2 : at + size]))
        at += size
    assert len({kind for kind, _ in found}) == len(found), "an option twice"
    return tuple(found)
