"""Data arrives and leaves: RFC 9293 3.4, 3.8.6.3 (ACKs), 3.9.1.2 (PUSH), 3.10.7.4 (segment text), RFC 5961 5."""

import pytest
from requirements import requirement
from tcp.ways import PLAIN, VERSIONS, reach

from handshook import Config, Outcome, State
from handshook.tcp.happened import Happened
from handshook.testing import Script

FULL = 1460


class TestArrivingInOrder:
    @requirement("RFC 9293 3.10.7.4 seventh")
    @VERSIONS
    def test_it_is_delivered_and_acknowledged(self, ipv6):
        t = Script(ipv6=ipv6)
        connection = t.accepted()
        assert t.send("ACK", seq=1, ack=1, data=b"hello") is Outcome.DATA_ACCEPTED
        assert connection.recv(100) == b"hello"
        t.wait(0.5)
        t.expect("ACK", seq=1, ack=6)
        t.expect_nothing()

    def test_it_is_read_in_any_portions(self):
        t = Script()
        connection = t.accepted()
        for at in range(0, 10, 2):
            t.send("ACK", seq=1 + at, ack=1, data=b"0123456789"[at : at + 2])
        assert connection.recv(0) == b""
        assert [connection.recv(3) for _ in range(5)] == [b"012", b"345", b"678", b"9", None]

    def test_large_pieces_are_read_in_any_portions(self):
        t = Script()
        connection = t.accepted()
        sent = bytes(i * 7 & 0xFF for i in range(12_000))
        for at in range(0, 12_000, 3000):
            t.send("ACK", seq=1 + at, ack=1, data=sent[at : at + 3000])
        got = b""
        while part := connection.recv(1234):
            got += part
        assert got == sent

    def test_the_program_is_told_once_for_a_batch(self):
        t = Script()
        connection = t.accepted()
        t.stack.events()
        t.send("ACK", seq=1, ack=1, data=b"a")
        t.send("ACK", seq=2, ack=1, data=b"b")
        t.send("FIN,ACK", seq=3, ack=1)
        assert t.stack.events() == [(connection, Happened.READABLE | Happened.FINISHED)]
        assert t.stack.events() == []

    @pytest.mark.parametrize("flags", ["URG,ACK", "PSH,URG,ACK"])
    def test_the_urgent_bit_does_not_disturb_it(self, flags):
        """RFC 9293 3.8.5: the pointer is advice to the program, the data stays in its place (RFC 6093)."""
        t = Script()
        connection = t.accepted()
        assert t.send(flags, seq=1, ack=1, data=b"plain!") is Outcome.DATA_ACCEPTED
        assert t.send("ACK", seq=7, ack=1, data=b" more") is Outcome.DATA_ACCEPTED
        assert connection.recv(20) == b"plain! more"

    def test_recv_after_close_and_a_negative_count_are_misuse(self):
        t = Script()
        connection = t.accepted()
        with pytest.raises(ValueError, match="negative"):
            connection.recv(-1)
        connection.close()
        with pytest.raises(RuntimeError, match="closed"):
            connection.recv(1)


class TestArrivingOutOfOrder:
    @requirement("SHLD-31", "MAY-13", "RFC 5681 4.2")
    def test_it_is_kept_and_answered_at_once(self):
        """SHLD-31; RFC 5681 4.2: the duplicate ACK tells the sender of the gap."""
        t = Script()
        connection = t.accepted()
        assert t.send("ACK", seq=4, ack=1, data=b"def") is Outcome.DATA_OUT_OF_ORDER
        t.expect("ACK", seq=1, ack=1)
        assert connection.recv(10) is None
        t.send("ACK", seq=1, ack=1, data=b"abc")
        t.expect("ACK", ack=7)
        assert connection.recv(10) == b"abcdef"

    def test_several_gaps_are_filled_in_any_order(self):
        t = Script()
        connection = t.accepted()
        text = b"abcdefghijklmnopqrst"
        for at in (15, 5, 10, 0):
            t.send("ACK", seq=1 + at, ack=1, data=text[at : at + 5])
        for _ in range(3):
            t.expect("ACK", ack=1)
        t.expect("ACK", ack=21)
        assert connection.recv(30) == text

    def test_the_program_is_not_told_of_what_it_cannot_read(self):
        t = Script()
        connection = t.accepted()
        t.stack.events()
        t.send("ACK", seq=4, ack=1, data=b"def")
        assert t.stack.events() == []
        assert connection.readable() == 0

    def test_gaps_without_end_are_refused(self):
        """Each costs memory and a sender that follows the rules makes few."""
        t = Script(config=Config(timestamps=False, sack=False))
        connection = t.accepted()
        outcomes = [t.send("ACK", seq=2 + 2 * i, ack=1, data=b"x") for i in range(1000)]
        assert outcomes.count(Outcome.DATA_OUT_OF_ORDER) == 512
        assert set(outcomes[512:]) == {Outcome.REASSEMBLY_FULL}
        t.expect("ACK", ack=1)
        t.send("ACK", seq=1, ack=1, data=b"y" * 3000)
        assert len(connection.recv(5000)) == 3000


class TestOverlapping:
    """RFC 9293 3.10.7.4: "segments with higher beginning sequence numbers SHOULD be held", "trimmed to fit"."""

    @requirement("RFC 9293 3.10.7.4 seventh")
    def test_the_front_that_is_known_is_cut_off(self):
        t = Script()
        connection = t.accepted()
        t.send("ACK", seq=1, ack=1, data=b"abcd")
        assert t.send("ACK", seq=3, ack=1, data=b"XXefgh") is Outcome.DATA_ACCEPTED
        assert connection.recv(20) == b"abcdefgh"

    def test_a_repetition_is_answered_and_dropped(self):
        t = Script()
        connection = t.accepted()
        t.send("ACK", seq=1, ack=1, data=b"abcd")
        assert connection.recv(20) == b"abcd"
        assert t.send("ACK", seq=1, ack=1, data=b"abcd") is Outcome.DUPLICATE_SEGMENT
        t.expect("ACK", seq=1, ack=5)
        assert connection.recv(20) is None

    @pytest.mark.parametrize(
        "seq, data, text",
        [
            (5, b"5678", b"abcd5efgh"),  # covers the front of what is kept
            (9, b"9012", b"abcd\0efgh012"),  # covers the back
            (7, b"xx", b"abcd\0efgh"),  # is contained in it
            (5, b"5xxxx0", b"abcd5efgh0"),  # contains it
        ],
    )
    def test_of_two_versions_the_one_that_came_first_stays(self, seq, data, text):
        """Whoever injects a second version of data that waits beyond a gap changes nothing."""
        t = Script()
        connection = t.accepted()
        t.send("ACK", seq=6, ack=1, data=b"efgh")
        assert t.send("ACK", seq=seq, ack=1, data=data) is Outcome.DATA_OUT_OF_ORDER
        t.send("ACK", seq=1, ack=1, data=b"abcd")
        got = connection.recv(20)
        if got == b"abcd":
            t.send("ACK", seq=5, ack=1, data=b"\0")
            got += connection.recv(20)
        assert got == text

    def test_what_fills_a_gap_does_not_replace_what_waits_behind_it(self):
        t = Script()
        connection = t.accepted()
        t.send("ACK", seq=4, ack=1, data=b"DEF")
        t.send("ACK", seq=8, ack=1, data=b"HIJ")
        t.send("ACK", seq=1, ack=1, data=b"abcdefghijkl")
        assert connection.recv(20) == b"abcDEFgHIJkl"
        for _ in range(2):
            t.expect("ACK", ack=1)
        t.expect("ACK", ack=13)

    def test_a_segment_across_several_that_wait_fills_what_is_missing(self):
        t = Script()
        connection = t.accepted()
        for seq in (4, 8, 12):
            t.send("ACK", seq=seq, ack=1, data=b"##")
        t.send("ACK", seq=3, ack=1, data=b"............")
        t.send("ACK", seq=1, ack=1, data=b"ab")
        assert connection.recv(20) == b"ab.##..##..##."


class TestBeyondTheWindow:
    """RFC 9293 3.4: the four cases, and trimming."""

    @requirement("RFC 9293 3.10.7.4 first")
    @VERSIONS
    @pytest.mark.parametrize(
        "offset, outcome",
        [
            (999, Outcome.DATA_OUT_OF_ORDER),
            (1000, Outcome.OUTSIDE_WINDOW),
            (5000, Outcome.OUTSIDE_WINDOW),
            (-50, Outcome.DUPLICATE_SEGMENT),
        ],
    )
    def test_it_is_answered_and_dropped(self, ipv6, offset, outcome):
        t = Script(ipv6=ipv6, config=Config(receive_window=1000))
        connection = t.accepted()
        assert t.send("ACK", seq=1 + offset, ack=1, data=b"x") is outcome
        t.expect("ACK", seq=1, ack=1)
        assert connection.recv(1) is None

    def test_what_reaches_beyond_is_cut_off(self):
        t = Script(config=Config(receive_window=1000))
        connection = t.accepted()
        assert t.send("ACK", seq=1, ack=1, data=b"a" * 1400) is Outcome.DATA_ACCEPTED
        t.expect("ACK", ack=1001, window=0)
        assert connection.recv(5000) == b"a" * 1000

    def test_a_fin_beyond_it_is_not_taken(self):
        t = Script(config=Config(receive_window=1000))
        connection = t.accepted()
        t.send("FIN,ACK", seq=1, ack=1, data=b"a" * 1400)
        t.expect("ACK", ack=1001)
        assert connection.state is State.ESTABLISHED

    def test_a_fin_at_its_very_edge_is_taken(self):
        t = Script(config=Config(receive_window=1000))
        connection = t.accepted()
        t.send("FIN,ACK", seq=1, ack=1, data=b"a" * 1000)
        t.expect("ACK", ack=1002)
        assert connection.state is State.CLOSE_WAIT


class TestAcknowledging:
    """RFC 9293 3.8.6.3: MUST-40, SHLD-18, SHLD-19; MUST-58, MUST-59."""

    @requirement("SHLD-18")
    def test_an_ack_waits_40_ms_for_company(self):
        t = Script()
        t.accepted(mss=FULL)
        t.send("ACK", seq=1, ack=1, data=b"x")
        t.expect_nothing()
        t.wait(0.039)
        t.expect_nothing()
        t.wait(0.002)
        t.expect("ACK", seq=1, ack=2)
        assert t.stack.counters()[Outcome.ACK_DELAY_OVER] == 1

    @requirement("MUST-40")
    @pytest.mark.parametrize("delay", [0, 0.1, 0.499])
    def test_how_long_is_configured_and_under_half_a_second(self, delay):
        t = Script(config=Config(delayed_ack=delay))
        t.accepted()
        t.send("ACK", seq=1, ack=1, data=b"x")
        if delay:
            t.wait(delay - 0.001)
            t.expect_nothing()
            t.wait(0.002)
        t.expect("ACK", ack=2)
        with pytest.raises(ValueError, match="MUST-40"):
            Config(delayed_ack=0.5)

    @requirement("SHLD-19")
    def test_every_second_full_segment_is_acknowledged_at_once(self):
        t = Script(config=PLAIN)
        connection = t.accepted(mss=FULL)
        for i in range(6):
            t.send("ACK", seq=1 + i * FULL, ack=1, data=bytes(FULL))
            if i % 2:
                t.expect("ACK", ack=1 + (i + 1) * FULL)
            t.expect_nothing()
            connection.recv(10_000)

    @requirement("MUST-58", "MUST-59")
    def test_a_batch_is_acknowledged_once(self):
        t = Script(config=PLAIN)
        t.accepted(mss=FULL)
        for i in range(7):
            t.send("ACK", seq=1 + i * FULL, ack=1, data=bytes(FULL))
        t.expect("ACK", ack=1 + 7 * FULL)
        t.expect_nothing()

    @requirement("MUST-58")
    def test_it_rides_on_data(self):
        t = Script()
        connection = t.accepted()
        t.send("ACK", seq=1, ack=1, data=b"ping")
        connection.send(b"pong")
        t.expect("ACK", seq=1, ack=5, data=b"pong")
        t.wait(0.19)
        t.expect_nothing()

    def test_it_rides_on_the_fin(self):
        t = Script()
        connection = t.accepted()
        t.send("ACK", seq=1, ack=1, data=b"ping")
        connection.recv(10)
        connection.close()
        t.expect("FIN,ACK", seq=1, ack=5)
        t.expect_nothing()

    def test_a_bare_ack_is_never_answered(self):
        t = Script()
        t.accepted()
        for _ in range(5):
            assert t.send("ACK", seq=1, ack=1) is Outcome.ACK_NOTHING_NEW
        t.wait(1)
        t.expect_nothing()


class TestAcknowledged:
    """RFC 9293 3.10.7.4, fifth, and RFC 5961 5."""

    def test_new_data_acknowledged_makes_room_and_news(self):
        t = Script(config=Config(send_buffer=1000))
        connection = t.accepted(mss=FULL)
        assert connection.send(bytes(3000)) == 1000
        assert connection.send(b"x") == 0
        assert connection.writable() == 0
        t.expect("ACK", seq=1)
        t.stack.events()
        assert t.send("ACK", seq=1, ack=401) is Outcome.ACKED
        assert t.stack.events() == [(connection, Happened.WRITABLE)]
        assert connection.writable() == 400

    @requirement("RFC 5961 5.2", "MAY-12", "RFC 9293 3.10.7.4 fifth")
    @pytest.mark.parametrize("beyond", [1, 1000, 0x40000000])
    def test_what_was_never_sent_is_challenged_and_dropped(self, beyond):
        t = Script()
        connection = t.accepted(mss=FULL)
        connection.send(b"abc")
        t.expect("ACK", seq=1)
        assert t.send("ACK", seq=1, ack=4 + beyond, data=b"evil") is Outcome.CHALLENGE_ACK
        t.expect("ACK", seq=4, ack=1)
        assert connection.recv(10) is None
        assert connection.snd_una == t.stack_isn + 1

    @requirement("RFC 5961 5.2", "MAY-12")
    @pytest.mark.parametrize(
        "old, outcome",
        [
            (0, Outcome.DATA_ACCEPTED),
            (1000, Outcome.DATA_ACCEPTED),
            (1001, Outcome.CHALLENGE_ACK),
            (0x70000000, Outcome.CHALLENGE_ACK),
        ],
    )
    def test_only_as_old_as_the_largest_window_ever_is_believed(self, old, outcome):
        """[SND.UNA - MAX.SND.WND, SND.NXT]."""
        t = Script(config=Config(timestamps=False, window_scale=False))
        listener = t.listening()
        t.send("SYN", seq=0, window=1000)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1, window=1000)
        connection = listener.accept()
        for i in range(12):
            connection.send(bytes(100))
            t.expect("ACK", seq=1 + 100 * i)
            t.send("ACK", seq=1, ack=101 + 100 * i, window=1000)
        assert t.send("ACK", seq=1, ack=1201 - old, window=1000, data=b"x") is outcome
        if outcome is Outcome.CHALLENGE_ACK:
            t.expect("ACK", seq=1201, ack=1)
            assert connection.recv(1) is None

    @requirement("RFC 9293 3.10.7.4 fifth")
    def test_a_segment_without_ack_is_dropped(self):
        t = Script()
        connection = t.accepted()
        assert t.send("PSH", seq=1, data=b"x") is Outcome.WITHOUT_ACK_DROPPED
        t.expect_nothing()
        assert connection.recv(1) is None


class TestLeaving:
    @requirement("MUST-61", "SHLD-27")
    def test_push_stands_on_the_last_segment(self):
        """MUST-60, MUST-61."""
        t = Script(config=PLAIN)
        connection = t.accepted(mss=1000)
        connection.send(bytes(2500))
        assert [t.expect("ACK").flags for _ in range(2)] == ["ACK"] * 2
        assert t.receive().flags == "PSH,ACK"

    @requirement("SHLD-28")
    def test_segments_are_as_large_as_can_be(self):
        """SHLD-28: what the program hands over in crumbs leaves whole."""
        t = Script(config=PLAIN)
        connection = t.accepted(mss=1000)
        for i in range(50):
            connection.send(bytes([i]) * 50)
        parts = [t.expect("ACK").data for _ in range(3)]
        assert [len(part) for part in parts] == [1000, 1000, 500]
        assert b"".join(parts) == b"".join(bytes([i]) * 50 for i in range(50))

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    def test_any_kind_of_bytes_is_taken_as_it_is_now(self, kind):
        t = Script()
        connection = t.accepted()
        data = bytearray(b"abc")
        assert connection.send(kind(data) if kind is not bytearray else data) == 3
        data[:] = b"xyz"
        t.expect("ACK", data=b"abc")

    def test_nothing_sends_nothing(self):
        t = Script()
        connection = t.accepted()
        assert connection.send(b"") == 0
        t.expect_nothing()

    @requirement("RFC 9293 3.10.2")
    def test_it_is_refused_after_shutdown(self):
        t = Script()
        connection = t.accepted()
        connection.shutdown()
        with pytest.raises(BrokenPipeError):
            connection.send(b"x")
        assert connection.writable() == 0

    def test_after_the_peers_fin_it_still_leaves(self):
        t = Script()
        connection = reach(t, State.CLOSE_WAIT)
        connection.send(b"the rest")
        t.expect("ACK", seq=1, ack=2, data=b"the rest")


class TestNagle:
    """RFC 9293 3.7.4 (SHLD-7, MUST-17)."""

    @requirement("SHLD-7", "MAY-16")
    def test_a_small_segment_waits_while_another_is_out(self):
        t = Script()
        connection = t.accepted(mss=FULL)
        connection.send(b"a")
        t.expect("ACK", data=b"a")
        connection.send(b"b")
        connection.send(b"c")
        t.expect_nothing()
        t.send("ACK", seq=1, ack=2)
        t.expect("ACK", seq=2, data=b"bc")

    def test_a_full_segment_does_not_wait(self):
        t = Script(config=PLAIN)
        connection = t.accepted(mss=1000)
        connection.send(b"a")
        t.expect("ACK", data=b"a")
        connection.send(bytes(1500))
        t.expect("ACK", seq=2, data=bytes(1000))
        t.expect_nothing()

    def test_the_last_of_a_large_write_does_not_wait_for_full_ones(self):
        """Minshall's reading: only an unacknowledged small segment holds a small one back."""
        t = Script(config=PLAIN)
        connection = t.accepted(mss=1000)
        connection.send(bytes(1500))
        t.expect("ACK", data=bytes(1000))
        t.expect("ACK", data=bytes(500))

    def test_a_fin_lets_it_go(self):
        t = Script()
        connection = t.accepted(mss=FULL)
        connection.send(b"a")
        t.expect("ACK", data=b"a")
        connection.send(b"b")
        connection.shutdown()
        t.expect("FIN,ACK", seq=2, data=b"b")

    @requirement("MUST-17")
    def test_it_can_be_turned_off_for_a_connection(self):
        t = Script()
        connection = t.stack.connect((t.address, t.port), local_port=80, config=Config(nagle=False))
        t.expect("SYN")
        t.send("SYN,ACK", seq=0, ack=1, mss=FULL)
        t.expect("ACK")
        for i, letter in enumerate((b"a", b"b", b"c")):
            connection.send(letter)
            t.expect("ACK", seq=1 + i, data=letter)
