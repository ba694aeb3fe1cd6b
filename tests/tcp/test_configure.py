"""What a connection may change while it lives: RFC 9293 3.7.4, 3.8.3, 3.8.4, 3.9.1.8, 3.9.1.9, 3.9.2."""

import dataclasses
import pydoc

import pytest
from requirements import requirement
from tcp.ways import PLAIN, VERSIONS

from handshook import Config, Outcome, State
from handshook.tcp.happened import Happened
from handshook.testing import Script
from handshook.wire.icmp import Trouble, write_error


def dscp(received):
    """The six bits that stand before the two of ECN, in either version."""
    packet = received.packet
    return packet[1] >> 2 if packet[0] >> 4 == 4 else (packet[0] & 0x0F) << 2 | packet[1] >> 6


class TestWhatMayChange:
    @pytest.mark.parametrize("name", ["receive_window", "mtu", "sack", "timestamps", "msl", "ecn", "nonsense"])
    def test_what_the_syns_agreed_on_or_is_the_stacks_own_may_not(self, name):
        t = Script()
        connection = t.connected()
        with pytest.raises(ValueError, match=name):
            connection.configure(**{name: 1})

    def test_what_no_tcp_can_do_is_an_error_and_changes_nothing(self):
        t = Script()
        connection = t.connected()
        with pytest.raises(ValueError, match="ttl"):
            connection.configure(nagle=False, ttl=0)
        assert connection.config == t.stack.config
        assert connection.terms.nagle

    def test_it_is_this_connections_own(self):
        t = Script(config=PLAIN)
        connection = t.accepted()
        connection.configure(dscp=10, ttl=9, user_timeout=7.0)
        assert t.stack.config == PLAIN
        other = t.stack.connect((t.address, 9999))
        assert (other.config, other.terms.ttl, other.terms.dscp) == (PLAIN, 64, 0)

    def test_the_send_buffer(self):
        t = Script()
        connection = t.connected()
        connection.configure(send_buffer=10)
        assert connection.send(bytes(100)) == 10


class TestNagle:
    @requirement("MUST-17")
    def test_turned_off_it_lets_go_what_it_held(self):
        t = Script()
        connection = t.connected()
        connection.send(b"a")
        t.expect("ACK", data=b"a")
        connection.send(b"b")
        t.expect_nothing()
        connection.configure(nagle=False)
        t.expect("ACK", data=b"b")
        connection.send(b"c")
        t.expect("ACK", data=b"c")

    def test_turned_on_it_holds(self):
        t = Script(config=Config(nagle=False))
        connection = t.connected()
        connection.configure(nagle=True)
        connection.send(b"a")
        t.expect("ACK", data=b"a")
        connection.send(b"b")
        t.expect_nothing()


class TestDelayedAck:
    def test_it_may_be_turned_off(self):
        t = Script()
        connection = t.connected()
        connection.configure(delayed_ack=0)
        t.send("ACK", seq=1, ack=1, data=b"x")
        t.expect("ACK", ack=2)


class TestKeepAlive:
    @requirement("MUST-24", "MUST-27")
    def test_turned_on_it_counts_from_the_last_word(self):
        t = Script()
        connection = t.connected()
        t.wait(10)
        connection.configure(keep_alive=30)
        t.wait(19.9)
        t.expect_nothing()
        t.wait(0.2)
        t.expect("ACK", seq=0, data=b"")

    def test_turned_on_after_longer_silence_it_asks_at_once(self):
        t = Script()
        connection = t.connected()
        t.wait(100)
        connection.configure(keep_alive=30)
        t.wait(0)
        t.expect("ACK", seq=0, data=b"")

    @requirement("MUST-24")
    def test_turned_off_it_asks_no_more(self):
        t = Script(config=Config(keep_alive=30))
        connection = t.connected()
        t.wait(20)
        connection.configure(keep_alive=0)
        t.wait(100_000)
        t.expect_nothing()
        assert connection.state is State.ESTABLISHED

    @requirement("MUST-27")
    def test_another_interval_holds_from_then_on(self):
        t = Script(config=Config(keep_alive=1000))
        connection = t.connected()
        t.wait(20)
        connection.configure(keep_alive=60)
        t.wait(39.9)
        t.expect_nothing()
        t.wait(0.2)
        t.expect("ACK", seq=0)


class TestUserTimeout:
    """R2 (RFC 9293 3.8.3), the USER TIMEOUT of 3.10.8."""

    @requirement("MUST-21")
    @pytest.mark.parametrize("patience", [0.5, 10.0, 100.0, 400.0])
    def test_it_ends_data_to_the_second(self, patience):
        t = Script(config=PLAIN)
        connection = t.connected()
        connection.configure(user_timeout=patience)
        connection.send(b"x")
        t.wait(max(patience, 1) - 0.1 if patience > 1 else 0.4)
        assert connection.state is State.ESTABLISHED
        t.wait(0.7)
        assert connection.verdict.outcome is Outcome.SEND_TIMED_OUT
        assert type(connection.error) is TimeoutError

    @requirement("MUST-21")
    def test_made_shorter_it_holds_for_what_is_out_already(self):
        t = Script(config=PLAIN)
        connection = t.connected()
        connection.send(b"x")
        t.wait(50)
        assert connection.state is State.ESTABLISHED
        connection.configure(user_timeout=60)
        t.wait(9.9)
        assert connection.state is State.ESTABLISHED
        t.wait(0.2)
        assert connection.verdict.outcome is Outcome.SEND_TIMED_OUT
        while (last := t.receive()) is not None:
            flags = last.flags
        assert flags == "RST,ACK"

    @requirement("MUST-21", "MUST-22")
    def test_it_ends_an_open_too(self):
        t = Script()
        connection = t.stack.connect((t.address, t.port), config=Config(user_timeout=10.0))
        t.wait(9.9)
        assert connection.state is State.SYN_SENT
        t.wait(0.2)
        assert connection.verdict.outcome is Outcome.CONNECT_TIMED_OUT
        while (last := t.receive()) is not None:
            assert last.flags == "SYN"

    @requirement("MUST-21")
    def test_how_often_a_syn_is_repeated_may_change_while_it_waits(self):
        t = Script()
        connection = t.connecting()
        t.wait(2)
        connection.configure(syn_retries=2)
        t.wait(5.1)
        assert connection.verdict.outcome is Outcome.CONNECT_TIMED_OUT
        assert t.stack.counters()[Outcome.SENT_SYN_AGAIN] == 2


class TestServicesAndTimeToLive:
    @requirement("MUST-48", "SHLD-22")
    @VERSIONS
    @pytest.mark.parametrize("code", [0, 1, 10, 46, 63])
    def test_every_segment_of_the_connection_has_the_dscp(self, ipv6, code):
        t = Script(ipv6=ipv6, config=Config(dscp=code))
        connection = t.connecting()
        assert dscp(t.expect("SYN")) == code
        t.send("SYN,ACK", seq=0, ack=1)
        assert dscp(t.expect("ACK")) == code
        connection.send(b"x")
        assert dscp(t.expect("ACK")) == code
        connection.abort()
        assert dscp(t.expect("RST,ACK")) == code

    @requirement("MUST-48")
    @VERSIONS
    def test_so_has_an_answer_to_a_syn(self, ipv6):
        t = Script(ipv6=ipv6)
        t.stack.listen(t.stack_port, config=Config(dscp=46, ttl=33))
        t.send("SYN", seq=0)
        answer = t.expect("SYN,ACK")
        assert (dscp(answer), answer.segment.ttl) == (46, 33)

    @requirement("SHLD-21", "MUST-49")
    @VERSIONS
    def test_both_may_change_and_leave_other_connections_alone(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = t.connected()
        other = t.stack.connect((t.address, 9999))
        t.expect("SYN")
        connection.configure(dscp=34, ttl=7)
        connection.send(b"x")
        sent = t.expect("ACK", data=b"x")
        assert (dscp(sent), sent.segment.ttl) == (34, 7)
        t.wait(1.1)
        left = {one.flags: one for one in iter(t.receive, None)}
        assert (dscp(left["SYN"]), left["SYN"].segment.ttl) == (0, 64)
        assert other.state is State.SYN_SENT

    def test_the_ecn_bits_beside_it_are_left_alone(self):
        t = Script(config=Config(dscp=63, ecn="ask", timestamps=False))
        connection = t.connecting()
        t.expect("SYN,ECE,CWR")
        t.send("SYN,ACK,ECE", seq=0, ack=1)
        assert t.expect("ACK").segment.ecn == 0
        connection.send(b"x")
        sent = t.expect("ACK")
        assert (dscp(sent), sent.segment.ecn) == (63, 2)

    def test_what_belongs_to_no_connection_has_the_stacks_own(self):
        t = Script(config=Config(dscp=8, ttl=99))
        t.send("ACK", seq=5, ack=5)
        answer = t.expect("RST")
        assert (dscp(answer), answer.segment.ttl) == (8, 99)


class TestSoftErrors:
    """RFC 9293 3.9.1.8: what is wrong and ends nothing."""

    @requirement("MUST-20", "SHLD-9", "SHLD-10")
    def test_after_three_repetitions_the_program_is_told(self):
        t = Script(config=PLAIN)
        connection = t.connected()
        t.stack.events()
        connection.send(b"x")
        t.wait(6.9)
        assert t.stack.events() == []
        t.wait(0.2)
        assert t.stack.events() == [(connection, Happened.TROUBLED)]
        assert connection.verdict.evidence["unanswered"] == 3
        assert connection.state is State.ESTABLISHED
        t.wait(60)
        assert t.stack.events() == []
        t.send("ACK", seq=1, ack=2)
        assert connection.verdict.evidence["unanswered"] == 0

    @requirement("MUST-22", "SHLD-9")
    def test_so_it_is_of_a_syn(self):
        t = Script()
        connection = t.connecting()
        t.wait(6.9)
        assert t.stack.events() == []
        t.wait(0.2)
        assert t.stack.events() == [(connection, Happened.TROUBLED)]

    def test_after_how_many_is_the_connections_own(self):
        t = Script(config=PLAIN)
        connection = t.connected()
        t.stack.events()
        connection.configure(advise_after=1)
        connection.send(b"x")
        t.wait(1.1)
        assert t.stack.events() == [(connection, Happened.TROUBLED)]

    @requirement("MUST-47", "SHLD-25")
    @VERSIONS
    def test_an_icmp_error_is_told(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = t.connecting()
        t.send_packet(write_error(Trouble.HOST_UNREACHABLE, t.expect("SYN").packet))
        assert t.stack.events() == [(connection, Happened.TROUBLED)]
        assert connection.verdict.evidence["icmp"] == "host unreachable"
        assert connection.state is State.SYN_SENT

    @requirement("SHLD-20")
    def test_both_can_be_turned_off(self):
        t = Script()
        connection = t.connecting()
        connection.configure(soft_errors=False)
        t.send_packet(write_error(Trouble.HOST_UNREACHABLE, t.expect("SYN").packet))
        t.wait(100)
        assert t.stack.events() == []
        assert connection.verdict.evidence["icmp"] == "host unreachable"


def test_help_lists_every_knob_with_its_default_unit_and_reason():
    text = pydoc.plain(pydoc.render_doc(Config))
    for each in dataclasses.fields(Config):
        at = text.index(f"{each.name} = {each.default!r} (")
        unit, _, reason = text[at:].partition(")")
        assert unit.partition("(")[2] and reason.splitlines()[1].strip(" |"), each.name
    assert "0.2 s is what Linux has used for decades" in " ".join(text.replace("|", " ").split())
