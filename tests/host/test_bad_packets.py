"""Truncated and lying packets: each is dropped under its own name and in silence, and nothing else is disturbed."""

import pytest
from peer import ENGINE4, ENGINE6, PEER4, PEER6, Peer, engine, hear
from requirements import requirement
from segments import (
    DESTINATION_OPTIONS,
    FRAGMENT,
    NOP,
    SACK_PERMITTED,
    ip4,
    ip6,
    mss,
    option,
    packed,
    packet,
    scale,
    tcp,
    timestamps,
)

from handshook import Outcome, State

A4, B4, A6, B6 = packed(PEER4), packed(ENGINE4), packed(PEER6), packed(ENGINE6)
OPTIONS = mss(1460) + SACK_PERMITTED + timestamps(1, 0) + NOP + scale(7)


def syn4(ip=None, **fields):
    return packet((PEER4, 40000), (ENGINE4, 80), "S", ip=ip, **fields)


def syn6(ip=None, **fields):
    return packet((PEER6, 40000), (ENGINE6, 80), "S", ip=ip, **fields)


def segment4(**fields):
    return tcp(A4, B4, "S", **fields)


BAD = {
    # name: (frame, outcome)
    "nothing at all": (b"", Outcome.IP_TRUNCATED),
    "one byte": (b"\x45", Outcome.IP_TRUNCATED),
    "version 0": (b"\x05" + syn4()[1:], Outcome.IP_VERSION_UNKNOWN),
    "version 5": (b"\x55" + syn4()[1:], Outcome.IP_VERSION_UNKNOWN),
    "version 15": (b"\xf5" + syn4()[1:], Outcome.IP_VERSION_UNKNOWN),
    "IPv4 header of 16 bytes": (ip4(A4, B4, segment4(), header_words=4), Outcome.IP_HEADER_LENGTH_BAD),
    "IPv4 header of no bytes": (ip4(A4, B4, segment4(), header_words=0), Outcome.IP_HEADER_LENGTH_BAD),
    "IPv4 header beyond the packet": (ip4(A4, B4, segment4(), header_words=15), Outcome.IP_HEADER_LENGTH_BAD),
    "IPv4 length one too long": (ip4(A4, B4, segment4(), total=41), Outcome.IP_LENGTH_BAD),
    "IPv4 length of 65535": (ip4(A4, B4, segment4(), total=65535), Outcome.IP_LENGTH_BAD),
    "IPv4 length under its header": (ip4(A4, B4, segment4(), total=19), Outcome.IP_LENGTH_BAD),
    "IPv4 length of 0": (ip4(A4, B4, segment4(), total=0), Outcome.IP_LENGTH_BAD),
    "IPv4 length one too short": (ip4(A4, B4, segment4(), total=39), Outcome.TCP_TRUNCATED),
    "IPv4 length cuts data off": (ip4(A4, B4, segment4(data=b"1234"), total=42), Outcome.TCP_CHECKSUM_BAD),
    "IPv4 checksum": (syn4({"wrong_checksum": 0x0100}), Outcome.IP_CHECKSUM_BAD),
    "IPv4 checksum not filled in": (syn4({"checksum": 0}), Outcome.IP_CHECKSUM_BAD),
    "IPv4 first fragment": (syn4({"fragment": 0x2000}), Outcome.IP_FRAGMENT),
    "IPv4 middle fragment": (syn4({"fragment": 0x2010}), Outcome.IP_FRAGMENT),
    "IPv4 last fragment": (syn4({"fragment": 0x0010}), Outcome.IP_FRAGMENT),
    "IPv4 tiny fragment (RFC 1858)": (ip4(A4, B4, segment4()[:8], fragment=0x2000), Outcome.IP_FRAGMENT),
    "IPv4 overlapping fragment (RFC 1858)": (ip4(A4, B4, segment4()[8:], fragment=0x0001), Outcome.IP_FRAGMENT),
    "IPv6 cut off": (syn6()[:39], Outcome.IP_TRUNCATED),
    "IPv6 length one too long": (ip6(A6, B6, tcp(A6, B6, "S"), length=21), Outcome.IP_LENGTH_BAD),
    "IPv6 length one too short": (ip6(A6, B6, tcp(A6, B6, "S"), length=19), Outcome.TCP_TRUNCATED),
    "IPv6 length of 0": (ip6(A6, B6, tcp(A6, B6, "S"), length=0), Outcome.TCP_TRUNCATED),
    "IPv6 fragment": (syn6({"extensions": [(FRAGMENT, b"\x00\x00\x01" + bytes(4))]}), Outcome.IP_FRAGMENT),
    "IPv6 last fragment": (syn6({"extensions": [(FRAGMENT, b"\x00\x00\x08" + bytes(4))]}), Outcome.IP_FRAGMENT),
    "IPv6 extension beyond the packet": (
        syn6({"extensions": [(DESTINATION_OPTIONS, b"\xff" + bytes(6))]}),
        Outcome.IP_EXTENSION_BAD,
    ),
    "IPv6 nine extensions": (
        syn6({"extensions": [(DESTINATION_OPTIONS, bytes(7))] * 9}),
        Outcome.IP_EXTENSION_BAD,
    ),
    "IPv6 extension into the TCP header": (
        syn6({"extensions": [(DESTINATION_OPTIONS, b"\x01" + bytes(6))]}),
        Outcome.TCP_TRUNCATED,
    ),
    "UDP": (ip4(A4, B4, bytes(8), protocol=17), Outcome.IP_PROTOCOL_UNKNOWN),
    "IPv6 no next header": (ip6(A6, B6, b"", protocol=59), Outcome.IP_PROTOCOL_UNKNOWN),
    "TCP header cut off": (ip4(A4, B4, segment4()[:19]), Outcome.TCP_TRUNCATED),
    "no TCP at all": (ip4(A4, B4, b""), Outcome.TCP_TRUNCATED),
    "data offset 0": (syn4(offset=0), Outcome.TCP_OFFSET_BAD),
    "data offset 4": (syn4(offset=4), Outcome.TCP_OFFSET_BAD),
    "data offset one word beyond": (syn4(offset=6), Outcome.TCP_OFFSET_BAD),
    "data offset 15 of 14 words": (syn4(offset=15, data=bytes(36)), Outcome.TCP_OFFSET_BAD),
    "TCP checksum": (syn4(wrong_checksum=1), Outcome.TCP_CHECKSUM_BAD),
    "TCP checksum not filled in": (syn4(checksum=0), Outcome.TCP_CHECKSUM_BAD),
    "TCP checksum over IPv6": (syn6(wrong_checksum=0x8000), Outcome.TCP_CHECKSUM_BAD),
    "option of length 0": (syn4(options=option(2, bytes(2), length=0)), Outcome.TCP_OPTION_BAD),
    "option of length 1": (syn4(options=option(2, bytes(2), length=1)), Outcome.TCP_OPTION_BAD),
    "unknown option of length 0": (syn4(options=option(200, bytes(2), length=0)), Outcome.TCP_OPTION_BAD),
    "option beyond the header": (syn4(options=option(200, bytes(2), length=5)), Outcome.TCP_OPTION_BAD),
    "option without its length": (syn4(options=NOP * 3 + b"\x02"), Outcome.TCP_OPTION_BAD),
    "MSS of 3 bytes": (syn4(options=option(2, bytes(1))), Outcome.TCP_OPTION_BAD),
    "window scale of 4 bytes": (syn4(options=option(3, bytes(2))), Outcome.TCP_OPTION_BAD),
    "SACK-permitted of 3 bytes": (syn4(options=option(4, bytes(1))), Outcome.TCP_OPTION_BAD),
    "timestamps of 6 bytes": (syn4(options=option(8, bytes(4))), Outcome.TCP_OPTION_BAD),
    "SACK without a block": (syn4(options=option(5)), Outcome.TCP_OPTION_BAD),
    "SACK of a block and a half": (syn4(options=option(5, bytes(12))), Outcome.TCP_OPTION_BAD),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_packet_is_dropped_under_its_name_and_in_silence(name):
    frame, outcome = BAD[name]
    stack = engine()
    stack.listen(80)
    assert hear(stack, frame).silently(outcome)
    assert stack.snapshot() == []
    assert stack.deadline() is None
    assert stack.events() == []


@pytest.mark.parametrize("name", BAD)
def test_a_bad_packet_in_the_midst_of_a_connection_leaves_it_alone(name):
    frame, outcome = BAD[name]
    stack = engine()
    peer = Peer(stack)
    connection = peer.opens(stack.listen(80))
    assert hear(stack, frame).silently(outcome)
    assert connection.state is State.ESTABLISHED
    # The next sound segment is taken as if nothing had been.
    assert peer.says("PA", 1, 1, data=b"hello").outcome is Outcome.DATA_ACCEPTED
    assert connection.recv(100) == b"hello"


@pytest.mark.parametrize(
    "frame, header",
    [
        (syn4(options=OPTIONS, data=b"with data"), 20),
        (syn6(options=OPTIONS, data=b"with data"), 40),
    ],
    ids=["IPv4", "IPv6"],
)
def test_truncated_at_every_length(frame, header):
    for length in range(len(frame)):
        stack = engine()
        stack.listen(80)
        expected = Outcome.IP_TRUNCATED if length < header else Outcome.IP_LENGTH_BAD
        assert hear(stack, frame[:length]).silently(expected), length
        assert stack.snapshot() == []
    assert hear(stack, frame).outcome is Outcome.SYN_ANSWERED


@pytest.mark.parametrize("version", [4, 6])
def test_data_truncated_at_every_length_with_lengths_and_checksums_that_agree_is_just_less_data(version):
    """Nobody can tell: the segment is sound, and what is missing will be sent again."""
    text = b"0123456789"
    for length in range(1, len(text)):
        stack = engine()
        peer = Peer(stack, version=version)
        connection = peer.opens(stack.listen(80))
        assert peer.says("PA", 1, 1, data=text[:length]).outcome is Outcome.DATA_ACCEPTED
        assert connection.recv(100) == text[:length]


def test_a_thousand_bad_packets_are_a_thousand_counts_and_nothing_more():
    stack = engine()
    stack.listen(80)
    frames = [frame for frame, _ in BAD.values()]
    for number in range(1000):
        stack.receive(frames[number % len(frames)], number / 1000)
    expected = {}
    for number in range(1000):
        outcome = BAD[list(BAD)[number % len(BAD)]][1]
        expected[outcome] = expected.get(outcome, 0) + 1
    counted = stack.counters()
    del counted[Outcome.CALLED_LISTEN]
    assert counted == expected
    assert stack.transmit(1.0) == []
    assert stack.snapshot() == []


class TestWhatIsOddAndStillSound:
    """Be liberal in what you accept: none of these is a reason to drop."""

    @pytest.mark.parametrize("version", [4, 6])
    def test_padding_after_the_packet(self, version):
        stack = engine()
        stack.listen(80)
        assert hear(stack, Peer(stack, version=version).frame("S") + bytes(6)).outcome is Outcome.SYN_ANSWERED

    @requirement("MUST-50")
    def test_must_50_ip_options(self):
        stack = engine()
        stack.listen(80)
        heard = hear(stack, syn4({"options": b"\x94\x04\x00\x00" + b"\x07\x07\x04" + bytes(4)}))
        assert heard.outcome is Outcome.SYN_ANSWERED

    @pytest.mark.parametrize(
        "extensions",
        [
            [(0, b"\x00\x05\x02" + bytes(4))],
            [(60, bytes(7))] * 8,
            [(FRAGMENT, bytes(7))],
            [(0, bytes(7)), (43, bytes(7)), (FRAGMENT, bytes(7)), (60, bytes(7))],
        ],
        ids=["hop by hop", "eight", "atomic fragment (RFC 6946)", "one of each"],
    )
    def test_ipv6_extension_headers(self, extensions):
        stack = engine()
        stack.listen(80)
        heard = hear(stack, syn6({"extensions": extensions}))
        assert heard.outcome is Outcome.SYN_ANSWERED
        assert heard.answer.destination == (PEER6, 40000)

    @requirement("MUST-6", "MUST-64")
    def test_must_64_options_out_of_alignment_must_6_unknown_options(self):
        stack = engine()
        stack.listen(80)
        odd = NOP + option(77, b"abc") + mss(1000) + NOP + option(254)
        assert hear(stack, syn4(options=odd)).outcome is Outcome.SYN_ANSWERED
        (entry,) = stack.snapshot()
        assert entry.options == ("mss 1000",)

    @pytest.mark.parametrize("size, version", [(0, 4), (1, 4), (63, 6), (65535, 4), (65535, 6)])
    def test_an_mss_that_no_link_has(self, size, version):
        """Neither division by zero nor segments of one byte (CVE-2019-11479), nor any larger than our link takes."""
        stack = engine()
        peer = Peer(stack, version=version)
        connection = peer.opens(stack.listen(80), options=mss(size))
        connection.send(bytes(3000))
        sizes = {len(frame) for frame in stack.transmit(0.0)}
        assert sizes
        assert min(sizes) >= 100
        assert max(sizes) <= 1500

    @requirement("RFC 7323 2.3")
    def test_rfc7323_2_3_a_window_scale_above_14_counts_as_14(self):
        stack = engine(config=None)
        peer = Peer(stack)
        peer.opens(stack.listen(80), options=scale(255))
        (entry,) = stack.snapshot()
        assert any(said.endswith("/14") or "14" in said.split()[-1].split("/") for said in entry.options)

    def test_the_reserved_bits_are_not_looked_at(self):
        stack = engine()
        stack.listen(80)
        assert hear(stack, syn4(reserved=0x0F)).outcome is Outcome.SYN_ANSWERED

    def test_an_urgent_pointer_beyond_the_data_or_without_its_flag(self):
        stack = engine()
        peer = Peer(stack)
        connection = peer.opens(stack.listen(80))
        assert peer.says("PAU", 1, 1, data=b"ab", urgent=65535).outcome is Outcome.DATA_ACCEPTED
        assert peer.says("PA", 3, 1, data=b"cd", urgent=65535).outcome is Outcome.DATA_ACCEPTED
        assert connection.recv(10) == b"abcd"

    def test_port_zero_on_the_other_side(self):
        """No RFC forbids it, and the answer has a destination."""
        stack = engine()
        assert hear(stack, packet((PEER4, 7), (ENGINE4, 0), "S")).outcome is Outcome.CLOSED_PORT_RESET
