"""Urgent data: RFC 9293 3.8.5 (MUST-30 to MUST-33, MUST-62), 3.10.2, 3.10.7.4 (sixth), and a shut window (MUST-66)."""

import pytest
from requirements import requirement
from segments import read
from tcp.ways import OPEN_OR_CLOSING, PLAIN, STANDS, VERSIONS, reach

from handshook import Config, Outcome, Stack, State
from handshook.tcp.happened import Happened
from handshook.testing import Script
from handshook.wire.framing import VNET_HEADER, Framing

SMALL = Config(timestamps=False, sack=False, window_scale=False, receive_window=4000)


def exchange(a, b):
    """Packets both ways until nobody has anything to say."""
    while packets := a.transmit(0.0):
        b.receive_many(packets, 0.0)
        a.receive_many(b.transmit(0.0), 0.0)


class TestReceiving:
    @requirement("MUST-30", "MUST-32", "MUST-33")
    @VERSIONS
    def test_the_program_is_told_that_there_is_some_and_how_much_is_left(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = t.connected()
        t.stack.events()
        assert t.send("URG,ACK", seq=1, ack=1, data=b"now! later", urgent=4) is Outcome.DATA_ACCEPTED
        assert t.stack.events() == [(connection, Happened.URGENT | Happened.READABLE)]
        assert connection.urgent == 4
        assert connection.recv(3) == b"now"
        assert connection.urgent == 1
        assert connection.recv(20) == b"! later"
        assert connection.urgent == 0
        assert connection.urgent_marks is None

    @requirement("MUST-32")
    def test_it_is_told_each_time_that_the_mark_moves_on_and_not_otherwise(self):
        t = Script()
        connection = t.connected()
        t.stack.events()
        t.send("URG,ACK", seq=1, ack=1, urgent=10)
        assert t.stack.events() == [(connection, Happened.URGENT)]
        t.send("URG,ACK", seq=1, ack=1, urgent=10)
        t.send("URG,ACK", seq=1, ack=1, data=b"ab", urgent=5)
        assert t.stack.events() == [(connection, Happened.READABLE)]
        t.send("URG,ACK", seq=3, ack=1, urgent=9)
        assert t.stack.events() == [(connection, Happened.URGENT)]
        assert connection.urgent == 11

    @requirement("MUST-33")
    def test_what_is_yet_to_come_counts(self):
        t = Script()
        connection = t.connected()
        assert t.send("URG,ACK", seq=1, ack=1, urgent=1000) is Outcome.URGENT_NOTED
        assert connection.urgent == 1000
        t.send("ACK", seq=1, ack=1, data=bytes(400))
        assert connection.urgent == 1000
        connection.recv(300)
        assert connection.urgent == 700

    @requirement("MUST-31")
    def test_it_may_be_of_any_length(self):
        """The pointer moves on for as long as the peer likes; here over 300,000 octets, 65,535 ahead at most."""
        t = Script(config=PLAIN)
        connection = t.connected()
        end = 300_001
        got = 0
        for seq in range(1, end, 1000):
            t.send("URG,ACK", seq=seq, ack=1, data=bytes(1000), urgent=min(end - seq, 65535))
            got += len(connection.recv(1000))
            t.receive()
            assert connection.urgent == min(end - seq, 65535) - 1000
        assert (got, connection.urgent) == (300_000, 0)

    @requirement("MUST-62")
    def test_it_ends_before_the_octet_that_the_pointer_names(self):
        t = Script()
        connection = t.connected()
        t.send("URG,ACK", seq=1, ack=1, data=b"ab", urgent=1)
        assert connection.urgent == 1
        assert connection.recv(1) == b"a"
        assert connection.urgent == 0

    def test_a_mark_behind_what_was_read_says_nothing(self):
        t = Script()
        connection = t.connected()
        t.send("ACK", seq=1, ack=1, data=b"abc")
        connection.recv(3)
        t.stack.events()
        t.send("URG,ACK", seq=4, ack=1, urgent=0)
        t.send("URG,ACK", seq=2, ack=1, data=b"bc", urgent=2)
        assert connection.urgent == 0
        assert t.stack.events() == []

    def test_a_pointer_without_its_flag_says_nothing(self):
        t = Script()
        connection = t.connected()
        t.send("ACK", seq=1, ack=1, data=b"abc", urgent=3)
        assert connection.urgent == 0

    def test_nothing_is_urgent_beyond_the_peers_fin(self):
        t = Script()
        connection = t.connected()
        t.send("URG,FIN,ACK", seq=1, ack=1, data=b"abc", urgent=500)
        assert connection.urgent == 3
        assert connection.recv(9) == b"abc"
        assert connection.urgent == 0

    def test_on_the_last_ack_of_the_handshake_it_waits_for_accept(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        t.send("URG,ACK", seq=1, ack=1, data=b"ab", urgent=2)
        t.stack.events()
        connection = listener.accept()
        ((_, happened),) = t.stack.events()
        assert happened & Happened.URGENT
        assert connection.urgent == 2

    @requirement("MUST-66")
    @pytest.mark.parametrize("data", [b"", b"b"], ids=["bare", "with data"])
    def test_it_is_heard_at_a_shut_window(self, data):
        t = Script(config=SMALL)
        connection = t.connected(mss=1000)
        t.send("ACK", seq=1, ack=1, data=b"a" * 4000)
        t.expect("ACK", ack=4001, window=0)
        t.stack.events()
        t.send("URG,ACK", seq=4001, ack=1, data=data, urgent=7)
        assert (connection, Happened.URGENT) in t.stack.events()
        assert connection.urgent == 4007
        assert connection.readable() == 4000

    @requirement("RFC 9293 3.10.7.4 sixth")
    @pytest.mark.parametrize("state", OPEN_OR_CLOSING, ids=lambda state: state.name)
    def test_in_each_state_that_data_is_taken_in_and_no_other(self, state):
        """RFC 9293 3.10.7.4, sixth: after the peer's FIN it is ignored."""
        t = Script()
        connection = reach(t, state)
        stand = STANDS[state]
        t.send("URG,ACK", seq=stand.seq, ack=stand.una, urgent=5)
        assert connection.urgent == (5 if state in (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2) else 0)


class TestSending:
    def pointers(self, t):
        """(seq, length, urgent pointer or None) of all that the stack has to say."""
        found = []
        while (one := t.receive()) is not None:
            found.append((one.seq, len(one.data), one.segment.urgent if "URG" in one.flags else None))
            assert "URG" in one.flags or one.segment.urgent == 0
        return found

    @requirement("MUST-30", "MUST-62")
    @VERSIONS
    def test_the_pointer_names_the_octet_after_it(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = t.connected()
        assert connection.send(b"stop!", urgent=True) == 5
        sent = t.expect("URG,ACK", seq=1, data=b"stop!")
        assert sent.segment.urgent == 5

    def test_what_follows_is_not_urgent_and_what_went_before_has_the_mark(self):
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        connection.send(bytes(2000))
        connection.send(b"stop!", urgent=True)
        connection.send(bytes(1995))
        assert self.pointers(t) == [(1, 1000, 2005), (1001, 1000, 1005), (2001, 1000, 5), (3001, 1000, None)]

    @requirement("MUST-31")
    def test_more_than_16_bits_can_tell_is_marked_as_far_as_they_reach(self):
        t = Script(config=Config(timestamps=False))
        connection = t.connected(mss=1000, scale=7)
        connection.send(bytes(100_000), urgent=True)
        found = []
        while len(found) < 100:
            for seq, size, pointer in self.pointers(t):
                assert pointer == min(100_001 - seq, 65535)
                found.append(seq)
                t.send("ACK", seq=1, ack=seq + size)
        assert connection.urgent_marks is None

    def test_more_of_it_moves_the_mark_on(self):
        t = Script(config=Config(nagle=False))
        connection = t.connected()
        connection.send(b"one", urgent=True)
        connection.send(b"two", urgent=True)
        assert self.pointers(t) == [(1, 6, 6)]
        connection.send(b"three", urgent=True)
        assert self.pointers(t) == [(7, 5, 5)]

    def test_it_does_not_wait_for_company(self):
        t = Script()
        connection = t.connected()
        connection.send(b"a")
        t.expect("ACK", seq=1, data=b"a")
        connection.send(b"b", urgent=True)
        t.expect("URG,ACK", seq=2, data=b"b")

    def test_a_repetition_has_the_mark_again_until_it_is_acknowledged(self):
        t = Script(config=PLAIN)
        connection = t.connected()
        connection.send(b"stop", urgent=True)
        assert self.pointers(t) == [(1, 4, 4)]
        t.wait(1.1)
        assert self.pointers(t) == [(1, 4, 4)]
        t.send("ACK", seq=1, ack=5)
        connection.send(b"go")
        assert self.pointers(t) == [(5, 2, None)]
        assert connection.urgent_marks is None

    @requirement("MUST-66")
    def test_a_probe_of_a_shut_window_carries_it(self):
        t = Script(config=PLAIN)
        listener = t.listening()
        t.send("SYN", seq=0, window=0)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1, window=0)
        connection = listener.accept()
        connection.send(b"stop!", urgent=True)
        t.wait(1.1)
        assert self.pointers(t) == [(1, 1, 5)]

    def test_a_link_that_cuts_up_long_segments_gets_them_cut_already(self):
        """Whoever cuts them gives each part the same pointer, which would be wrong in all but the first."""
        link = Framing(bytes(VNET_HEADER), bytes(VNET_HEADER), vnet=True)
        a, b = Stack(["198.51.100.1"], seed=1, framing=link), Stack(["198.51.100.2"], seed=2, framing=link)
        listener, client = b.listen(80), a.connect(("198.51.100.2", 80))
        exchange(a, b)
        size = client.mss
        client.send(bytes(4 * size), urgent=True)
        sent = [read(frame, link) for frame in a.transmit(0.0)]
        assert [(one.gso, len(one.data), one.urgent) for one in sent] == [(0, size, n * size) for n in (4, 3, 2, 1)]
        for one in sent:
            assert "U" in one.flags
        server = listener.accept()
        server.send(bytes(4 * size))
        assert [(one.gso, len(one.data)) for one in (read(frame, link) for frame in b.transmit(0.0))] == [
            (size, 4 * size)
        ]

    def test_nothing_is_never_urgent(self):
        t = Script()
        connection = t.connected()
        assert connection.send(b"", urgent=True) == 0
        assert connection.urgent_marks is None
        t.expect_nothing()

    def test_between_two_of_this_engine(self):
        a, b = Stack(["198.51.100.1"], seed=1), Stack(["198.51.100.2"], seed=2)
        listener = b.listen(80)
        client = a.connect(("198.51.100.2", 80))
        client.send(b"slow ")
        client.send(b"quick", urgent=True)
        exchange(a, b)
        server = listener.accept()
        assert server.urgent == 10
        assert server.recv(20) == b"slow quick"
