"""What becomes of a SYN that finds the half-open queue full and gets no cookie (RFC 4987 3.3 to 3.5)."""

import pytest

from handshook import Config, Outcome, State
from handshook.host.syn_cache import ROW, ROW_LIFE, ROWS
from handshook.testing import Script

VERSIONS = pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
OFFER = {"mss": 1400, "scale": 7, "sack_permitted": True}


def script(policy="drop-new", **more):
    """A stack of small queue and no cookies."""
    keywords = {name: more.pop(name) for name in ("ipv6", "timestamps") if name in more}
    config = Config(**{"cookies": "never", "half_open_limit": 4, "half_open_policy": policy, **more})
    return Script(config=config, **keywords)


def syn(t, port, **options):
    """A SYN from this port; the SYN,ACK that it got, or None."""
    t.port, t.stack_isn = port, None
    t.send("SYN", seq=0, **options)
    return t.receive()


def silence(t):
    """Nobody listens to what the stack repeats."""
    while t.receive():
        pass


def fill(t, count=4):
    """As many half-open entries as there may be, from ports 1 on; their SYN,ACKs."""
    return [syn(t, port) for port in range(1, count + 1)]


def ports(t):
    """Whose half-open connections there are."""
    return [entry.remote[1] for entry in t.stack.snapshot() if entry.state is State.SYN_RECEIVED]


class TestWait:
    """3.3: the time that an entry may take shortens as the queue fills."""

    def test_the_allowance_falls_step_by_step_from_half_full_on(self):
        t = script(half_open_limit=100)
        listener = t.listening()
        allowed = []
        for port in range(1, 101):
            allowed.append(listener.patience())
            syn(t, port)
        allowed.append(listener.patience())
        assert allowed == sorted(allowed, reverse=True)
        assert [allowed.index(each) for each in (5, 4, 3, 2, 1)] == [0, 51, 63, 76, 88]
        assert allowed[100] == 1

    @pytest.mark.parametrize("limit, lives, outcome", [(1000, 63, "GIVEN_UP"), (16, 3, "PRESSED")])
    def test_so_an_entry_lives_63_seconds_or_3(self, limit, lives, outcome):
        t = script(half_open_limit=limit)
        listener = t.listening()
        fill(t, 16)
        t.wait(lives - 0.1)
        assert listener.half_open == 16
        t.wait(0.2)
        # The first to go leave more time to the rest.
        assert listener.half_open < 16
        assert t.stack.counters()[Outcome[f"HALF_OPEN_{outcome}"]] >= 1

    def test_it_can_be_turned_off(self):
        t = script(half_open_limit=16, pressed_syn_ack_retries=5)
        listener = t.listening()
        fill(t, 16)
        t.wait(62)
        assert listener.half_open == 16

    def test_seven_are_no_pressure(self):
        t = script(half_open_limit=7)
        listener = t.listening()
        fill(t, 7)
        t.wait(62)
        assert listener.half_open == 7

    def test_who_has_waited_longer_than_is_allowed_now_goes_at_once_for_a_new_one(self):
        t = script(half_open_limit=16)
        t.listening()
        fill(t, 8)  # half full: five repetitions are allowed
        t.wait(20)  # four were sent, the next is due at 31 s
        silence(t)
        for port in range(9, 17):
            syn(t, port)
        assert syn(t, 17) is not None
        assert t.outcome is Outcome.SYN_ANSWERED
        assert ports(t) == list(range(2, 18))
        assert t.stack.counters()[Outcome.HALF_OPEN_PRESSED] == 1


class TestDropNew:
    def test_the_new_one_goes(self):
        t = script()
        t.listening()
        fill(t)
        assert syn(t, 5) is None
        assert t.outcome is Outcome.DROPPED_SYN_QUEUE_FULL
        assert ports(t) == [1, 2, 3, 4]


class TestDropOldest:
    """3.4."""

    @VERSIONS
    def test_the_oldest_goes(self, ipv6):
        t = script("drop-oldest", ipv6=ipv6)
        listener = t.listening()
        fill(t)
        for port in range(5, 20):
            assert syn(t, port) is not None
            assert t.outcome is Outcome.SYN_ANSWERED
            assert ports(t) == list(range(port - 3, port + 1))
        assert t.stack.counters()[Outcome.HALF_OPEN_EVICTED] == 15
        assert listener.half_open == 4

    def test_its_ack_is_then_one_for_nobody(self):
        t = script("drop-oldest")
        t.listening()
        first, *_ = fill(t)
        syn(t, 5)
        t.port, t.stack_isn = 1, first.segment.seq
        assert t.send("ACK", seq=1, ack=1) is Outcome.LISTEN_ACK_RESET

    def test_who_has_opened_is_not_among_them(self):
        t = script("drop-oldest")
        listener = t.listening()
        answers = fill(t)
        t.port, t.stack_isn = 1, answers[0].segment.seq
        assert t.send("ACK", seq=1, ack=1) is Outcome.ESTABLISHED_PASSIVE
        for port in range(5, 9):
            syn(t, port)
        assert ports(t) == [5, 6, 7, 8]
        assert listener.accept().state is State.ESTABLISHED

    def test_nobody_goes_for_a_prefix_that_has_its_share(self):
        t = script("drop-oldest", prefix_half_open_limit=2)
        t.listening()
        fill(t, 2)
        t.address = "192.0.2.1"
        for port in (3, 4):
            syn(t, port)
        t.address = "198.51.100.1"
        assert syn(t, 5) is None
        assert t.outcome is Outcome.DROPPED_SYN_QUEUE_FULL
        assert ports(t) == [1, 2, 3, 4]

    def test_the_order_is_swept_of_those_that_are_gone(self):
        t = script("drop-oldest")
        listener = t.listening()
        for port in range(1, 1000):
            syn(t, port)
            t.send("RST", seq=1)
        assert len(listener.order) < 100
        assert listener.half_open == 0


class TestCache:
    """3.5."""

    @VERSIONS
    def test_what_finds_no_room_opens_from_a_row(self, ipv6):
        t = script("cache", ipv6=ipv6, timestamps=True)
        listener = t.listening()
        fill(t)
        answer = syn(t, 5, **OFFER)
        assert t.outcome is Outcome.SYN_CACHED
        assert listener.half_open == 4
        assert (answer.flags, answer.segment.sack_permitted, answer.segment.scale) == ("SYN,ACK", True, 5)
        assert ports(t) == [1, 2, 3, 4, 5]
        assert t.send("ACK", seq=1, ack=1, tsecr=answer.segment.tsval, window=100) is Outcome.ESTABLISHED_PASSIVE
        connection = listener.accept()
        assert t.stack.snapshot()[-1].options == ("mss 1400", "timestamps", "sack", "scale 5/7")
        assert connection.snd_wnd == 100 << 7
        connection.send(b"hello")
        t.expect("ACK", seq=1, ack=1, data=b"hello")

    def test_the_step_is_shown_as_any_other(self):
        t = script("cache")
        t.listening()
        fill(t)
        t.steps.clear()
        syn(t, 5)
        t.send("ACK", seq=1, ack=1)
        told = [(step.outcome.name, step.before.name, step.after.name) for step in t.steps]
        assert told == [
            ("SYN_CACHED", "LISTEN", "SYN_RECEIVED"),
            ("SENT_SYN_ACK", "SYN_RECEIVED", "SYN_RECEIVED"),
            ("ESTABLISHED_PASSIVE", "SYN_RECEIVED", "ESTABLISHED"),
        ]

    def test_a_syn_that_comes_again_is_answered_again_with_the_same_number(self):
        t = script("cache")
        listener = t.listening()
        fill(t)
        isn = syn(t, 5).segment.seq
        t.wait(1)
        silence(t)
        assert syn(t, 5).segment.seq == isn
        assert t.outcome is Outcome.SYN_REPEATED
        assert t.stack.snapshot()[-1].retries == 1
        t.send("ACK", seq=1, ack=1)
        assert listener.accept().retries == 0

    def test_a_reset_frees_the_row(self):
        t = script("cache")
        t.listening()
        fill(t)
        syn(t, 5)
        assert t.send("RST", seq=1) is Outcome.HALF_OPEN_RESET
        assert ports(t) == [1, 2, 3, 4]

    def test_a_wrong_ack_is_reset_and_the_row_stays(self):
        t = script("cache")
        t.listening()
        fill(t)
        syn(t, 5)
        assert t.send("ACK", seq=1, ack=77) is Outcome.SYN_ACK_ACK_BAD
        t.expect("RST", seq=77)
        assert t.send("ACK", seq=1, ack=1) is Outcome.ESTABLISHED_PASSIVE

    def test_a_row_lives_as_long_as_an_entry(self):
        t = script("cache", syn_ack_retries=30)
        t.listening()
        fill(t)
        syn(t, 5)
        t.wait(ROW_LIFE)
        assert 5 not in ports(t)
        silence(t)
        t.port = 5
        assert t.send("ACK", seq=1, ack=1) is Outcome.LISTEN_ACK_RESET

    def test_a_program_that_does_not_accept_leaves_the_row_for_later(self):
        t = script("cache")
        listener = t.stack.listen(80, backlog=1)
        answers = fill(t)
        cached = syn(t, 5).segment.seq
        t.port, t.stack_isn = 1, answers[0].segment.seq
        t.send("ACK", seq=1, ack=1)
        t.port, t.stack_isn = 5, cached
        assert t.send("ACK", seq=1, ack=1) is Outcome.DROPPED_ACCEPT_QUEUE_FULL
        listener.accept()
        assert t.send("ACK", seq=1, ack=1) is Outcome.ESTABLISHED_PASSIVE

    def test_a_full_bucket_loses_its_oldest_row_and_the_table_never_grows(self):
        t = script("cache")
        t.listening()
        fill(t)
        for port in range(1000, 1000 + ROWS + 2000):
            syn(t, port)
            t.steps.clear()
        (cache,) = [queue for queue in t.stack.queues() if queue.name == "SYN cache"]
        evicted = t.stack.counters()[Outcome.SYN_CACHE_EVICTED]
        assert cache.fill == ROWS + 2000 - evicted <= ROWS == cache.limit
        assert evicted >= 2000
        assert ROW.size * ROWS == 1 << 19

    def test_with_its_listener_its_rows_go(self):
        t = script("cache")
        listener = t.listening()
        fill(t)
        syn(t, 5)
        listener.close()
        t.listening()
        assert t.send("ACK", seq=1, ack=1) is Outcome.LISTEN_ACK_RESET
