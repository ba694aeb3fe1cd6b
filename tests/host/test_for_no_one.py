"""Packets for no one: not our address, sources that no host can have, and ICMP about nothing of ours."""

import struct

import pytest
from peer import ENGINE4, ENGINE6, PEER4, PEER6, Peer, engine, hear
from requirements import requirement
from segments import icmp, packet

from handshook import Outcome, State

NOT_OURS = [
    (PEER4, "198.51.100.3", "a neighbour"),
    (PEER4, "8.8.8.8", "somebody far away"),
    (PEER4, "198.51.100.255", "the network's broadcast"),
    (PEER4, "255.255.255.255", "everybody's broadcast"),
    (PEER4, "0.0.0.0", "nobody"),
    (PEER4, "127.0.0.1", "loopback"),
    (PEER4, "224.0.0.1", "all hosts"),
    (PEER4, "239.1.2.3", "a group"),
    (PEER6, "2001:db8::3", "a neighbour"),
    (PEER6, "ff02::1", "all nodes"),
    (PEER6, "ff02::1:ff00:2", "our solicited-node group"),
    (PEER6, "::", "nobody"),
    (PEER6, "::1", "loopback"),
    (PEER6, "fe80::2", "a link-local address"),
]
INVALID_SOURCES = [
    ("0.0.0.0", ENGINE4, "unspecified"),
    ("0.1.2.3", ENGINE4, "this network"),
    ("224.0.0.1", ENGINE4, "multicast"),
    ("239.255.255.255", ENGINE4, "multicast"),
    ("240.0.0.1", ENGINE4, "reserved"),
    ("255.255.255.255", ENGINE4, "broadcast"),
    (ENGINE4, ENGINE4, "land"),
    ("::", ENGINE6, "unspecified"),
    ("ff02::1", ENGINE6, "multicast"),
    ("ff0e::1", ENGINE6, "multicast"),
    (ENGINE6, ENGINE6, "land"),
]


def names(rows):
    return [f"{row[2]} ({row[0]} to {row[1]})" for row in rows]


@requirement("MUST-57")
@pytest.mark.parametrize("flags", ["S", "A", "R", "FA", "SA", "", "FPU"])
@pytest.mark.parametrize("source, destination, _", NOT_OURS, ids=names(NOT_OURS))
def test_must_57_what_is_not_addressed_to_us_is_dropped_in_silence(source, destination, _, flags):
    stack = engine()
    stack.listen(80)
    heard = hear(stack, packet((source, 40000), (destination, 80), flags))
    assert heard.silently(Outcome.NOT_OURS)
    assert stack.snapshot() == []


@requirement("MUST-63")
@pytest.mark.parametrize("flags", ["S", "A", "R", "FA", "SA", "", "FPU"])
@pytest.mark.parametrize("port", [80, 81])
@pytest.mark.parametrize("source, destination, _", INVALID_SOURCES, ids=names(INVALID_SOURCES))
def test_must_63_what_comes_from_where_no_host_is_is_dropped_in_silence(source, destination, _, port, flags):
    stack = engine()
    stack.listen(80)
    heard = hear(stack, packet((source, 80), (destination, port), flags))
    assert heard.silently(Outcome.SOURCE_INVALID)
    assert stack.snapshot() == []


def test_land_from_another_of_our_own_addresses():
    stack = engine(addresses=["198.51.100.2", "198.51.100.7"])
    stack.listen(80)
    heard = hear(stack, packet(("198.51.100.7", 80), ("198.51.100.2", 80), "S"))
    assert heard.silently(Outcome.SOURCE_INVALID)


def test_an_ipv4_packet_does_not_find_a_stack_that_has_only_ipv6():
    for addresses, version in (([ENGINE6], 4), ([ENGINE4], 6)):
        stack = engine(addresses=addresses)
        stack.listen(80)
        assert hear(stack, Peer(stack, version=version).frame("S")).silently(Outcome.NOT_OURS)


def test_a_listener_at_one_address_does_not_answer_for_another():
    stack = engine(addresses=["198.51.100.2", "198.51.100.7"])
    stack.listen(80, address="198.51.100.7")
    assert hear(stack, packet((PEER4, 1), ("198.51.100.2", 80), "S")).outcome is Outcome.CLOSED_PORT_RESET
    assert hear(stack, packet((PEER4, 1), ("198.51.100.7", 80), "S")).outcome is Outcome.SYN_ANSWERED


@pytest.mark.parametrize("change", ["source address", "source port", "destination port", "version"])
def test_a_segment_one_field_away_from_a_connection_is_not_the_connections(change):
    stack = engine()
    peer = Peer(stack)
    connection = peer.opens(stack.listen(80))
    other = {
        "source address": (("198.51.100.9", 40000), (ENGINE4, 80)),
        "source port": ((PEER4, 40001), (ENGINE4, 80)),
        "destination port": ((PEER4, 40000), (ENGINE4, 81)),
        "version": ((PEER6, 40000), (ENGINE6, 80)),
    }[change]
    heard = hear(stack, packet(*other, "RA", seq=peer.isn + 1, ack=peer.their_isn + 1))
    assert heard.outcome in (Outcome.LISTEN_RST_IGNORED, Outcome.CLOSED_PORT_IGNORED)
    assert not heard.answers
    assert connection.state is State.ESTABLISHED


class TestPings:
    """RFC 1122 3.2.2.6, RFC 4443 4.2."""

    @pytest.mark.parametrize("source, destination, kind, reply", [(PEER4, ENGINE4, 8, 0), (PEER6, ENGINE6, 128, 129)])
    def test_a_ping_is_answered(self, source, destination, kind, reply):
        stack = engine()
        heard = hear(stack, icmp(source, destination, kind, 0, b"\x12\x34\x00\x01payload"))
        assert heard.outcome is Outcome.ECHO_ANSWERED
        answer = heard.answer
        assert (answer.source, answer.destination, answer.kind) == (destination, source, reply)
        assert answer.rest == b"\x12\x34\x00\x01payload"

    @pytest.mark.parametrize("source, destination, _", NOT_OURS, ids=names(NOT_OURS))
    def test_a_ping_to_somebody_else_is_not(self, source, destination, _):
        kind = 8 if "." in source else 128
        assert hear(engine(), icmp(source, destination, kind, 0, bytes(4))).silently(Outcome.NOT_OURS)

    @pytest.mark.parametrize("source, destination, _", INVALID_SOURCES, ids=names(INVALID_SOURCES))
    def test_a_ping_from_where_no_host_is_is_not(self, source, destination, _):
        """RFC 1122 3.2.1.3: such a source is silently discarded; an answer could go to everybody ("smurf")."""
        kind = 8 if "." in source else 128
        assert hear(engine(), icmp(source, destination, kind, 0, bytes(4))).silently(Outcome.SOURCE_INVALID)

    def test_a_flood_of_pings_costs_a_bounded_queue(self):
        stack = engine()
        ping = icmp(PEER4, ENGINE4, 8, 0, bytes(4))
        for _ in range(10_000):
            stack.receive(ping, 0.0)
        answers = stack.transmit(0.0)
        assert len(answers) <= 4096
        assert stack.counters()[Outcome.ANSWER_DROPPED] == 10_000 - len(answers)


class TestIcmpErrors:
    """RFC 9293 3.9.2.2, RFC 5927: only what quotes a number in flight may have an effect."""

    def quote(self, peer, seq):
        return packet(peer.there, peer.here, "A", seq=peer.their_isn + seq, ack=peer.isn)

    def opened_with_data_out(self):
        stack = engine()
        peer = Peer(stack)
        connection = peer.opens(stack.listen(80))
        connection.send(b"x" * 100)
        stack.transmit(0.0)
        return stack, peer, connection

    @pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 13])
    def test_about_a_connection_that_is_not_there(self, code):
        quote = packet((ENGINE4, 80), (PEER4, 40000), "A", seq=5)
        heard = hear(engine(), icmp("192.0.2.1", ENGINE4, 3, code, bytes(4) + quote))
        assert heard.silently(Outcome.ICMP_FOR_NO_ONE)

    @requirement("RFC 5927 4.1")
    @pytest.mark.parametrize("seq", [0, 101, 102, -1, 0x7FFFFFFF])
    @pytest.mark.parametrize("code", [0, 3, 4])
    def test_about_a_number_that_is_not_in_flight(self, seq, code):
        stack, peer, connection = self.opened_with_data_out()
        heard = hear(stack, icmp("192.0.2.1", ENGINE4, 3, code, bytes(4) + self.quote(peer, seq)))
        assert heard.silently(Outcome.ICMP_FOR_NO_ONE)
        assert connection.state is State.ESTABLISHED

    @requirement("RFC 5927 5.2")
    @pytest.mark.parametrize("code", [0, 1, 2, 3, 5, 13])
    def test_must_56_even_a_hard_error_does_not_end_an_open_connection(self, code):
        stack, peer, connection = self.opened_with_data_out()
        heard = hear(stack, icmp("192.0.2.1", ENGINE4, 3, code, bytes(4) + self.quote(peer, 1)))
        assert heard.silently(Outcome.ICMP_NOTED)
        assert connection.state is State.ESTABLISHED

    @requirement("MUST-55")
    def test_must_55_a_source_quench_is_discarded(self):
        stack, peer, _ = self.opened_with_data_out()
        heard = hear(stack, icmp("192.0.2.1", ENGINE4, 4, 0, bytes(4) + self.quote(peer, 1)))
        assert heard.silently(Outcome.ICMP_IGNORED)

    @requirement("RFC 5927 7.2")
    @pytest.mark.parametrize("mtu", [0, 1, 68, 551, 1499, 1500, 9000, 65535])
    def test_rfc5927_7_2_no_mtu_in_a_message_makes_segments_tiny_or_larger_than_the_link(self, mtu):
        stack, peer, connection = self.opened_with_data_out()
        heard = hear(stack, icmp("192.0.2.1", ENGINE4, 3, 4, struct.pack("!HH", 0, mtu) + self.quote(peer, 1)))
        if mtu < 1500:
            assert heard.outcome is Outcome.MTU_LOWERED
        else:
            assert heard.silently(Outcome.ICMP_IGNORED)
        connection.send(bytes(20_000))
        peer.says("A", 1, 101)
        stack.advance(5.0)
        sizes = {len(frame) for frame in stack.transmit(5.0)}
        assert max(sizes) <= max(min(mtu, 1500), 552)

    @pytest.mark.parametrize("kind, code", [(3, 16), (3, 255), (5, 0), (9, 0), (13, 0), (17, 0), (42, 7), (255, 255)])
    def test_messages_that_ask_nothing_of_tcp(self, kind, code):
        stack, peer, connection = self.opened_with_data_out()
        heard = hear(stack, icmp("192.0.2.1", ENGINE4, kind, code, bytes(4) + self.quote(peer, 1)))
        assert heard.silently(Outcome.ICMP_IGNORED)
        assert connection.state is State.ESTABLISHED

    @pytest.mark.parametrize("quote", [b"", b"\x45", bytes(20), b"\x45" + bytes(27), b"\x4f" * 28, b"\x60" + bytes(47)])
    def test_quotes_of_nothing_sensible(self, quote):
        heard = hear(engine(), icmp("192.0.2.1", ENGINE4, 3, 3, bytes(4) + quote))
        assert heard.silently(Outcome.ICMP_IGNORED)

    def test_a_wrong_checksum(self):
        stack, peer, _ = self.opened_with_data_out()
        frame = icmp("192.0.2.1", ENGINE4, 3, 4, bytes(4) + self.quote(peer, 1), wrong_checksum=0x55)
        assert hear(stack, frame).silently(Outcome.ICMP_IGNORED)

    def test_a_refusal_while_opening(self):
        stack = engine()
        peer = Peer(stack)
        connection = peer.is_called()
        heard = hear(stack, icmp(PEER4, ENGINE4, 3, 3, bytes(4) + self.quote(peer, 0)))
        assert heard.silently(Outcome.ICMP_REFUSED)
        assert connection.state is State.CLOSED
        assert isinstance(connection.error, ConnectionRefusedError)

    def test_of_the_other_version_about_the_same_ports(self):
        stack = engine()
        peer = Peer(stack, version=6)
        connection = peer.opens(stack.listen(80))
        connection.send(b"x")
        stack.transmit(0.0)
        quote = packet((ENGINE4, 80), (PEER4, 40000), "A", seq=peer.their_isn + 1)
        assert hear(stack, icmp("192.0.2.1", ENGINE4, 3, 4, bytes(4) + quote)).silently(Outcome.ICMP_FOR_NO_ONE)
