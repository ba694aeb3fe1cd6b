"""A segment to bytes: what the engine writes, read back by a reader that is not the engine's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requirements import requirement
from segments import internet_sum, packed, read

from handshook.outcomes import Outcome
from handshook.wire.addresses import make_key
from handshook.wire.build import Builder, reset_for
from handshook.wire.framing import Framing
from handshook.wire.segment import Segment, parse

PEER, ENGINE = {4: "198.51.100.1", 6: "2001:db8::1"}, {4: "198.51.100.2", 6: "2001:db8::2"}
ETHERNET = bytes.fromhex("0200000000010200000000020800"), bytes.fromhex("02000000000102000000000286dd")
FRAMINGS = {
    "plain": Framing(),
    "ethernet": Framing(*ETHERNET),
    "vnet": Framing(bytes(10), bytes(10), vnet=True),
    "vnet and ethernet": Framing(bytes(10) + ETHERNET[0], bytes(10) + ETHERNET[1], vnet=True),
}
U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
PORT = st.integers(1, 0xFFFF)
# Every set of the eight flags that a sound stack may send with an ACK field.
FLAGS = st.integers(0, 255).filter(lambda f: f & 0x10 and not f & 0x20 and bin(f & 0x07).count("1") <= 1 and not f & 4)


def key_of(version, remote_port=40000, local_port=80):
    return make_key(packed(PEER[version]), packed(ENGINE[version]), remote_port, local_port)


def build(builder, key, seq=1, ack=2, flags=0x10, window=3, payload=b"", first=0, last=None, unit=65535):
    last = len(payload) if last is None else last
    return builder.finish(key, seq, ack, flags, window, payload, first, last, unit, Outcome.SENT_ACK)


class TestFields:
    @given(
        st.sampled_from([4, 6]),
        st.sampled_from(list(FRAMINGS)),
        PORT,
        PORT,
        U32,
        U32,
        FLAGS,
        U16,
        st.binary(max_size=99),
        st.integers(1, 255),
    )
    def test_every_field_is_written_as_it_was_given(
        self, version, framing, remote_port, local_port, seq, ack, flags, window, payload, ttl
    ):
        framing = FRAMINGS[framing]
        builder = Builder(framing, ttl)
        builder.begin(version)
        frame = build(builder, key_of(version, remote_port, local_port), seq, ack, flags, window, payload)
        got = read(frame, framing)
        assert got.source == (ENGINE[version], local_port)
        assert got.destination == (PEER[version], remote_port)
        assert (got.seq, got.ack, got.window, got.data, got.ttl) == (seq, ack, window, payload, ttl)
        assert (
            frame[: framing.headroom][10 if framing.vnet else 0 :]
            == (framing.header4 if version == 4 else framing.header6)[10 if framing.vnet else 0 :]
        )

    def test_each_of_the_256_combinations_of_flags_is_written(self):
        builder = Builder()
        for version in (4, 6):
            for flags in range(256):
                builder.begin(version)
                assert build(builder, key_of(version), flags=flags)[(20 if version == 4 else 40) + 13] == flags

    @given(st.binary(min_size=1, max_size=60), st.data())
    def test_only_the_asked_for_part_of_a_payload_leaves(self, payload, data):
        first = data.draw(st.integers(0, len(payload)))
        last = data.draw(st.integers(first, len(payload)))
        builder = Builder()
        builder.begin(4)
        assert read(build(builder, key_of(4), payload=payload, first=first, last=last)).data == payload[first:last]

    @pytest.mark.parametrize("ecn", range(4))
    def test_the_ecn_bits_stand_in_the_ip_header(self, ecn):
        builder = Builder()
        builder.ecn = ecn
        for version in (4, 6):
            builder.begin(version)
            assert read(build(builder, key_of(version))).ecn == ecn

    def test_frames_do_not_share_the_builders_scratch_space(self):
        builder = Builder()
        builder.begin(4)
        first = build(builder, key_of(4), seq=1)
        builder.begin(4)
        build(builder, key_of(4), seq=2)
        assert read(first).seq == 1

    @given(st.sampled_from([4, 6]), U32, U32, st.integers(0, 255), U16, st.binary(max_size=40))
    def test_what_is_written_parses_to_the_same(self, version, seq, ack, flags, window, payload):
        builder = Builder()
        builder.begin(version)
        frame = build(builder, key_of(version), seq, ack, flags, window, payload)
        s = Segment()
        assert parse(frame, 0, False, s) == 0
        assert (s.seq, s.ack, s.flags, s.window, s.data) == (seq, ack, flags, window, payload)


class TestOptions:
    @requirement("MUST-4", "MUST-69")
    @given(
        st.sampled_from([4, 6]),
        st.none() | U16,
        st.booleans(),
        st.none() | st.tuples(U32, U32),
        st.none() | st.integers(0, 14),
        st.lists(st.tuples(U32, U32), max_size=6),
    )
    def test_each_option_is_written_aligned_and_read_back(self, version, mss, permitted, stamps, shift, blocks):
        builder = Builder()
        builder.begin(version)
        expected = []
        if mss is not None:
            builder.add_mss(mss)
            expected.append((2, mss.to_bytes(2, "big")))
        if permitted:
            builder.add_sack_permitted()
            expected.append((4, b""))
        if stamps is not None:
            builder.add_timestamps(*stamps)
            expected.append((8, stamps[0].to_bytes(4, "big") + stamps[1].to_bytes(4, "big")))
        if shift is not None:
            builder.add_scale(shift)
            expected.append((3, bytes((shift,))))
        assert builder.options_length() % 4 == 0
        room = (40 - builder.options_length() - 4) // 8
        builder.add_sack(blocks)
        if blocks[:room]:
            edges = b"".join(a.to_bytes(4, "big") + b.to_bytes(4, "big") for a, b in blocks[:room])
            expected.append((5, edges))
        got = read(build(builder, key_of(version), flags=0x12))
        assert got.options == tuple(expected)

    def test_as_many_sack_blocks_as_fit_and_no_more(self):
        blocks = [(n, n + 1) for n in range(0, 100, 2)]
        for stamped, most in ((False, 4), (True, 3)):
            builder = Builder()
            builder.begin(6)
            if stamped:
                builder.add_timestamps(1, 2)
            builder.add_sack(blocks)
            assert len(read(build(builder, key_of(6))).option(5)) == 8 * most


class TestChecksums:
    @requirement("MUST-2")
    @given(st.sampled_from([4, 6]), st.integers(0, 0xFFFF), st.binary(max_size=9))
    def test_must_2_the_checksum_is_right_for_every_sum_and_length(self, version, window, payload):
        builder = Builder()
        builder.begin(version)
        read(build(builder, key_of(version), window=window, payload=payload))

    def test_a_checksum_of_zero_is_sent_as_zero(self):
        """TCP has no value that means "none", as UDP has."""
        builder = Builder()
        found = set()
        for window in range(0x10000):
            builder.begin(4)
            frame = build(builder, key_of(4), window=window)
            if frame[36:38] in (b"\x00\x00", b"\xff\xff"):
                found.add(frame[36:38])
                read(frame)
        assert found == {b"\x00\x00"}

    def test_the_largest_packet_of_all(self):
        for version, most in ((4, 65535 - 40), (6, 65535 - 20)):
            builder = Builder()
            builder.begin(version)
            payload = b"\xff\x01" * (most // 2) + b"\xfe" * (most % 2)
            assert read(build(builder, key_of(version), payload=payload)).data == payload


class TestVnetHeader:
    """struct virtio_net_hdr, virtio 1.2 5.1.6: `read` holds every field against the packet behind it."""

    @pytest.mark.parametrize("name", ["vnet", "vnet and ethernet"])
    @pytest.mark.parametrize("version", [4, 6])
    @pytest.mark.parametrize("size", [0, 1, 1447, 1448, 1449, 2896, 60000])
    def test_a_segment_longer_than_a_unit_asks_to_be_cut_up(self, name, version, size):
        framing = FRAMINGS[name]
        builder = Builder(framing)
        builder.begin(version)
        builder.add_timestamps(1, 2)
        frame = build(builder, key_of(version), payload=bytes(size), unit=1448)
        assert read(frame, framing).gso == (1448 if size > 1448 else 0)

    def test_the_numbers_for_ipv4_on_a_tun_device(self):
        framing = FRAMINGS["vnet"]
        builder = Builder(framing)
        builder.begin(4)
        frame = build(builder, key_of(4), payload=bytes(3000), unit=1460)
        # NEEDS_CSUM, TCPV4, hdr_len 40, gso_size 1460, csum_start 20, csum_offset 16, little endian
        assert frame[:10] == bytes.fromhex("01 01 2800 b405 1400 1000")

    def test_the_numbers_for_ipv6_behind_ethernet(self):
        framing = FRAMINGS["vnet and ethernet"]
        builder = Builder(framing)
        builder.begin(6)
        builder.add_timestamps(1, 2)
        frame = build(builder, key_of(6), payload=bytes(3000), unit=1428)
        # TCPV6 is 4; hdr_len 14 + 40 + 32 = 86, csum_start 14 + 40 = 54
        assert frame[:10] == bytes.fromhex("01 04 5600 9405 3600 1000")
        assert frame[10:24] == ETHERNET[1]

    def test_a_short_segment_after_a_long_one_asks_for_nothing(self):
        framing = FRAMINGS["vnet"]
        builder = Builder(framing)
        builder.begin(4)
        build(builder, key_of(4), payload=bytes(3000), unit=1460)
        builder.begin(4)
        assert read(build(builder, key_of(4), payload=b"x", unit=1460), framing).gso == 0

    @given(st.sampled_from([4, 6]), U32, U16, st.binary(max_size=50))
    def test_whoever_finishes_the_checksum_gets_it_right(self, version, seq, window, payload):
        """The sum from csum_start to the end, put at csum_offset, is what the plain framing would have sent."""
        framing = FRAMINGS["vnet"]
        both = []
        for f in (framing, FRAMINGS["plain"]):
            builder = Builder(f)
            builder.begin(version)
            both.append(build(builder, key_of(version), seq=seq, window=window, payload=payload))
        unfinished, plain = bytearray(both[0][10:]), both[1]
        start, offset = int.from_bytes(both[0][6:8], "little"), int.from_bytes(both[0][8:10], "little")
        unfinished[start + offset : start + offset + 2] = (internet_sum(bytes(unfinished[start:])) ^ 0xFFFF).to_bytes(
            2, "big"
        )
        assert bytes(unfinished) == plain


class TestReset:
    """RFC 9293 3.10.7.1: the RST for a segment of no connection."""

    @given(st.sampled_from([4, 6]), U32, U32, st.integers(0, 255), st.integers(0, 65535))
    def test_it_takes_its_place_from_the_segment(self, version, seq, ack, flags, length):
        got = read(reset_for(Builder(), key_of(version), seq, ack, flags, length))
        if flags & 0x10:
            assert (got.flags, got.seq, got.ack) == ("R", ack, 0)
        else:
            assert (got.flags, got.seq, got.ack) == ("RA", 0, (seq + length) & 0xFFFFFFFF)
        assert (got.window, got.data, got.options) == (0, b"", ())


class TestFraming:
    def test_both_link_headers_are_equally_long(self):
        with pytest.raises(ValueError, match="differ in length"):
            Framing(b"1", b"22")

    def test_a_vnet_header_has_ten_bytes(self):
        with pytest.raises(ValueError, match="10 bytes"):
            Framing(bytes(9), bytes(9), vnet=True)

    def test_a_link_header_longer_than_any_link_has_is_refused(self):
        """The builder's scratch space is finite, and in C nothing stops a write past its end."""
        with pytest.raises(ValueError, match="link header"):
            Framing(bytes(200), bytes(200))
