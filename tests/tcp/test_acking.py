"""When data is acknowledged around a gap, and how often: RFC 9293 3.8.6.3, RFC 5681 4.2, RFC 2018 4, RFC 2883."""

from requirements import requirement

from handshook import Config
from handshook.testing import Script

MSS = 1000
WITHOUT_TIMESTAMPS = Config(timestamps=False)


def told(received, t):
    """The SACK blocks of a segment, counted from the script's first number."""
    return [(left - t.isn, right - t.isn) for left, right in received.segment.sack or ()]


def opened(sack=True, config=WITHOUT_TIMESTAMPS):
    t = Script(config=config)
    t.accepted(mss=MSS, sack_permitted=sack)
    return t


class TestBatches:
    """RFC 9293 MUST-59: a queue of segments is processed before an ACK leaves."""

    @requirement("MUST-59")
    def test_in_order_a_batch_has_one_ack(self):
        t = opened()
        for i in range(6):
            t.send("ACK", seq=1 + i * MSS, ack=1, data=bytes(MSS))
        t.expect("ACK", ack=1 + 6 * MSS)
        t.expect_nothing()

    @requirement("RFC 5681 4.2")
    def test_behind_a_gap_each_segment_has_its_own(self):
        """RFC 5681 4.2: a sender without SACK counts them, and resends at the third."""
        t = opened(sack=False)
        t.send("ACK", seq=1, ack=1, data=bytes(MSS))
        for i in (2, 3, 4):
            t.send("ACK", seq=1 + i * MSS, ack=1, data=bytes(MSS))
        for _ in range(3):
            t.expect("ACK", ack=1 + MSS)
        t.expect_nothing()

    def test_however_long_the_batch_there_are_four(self):
        t = opened()
        for i in range(2, 60):
            t.send("ACK", seq=1 + i * MSS, ack=1, data=bytes(MSS))
        for _ in range(4):
            assert told(t.expect("ACK", ack=1), t) == [(1 + 2 * MSS, 1 + 60 * MSS)]
        t.expect_nothing()

    def test_after_a_gap_the_ack_before_the_last_leaves_too(self):
        """If the last one is lost, the sender still has the other: its window is too small to wait for more."""
        t = opened()
        t.send("ACK", seq=1 + MSS, ack=1, data=bytes(MSS))
        t.expect("ACK", ack=1)
        for i in (0, 2, 3):
            t.send("ACK", seq=1 + i * MSS, ack=1, data=bytes(MSS))
        t.expect("ACK", ack=1 + 3 * MSS)
        t.expect("ACK", ack=1 + 4 * MSS)
        t.expect_nothing()

    def test_an_earlier_ack_does_not_move_the_window_back(self):
        """RFC 9293 SHLD-14: its right edge is the one that was told last."""
        t = Script(config=Config(timestamps=False, window_scale=False, receive_window=20 * MSS))
        t.accepted(mss=MSS, sack_permitted=True)
        t.send("ACK", seq=1 + MSS, ack=1, data=bytes(MSS))
        edges = [t.expect("ACK", ack=1)]
        for i in (0, 2, 3):
            t.send("ACK", seq=1 + i * MSS, ack=1, data=bytes(MSS))
        edges += [t.expect("ACK", ack=1 + 3 * MSS), t.expect("ACK", ack=1 + 4 * MSS)]
        assert [one.ack + one.window for one in edges] == [1 + 20 * MSS] * 3

    def test_data_that_leaves_carries_the_ack(self):
        t = Script(config=WITHOUT_TIMESTAMPS)
        connection = t.accepted(mss=MSS, sack_permitted=True)
        for i in (1, 2, 0, 3):
            t.send("ACK", seq=1 + i * 10, ack=1, data=bytes(10))
        connection.send(b"answer")
        t.expect("ACK", ack=41, data=b"answer")
        t.expect_nothing()


class TestTrouble:
    def test_after_a_gap_no_ack_is_delayed_for_sixteen_segments(self):
        t = opened()
        t.send("ACK", seq=2, ack=1, data=b"b")
        t.expect("ACK", ack=1)
        t.send("ACK", seq=1, ack=1, data=b"a")
        t.expect("ACK", ack=3)
        for i in range(15):
            t.send("ACK", seq=3 + i, ack=1, data=b"x")
            t.expect("ACK", ack=4 + i)
        t.send("ACK", seq=18, ack=1, data=b"x")
        t.expect_nothing()
        t.wait(0.05)
        t.expect("ACK", ack=19)

    @requirement("RFC 5681 4.2")
    def test_nor_while_a_gap_is_being_filled_however_long_that_takes(self):
        """What fills a part of it begins the count anew."""
        t = opened()
        t.send("ACK", seq=1 + 40 * MSS, ack=1, data=bytes(MSS))
        t.expect("ACK", ack=1)
        for i in range(20):
            t.send("ACK", seq=1 + i * 10, ack=1, data=bytes(10))
            assert told(t.expect("ACK", ack=11 + i * 10), t) == [(1 + 40 * MSS, 1 + 41 * MSS)]
        t.expect_nothing()

    @requirement("RFC 5681 4.2")
    def test_the_batch_after_the_last_part_has_its_earlier_ack(self):
        """As long after the gap was seen as it may be: what filled it was trouble of its own."""
        t = opened()
        t.send("ACK", seq=201, ack=1, data=bytes(10))
        t.expect("ACK", ack=1)
        for i in range(20):
            t.send("ACK", seq=1 + i * 10, ack=1, data=bytes(10))
            t.expect("ACK", ack=11 + i * 10 if i < 19 else 211)
        for i in range(2):
            t.send("ACK", seq=211 + i * 10, ack=1, data=bytes(10))
        t.expect("ACK", ack=221)
        t.expect("ACK", ack=231)
        t.expect_nothing()

    def test_nor_after_a_duplicate(self):
        t = opened()
        t.send("ACK", seq=1, ack=1, data=b"a")
        t.wait(0.05)
        t.expect("ACK", ack=2)
        t.send("ACK", seq=1, ack=1, data=b"a")
        t.expect("ACK", ack=2)
        t.send("ACK", seq=2, ack=1, data=b"b")
        t.expect("ACK", ack=3)


class TestDuplicates:
    """RFC 2883: a segment that came twice is told of, once, in the first block."""

    @requirement("RFC 2883 4")
    def test_below_the_ack(self):
        """4.1.1."""
        t = opened()
        t.send("ACK", seq=1, ack=1, data=bytes(2 * MSS))
        t.expect("ACK", ack=1 + 2 * MSS)
        t.send("ACK", seq=1, ack=1, data=bytes(MSS))
        assert told(t.expect("ACK", ack=1 + 2 * MSS), t) == [(1, 1 + MSS)]
        t.send("ACK", seq=1 + 2 * MSS, ack=1, data=bytes(MSS))
        assert told(t.expect("ACK", ack=1 + 3 * MSS), t) == []

    def test_below_the_ack_while_there_is_a_gap(self):
        """4.1.2: the gap's blocks follow."""
        t = opened()
        t.send("ACK", seq=1, ack=1, data=bytes(MSS))
        t.send("ACK", seq=1 + 2 * MSS, ack=1, data=bytes(MSS))
        t.expect("ACK", ack=1 + MSS)
        t.send("ACK", seq=1, ack=1, data=bytes(MSS))
        assert told(t.expect("ACK", ack=1 + MSS), t) == [(1, 1 + MSS), (1 + 2 * MSS, 1 + 3 * MSS)]

    def test_behind_a_gap(self):
        """4.1.3: the block that has it in it follows, then the others."""
        t = opened()
        for i in (2, 4, 6):
            t.send("ACK", seq=1 + i * MSS, ack=1, data=bytes(MSS))
            t.expect("ACK", ack=1)
        t.send("ACK", seq=1 + 4 * MSS, ack=1, data=bytes(MSS))
        again, block = (1 + 4 * MSS, 1 + 5 * MSS), (1 + 4 * MSS, 1 + 5 * MSS)
        others = [(1 + 2 * MSS, 1 + 3 * MSS), (1 + 6 * MSS, 1 + 7 * MSS)]
        assert told(t.expect("ACK", ack=1), t) == [again, block, *others]

    def test_in_part(self):
        """4.2: only what came twice."""
        t = opened()
        t.send("ACK", seq=1, ack=1, data=bytes(MSS))
        t.wait(0.05)
        t.expect("ACK", ack=1 + MSS)
        t.send("ACK", seq=501, ack=1, data=bytes(MSS))
        assert told(t.expect("ACK", ack=1501), t) == [(501, 1 + MSS)]

    def test_not_without_sack(self):
        t = opened(sack=False)
        t.send("ACK", seq=1, ack=1, data=bytes(2 * MSS))
        t.expect("ACK", ack=1 + 2 * MSS)
        t.send("ACK", seq=1, ack=1, data=bytes(MSS))
        assert t.expect("ACK", ack=1 + 2 * MSS).segment.sack is None
