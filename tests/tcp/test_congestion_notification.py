"""Explicit congestion notification: RFC 3168 6.1 (RFC 9293 SHLD-8)."""

import pytest
from requirements import requirement
from tcp.ways import VERSIONS

from handshook import Config, State
from handshook.testing import Script

ECT, CE = 2, 3
BARE = {"timestamps": False, "sack": False, "congestion": "reno"}
ASK = Config(ecn="ask", **BARE)
ACCEPT = Config(ecn="accept", **BARE)


def asked(**more):
    """A connection that this side asked ECN for, and got."""
    t = Script(config=ASK, **more)
    connection = t.connecting()
    t.expect("SYN,ECE,CWR")
    t.send("SYN,ACK,ECE", seq=0, ack=1, mss=1000)
    t.expect("ACK")
    return t, connection


def congested(t, flags, **segment):
    """Send a segment that a router on the way has marked."""
    builder = t._builder
    builder.ecn = CE
    outcome = t.send(flags, **segment)
    builder.ecn = 0
    return outcome


def said(t):
    return [(one.flags.replace("PSH,", "").replace(",PSH", ""), one.segment.ecn) for one in iter(t.receive, None)]


class TestAgreeing:
    @requirement("SHLD-8", "RFC 3168 6.1.1")
    @VERSIONS
    def test_the_syn_asks_with_both_bits_and_itself_is_not_capable(self, ipv6):
        t, connection = asked(ipv6=ipv6)
        connection.send(b"x")
        assert t.expect("ACK", data=b"x").segment.ecn == ECT

    @requirement("SHLD-8", "RFC 3168 6.1.1")
    @VERSIONS
    def test_a_syn_that_asks_is_answered_with_ece_alone(self, ipv6):
        t = Script(config=ACCEPT, ipv6=ipv6)
        listener = t.listening()
        t.send("SYN,ECE,CWR", seq=0)
        answer = t.expect("SYN,ACK,ECE")
        assert answer.segment.ecn == 0
        t.send("ACK", seq=1, ack=1)
        listener.accept().send(b"x")
        assert t.expect("ACK").segment.ecn == ECT

    @requirement("RFC 3168 6.1.1")
    @pytest.mark.parametrize("flags", ["SYN,ACK", "SYN,ACK,ECE,CWR", "SYN,ACK,CWR"])
    def test_any_other_answer_is_no(self, flags):
        """Both bits only reflect ours: a stack of old that sends back what it doesn't know."""
        t = Script(config=ASK)
        connection = t.connecting()
        t.expect("SYN,ECE,CWR")
        t.send(flags, seq=0, ack=1)
        t.expect("ACK")
        connection.send(b"x")
        assert t.expect("ACK").segment.ecn == 0

    @pytest.mark.parametrize("flags", ["SYN", "SYN,ECE", "SYN,CWR"])
    def test_a_syn_without_both_bits_asks_for_nothing(self, flags):
        t = Script(config=ACCEPT)
        t.listening()
        t.send(flags, seq=0)
        t.expect("SYN,ACK")

    def test_off_it_is_neither_asked_for_nor_agreed_to(self):
        t = Script(config=Config(ecn="off"))
        t.connecting()
        t.expect("SYN")
        other = Script(config=Config(ecn="off"))
        other.listening()
        other.send("SYN,ECE,CWR", seq=0)
        other.expect("SYN,ACK")

    @requirement("RFC 3168 6.1.1.1")
    def test_a_syn_that_must_be_repeated_asks_no_more(self):
        t = Script(config=ASK)
        connection = t.connecting()
        t.expect("SYN,ECE,CWR")
        t.wait(1.1)
        t.expect("SYN")
        t.send("SYN,ACK,ECE", seq=0, ack=1)
        t.expect("ACK")
        connection.send(b"x")
        assert t.expect("ACK").segment.ecn == 0


class TestHearing:
    @requirement("RFC 3168 6.1.3")
    def test_a_mark_is_echoed_until_the_sender_says_that_it_has_slowed_down(self):
        t, connection = asked()
        congested(t, "ACK", seq=1, ack=1, data=b"a")
        assert said(t) == [("ACK,ECE", 0)]
        for seq in (2, 3):
            t.send("ACK", seq=seq, ack=1, data=b"b")
            t.wait(0.1)
            assert said(t) == [("ACK,ECE", 0)]
        connection.send(b"x")
        assert said(t) == [("ACK,ECE", ECT)]
        t.send("ACK,CWR", seq=4, ack=2, data=b"c")
        t.wait(0.1)
        assert said(t) == [("ACK", 0)]
        assert connection.recv(9) == b"abbc"

    @requirement("RFC 3168 6.1.3")
    def test_a_mark_on_the_segment_with_cwr_begins_it_anew(self):
        t, _ = asked()
        congested(t, "ACK", seq=1, ack=1, data=b"a")
        said(t)
        congested(t, "ACK,CWR", seq=2, ack=1, data=b"b")
        assert said(t) == [("ACK,ECE", 0)]

    def test_without_agreement_a_mark_says_nothing(self):
        t = Script(config=ACCEPT)
        t.accepted()
        congested(t, "ACK", seq=1, ack=1, data=b"a")
        t.wait(0.1)
        assert said(t) == [("ACK", 0)]


class TestSlowingDown:
    def sending(self):
        """Ten segments of 1,000 are out."""
        t, connection = asked()
        connection.send(bytes(50_000))
        assert len(said(t)) == 10
        return t, connection

    @requirement("RFC 3168 6.1.2")
    def test_an_echo_halves_the_window_and_cwr_says_so_once(self):
        t, connection = self.sending()
        t.send("ACK,ECE", seq=1, ack=1001)
        assert connection.congestion.cwnd == 4500
        t.send("ACK", seq=1, ack=10_001)
        flags = [name for name, _ in said(t)]
        assert flags[0] == "ACK,CWR"
        assert set(flags[1:]) == {"ACK"}
        assert connection.retransmissions == 0

    @requirement("RFC 3168 6.1.2")
    def test_once_for_each_window_of_data(self):
        t, connection = self.sending()
        for ack in range(1001, 10_002, 1000):
            t.send("ACK,ECE", seq=1, ack=ack)
            assert connection.congestion.ssthresh == 4500
        said(t)
        t.send("ACK,ECE", seq=1, ack=11_001)
        assert connection.congestion.ssthresh < 4500

    @requirement("RFC 3168 6.1.5")
    def test_what_is_sent_again_is_not_capable(self):
        t, _connection = self.sending()
        t.wait(1.1)
        assert said(t) == [("ACK", 0)]

    @requirement("RFC 3168 6.1.4")
    def test_a_bare_ack_is_not_capable(self):
        t, _ = asked()
        t.send("ACK", seq=1, ack=1, data=b"a")
        t.wait(0.1)
        assert said(t) == [("ACK", 0)]

    def test_a_fin_with_data_is_a_fin_alone_is_not(self):
        t, connection = asked()
        connection.send(b"x")
        connection.shutdown()
        assert said(t) == [("FIN,ACK", ECT)]
        other, bare = asked()
        bare.shutdown()
        assert said(other) == [("FIN,ACK", 0)]
        assert bare.state is State.FIN_WAIT_1
