"""ICMP (RFC 792, 4443): errors about our segments and pings, read and written."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segments import FRAGMENT, ReadIcmp, icmp, ip4, ip6, packed, packet, read, tcp

from handshook.outcomes import Outcome
from handshook.wire.icmp import EchoRequest, IcmpError, Trouble, read_icmp, write_echo_reply, write_error
from handshook.wire.segment import Segment, parse

PEER, ENGINE = {4: "198.51.100.1", 6: "2001:db8::1"}, {4: "198.51.100.2", 6: "2001:db8::2"}
ROUTER = {4: "192.0.2.9", 6: "2001:db8:ffff::9"}
ECHO, UNREACHABLE, TIME_EXCEEDED = {4: 8, 6: 128}, {4: 3, 6: 1}, {4: 11, 6: 3}


def message(frame):
    segment = Segment()
    assert parse(frame, 0, False, segment) == Outcome.IP_PROTOCOL_UNKNOWN
    return read_icmp(segment)


def ours(version, seq=7_000_000, **fields):
    """A segment that the engine sent."""
    return packet((ENGINE[version], 80), (PEER[version], 40000), "PA", seq=seq, data=b"x" * 30, **fields)


def error(version, kind, code, quote, extra=bytes(4), **more):
    return icmp(ROUTER[version], ENGINE[version], kind, code, extra + quote, **more)


both = pytest.mark.parametrize("version", [4, 6])


class TestErrors:
    @both
    @given(seq=st.integers(0, 2**32 - 1), port=st.integers(0, 65535))
    def test_it_names_the_connection_as_arriving_packets_do(self, version, seq, port):
        quote = packet((ENGINE[version], 80), (PEER[version], port), "A", seq=seq)
        found = message(error(version, UNREACHABLE[version], 0, quote))
        assert isinstance(found, IcmpError)
        key = packed(PEER[version]) + packed(ENGINE[version]) + port.to_bytes(2, "big") + (80).to_bytes(2, "big")
        assert (found.key, found.seq, found.reporter) == (key, seq, packed(ROUTER[version]))

    @pytest.mark.parametrize(
        "version, kind, code, trouble",
        [
            (4, 3, 0, Trouble.NET_UNREACHABLE),
            (4, 3, 1, Trouble.HOST_UNREACHABLE),
            (4, 3, 2, Trouble.PROTOCOL_UNREACHABLE),
            (4, 3, 3, Trouble.PORT_UNREACHABLE),
            (4, 3, 4, Trouble.TOO_BIG),
            (4, 3, 5, Trouble.HOST_UNREACHABLE),
            (4, 3, 13, Trouble.PROHIBITED),
            (4, 4, 0, Trouble.SOURCE_QUENCH),
            (4, 11, 0, Trouble.TIME_EXCEEDED),
            (4, 12, 0, Trouble.PARAMETER_PROBLEM),
            (6, 1, 0, Trouble.NET_UNREACHABLE),
            (6, 1, 1, Trouble.PROHIBITED),
            (6, 1, 3, Trouble.HOST_UNREACHABLE),
            (6, 1, 4, Trouble.PORT_UNREACHABLE),
            (6, 2, 0, Trouble.TOO_BIG),
            (6, 3, 0, Trouble.TIME_EXCEEDED),
            (6, 4, 1, Trouble.PARAMETER_PROBLEM),
        ],
    )
    def test_what_each_type_and_code_says(self, version, kind, code, trouble):
        found = message(error(version, kind, code, ours(version)))
        assert isinstance(found, IcmpError)
        assert found.trouble is trouble

    @both
    def test_every_other_type_and_code_is_read_without_harm(self, version):
        for kind in range(256):
            for code in (0, 1, 15, 16, 255):
                message(error(version, kind, code, ours(version)))

    @given(st.integers(0, 0xFFFF))
    def test_rfc1191_4_the_next_hops_mtu(self, mtu):
        found = message(error(4, 3, 4, ours(4), struct.pack("!HH", 0xBEEF, mtu)))
        assert isinstance(found, IcmpError)
        assert found.mtu == mtu

    @given(st.integers(0, 0xFFFFFFFF))
    def test_rfc4443_3_2_the_next_hops_mtu(self, mtu):
        found = message(error(6, 2, 0, ours(6), struct.pack("!I", mtu)))
        assert isinstance(found, IcmpError)
        assert found.mtu == mtu

    @both
    def test_eight_bytes_of_the_tcp_header_are_enough_and_fewer_are_not(self, version):
        quote = ours(version)
        header = 20 if version == 4 else 40
        for length in range(len(quote) + 1):
            found = message(error(version, UNREACHABLE[version], 0, quote[:length]))
            assert (found is not None) == (length >= header + 8), length

    def test_a_quoted_header_with_options_is_stepped_over(self):
        a, b = packed(ENGINE[4]), packed(PEER[4])
        quote = ip4(a, b, tcp(a, b, "A", sport=80, dport=40000, seq=77), options=b"\x94\x04\x00\x00")
        found = message(error(4, 3, 1, quote))
        assert isinstance(found, IcmpError)
        assert found.seq == 77

    @pytest.mark.parametrize("words", range(5))
    def test_a_quoted_header_too_short_to_be_one_is_refused(self, words):
        a, b = packed(ENGINE[4]), packed(PEER[4])
        assert message(error(4, 3, 1, ip4(a, b, tcp(a, b, "A"), header_words=words))) is None

    @both
    def test_a_quoted_packet_of_another_protocol_or_version_says_nothing(self, version):
        a, b = packed(ENGINE[version]), packed(PEER[version])
        make = ip4 if version == 4 else ip6
        assert message(error(version, UNREACHABLE[version], 0, make(a, b, bytes(20), protocol=17))) is None
        assert message(error(version, UNREACHABLE[version], 0, ours(10 - version))) is None

    @both
    @given(wrong=st.integers(1, 0xFFFE))
    def test_a_wrong_checksum_is_refused(self, version, wrong):
        sound = error(version, UNREACHABLE[version], 0, ours(version))
        frame = error(version, UNREACHABLE[version], 0, ours(version), wrong_checksum=wrong)
        at = (20 if version == 4 else 40) + 2
        if {sound[at : at + 2], frame[at : at + 2]} != {b"\x00\x00", b"\xff\xff"}:
            assert message(frame) is None

    def test_icmp_of_the_other_ip_version_is_refused(self):
        body = icmp(ROUTER[4], ENGINE[4], 3, 0, bytes(4) + ours(4))[20:]
        assert message(ip4(packed(ROUTER[4]), packed(ENGINE[4]), body, protocol=58)) is None
        assert message(ip6(packed(ROUTER[6]), packed(ENGINE[6]), body, protocol=1)) is None

    @both
    def test_cut_off_anywhere_it_is_refused(self, version):
        a, b = packed(ROUTER[version]), packed(ENGINE[version])
        whole = error(version, UNREACHABLE[version], 0, ours(version))[20 if version == 4 else 40 :]
        make, protocol = (ip4, 1) if version == 4 else (ip6, 58)
        for length in range(len(whole)):
            assert message(make(a, b, whole[:length], protocol=protocol)) is None

    @both
    @given(quote=st.binary(max_size=80))
    def test_a_random_quote_is_read_without_harm(self, version, quote):
        message(error(version, UNREACHABLE[version], 0, quote))
        message(error(version, UNREACHABLE[version], 0, bytes((version << 4 | 5,)) + quote))


class TestEcho:
    @both
    @given(body=st.binary(max_size=60), number=st.integers(0, 0xFFFFFFFF))
    def test_a_ping_is_read_and_answered_with_the_same_bytes(self, version, body, number):
        rest = struct.pack("!I", number) + body
        request = message(icmp(PEER[version], ENGINE[version], ECHO[version], 0, rest))
        assert request == EchoRequest(packed(PEER[version]), packed(ENGINE[version]), rest)
        reply = read(write_echo_reply(request))
        assert reply == ReadIcmp(ENGINE[version], PEER[version], 0 if version == 4 else 129, 0, rest)

    @both
    def test_a_ping_behind_an_atomic_fragment_header_or_ip_options(self, version):
        more = {"options": b"\x94\x04\x00\x00"} if version == 4 else {"extensions": [(FRAGMENT, bytes(7))]}
        assert isinstance(
            message(icmp(PEER[version], ENGINE[version], ECHO[version], 0, bytes(4), **more)), EchoRequest
        )

    @both
    def test_another_code_is_no_ping(self, version):
        assert message(icmp(PEER[version], ENGINE[version], ECHO[version], 1, bytes(4))) is None

    @both
    def test_a_reply_is_no_ping(self, version):
        assert message(icmp(PEER[version], ENGINE[version], 0 if version == 4 else 129, 0, bytes(4))) is None


class TestWriting:
    @both
    @pytest.mark.parametrize(
        "trouble",
        [
            Trouble.NET_UNREACHABLE,
            Trouble.HOST_UNREACHABLE,
            Trouble.PROTOCOL_UNREACHABLE,
            Trouble.PORT_UNREACHABLE,
            Trouble.PROHIBITED,
            Trouble.TOO_BIG,
            Trouble.TIME_EXCEEDED,
        ],
    )
    def test_an_error_written_is_an_error_read(self, version, trouble):
        frame = write_error(trouble, ours(version, seq=99), reporter=packed(ROUTER[version]), mtu=1300)
        read(frame)
        found = message(frame)
        assert isinstance(found, IcmpError)
        # ICMPv6 has no "protocol unreachable": it is a parameter problem (RFC 4443 3.4).
        said = Trouble.PARAMETER_PROBLEM if (version, trouble) == (6, Trouble.PROTOCOL_UNREACHABLE) else trouble
        assert (found.trouble, found.seq) == (said, 99)
        assert found.mtu == (1300 if trouble is Trouble.TOO_BIG else 0)

    @both
    def test_by_default_the_destination_reports(self, version):
        found = read(write_error(Trouble.PORT_UNREACHABLE, ours(version)))
        assert (found.source, found.destination) == (PEER[version], ENGINE[version])

    @pytest.mark.parametrize("version, most", [(4, 576), (6, 1280)])
    def test_an_error_is_small_enough_for_every_link(self, version, most):
        packet_ = packet((ENGINE[version], 80), (PEER[version], 40000), "A", data=bytes(5000))
        frame = write_error(Trouble.HOST_UNREACHABLE, packet_)
        read(frame)
        assert len(frame) <= most

    def test_a_trouble_without_a_message_is_a_value_error(self):
        with pytest.raises(ValueError, match="source quench"):
            write_error(Trouble.SOURCE_QUENCH, ours(4))
