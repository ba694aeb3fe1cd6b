"""What a stranger, or a peer that means harm, can send, and the name of what comes of it (RFC 5961, 5927, 6429).

RST and SYN guesses have a file of their own (test_blind_attacks.py), and so have packets that are broken
(tests/host/test_bad_packets.py). Here: guesses at data, floods, overlaps, and options and windows that lie.
"""

import pytest
from requirements import requirement
from tcp.ways import PLAIN, VERSIONS

from handshook import Config, Outcome, Stack, State
from handshook.testing import Script
from handshook.wire.icmp import Trouble, write_error

SMALL = Config(timestamps=False, sack=False, window_scale=False, receive_window=4000)


def outcomes(t, count, **segment):
    """The outcomes of so many of the same segment, and how many answers they got."""
    found, answers = [], 0
    for _ in range(count):
        found.append(t.send(**segment))
        answers += t.receive() is not None
    return found, answers


class TestBlindData:
    """RFC 5961 5: an in-window number is guessed in a few thousand tries, and must not be enough."""

    @requirement("RFC 5961 5.2", "MAY-12")
    @VERSIONS
    @pytest.mark.parametrize("ack", [2, 70_000, 0x40000000, 0x7FFFFFFF, 0x80000002, -70_000])
    def test_with_an_ack_that_no_peer_would_send_it_is_challenged_and_not_taken(self, ipv6, ack):
        t = Script(config=PLAIN, ipv6=ipv6)
        connection = t.connected()
        for seq in (1, 100, 60_000):
            assert t.send("ACK", seq=seq, ack=ack, data=b"evil") is Outcome.CHALLENGE_ACK
            t.expect("ACK", seq=1, ack=1)
        assert connection.readable() == 0
        assert connection.incoming is None

    def test_a_fin_so_guessed_does_not_end_the_stream(self):
        t = Script(config=PLAIN)
        connection = t.connected()
        assert t.send("FIN,ACK", seq=1, ack=500_000) is Outcome.CHALLENGE_ACK
        assert connection.state is State.ESTABLISHED

    def test_without_ack_nothing_is_taken(self):
        t = Script(config=PLAIN)
        connection = t.connected()
        assert t.send("PSH", seq=1, data=b"evil") is Outcome.WITHOUT_ACK_DROPPED
        assert t.send("URG", seq=1, urgent=9) is Outcome.WITHOUT_ACK_DROPPED
        assert (connection.readable(), connection.urgent) == (0, 0)

    def test_with_timestamps_an_old_or_missing_one_is_not_taken(self):
        t = Script()
        connection = t.connected(tsval=1_000_000)
        assert t.send("ACK", seq=1, ack=1, data=b"evil") is Outcome.TIMESTAMP_MISSING
        assert t.send("ACK", seq=1, ack=1, data=b"evil", tsval=999_999) is Outcome.PAWS_REJECTED
        assert connection.readable() == 0


class TestForgedIcmp:
    """RFC 5927: whoever has not seen the segment can't know a number that is in flight."""

    @requirement("RFC 5927 4.1")
    @pytest.mark.parametrize("trouble", [Trouble.PORT_UNREACHABLE, Trouble.HOST_UNREACHABLE, Trouble.TOO_BIG])
    @pytest.mark.parametrize("offset", [-1, 1000, 0x7FFFFFFF, 0x80000000])
    def test_a_number_that_is_not_in_flight_proves_that_it_is_forged(self, trouble, offset):
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        connection.send(bytes(1000))
        packet = bytearray(t.expect("ACK", seq=1).packet)
        packet[24:28] = ((t.stack_isn + 1 + offset) & 0xFFFFFFFF).to_bytes(4, "big")
        before = connection.mss
        t.send_packet(write_error(trouble, bytes(packet), mtu=600))
        assert t.outcome is Outcome.ICMP_FOR_NO_ONE
        assert (connection.state, connection.mss, connection.trouble) == (State.ESTABLISHED, before, None)

    def test_a_syn_is_not_refused_by_a_guess(self):
        t = Script()
        connection = t.connecting()
        packet = bytearray(t.expect("SYN").packet)
        packet[24:28] = ((t.stack_isn + 1) & 0xFFFFFFFF).to_bytes(4, "big")
        t.send_packet(write_error(Trouble.PORT_UNREACHABLE, bytes(packet)))
        assert t.outcome is Outcome.ICMP_FOR_NO_ONE
        assert connection.state is State.SYN_SENT


class TestFloodsOfAcks:
    @requirement("RFC 5961 7")
    @pytest.mark.parametrize(
        "segment, first",
        [
            ({"seq": 1, "ack": 5000}, Outcome.CHALLENGE_ACK),
            ({"seq": 1, "ack": -70_000}, Outcome.CHALLENGE_ACK),
            ({"seq": 90_000, "ack": 1}, Outcome.OUTSIDE_WINDOW),
            ({"seq": -5, "ack": 1}, Outcome.DUPLICATE_SEGMENT),
        ],
    )
    def test_of_numbers_that_do_not_fit_few_are_answered(self, segment, first):
        t = Script(config=PLAIN)
        t.connected()
        t.wait(10)
        found, answers = outcomes(t, 200, flags="ACK", **segment)
        assert found[:10] == [first] * 10
        assert set(found[10:]) == {Outcome.CHALLENGE_ACK_LIMITED}
        assert answers == 10

    def test_of_the_right_numbers_none_is_answered_and_none_counts_as_a_loss(self):
        """With nothing out there are no duplicates, and with another window there are none either."""
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        found, answers = outcomes(t, 200, flags="ACK", seq=1, ack=1)
        assert (set(found), answers) == ({Outcome.ACK_NOTHING_NEW}, 0)
        connection.send(bytes(1000))
        t.expect("ACK", seq=1)
        for window in range(200):
            t.send("ACK", seq=1, ack=1, window=1000 + window)
        t.expect_nothing()
        assert connection.retransmissions == 0

    def test_acknowledging_each_octet_apart_does_not_open_the_window_faster(self):
        """Octets count, not ACKs (RFC 3465; "ACK division" of Savage and others, 1999)."""
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        connection.send(bytes(20_000))
        while t.receive() is not None:
            pass
        before = connection.congestion.cwnd
        for ack in range(2, 1002, 10):
            t.send("ACK", seq=1, ack=ack)
        assert connection.congestion.cwnd - before <= 1000

    def test_acknowledging_what_was_not_sent_yet_opens_nothing(self):
        """ "Optimistic ACKs" of the same authors."""
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        connection.send(bytes(20_000))
        while t.receive() is not None:
            pass
        before = connection.congestion.cwnd
        assert t.send("ACK", seq=1, ack=15_001) is Outcome.CHALLENGE_ACK
        assert (connection.congestion.cwnd, connection.snd_una) == (before, (t.stack_isn + 1) & 0xFFFFFFFF)


class TestHostLimit:
    """RFC 5961 7, and what a limit for all tells a stranger (CVE-2016-5696)."""

    LIMIT = 60

    def answered(self, seed, seconds=8, connections=40):
        """How many forged segments a stack with many connections answers in each second."""
        stack = Stack(["198.51.100.2"], seed=seed, config=Config(host_challenge_limit=self.LIMIT, timestamps=False))
        scripts = []
        for port in range(1, connections + 1):
            t = Script(port=40_000 + port)
            t.stack.unobserve(t._note)
            t.stack = stack
            t.connecting()
            stack_isn = None
            for packet in stack.transmit(0.0):
                stack_isn = int.from_bytes(packet[24:28], "big")
            t.stack_isn = stack_isn
            t.send("SYN,ACK", seq=0, ack=1)
            stack.transmit(0.0)
            scripts.append(t)
        counts = []
        for second in range(seconds):
            now = 10.0 + 6 * second
            before = stack.counters().get(Outcome.SENT_CHALLENGE_ACK, 0)
            for t in scripts:
                t.now = now
                for _ in range(12):
                    t.send("RST", seq=100)
                    stack.transmit(now)
            counts.append(stack.counters()[Outcome.SENT_CHALLENGE_ACK] - before)
        return counts

    @requirement("RFC 5961 7 host")
    def test_all_connections_together_have_one_that_is_drawn_anew(self):
        counts = self.answered(1)
        assert all(self.LIMIT / 2 <= count < self.LIMIT * 1.5 for count in counts)
        assert len(set(counts)) > 4
        assert counts == self.answered(1)
        assert counts != self.answered(2)

    @requirement("RFC 5961 7 host")
    def test_half_open_entries_share_it(self):
        stack = Stack(["198.51.100.2"], seed=1, config=Config(host_challenge_limit=self.LIMIT))
        stack.listen(80)
        answered, found = 0, set()
        for port in range(200):
            t = Script(port=40_000 + port)
            t.stack.unobserve(t._note)
            t.stack = stack
            stack.observe(t._note)
            t.send("SYN", seq=0)
            stack.transmit(0.0)
            found.add(t.send("ACK", seq=100_000, ack=1))
            answered += len(stack.transmit(0.0))
            stack.unobserve(t._note)
        assert self.LIMIT / 2 <= answered < self.LIMIT * 1.5
        assert found == {Outcome.OUTSIDE_WINDOW, Outcome.CHALLENGE_ACK_LIMITED}

    @requirement("RFC 5961 7")
    @pytest.mark.parametrize("limit", [0, 1, 25])
    def test_each_connections_own_can_be_set(self, limit):
        t = Script(config=Config(challenge_limit=limit, timestamps=False))
        t.connected()
        assert outcomes(t, 50, flags="RST", seq=100)[1] == limit

    def test_what_is_not_a_challenge_is_not_limited(self):
        t = Script(config=Config(host_challenge_limit=1, timestamps=False, delayed_ack=0))
        t.connected()
        for i in range(50):
            assert t.send("ACK", seq=1 + i, ack=1, data=b"x") is Outcome.DATA_ACCEPTED
            t.expect("ACK", ack=2 + i)


class TestOverlaps:
    """Two versions of the same octets: what came first stays, whatever else is sent and in whatever order."""

    @pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 0, 1)])
    def test_what_waits_behind_a_gap_is_not_replaced(self, order):
        t = Script(config=PLAIN)
        connection = t.connected()
        pieces = [(3, b"CCCC"), (5, b"XXXX"), (4, b"YY")]
        kept = {}
        for index in order:
            seq, data = pieces[index]
            t.send("ACK", seq=seq, ack=1, data=data)
            for at, octet in enumerate(data, seq):
                kept.setdefault(at, octet)
        t.send("ACK", seq=1, ack=1, data=b"zzZZZZZZ")
        wanted = b"zz" + bytes(kept[at] for at in sorted(kept))
        assert connection.recv(99) == wanted

    def test_what_was_read_or_waits_to_be_read_is_not_replaced(self):
        t = Script(config=PLAIN)
        connection = t.connected()
        t.send("ACK", seq=1, ack=1, data=b"abcdef")
        assert connection.recv(3) == b"abc"
        assert t.send("ACK", seq=1, ack=1, data=b"UVWXYZgh") is Outcome.DATA_ACCEPTED
        assert connection.recv(9) == b"defgh"

    def test_a_fin_that_moves_is_where_it_was_first(self):
        t = Script(config=PLAIN)
        connection = t.connected()
        t.send("FIN,ACK", seq=5, ack=1)
        t.send("FIN,ACK", seq=3, ack=1)
        t.send("ACK", seq=1, ack=1, data=b"abcdEFGH")
        assert (connection.recv(9), connection.recv(9)) == (b"abcd", b"")
        assert connection.state is State.CLOSE_WAIT


class TestBlocksThatLie:
    """SACK is advice: it may make us send less for a moment, and never forget data (RFC 2018 8)."""

    def sending(self):
        t = Script(config=Config(timestamps=False, congestion="reno"))
        connection = t.accepted(mss=1000, sack_permitted=True)
        connection.send(bytes(range(250)) * 16)
        while t.receive() is not None:
            pass
        return t, connection

    @requirement("RFC 2018 8")
    @pytest.mark.parametrize(
        "blocks",
        [
            [(1, 4001)],
            [(1, 2), (3, 4), (5, 6), (7, 8)],
            [(4001, 1)],
            [(0, 4002)],
            [(100_000, 200_000)],
            [(-0x7FFFFFFF, 0x7FFFFFF0)],
            [(2001, 2001), (2001, 2000)],
        ],
        ids=str,
    )
    def test_nothing_is_forgotten_for_their_sake(self, blocks):
        t, connection = self.sending()
        for _ in range(5):
            t.send("ACK", seq=1, ack=1, sack=blocks)
        # The peer had nothing of it, and now takes what comes in order.
        taken = b""
        while t.now < 120 and len(taken) < 4000:
            t.wait(0.5)
            for one in iter(t.receive, None):
                if one.seq == 1 + len(taken):
                    taken += one.data
            t.send("ACK", seq=1, ack=1 + len(taken))
        assert taken == bytes(range(250)) * 16
        assert (connection.state, connection.outgoing) == (State.ESTABLISHED, None)

    def test_without_the_agreement_they_say_nothing(self):
        t = Script(config=Config(timestamps=False, sack=False))
        connection = t.accepted(mss=1000, sack_permitted=True)
        connection.send(bytes(4000))
        while t.receive() is not None:
            pass
        assert t.send("ACK", seq=1, ack=1001, sack=[(2001, 5001)]) is Outcome.ACKED
        t.expect_nothing()


class TestWindowsThatLie:
    @requirement("MUST-34")
    def test_one_that_shrinks_and_grows_with_each_ack_loses_nothing(self):
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        data = bytes(range(256)) * 100
        connection.send(data)
        octets, ack = {}, 1
        windows = [65535, 0, 1, 999, 5000, 0, 2000]
        turn = 0
        while ack <= len(data) and t.now < 5000:
            t.wait(0.2)
            for one in iter(t.receive, None):
                octets.update(enumerate(one.data, one.seq))
            while ack in octets:
                ack += 1
            t.send("ACK", seq=1, ack=ack, window=windows[turn % len(windows)])
            turn += 1
        assert bytes(octets[at] for at in range(1, len(data) + 1)) == data
        assert connection.outgoing is None

    def test_one_octet_at_a_time_is_not_served_segment_by_segment(self):
        """Silly windows: the sender waits for more (MUST-38), and its override timer does what must be."""
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        connection.send(bytes(3000))
        while t.receive() is not None:
            pass
        connection.send(bytes(1000))
        t.send("ACK", seq=1, ack=3001, window=1)
        t.receive()
        sent = 0
        for _ in range(100):
            t.send("ACK", seq=1, ack=3001, window=1)
            sent += t.receive() is not None
        assert sent == 0

    @requirement("MUST-37")
    def test_one_that_never_opens_keeps_the_connection_for_as_long_as_the_program_wants_it(self):
        t = Script(config=PLAIN)
        connection = t.connected()
        t.send("ACK", seq=1, ack=1, window=0)
        connection.send(b"x")
        self.answer_for(t, 2000)
        assert connection.state is State.ESTABLISHED

    @requirement("RFC 6429 4")
    def test_and_no_longer(self):
        """The program has let go: what answers but takes nothing for five minutes is given up, with its memory."""
        t = Script(config=PLAIN)
        connection = t.connected(mss=1000)
        t.send("ACK", seq=1, ack=1, window=0)
        connection.send(bytes(1000))
        self.answer_for(t, 400)
        assert connection.state is State.ESTABLISHED
        connection.close()
        self.answer_for(t, 230)
        assert connection.state is State.FIN_WAIT_1
        self.answer_for(t, 100)
        assert connection.verdict.outcome is Outcome.SEND_TIMED_OUT
        assert t.stack.snapshot() == []

    def answer_for(self, t, seconds):
        end = t.now + seconds
        while t.now < end:
            t.wait(1)
            for one in iter(t.receive, None):
                if one.data:
                    t.send("ACK", seq=1, ack=1, window=0)


class TestTimestampsThatLie:
    """RFC 7323 5: only a segment that is acceptable and comes next may move TS.Recent."""

    def test_one_from_outside_the_window_moves_nothing(self):
        t = Script()
        connection = t.connected(tsval=1000)
        assert t.send("ACK", seq=5_000_000, ack=1, data=b"x", tsval=2_000_000_000) is Outcome.OUTSIDE_WINDOW
        t.expect("ACK", ack=1, tsecr=1000)
        assert t.send("ACK", seq=1, ack=1, data=b"x", tsval=1001) is Outcome.DATA_ACCEPTED
        assert connection.recv(9) == b"x"

    def test_one_on_data_beyond_a_gap_moves_nothing(self):
        t = Script()
        t.connected(tsval=1000)
        assert t.send("ACK", seq=10, ack=1, data=b"x", tsval=2_000_000_000) is Outcome.DATA_OUT_OF_ORDER
        t.expect("ACK", ack=1, tsecr=1000)
        assert t.send("ACK", seq=1, ack=1, data=b"y", tsval=1001) is Outcome.DATA_ACCEPTED

    def test_one_with_a_bad_ack_moves_nothing(self):
        """RFC 5961 5 comes first: else a blind segment could make every true one look old."""
        t = Script()
        t.connected(tsval=1000)
        assert t.send("ACK", seq=1, ack=500_000, tsval=2_000_000_000) is Outcome.CHALLENGE_ACK
        t.expect("ACK", tsecr=1000)
        assert t.send("ACK", seq=1, ack=1, data=b"y", tsval=1001) is Outcome.DATA_ACCEPTED

    def test_an_echo_of_what_we_never_sent_makes_no_round_trip(self):
        t = Script(timestamps=True)
        connection = t.connected(tsval=1000)
        before = connection.srtt
        connection.send(b"x")
        t.expect("ACK")
        t.wait(0.1)
        t.send("ACK", seq=1, ack=2, tsval=2000, tsecr=0xFFFFFFFF)
        assert 0 <= connection.srtt <= max(before, 0.1) + 0.001
        assert connection.rto >= connection.config.min_rto

    def test_a_rst_and_a_syn_move_nothing(self):
        t = Script()
        t.connected(tsval=1000)
        assert t.send("RST", seq=500, tsval=2_000_000_000) is Outcome.CHALLENGE_ACK
        t.expect("ACK", tsecr=1000)
        assert t.send("SYN", seq=1, tsval=2_000_000_000) is Outcome.CHALLENGE_ACK
        t.expect("ACK", tsecr=1000)
