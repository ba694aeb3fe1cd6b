"""ICMP errors about a connection: RFC 9293 3.9.2.2 (MUST-54 to 56, SHLD-25, 26), RFC 5927, RFC 1191, RFC 8201."""

import errno

import pytest
from requirements import requirement
from tcp.ways import OPEN_OR_CLOSING, PLAIN, VERSIONS, reach

from handshook import Config, Outcome, State
from handshook.testing import Script
from handshook.wire.checksum import checksum
from handshook.wire.icmp import Trouble, write_error

SOFT = [Trouble.NET_UNREACHABLE, Trouble.HOST_UNREACHABLE, Trouble.TIME_EXCEEDED, Trouble.PROHIBITED]
HARD = [Trouble.PORT_UNREACHABLE, Trouble.PROTOCOL_UNREACHABLE]
TROUBLES = pytest.mark.parametrize("trouble", [*SOFT, *HARD], ids=lambda trouble: trouble.name)


def complain(t, trouble, packet, **more):
    """A router or the peer complains about a packet of the stack; what the stack made of it."""
    before = dict(t.stack.counters().items())
    t.send_packet(write_error(trouble, packet, **more))
    (outcome,) = [name for name, count in t.stack.counters().items() if count != before.get(name, 0)]
    return outcome


class TestWhileOpening:
    @requirement("MUST-54", "MUST-56")
    @VERSIONS
    @pytest.mark.parametrize("trouble", SOFT, ids=lambda trouble: trouble.name)
    def test_a_soft_error_is_remembered_and_the_syn_goes_on(self, ipv6, trouble):
        """MUST-56, SHLD-25."""
        t = Script(ipv6=ipv6)
        connection = t.connecting()
        syn = t.expect("SYN").packet
        assert complain(t, trouble, syn) is Outcome.ICMP_NOTED
        assert connection.state is State.SYN_SENT
        assert connection.verdict.evidence["icmp"] == trouble.value
        t.wait(1.1)
        t.expect("SYN")
        t.send("SYN,ACK", seq=0, ack=1)
        assert connection.state is State.ESTABLISHED

    @requirement("MUST-54", "SHLD-26")
    @pytest.mark.parametrize(
        "trouble, number, ipv6",
        [
            (Trouble.PORT_UNREACHABLE, errno.ECONNREFUSED, False),
            (Trouble.PORT_UNREACHABLE, errno.ECONNREFUSED, True),
            (Trouble.PROTOCOL_UNREACHABLE, errno.ENOPROTOOPT, False),
        ],
    )
    def test_a_hard_error_ends_it(self, ipv6, trouble, number):
        """SHLD-26, as RFC 5927 6 narrows it."""
        t = Script(ipv6=ipv6)
        connection = t.connecting()
        syn = t.expect("SYN").packet
        assert complain(t, trouble, syn) is Outcome.ICMP_REFUSED
        assert connection.state is State.CLOSED
        assert connection.error.errno == number
        assert connection.verdict.outcome is Outcome.ICMP_REFUSED
        assert trouble.value in connection.verdict.sentence
        t.expect_nothing()
        assert t.stack.deadline() is None

    def test_given_up_after_a_soft_error_the_verdict_still_has_it(self):
        t = Script()
        connection = t.connecting()
        complain(t, Trouble.HOST_UNREACHABLE, t.expect("SYN").packet)
        t.wait(184)
        assert connection.verdict.outcome is Outcome.CONNECT_TIMED_OUT
        assert connection.verdict.evidence["icmp"] == "host unreachable"

    def test_a_half_open_entry_is_not_ended_by_any(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        packet = t.expect("SYN,ACK").packet
        for trouble in (*SOFT, *HARD):
            complain(t, trouble, packet)
        assert listener.half_open == 1


class TestInSynchronizedStates:
    @requirement("MUST-56", "RFC 5927 5.2")
    @TROUBLES
    @pytest.mark.parametrize("state", OPEN_OR_CLOSING, ids=lambda state: state.name)
    def test_no_error_ends_the_connection(self, state, trouble):
        """RFC 5927 6: a hard error is soft once the connection is open."""
        t = Script()
        connection = reach(t, state)
        if connection.snd_una == connection.snd_nxt and state in (State.ESTABLISHED, State.CLOSE_WAIT):
            connection.send(b"in flight")
            packet = t.expect("ACK", data=b"in flight").packet
        elif connection.snd_una != connection.snd_nxt:
            t.wait(1.1)
            packet = t.expect("FIN,ACK").packet
        else:
            return
        assert complain(t, trouble, packet) is Outcome.ICMP_NOTED
        assert connection.state is state
        assert connection.error is None


class TestWhatIsBelieved:
    """RFC 5927 4.1."""

    @requirement("RFC 5927 4.1")
    def test_only_what_quotes_a_number_in_flight(self):
        t = Script(config=PLAIN)
        connection = t.accepted(mss=1000)
        connection.send(bytes(1000))
        old = t.expect("ACK", seq=1).packet
        t.send("ACK", seq=1, ack=1001)
        assert complain(t, Trouble.HOST_UNREACHABLE, old) is Outcome.ICMP_FOR_NO_ONE
        connection.send(bytes(1000))
        new = t.expect("ACK", seq=1001).packet
        assert complain(t, Trouble.HOST_UNREACHABLE, old) is Outcome.ICMP_FOR_NO_ONE
        assert connection.verdict.evidence["icmp"] is None
        assert complain(t, Trouble.HOST_UNREACHABLE, new) is Outcome.ICMP_NOTED

    @requirement("RFC 5927 4.1")
    def test_a_connection_with_nothing_in_flight_believes_none(self):
        t = Script()
        connection = t.connecting()
        syn = t.expect("SYN").packet
        t.send("SYN,ACK", seq=0, ack=1)
        assert complain(t, Trouble.PORT_UNREACHABLE, syn) is Outcome.ICMP_FOR_NO_ONE
        assert connection.state is State.ESTABLISHED

    def test_one_about_a_connection_that_is_not_there_is_dropped(self):
        t = Script()
        syn = t.connecting()
        packet = t.expect("SYN").packet
        syn.close()
        assert complain(t, Trouble.PORT_UNREACHABLE, packet) is Outcome.ICMP_FOR_NO_ONE

    @requirement("MUST-55")
    def test_must_55_source_quench_is_silently_discarded(self):
        t = Script()
        connection = t.connecting()
        packet = write_error(Trouble.HOST_UNREACHABLE, t.expect("SYN").packet)
        message = bytes((4, 0, 0, 0)) + packet[24:]
        message = message[:2] + checksum(message).to_bytes(2, "big") + message[4:]
        t.send_packet(packet[:20] + message)
        assert t.stack.counters()[Outcome.ICMP_IGNORED] == 1
        assert connection.verdict.evidence["icmp"] is None
        t.expect_nothing()


class TestTooBig:
    """RFC 1191 4, RFC 8201 4; RFC 5927 7."""

    def sent(self, ipv6=False, mtu=1500):
        t = Script(ipv6=ipv6, config=Config(timestamps=False, sack=False, mtu=mtu))
        connection = t.accepted(mss=9000)
        connection.send(bytes(2000))
        packet = t.expect("ACK", seq=1).packet
        t.receive()
        return t, connection, packet

    @requirement("RFC 1191 4")
    @VERSIONS
    def test_segments_shrink_and_what_was_too_big_goes_again_at_once(self, ipv6):
        t, connection, packet = self.sent(ipv6)
        assert complain(t, Trouble.TOO_BIG, packet, mtu=1300) is Outcome.MTU_LOWERED
        size = 1300 - (60 if ipv6 else 40)
        t.expect("ACK", seq=1, data=bytes(size))
        t.expect("ACK", seq=1 + size)
        t.expect_nothing()
        t.send("ACK", seq=1, ack=2001)
        connection.send(bytes(5000))
        assert len(t.expect("ACK").data) == size

    def test_segments_stay_one_packet_each(self):
        """However often the smaller size would fit into the link's."""
        t, connection, packet = self.sent()
        complain(t, Trouble.TOO_BIG, packet, mtu=600)
        t.send("ACK", seq=1, ack=2001)
        t.receive()
        connection.send(bytes(5000))
        while (received := t.receive()) is not None:
            assert len(received.packet) <= 600

    @requirement("RFC 5927 7.2")
    @pytest.mark.parametrize("mtu", [0, 68, 551])
    def test_no_message_makes_them_smaller_than_any_path_of_today(self, mtu):
        t, _connection, packet = self.sent()
        assert complain(t, Trouble.TOO_BIG, packet, mtu=mtu) is Outcome.MTU_LOWERED
        assert len(t.expect("ACK", seq=1).packet) == 552

    @VERSIONS
    @pytest.mark.parametrize("mtu", [1500, 9000, 65535])
    def test_one_that_lowers_nothing_is_ignored(self, ipv6, mtu):
        t, connection, packet = self.sent(ipv6)
        assert complain(t, Trouble.TOO_BIG, packet, mtu=mtu) is Outcome.ICMP_IGNORED
        t.expect_nothing()
        assert connection.state is State.ESTABLISHED

    @requirement("RFC 8201 4")
    def test_ipv6_never_goes_below_1280(self):
        t, _, packet = self.sent(ipv6=True)
        complain(t, Trouble.TOO_BIG, packet, mtu=600)
        assert len(t.expect("ACK", seq=1).packet) == 1280
