"""Bytes to a segment (RFC 791, 8200, 9293 3.1): every field as it was written, by a writer that is not the engine's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requirements import requirement
from segments import (
    DESTINATION_OPTIONS,
    EOL,
    FRAGMENT,
    HOP_BY_HOP,
    NOP,
    ROUTING,
    SACK_PERMITTED,
    UDP,
    ip4,
    ip6,
    mss,
    option,
    packed,
    packet,
    sack,
    scale,
    tcp,
    timestamps,
)

from handshook.outcomes import Outcome
from handshook.wire.segment import Segment, parse

A4, B4 = packed("198.51.100.1"), packed("198.51.100.2")
A6, B6 = packed("2001:db8::1"), packed("2001:db8::2")
U8, U16, U32 = (st.integers(0, 2**width - 1) for width in (8, 16, 32))
ADDRESSES = st.one_of(
    st.tuples(st.binary(min_size=4, max_size=4), st.binary(min_size=4, max_size=4)),
    st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16)),
)


def ip(source, destination, payload, **fields):
    return (ip4 if len(source) == 4 else ip6)(source, destination, payload, **fields)


def parsed(frame, start=0, trusted=False):
    segment = Segment()
    assert Outcome(parse(frame, start, trusted, segment)) is Outcome.NOTHING
    return segment


def why(frame, start=0, trusted=False):
    return Outcome(parse(frame, start, trusted, Segment()))


class TestFields:
    @given(ADDRESSES, U16, U16, U32, U32, U8, U16, U16, st.binary(max_size=70), st.integers(0, 15))
    def test_every_field_is_read_as_it_was_written(
        self, addresses, sport, dport, seq, ack, flags, window, urgent, data, reserved
    ):
        source, destination = addresses
        body = tcp(
            source,
            destination,
            flags,
            sport=sport,
            dport=dport,
            seq=seq,
            ack=ack,
            window=window,
            urgent=urgent,
            data=data,
            reserved=reserved,
        )
        s = parsed(ip(source, destination, body))
        assert (s.seq, s.ack, s.flags, s.window, s.urgent) == (seq, ack, flags, window, urgent)
        assert s.key == source + destination + sport.to_bytes(2, "big") + dport.to_bytes(2, "big")
        assert s.data == data
        assert s.length == len(data) + bool(flags & 2) + bool(flags & 1)
        assert s.version == (4 if len(source) == 4 else 6)
        assert s.options == b""
        assert (s.mss, s.scale, s.sack_permitted, s.timestamps, s.sack) == (0, -1, False, False, None)

    @pytest.mark.parametrize("source, destination", [(A4, B4), (A6, B6)], ids=["IPv4", "IPv6"])
    def test_each_of_the_256_combinations_of_flags_is_read(self, source, destination):
        for flags in range(256):
            assert parsed(ip(source, destination, tcp(source, destination, flags))).flags == flags

    @given(st.integers(0, 255), st.integers(0, 255))
    def test_ttl_and_ecn_are_read(self, traffic_class, ttl):
        for frame in (
            ip4(A4, B4, tcp(A4, B4, "A"), tos=traffic_class, ttl=ttl),
            ip6(A6, B6, tcp(A6, B6, "A"), traffic_class=traffic_class, ttl=ttl),
        ):
            s = parsed(frame)
            assert (s.ttl, s.ecn) == (ttl, traffic_class & 3)

    @given(st.integers(0, 40), st.binary(max_size=40))
    def test_a_packet_is_found_behind_a_link_header(self, headroom, data):
        frame = packet(("198.51.100.1", 1), ("198.51.100.2", 2), "PA", data=data, options=timestamps(1, 2))
        s = parsed(bytes(headroom) + frame, headroom)
        assert (s.data, s.packet_start, s.tsval) == (data, headroom, 1)

    @given(st.binary(max_size=30))
    def test_padding_after_the_ip_packet_is_not_data(self, padding):
        """Ethernet frames have at least 46 bytes of payload."""
        for source, destination in ((A4, B4), (A6, B6)):
            frame = ip(source, destination, tcp(source, destination, "PA", data=b"abc"))
            assert parsed(frame + padding).data == b"abc"

    def test_a_segment_is_used_again_without_remembering(self):
        s = Segment()
        every = mss(1460) + SACK_PERMITTED + timestamps(5, 6) + scale(7) + sack((1, 2))
        assert parse(ip4(A4, B4, tcp(A4, B4, "S", options=every)), 0, False, s) == 0
        assert parse(ip6(A6, B6, tcp(A6, B6, "A", options=NOP * 4)), 0, False, s) == 0
        assert (s.mss, s.scale, s.sack_permitted, s.timestamps, s.sack) == (0, -1, False, False, None)


class TestIPv4:
    @requirement("MUST-50")
    @given(st.integers(0, 40), st.binary(min_size=40, max_size=40), st.binary(max_size=9))
    def test_must_50_ip_options_are_stepped_over(self, length, options, data):
        # All but the two that say the packet's way, which the next test has.
        options = options.replace(b"\x83", NOP).replace(b"\x89", NOP)
        frame = ip4(A4, B4, tcp(A4, B4, "PA", data=data), options=options[:length])
        s = parsed(frame)
        assert s.data == data
        assert s.key == A4 + B4 + (40000).to_bytes(2, "big") + (80).to_bytes(2, "big")

    @requirement("MUST-51", "MUST-52", "MUST-53", "SHLD-24")
    @pytest.mark.parametrize("kind", [131, 137], ids=["loose", "strict"])
    @pytest.mark.parametrize("before", [b"", NOP, b"\x94\x04\x00\x00", b"\x07\x07\x04" + bytes(4)])
    def test_rfc7126_4_3_a_packet_that_says_its_way_is_dropped(self, kind, before):
        route = bytes((kind, 7, 4)) + packed("198.51.100.9")
        assert why(ip4(A4, B4, tcp(A4, B4, "S"), options=before + route)) is Outcome.IP_SOURCE_ROUTE

    @pytest.mark.parametrize(
        "options", [EOL + bytes((131, 7, 4)), bytes((7, 4, 131, 137)), NOP * 3 + bytes((131,)), bytes((130, 0, 131, 7))]
    )
    def test_what_only_looks_like_it_is_not(self, options):
        parsed(ip4(A4, B4, tcp(A4, B4, "S"), options=options))

    @given(st.binary(max_size=40))
    def test_random_ip_options_are_judged_and_never_raise(self, options):
        options = options[: len(options) // 4 * 4]
        assert why(ip4(A4, B4, tcp(A4, B4, "S"), options=options)) in (Outcome.NOTHING, Outcome.IP_SOURCE_ROUTE)

    @pytest.mark.parametrize("words", range(5))
    def test_a_header_under_five_words_is_refused(self, words):
        assert why(ip4(A4, B4, tcp(A4, B4, "A"), header_words=words)) is Outcome.IP_HEADER_LENGTH_BAD

    @pytest.mark.parametrize("words", range(6, 16))
    def test_a_header_beyond_the_packet_is_refused(self, words):
        frame = ip4(A4, B4, b"", header_words=words)
        assert len(frame) < words * 4
        assert why(frame) is Outcome.IP_HEADER_LENGTH_BAD

    def test_a_header_that_claims_part_of_the_tcp_header_is_not_believed_for_long(self):
        """Its own checksum is right: it is the TCP header, then four bytes late, that cannot be."""
        frame = ip4(A4, B4, tcp(A4, B4, "A", data=bytes(8)), header_words=6)
        assert why(frame) in (Outcome.TCP_OFFSET_BAD, Outcome.TCP_CHECKSUM_BAD)

    @pytest.mark.parametrize(
        "total, outcome",
        [
            (0, Outcome.IP_LENGTH_BAD),  # what some offloads write; this engine has a length or nothing
            (19, Outcome.IP_LENGTH_BAD),
            (20, Outcome.TCP_TRUNCATED),
            (39, Outcome.TCP_TRUNCATED),
            (42, Outcome.TCP_CHECKSUM_BAD),
            (44, Outcome.IP_LENGTH_BAD),
            (65535, Outcome.IP_LENGTH_BAD),
        ],
    )
    def test_a_total_length_that_lies(self, total, outcome):
        frame = ip4(A4, B4, tcp(A4, B4, "A", data=b"abc"), total=total)
        assert len(frame) == 43
        assert why(frame) is outcome

    @given(st.integers(1, 0xFFFF))
    def test_rfc1122_3_2_1_2_a_wrong_header_checksum_is_dropped(self, wrong):
        body = tcp(A4, B4, "A")
        sound = ip4(A4, B4, body)
        frame = ip4(A4, B4, body, wrong_checksum=wrong)
        # 0 and 0xFFFF are the same number in ones' complement.
        same = {sound[10:12], frame[10:12]} == {b"\x00\x00", b"\xff\xff"}
        assert why(frame) is (Outcome.NOTHING if same else Outcome.IP_CHECKSUM_BAD)

    @pytest.mark.parametrize("fragment", [0x2000, 0x2001, 0x0001, 0x1FFF, 0x6000, 0x4001])
    def test_fragments_are_named_and_not_put_together(self, fragment):
        assert why(ip4(A4, B4, tcp(A4, B4, "A"), fragment=fragment)) is Outcome.IP_FRAGMENT

    @pytest.mark.parametrize("fragment", [0x0000, 0x4000, 0x8000, 0xC000])
    def test_neither_dont_fragment_nor_the_reserved_bit_makes_a_fragment(self, fragment):
        assert why(ip4(A4, B4, tcp(A4, B4, "A"), fragment=fragment)) is Outcome.NOTHING

    @pytest.mark.parametrize("protocol", [number for number in range(256) if number != 6])
    def test_another_protocol_is_not_read_as_tcp(self, protocol):
        s = Segment()
        assert parse(ip4(A4, B4, b"payload", protocol=protocol), 0, False, s) == Outcome.IP_PROTOCOL_UNKNOWN
        assert (s.version, s.protocol, s.tcp_start, s.data_end) == (4, protocol, 20, 27)


class TestIPv6:
    """RFC 8200 4."""

    HEADERS = [
        (HOP_BY_HOP, b"\x00\x01\x04" + bytes(4)),
        (HOP_BY_HOP, b"\x01\x01\x0c" + bytes(12)),
        (DESTINATION_OPTIONS, b"\x02" + bytes(22)),
        (ROUTING, b"\x00\x00\x00" + bytes(4)),
        (FRAGMENT, bytes(7)),  # RFC 6946: a whole packet with a fragment header
        (FRAGMENT, bytes(3) + b"\xde\xad\xbe\xef"),
        (FRAGMENT, b"\x00\x00\x06" + bytes(4)),  # the reserved bits say nothing
    ]

    @given(st.lists(st.sampled_from(HEADERS), max_size=8), st.binary(max_size=9))
    def test_extension_headers_are_stepped_over(self, extensions, data):
        s = parsed(ip6(A6, B6, tcp(A6, B6, "PA", data=data), extensions=extensions))
        assert s.data == data
        assert s.key == A6 + B6 + (40000).to_bytes(2, "big") + (80).to_bytes(2, "big")

    @pytest.mark.parametrize("kind", [0, 2, 3, 4])
    def test_rfc8200_4_4_a_packet_with_segments_left_goes_elsewhere(self, kind):
        frame = ip6(A6, B6, tcp(A6, B6, "S"), extensions=[(ROUTING, bytes((0, kind, 1)) + bytes(4))])
        assert why(frame) is Outcome.IP_SOURCE_ROUTE

    def test_rfc9098_no_more_than_eight_of_them(self):
        extensions = [(DESTINATION_OPTIONS, bytes(7))] * 9
        assert why(ip6(A6, B6, tcp(A6, B6, "A"), extensions=extensions)) is Outcome.IP_EXTENSION_BAD

    @pytest.mark.parametrize("kind", [HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS])
    @pytest.mark.parametrize("claim", [1, 3, 255])
    def test_an_extension_header_beyond_the_packet_is_refused(self, kind, claim):
        frame = ip6(A6, B6, b"", extensions=[(kind, bytes((claim,)) + bytes(6))])
        assert why(frame) is Outcome.IP_EXTENSION_BAD

    @pytest.mark.parametrize("kind", [HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS, FRAGMENT])
    @pytest.mark.parametrize("length", range(7))
    def test_an_extension_header_cut_off_is_refused(self, kind, length):
        assert why(ip6(A6, B6, b"", extensions=[(kind, bytes(length))])) is Outcome.IP_EXTENSION_BAD

    def test_an_extension_header_that_ends_with_the_packet_leaves_no_tcp(self):
        assert why(ip6(A6, B6, b"", extensions=[(DESTINATION_OPTIONS, bytes(7))])) is Outcome.TCP_TRUNCATED

    @pytest.mark.parametrize("offset", [0x0001, 0x0008, 0x0009, 0xFFF8])
    def test_fragments_are_named_and_not_put_together(self, offset):
        header = (FRAGMENT, b"\x00" + offset.to_bytes(2, "big") + bytes(4))
        assert why(ip6(A6, B6, tcp(A6, B6, "A"), extensions=[header])) is Outcome.IP_FRAGMENT

    @pytest.mark.parametrize(
        "length, outcome",
        [
            (0, Outcome.TCP_TRUNCATED),  # also what a jumbogram says (RFC 2675)
            (19, Outcome.TCP_TRUNCATED),
            (22, Outcome.TCP_CHECKSUM_BAD),
            (24, Outcome.IP_LENGTH_BAD),
            (65535, Outcome.IP_LENGTH_BAD),
        ],
    )
    def test_a_payload_length_that_lies(self, length, outcome):
        assert why(ip6(A6, B6, tcp(A6, B6, "A", data=b"abc"), length=length)) is outcome

    def test_what_is_shorter_than_the_header_is_truncated(self):
        frame = ip6(A6, B6, b"")
        for length in range(40):
            assert why(frame[:length]) is Outcome.IP_TRUNCATED

    @pytest.mark.parametrize("protocol", [1, UDP, 50, 51, 58, 59, 135, 255])
    def test_another_protocol_is_not_read_as_tcp(self, protocol):
        s = Segment()
        frame = ip6(A6, B6, b"payload", protocol=protocol, extensions=[(DESTINATION_OPTIONS, bytes(7))])
        assert parse(frame, 0, False, s) == Outcome.IP_PROTOCOL_UNKNOWN
        assert (s.version, s.protocol, s.tcp_start, s.data_end) == (6, protocol, 48, 55)


class TestTcpHeader:
    """RFC 9293 3.1."""

    @pytest.mark.parametrize("offset", range(5))
    def test_a_data_offset_under_five_is_refused(self, offset):
        assert why(ip4(A4, B4, tcp(A4, B4, "A", offset=offset, data=bytes(40)))) is Outcome.TCP_OFFSET_BAD

    @pytest.mark.parametrize("offset", range(6, 16))
    def test_a_data_offset_beyond_the_packet_is_refused(self, offset):
        data = bytes(offset * 4 - 21)
        assert why(ip4(A4, B4, tcp(A4, B4, "A", offset=offset, data=data))) is Outcome.TCP_OFFSET_BAD
        # Padding behind the IP packet is no room for it.
        assert why(ip4(A4, B4, tcp(A4, B4, "A", offset=offset, data=data)) + bytes(60)) is Outcome.TCP_OFFSET_BAD

    @pytest.mark.parametrize("offset", range(5, 16))
    def test_a_data_offset_up_to_the_end_is_taken(self, offset):
        frame = ip4(A4, B4, tcp(A4, B4, "A", offset=offset, data=EOL * (offset * 4 - 20)))
        assert parsed(frame).data == b""

    @requirement("MUST-3")
    @given(ADDRESSES, st.integers(1, 0xFFFF), st.binary(max_size=20))
    def test_must_3_a_wrong_checksum_is_dropped_unless_the_link_vouches_for_it(self, addresses, wrong, data):
        source, destination = addresses
        frame = ip(source, destination, tcp(source, destination, "A", data=data, wrong_checksum=wrong))
        sound = tcp(source, destination, "A", data=data)
        at = len(frame) - len(sound) + 16
        same = {sound[16:18], frame[at : at + 2]} == {b"\x00\x00", b"\xff\xff"}
        assert why(frame) is (Outcome.NOTHING if same else Outcome.TCP_CHECKSUM_BAD)
        assert why(frame, trusted=True) is Outcome.NOTHING

    @given(ADDRESSES, st.integers(0, 255), st.integers(0, 200))
    def test_one_changed_bit_of_the_checksummed_bytes_is_found(self, addresses, bit, at):
        source, destination = addresses
        body = bytearray(tcp(source, destination, "PA", data=b"some data"))
        body[at % len(body)] ^= 1 << bit % 8
        assert why(ip(source, destination, bytes(body))) in (Outcome.TCP_CHECKSUM_BAD, Outcome.TCP_OFFSET_BAD)

    @pytest.mark.parametrize("source, destination", [(A4, B4), (A6, B6)], ids=["IPv4", "IPv6"])
    def test_a_sum_of_zero_may_be_written_both_ways(self, source, destination):
        """The checksum field of a segment whose words sum up to 0xFFFF is 0, and 0xFFFF is the same number."""
        for urgent in range(0x10000):
            if tcp(source, destination, "A", urgent=urgent)[16:18] == b"\x00\x00":
                break
        for checksum in (0, 0xFFFF):
            frame = ip(source, destination, tcp(source, destination, "A", urgent=urgent, checksum=checksum))
            assert why(frame) is Outcome.NOTHING

    @given(ADDRESSES, st.binary(max_size=30))
    def test_the_pseudo_header_binds_the_addresses(self, addresses, data):
        source, destination = addresses
        other = bytes((source[0] ^ 1,)) + source[1:]
        frame = ip(other, destination, tcp(source, destination, "A", data=data))
        assert why(frame) is Outcome.TCP_CHECKSUM_BAD


class TestTruncation:
    @pytest.mark.parametrize("source, destination, header", [(A4, B4, 20), (A6, B6, 40)], ids=["IPv4", "IPv6"])
    def test_cut_off_anywhere_a_packet_is_refused_by_name(self, source, destination, header):
        options = mss(1460) + SACK_PERMITTED + timestamps(1, 0) + NOP + scale(7)
        frame = ip(source, destination, tcp(source, destination, "S", options=options, data=b"hello"))
        for length in range(len(frame)):
            expected = Outcome.IP_TRUNCATED if length < header else Outcome.IP_LENGTH_BAD
            assert why(frame[:length]) is expected, length

    @pytest.mark.parametrize("source, destination, header", [(A4, B4, 20), (A6, B6, 40)], ids=["IPv4", "IPv6"])
    def test_cut_off_with_an_ip_length_that_agrees(self, source, destination, header):
        body = tcp(source, destination, "S", options=mss(1460) + timestamps(1, 0), data=b"hello")
        for length in range(len(body)):
            outcome = why(ip(source, destination, body[:length]))
            if length < 20:
                assert outcome is Outcome.TCP_TRUNCATED
            elif length < 36:
                assert outcome is Outcome.TCP_OFFSET_BAD
            else:
                assert outcome is Outcome.TCP_CHECKSUM_BAD

    def test_the_start_may_lie_beyond_the_frame(self):
        assert why(b"short", 10) is Outcome.IP_TRUNCATED


class TestAnything:
    @given(st.binary(max_size=120), st.integers(0, 30), st.booleans())
    def test_random_bytes_are_judged_and_never_raise(self, frame, start, trusted):
        why(frame, start, trusted)

    @given(st.sampled_from([A4, A6]), st.binary(max_size=60), st.binary(max_size=40), st.booleans())
    def test_random_tcp_in_sound_ip_is_judged_and_never_raises(self, source, body, options, trusted):
        if len(source) == 4:
            why(ip4(source, B4, body, options=options), 0, trusted)
        else:
            why(ip6(source, B6, body), 0, trusted)

    @given(st.lists(st.tuples(st.sampled_from([0, 43, 44, 60, 6, 59]), st.binary(max_size=40)), max_size=10))
    def test_random_extension_headers_are_judged_and_never_raise(self, extensions):
        why(ip6(A6, B6, tcp(A6, B6, "A"), extensions=extensions))


def test_version_nibbles_other_than_four_and_six_are_refused():
    for version in range(16):
        if version not in (4, 6):
            assert why(ip4(A4, B4, tcp(A4, B4, "A"), version=version) + bytes(20)) is Outcome.IP_VERSION_UNKNOWN


def test_unknown_options_say_nothing():
    s = parsed(ip4(A4, B4, tcp(A4, B4, "S", options=option(253, b"abcd") + option(34, b"12345678"))))
    assert (s.mss, s.scale, s.sack_permitted, s.timestamps, s.sack) == (0, -1, False, False, None)
