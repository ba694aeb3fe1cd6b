"""What a SYN offers and what comes of it: RFC 9293 3.7.1 (MUST-4, 14-16, 65, 67; SHLD-5), RFC 7323, RFC 2018."""

from itertools import product

import pytest
from requirements import requirement
from tcp.ways import PLAIN, VERSIONS

from handshook import Config, Outcome, State
from handshook.testing import Script

BOTH = pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
MATRIX = pytest.mark.parametrize("ours, theirs", list(product([True, False], repeat=2)))


def shake(t, passive, **options):
    """Open a connection with these options on the script's SYN or SYN,ACK; returns it and the stack's SYN."""
    if passive:
        listener = t.listening()
        t.send("SYN", seq=0, **options)
        syn = t.expect("SYN,ACK", seq=0, ack=1)
        t.send("ACK", seq=1, ack=1, tsval=options.get("tsval"))
        return listener.accept(), syn
    connection = t.connecting()
    syn = t.expect("SYN", seq=0)
    t.send("SYN,ACK", seq=0, ack=1, **options)
    t.expect("ACK", seq=1, ack=1)
    return connection, syn


class TestMaximumSegmentSize:
    @requirement("MUST-14", "MUST-67", "SHLD-5", "MAY-3")
    @VERSIONS
    @BOTH
    @pytest.mark.parametrize("mtu", [1280, 1500, 9000, 65535])
    def test_every_syn_offers_the_mtu_less_the_headers(self, ipv6, passive, mtu):
        """MUST-14, SHLD-5, MUST-67."""
        _, syn = shake(Script(ipv6=ipv6, config=Config(mtu=mtu)), passive)
        assert syn.segment.mss == mtu - (60 if ipv6 else 40)

    @requirement("MUST-15")
    @VERSIONS
    @BOTH
    def test_a_peer_that_says_nothing_gets_536_or_1220(self, ipv6, passive):
        """MUST-15."""
        t = Script(ipv6=ipv6, config=PLAIN)
        connection, _ = shake(t, passive)
        connection.send(bytes(5000))
        assert len(t.expect("ACK").data) == (1220 if ipv6 else 536)

    @requirement("MUST-16")
    @VERSIONS
    @BOTH
    @pytest.mark.parametrize(
        "offered, timestamps, most",
        [
            (1460, False, 1440),
            (1000, False, 1000),
            (600, False, 600),
            (200, False, 200),
            (9000, False, 1440),
            (1460, True, 1428),
            (1000, True, 988),
            (536, True, 524),
            (100, True, 88),
        ],
    )
    def test_no_segment_is_larger_than_the_peer_takes_or_the_link(self, ipv6, passive, offered, timestamps, most):
        """MUST-16: less the options that each segment carries."""
        t = Script(ipv6=ipv6, config=Config(timestamps=timestamps, sack=False))
        connection, _ = shake(t, passive, mss=offered, tsval=1 if timestamps else None)
        if not ipv6 and offered >= 1460:
            most += 20
        connection.send(bytes(4000))
        sizes = []
        while (received := t.receive()) is not None:
            sizes.append(len(received.data))
        assert max(sizes) == most
        assert sizes[0] == most

    @pytest.mark.parametrize("offered", [1, 40, 63])
    def test_an_absurdly_small_offer_does_not_make_absurd_segments(self, offered):
        """CVE-2019-11479: as in Linux there is a least size."""
        t = Script(config=PLAIN)
        connection, _ = shake(t, True, mss=offered)
        connection.send(bytes(640))
        assert len(t.expect("ACK").data) == 64

    @requirement("MUST-65")
    @BOTH
    def test_no_segment_without_syn_carries_it(self, passive):
        """MUST-65."""
        t = Script()
        connection, _ = shake(t, passive, mss=1460)
        connection.send(b"data")
        assert t.expect("ACK").segment.mss == 0
        connection.shutdown()
        assert t.expect("FIN,ACK").segment.mss == 0

    def test_in_a_segment_without_syn_it_means_nothing(self):
        t = Script(config=PLAIN)
        connection, _ = shake(t, True, mss=1000)
        t.send("ACK", seq=1, ack=1, mss=100)
        connection.send(bytes(2000))
        assert len(t.expect("ACK").data) == 1000


class TestWindowScale:
    """RFC 7323 2: only when both SYNs have it."""

    @requirement("RFC 7323 2.2")
    @BOTH
    @MATRIX
    def test_both_or_none(self, passive, ours, theirs):
        t = Script(config=Config(window_scale=ours, receive_window=1 << 20))
        connection, syn = shake(t, passive, scale=3 if theirs else None)
        assert (syn.segment.scale >= 0) == (ours and (theirs or not passive))
        assert syn.window == 65535
        agreed = ours and theirs
        # What we offer: 1 MiB, told in units of 32, or no more than 16 bits can say.
        connection.send(b"x")
        assert t.expect("ACK").window == (32768 if agreed else 65535)
        # What we make of theirs.
        t.send("ACK", seq=1, ack=2, window=1000)
        assert connection.snd_wnd == (8000 if agreed else 1000)

    @requirement("RFC 7323 2.2")
    def test_the_window_of_a_syn_is_never_scaled(self):
        t = Script()
        connection = t.connecting()
        t.expect("SYN")
        t.send("SYN,ACK", seq=0, ack=1, scale=14, window=5000)
        assert connection.snd_wnd == 5000

    @requirement("RFC 7323 2.3")
    @BOTH
    @pytest.mark.parametrize("shift, used", [(0, 0), (14, 14), (15, 14), (255, 14)])
    def test_a_shift_above_14_is_used_as_14(self, passive, shift, used):
        t = Script()
        connection, _ = shake(t, passive, scale=shift)
        t.send("ACK", seq=1, ack=1, window=2)
        assert connection.snd_wnd == 2 << used

    @pytest.mark.parametrize("window, shift", [(65535, 0), (65536, 1), (1 << 20, 5), (65535 << 14, 14)])
    def test_the_shift_is_the_least_that_can_tell_the_window(self, window, shift):
        _, syn = shake(Script(config=Config(receive_window=window)), False)
        assert syn.segment.scale == shift


class TestTimestamps:
    """RFC 7323 3."""

    @requirement("RFC 7323 3.2 offer")
    @BOTH
    @MATRIX
    def test_both_or_none(self, passive, ours, theirs):
        t = Script(config=Config(timestamps=ours))
        connection, syn = shake(t, passive, tsval=777 if theirs else None)
        assert syn.segment.timestamps == (ours and (theirs or not passive))
        connection.send(b"x")
        sent = t.expect("ACK").segment
        assert sent.timestamps == (ours and theirs)
        if ours and theirs:
            assert sent.tsecr == 777

    @requirement("RFC 7323 3.2 offer")
    def test_a_first_syn_echoes_nothing(self):
        t = Script()
        t.connecting()
        assert t.expect("SYN").segment.tsecr == 0

    def test_the_syn_ack_echoes_the_syn(self):
        t = Script()
        t.listening()
        t.send("SYN", tsval=4321)
        assert t.expect("SYN,ACK").segment.tsecr == 4321

    def test_they_count_milliseconds(self):
        t = Script(timestamps=True)
        connection = t.accepted()
        connection.send(b"x")
        first = t.expect("ACK").segment.tsval
        t.send("ACK", seq=1, ack=2)
        t.wait(1.5)
        connection.send(b"y")
        assert (t.expect("ACK").segment.tsval - first) & 0xFFFFFFFF == 1500

    @requirement("RFC 7323 3.2 every")
    def test_every_segment_has_them_once_agreed(self):
        t = Script(timestamps=True)
        connection = t.accepted()
        t.send("ACK", seq=100, ack=1, data=b"gap")
        assert t.expect("ACK").segment.timestamps
        connection.shutdown()
        assert t.expect("FIN,ACK").segment.timestamps

    @requirement("RFC 7323 4.3")
    def test_the_echo_is_of_the_segment_that_moved_the_window(self):
        """RFC 7323 4.3: with a delayed ACK the first of the two, with a gap the last before it."""
        t = Script(timestamps=True)
        connection = t.accepted(mss=1460)
        t.wait(1)
        t.send("ACK", seq=1, ack=1, data=b"a", tsval=1500)
        t.send("ACK", seq=2, ack=1, data=b"b", tsval=1600)
        t.wait(0.3)
        assert t.expect("ACK", ack=3).segment.tsecr == 1500
        t.send("ACK", seq=5, ack=1, data=b"beyond", tsval=1700)
        assert t.expect("ACK", ack=3).segment.tsecr == 1500
        t.send("ACK", seq=3, ack=1, data=b"cd", tsval=1650)
        assert t.expect("ACK", ack=11).segment.tsecr == 1650
        assert connection.recv(20) == b"abcdbeyond"


class TestProtectionAgainstWrappedSequences:
    """RFC 7323 5."""

    @requirement("RFC 7323 5.3")
    def test_an_older_segment_is_answered_and_dropped(self):
        t = Script()
        connection = t.accepted(tsval=10_000)
        t.send("ACK", seq=1, ack=1, data=b"new", tsval=10_500)
        t.wait(0.1)
        t.expect("ACK", ack=4)
        assert t.send("ACK", seq=4, ack=1, data=b"old", tsval=10_499) is Outcome.PAWS_REJECTED
        t.expect("ACK", seq=1, ack=4)
        assert connection.recv(10) == b"new"
        assert connection.recv(10) is None

    @requirement("RFC 7323 5.3")
    def test_an_older_fin_is_rejected_too(self):
        t = Script()
        connection = t.accepted(tsval=10_000)
        assert t.send("FIN,ACK", seq=1, ack=1, tsval=9_999) is Outcome.PAWS_REJECTED
        assert connection.state is State.ESTABLISHED

    @requirement("RFC 7323 5.2")
    @pytest.mark.parametrize("tsval", [None, 1])
    def test_a_rst_needs_none_and_is_spared(self, tsval):
        """RFC 7323 5.2, 3.2."""
        t = Script()
        t.accepted(tsval=10_000)
        assert t.send("RST", seq=1, tsval=tsval) is Outcome.CONNECTION_RESET

    @requirement("RFC 7323 3.2 every")
    def test_a_segment_without_them_is_dropped(self):
        t = Script()
        connection = t.accepted(tsval=1)
        assert t.send("ACK", seq=1, ack=1, data=b"x") is Outcome.TIMESTAMP_MISSING
        t.expect_nothing()
        assert connection.recv(1) is None

    def test_they_wrap(self):
        t = Script()
        connection = t.accepted(tsval=0xFFFFFFF0)
        t.send("ACK", seq=1, ack=1, data=b"x", tsval=0x10)
        assert connection.recv(1) == b"x"

    @requirement("RFC 7323 5.5")
    @pytest.mark.parametrize(
        "seconds, outcome", [(-1, Outcome.PAWS_REJECTED), (1, Outcome.DATA_ACCEPTED)], ids=["before", "after"]
    )
    def test_the_24th_day_is_the_border(self, seconds, outcome):
        t = Script()
        connection = t.accepted(tsval=10_000)
        t.wait(24 * 86400 + seconds)
        assert t.send("ACK", seq=1, ack=1, data=b"x", tsval=9_999) is outcome
        assert connection.recv(1) == (b"x" if outcome is Outcome.DATA_ACCEPTED else None)

    @requirement("RFC 7323 5.5")
    def test_what_was_seen_lapses_after_24_days(self):
        """RFC 7323 5.5, and from then on the newer value counts."""
        t = Script()
        connection = t.accepted(tsval=10_000)
        t.wait(25 * 86400)
        t.send("ACK", seq=1, ack=1, data=b"x", tsval=9_000)
        assert connection.recv(1) == b"x"
        t.wait(1)
        assert t.expect("ACK", ack=2).segment.tsecr == 9_000
        assert t.send("ACK", seq=2, ack=1, data=b"y", tsval=8_999) is Outcome.PAWS_REJECTED


class TestSelectiveAcknowledgment:
    """RFC 2018, the receiver's side."""

    @requirement("RFC 2018 2")
    @BOTH
    @MATRIX
    def test_both_or_none(self, passive, ours, theirs):
        t = Script(config=Config(sack=ours, timestamps=False))
        connection, syn = shake(t, passive, sack_permitted=theirs)
        assert syn.segment.sack_permitted == (ours and (theirs or not passive))
        t.send("ACK", seq=11, ack=1, data=b"beyond")
        answer = t.expect("ACK", ack=1).segment
        if ours and theirs:
            assert answer.sack == ((t.isn + 11, t.isn + 17),)
        else:
            assert answer.sack is None
        assert connection.recv(1) is None

    @requirement("RFC 2018 3", "RFC 2018 4")
    def test_the_block_that_changed_last_comes_first(self):
        """RFC 2018 4."""
        t = Script(config=Config(timestamps=False))
        t.accepted(sack_permitted=True)
        heard = []
        for seq in (11, 31, 21, 51, 16):
            t.send("ACK", seq=seq, ack=1, data=b"12345")
            heard.append([(left - t.isn, right - t.isn) for left, right in t.expect("ACK", ack=1).segment.sack])
        assert heard == [
            [(11, 16)],
            [(31, 36), (11, 16)],
            [(21, 26), (11, 16), (31, 36)],
            [(51, 56), (11, 16), (21, 26), (31, 36)],
            [(11, 26), (31, 36), (51, 56)],
        ]

    @requirement("RFC 2018 3")
    def test_with_timestamps_three_blocks_have_room(self):
        t = Script(timestamps=True)
        t.accepted(sack_permitted=True)
        for seq in (11, 31, 51, 71):
            t.send("ACK", seq=seq, ack=1, data=b"12345")
            last = t.expect("ACK", ack=1)
        assert [left - t.isn for left, _ in last.segment.sack] == [71, 11, 31]

    def test_once_the_gap_is_filled_there_are_none(self):
        t = Script()
        t.accepted(sack_permitted=True)
        t.send("ACK", seq=4, ack=1, data=b"def")
        t.expect("ACK", ack=1)
        t.send("ACK", seq=1, ack=1, data=b"abc")
        assert t.expect("ACK", ack=7).segment.sack is None

    @requirement("RFC 2018 8")
    def test_blocks_that_lie_do_no_harm(self):
        """The peer's blocks are advice; acknowledged is only what the ACK field says."""
        t = Script(config=Config(timestamps=False))
        connection = t.accepted(mss=1000, sack_permitted=True)
        connection.send(bytes(3000))
        for _ in range(3):
            t.expect("ACK")
        t.send("ACK", seq=1, ack=1, sack=[(1, 3001), (5000, 4000), (-10_000, 90_000)])
        t.wait(1.5)
        t.expect("ACK", seq=1)
