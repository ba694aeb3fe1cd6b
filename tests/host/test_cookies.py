"""SYN cookies (RFC 4987 3.6): the whole of a half-open connection is in the number and the timestamp we send."""

import random

import pytest

from handshook import Config, Happened, Outcome, Stack, State
from handshook.tcp.cookie import mss_index, stamp
from handshook.tcp.cookie_layout import LIFE, MSS, MSS_INDICES, SLOT
from handshook.testing import Pair, Script, Transfer

ALWAYS = Config(cookies="always")
VERSIONS = pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
OFFER = {"mss": 1460, "scale": 7, "sack_permitted": True}


def answered(t, **options):
    """A SYN, and the cookie that answers it."""
    t.stack_isn = None
    assert t.send("SYN", seq=0, **options) is Outcome.SYN_COOKIE
    return t.expect("SYN,ACK", seq=0, ack=1)


def brought_back(t, cookie, **segment):
    """The ACK that brings it back, with the timestamp echoed where there was one."""
    echo = cookie.segment.tsval if cookie.segment.timestamps else 0
    return t.send("ACK", **{"seq": 1, "ack": 1, "tsecr": echo, **segment})


def opened(t, listener, **options):
    """A connection by cookie."""
    cookie = answered(t, **options)
    assert brought_back(t, cookie) is Outcome.COOKIE_ACCEPTED
    return listener.accept()


class TestOpening:
    @VERSIONS
    def test_nothing_is_kept_until_the_cookie_comes_back(self, ipv6):
        t = Script(config=ALWAYS, ipv6=ipv6)
        listener = t.listening()
        cookie = answered(t, mss=1460)
        assert (t.stack.snapshot(), listener.half_open, t.stack.deadline()) == ([], 0, None)
        assert brought_back(t, cookie) is Outcome.COOKIE_ACCEPTED
        assert t.stack.events() == [(listener, Happened.ACCEPTABLE)]
        connection = listener.accept()
        assert connection.state is State.ESTABLISHED
        connection.send(b"hello")
        t.expect("ACK", seq=1, ack=1, data=b"hello")

    @VERSIONS
    def test_with_timestamps_scale_and_sack_are_agreed_on(self, ipv6):
        t = Script(config=ALWAYS, ipv6=ipv6, timestamps=True)
        listener = t.listening()
        cookie = answered(t, **OFFER)
        said = cookie.segment
        assert (said.timestamps, said.tsecr, said.scale, said.sack_permitted) == (True, 1, 5, True)
        assert brought_back(t, cookie, window=1000) is Outcome.COOKIE_ACCEPTED
        listener.accept()
        (entry,) = t.stack.snapshot()
        assert entry.options == ("mss 1460", "timestamps", "sack", "scale 5/7")

    def test_without_timestamps_only_the_mss_is(self):
        """There is no place for the others, so they must not be offered either."""
        t = Script(config=ALWAYS)
        listener = t.listening()
        said = answered(t, **OFFER).segment
        assert (said.timestamps, said.scale, said.sack_permitted, said.mss) == (False, -1, False, 1460)
        assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_ACCEPTED
        listener.accept()
        assert t.stack.snapshot()[0].options == ("mss 1460",)

    def test_the_window_scale_counts_from_the_first_ack_on(self):
        t = Script(config=ALWAYS, timestamps=True)
        listener = t.listening()
        cookie = answered(t, mss=1460, scale=7)
        brought_back(t, cookie, window=100)
        connection = listener.accept()
        connection.send(bytes(100_000))
        while t.receive():
            pass
        assert connection.snd_wnd == 100 << 7

    @pytest.mark.parametrize(
        "size", [None, 1, 63, 64, 400, 536, 1219, 1220, 1400, 1440, 1452, 1460, 8960, 65495, 65535]
    )
    @VERSIONS
    def test_the_mss_is_never_more_than_the_peer_takes(self, size, ipv6):
        t = Script(config=ALWAYS, ipv6=ipv6)
        listener = t.listening()
        answered(t, mss=size)
        assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_ACCEPTED
        settled = listener.accept().peer_mss
        wanted = size or (1220 if ipv6 else 536)
        assert settled == max(each for each in MSS if each <= max(wanted, MSS[0]))

    def test_ecn_is_agreed_on_where_there_are_timestamps(self):
        for stamps in (False, True):
            t = Script(config=ALWAYS, timestamps=stamps)
            listener = t.listening()
            t.send("SYN,ECE,CWR", seq=0, mss=1460)
            cookie = t.expect("SYN,ACK,ECE" if stamps else "SYN,ACK")
            assert brought_back(t, cookie) is Outcome.COOKIE_ACCEPTED
            assert bool(listener.accept().ecn) is stamps

    def test_the_same_syn_again_gets_the_same_number(self):
        t = Script(config=ALWAYS)
        t.listening()
        first = answered(t, mss=1460).segment.seq
        t.wait(1)
        assert answered(t, mss=1460).segment.seq == first

    def test_data_that_rides_on_the_ack_is_taken(self):
        t = Script(config=ALWAYS)
        listener = t.listening()
        answered(t)
        assert t.send("ACK", seq=1, ack=1, data=b"GET /") is Outcome.COOKIE_ACCEPTED
        assert listener.accept().recv(100) == b"GET /"

    def test_data_on_the_syn_is_not_taken_and_comes_again(self):
        t = Script(config=ALWAYS)
        listener = t.listening()
        t.send("SYN", seq=0, data=b"early")
        t.expect("SYN,ACK", seq=0, ack=1)
        t.send("ACK", seq=1, ack=1, data=b"early")
        assert listener.accept().recv(100) == b"early"

    def test_where_the_ack_was_lost_the_first_data_opens(self):
        t = Script(config=ALWAYS, timestamps=True)
        listener = t.listening()
        cookie = answered(t, mss=1460)
        t.wait(30)
        assert brought_back(t, cookie, data=b"first") is Outcome.COOKIE_ACCEPTED
        assert listener.accept().recv(100) == b"first"

    def test_where_the_ack_was_lost_a_fin_opens(self):
        t = Script(config=ALWAYS)
        listener = t.listening()
        answered(t)
        assert t.send("FIN,ACK", seq=1, ack=1, data=b"all") is Outcome.COOKIE_ACCEPTED
        connection = listener.accept()
        assert (connection.state, connection.recv(9), connection.recv(9)) == (State.CLOSE_WAIT, b"all", b"")

    def test_where_the_first_data_was_lost_too_the_second_does_not_end_it(self):
        """A RST would be the answer to a wrong number, and the end of a good connection."""
        t = Script(config=ALWAYS, timestamps=True)
        listener = t.listening()
        cookie = answered(t, mss=1460)
        assert brought_back(t, cookie, seq=6, data=b"second") is Outcome.COOKIE_AHEAD
        t.expect_nothing()
        assert brought_back(t, cookie, data=b"first") is Outcome.COOKIE_ACCEPTED
        assert listener.accept().recv(100) == b"first"

    def test_a_program_that_does_not_accept_leaves_the_cookie_good_for_later(self):
        t = Script(config=ALWAYS)
        listener = t.stack.listen(80, backlog=1)
        answered(t)
        first = t.stack_isn
        t.port = 40001
        answered(t)
        assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_ACCEPTED
        t.port, t.stack_isn = 40000, first
        assert t.send("ACK", seq=1, ack=1) is Outcome.DROPPED_ACCEPT_QUEUE_FULL
        t.expect_nothing()
        listener.accept()
        assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_ACCEPTED

    def test_timestamps_go_on_from_the_one_that_carried_the_options(self):
        t = Script(config=ALWAYS, timestamps=True)
        listener = t.listening()
        for wait in (0.0, 0.001, 0.031, 0.063, 1.0):
            t.wait(wait)
            t.port += 1
            cookie = answered(t, **OFFER)
            brought_back(t, cookie)
            connection = listener.accept()
            connection.send(b"x")
            data = t.expect("ACK", data=b"x")
            assert 0 <= (data.segment.tsval - cookie.segment.tsval) & 0xFFFFFFFF < 64
            connection.abort()
            t.expect("RST,ACK")


class TestWhenTheyAreSent:
    def test_when_full_is_the_default_and_an_entry_is_kept_while_there_is_room(self):
        t = Script(config=Config(half_open_limit=1))
        listener = t.listening()
        assert t.send("SYN", seq=0) is Outcome.SYN_ANSWERED
        t.expect("SYN,ACK")
        t.port = 40001
        answered(t)
        assert listener.half_open == 1
        assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_ACCEPTED

    def test_never_is_never(self):
        t = Script(config=Config(half_open_limit=1, cookies="never"))
        t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        t.port = 40001
        assert t.send("SYN", seq=0) is Outcome.DROPPED_SYN_QUEUE_FULL
        t.expect_nothing()

    def test_a_listener_may_have_its_own_way(self):
        t = Script(config=Config(cookies="never"))
        t.stack.listen(80, config=ALWAYS)
        answered(t)

    def test_a_listener_that_sent_none_of_late_takes_none(self):
        """So there is nothing to guess at while there is no flood."""
        t = Script()
        t.listening()
        assert t.send("ACK", seq=1, ack=1) is Outcome.LISTEN_ACK_RESET
        t = Script(config=ALWAYS)
        t.listening()
        answered(t)
        t.wait(LIFE)
        assert t.send("ACK", seq=1, ack=1) is Outcome.LISTEN_ACK_RESET

    def test_one_that_slept_through_its_cookie_and_found_room_at_its_second_syn(self):
        """Its ACK of the cookie meets an entry with another number: the cookie counts, and the entry goes."""
        t = Script(config=Config(half_open_limit=1))
        listener = t.listening()
        t.send("SYN", seq=0)
        other = t.expect("SYN,ACK").segment.seq
        t.port = 40001
        answered(t, mss=1460)
        cookie = t.stack_isn
        t.port, t.stack_isn = 40000, other
        t.send("RST", seq=1)
        t.port = 40001
        assert t.send("SYN", seq=0, mss=1460) is Outcome.SYN_ANSWERED
        t.expect("SYN,ACK")
        t.stack_isn = cookie
        assert t.send("ACK", seq=1, ack=100) is Outcome.SYN_ACK_ACK_BAD
        t.expect("RST")
        assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_ACCEPTED
        assert listener.half_open == 0
        assert listener.accept().state is State.ESTABLISHED
        t.wait(100)
        t.expect_nothing()

    def test_a_four_tuple_in_time_wait_gets_an_entry_whose_number_lies_beyond_the_old_ones(self):
        for config in (ALWAYS, Config(half_open_limit=1)):
            t = Script(config=config)
            listener = t.listening()
            t.send("SYN", seq=0)
            t.expect("SYN,ACK")
            t.send("ACK", seq=1, ack=1)
            connection = listener.accept()
            connection.close()
            t.expect("FIN,ACK")
            t.send("FIN,ACK", seq=1, ack=2)
            t.expect("ACK")
            t.port = 40001
            t.send("SYN", seq=0)
            t.receive()
            t.port = 40000
            assert t.send("SYN", seq=100_000) is Outcome.TIME_WAIT_REOPENED
            assert t.expect("SYN,ACK").seq > 2


class TestWhatIsNotTaken:
    def test_a_reset_right_after_the_cookie_leaves_nothing_behind(self):
        t = Script(config=ALWAYS)
        listener = t.listening()
        answered(t)
        assert t.send("RST", seq=1) is Outcome.LISTEN_RST_IGNORED
        t.expect_nothing()
        assert (t.stack.snapshot(), listener.half_open, listener.accept()) == ([], 0, None)

    def test_a_reset_right_after_the_ack_leaves_nothing_behind(self):
        t = Script(config=ALWAYS)
        listener = t.listening()
        answered(t)
        t.send("ACK", seq=1, ack=1)
        assert t.send("RST", seq=1) is Outcome.CONNECTION_RESET
        assert t.stack.snapshot() == []
        with pytest.raises(ConnectionResetError):
            listener.accept().recv(1)

    @pytest.mark.parametrize("off", [*range(MSS_INDICES, MSS_INDICES + 20), -1, -20, 1 << 16, 1 << 24, 1 << 31])
    def test_a_guess_is_reset(self, off):
        t = Script(config=ALWAYS)
        listener = t.listening()
        answered(t, mss=1)  # the first of the table, so that `off` counts from the MAC itself
        assert t.send("ACK", seq=1, ack=1 + off) is Outcome.COOKIE_WRONG
        t.expect("RST", seq=1 + off & 0xFFFFFFFF)
        assert (t.stack.snapshot(), listener.accept()) == ([], None)

    def test_a_cookie_is_good_for_one_peer_and_one_number_only(self):
        t = Script(config=ALWAYS)
        t.listening()
        answered(t)
        assert t.send("ACK", seq=2, ack=1) is Outcome.COOKIE_WRONG
        t.port += 1
        assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_WRONG

    @pytest.mark.parametrize("into", [0.0, 1.0, SLOT / 2, SLOT - 0.001])
    def test_it_is_good_in_its_slot_and_the_next(self, into):
        for wait, outcome in (
            (2 * SLOT - into - 0.01, Outcome.COOKIE_ACCEPTED),
            (2 * SLOT - into, Outcome.COOKIE_EXPIRED),
            (4 * SLOT - into - 0.01, Outcome.COOKIE_EXPIRED),
            (4 * SLOT - into, Outcome.COOKIE_WRONG),
        ):
            t = Script(config=ALWAYS)
            t.listening()
            t.wait(into)
            answered(t)
            isn = t.stack_isn
            t.wait(wait)
            t.port += 1
            answered(t)  # so that cookies are still sent
            t.port, t.stack_isn = t.port - 1, isn
            assert t.send("ACK", seq=1, ack=1) is outcome
            if outcome is not Outcome.COOKIE_ACCEPTED:
                t.expect("RST", seq=1)

    def test_options_that_were_tampered_with_are_a_guess(self):
        t = Script(config=ALWAYS, timestamps=True)
        t.listening()
        cookie = answered(t, **OFFER)
        t.wait(0.1)
        for bit in range(6):
            # The timestamp is still one that we could have sent, as far as can be told.
            assert brought_back(t, cookie, tsecr=cookie.segment.tsval ^ 1 << bit) is Outcome.COOKIE_AHEAD

    def test_a_timestamp_that_we_could_not_have_sent_is_bad(self):
        t = Script(config=ALWAYS, timestamps=True)
        t.listening()
        cookie = answered(t, **OFFER)
        for off in (64, 1 << 20, -(1 << 20), 1 << 31):
            echo = (cookie.segment.tsval + off) & 0xFFFFFFFF
            assert brought_back(t, cookie, tsecr=echo) is Outcome.COOKIE_OPTIONS_BAD
            t.expect("RST", seq=1)

    def test_a_timestamp_that_was_taken_out_makes_it_a_guess(self):
        t = Script(config=ALWAYS, timestamps=True)
        t.listening()
        answered(t, **OFFER)
        t.timestamps = False
        assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_WRONG

    def test_what_another_listener_has_agreed_to_is_not_agreed_to_here(self):
        t = Script(config=ALWAYS, timestamps=True)
        listener = t.listening()
        cookie = answered(t, **OFFER)
        listener.close()
        t.stack.listen(80, config=Config(cookies="always", sack=False))
        isn = t.stack_isn
        t.port += 1
        answered(t)
        t.port, t.stack_isn = t.port - 1, isn
        assert brought_back(t, cookie) is Outcome.COOKIE_OPTIONS_BAD

    def test_a_syn_ack_is_no_ack(self):
        t = Script(config=ALWAYS)
        t.listening()
        answered(t)
        assert t.send("SYN,ACK", seq=1, ack=1) is Outcome.LISTEN_ACK_RESET


class TestSecrets:
    def test_a_change_changes_the_numbers_and_loses_nobody(self):
        t = Script(config=ALWAYS)
        listener = t.listening()
        before = answered(t, mss=1460).segment.seq
        t.stack.rotate_secrets(t.now)
        t.port += 1
        answered(t)
        t.port -= 1
        after = answered(t, mss=1460).segment.seq
        assert before != after
        for isn in (before, after):
            t.stack_isn = isn
            assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_ACCEPTED
            listener.accept().abort()
            t.expect("RST,ACK")

    def test_in_mid_flood_nobody_is_lost(self):
        """Peers that answer up to a cookie's life late, and a change every twenty seconds."""
        t = Script(config=ALWAYS, timestamps=True)
        listener = t.stack.listen(80, backlog=1000)
        chance = random.Random(1)
        waiting = []
        for second in range(300):
            t.port = 1000 + second
            cookie = answered(t, **OFFER)
            waiting.append((t.now + chance.uniform(0, SLOT), t.port, t.stack_isn, cookie))
            if second % 20 == 10:
                t.stack.rotate_secrets(t.now)
            t.wait(1)
            for due in [each for each in waiting if each[0] <= t.now]:
                waiting.remove(due)
                _, t.port, t.stack_isn, cookie = due
                assert brought_back(t, cookie) is Outcome.COOKIE_ACCEPTED
        assert len(listener.queue) == 300 - len(waiting)

    def test_they_change_by_themselves(self):
        """A stack that has made cookies for ten minutes is not where one of the same seed is that just begins."""
        numbers = set()
        for earlier in (False, True):
            t = Script(config=ALWAYS)
            t.listening()
            if earlier:
                answered(t)
            t.wait(600)
            numbers.add(answered(t).segment.seq)
        assert len(numbers) == 2

    def test_changing_them_all_the_time_costs_no_memory(self):
        t = Script(config=ALWAYS)
        listener = t.listening()
        for _ in range(1000):
            t.stack.rotate_secrets(t.now)
        opened(t, listener)

    def test_two_stacks_do_not_take_each_others(self):
        one, two = (Script(config=ALWAYS, seed=seed) for seed in (1, 2))
        for t in (one, two):
            t.listening()
        answered(one)
        answered(two)
        two.stack_isn = one.stack_isn
        assert two.send("ACK", seq=1, ack=1) is Outcome.COOKIE_WRONG

    def test_the_same_seed_gives_the_same_cookies(self):
        numbers = set()
        for _ in range(2):
            t = Script(config=ALWAYS, seed=7)
            t.listening()
            numbers.add(answered(t).segment.seq)
        assert len(numbers) == 1


def test_the_table_of_mss_values():
    assert list(MSS) == sorted(MSS)
    for size in range(1, 65536):
        at = mss_index(size, False)
        assert MSS[at] <= max(size, MSS[0])
        assert at == MSS_INDICES - 1 or size < MSS[at + 1]


def test_a_stamp_carries_its_bits_and_is_never_of_the_future():
    for clock in (*range(200), 0xFFFFFFFF, 0xFFFFFFC0, 12345678):
        for bits in range(64):
            value = stamp(clock, bits)
            assert value & 63 == bits
            assert (clock - value) & 0xFFFFFFFF < 64


def test_on_a_bad_link_all_is_served_by_cookie():
    """Every byte arrives once and in order, both ends close, and nobody is reset."""
    for seed in range(60):
        chance = random.Random(seed)
        config = Config(cookies="always", syn_retries=30, user_timeout=5000, msl=300)
        pair = Pair(
            seed,
            ipv6=seed % 3 == 0,
            client_config=Config(syn_retries=30, user_timeout=5000, msl=300),
            server_config=config,
            loss=0.15 * chance.random(),
            copy=0.3 * chance.random(),
            reorder=0.3 * chance.random(),
            delay=chance.choice([0.0, 0.001, 0.05]),
            jitter=chance.choice([0.0, 0.05]),
        )
        data = chance.randbytes(chance.choice([0, 1, 1000, 30_000]))
        pair.run(Transfer(data), Transfer(data[::-1]))
        counters = pair.server.counters()
        assert counters[Outcome.COOKIE_ACCEPTED] == 1
        assert Outcome.SYN_ANSWERED not in counters


def test_a_copy_of_the_ack_that_comes_when_all_is_over_opens_nothing():
    """What keeps nothing can't know that it was used; so who was opened by cookie rests when it is over, on this side
    too, as long as a copy can be on its way (RFC 9293 3.6.1). Linux opens once more, and delivers data twice."""
    t = Script(config=ALWAYS)
    listener = t.listening()
    connection = opened(t, listener)
    t.send("FIN,ACK", seq=1, ack=1)
    connection.close()
    t.expect("FIN,ACK", seq=1, ack=2)
    t.send("ACK", seq=2, ack=2)
    assert connection.state is State.CLOSED
    assert [entry.state for entry in t.stack.snapshot()] == [State.TIME_WAIT]
    assert t.send("ACK", seq=1, ack=1, data=b"again") is Outcome.TIME_WAIT_ACKED
    t.expect("ACK", seq=2, ack=2)
    assert t.send("SYN", seq=100_000) is Outcome.TIME_WAIT_REOPENED


def test_the_ack_of_a_cookie_in_every_state_of_decay():
    """Fuzz: nothing but the true ACK makes a connection, and nothing raises."""
    stack = Stack(["198.51.100.2"], config=ALWAYS, seed=3)
    listener = stack.listen(80)
    t = Script(config=ALWAYS, timestamps=True)
    t.stack.unobserve(t._note)
    t.stack = stack
    chance = random.Random(5)
    stack.observe(t._note)
    made = 0
    for _ in range(3000):
        t.port = chance.randrange(1024, 65536)
        t.stack_isn = None
        t.send("SYN", seq=0, **OFFER)
        cookie = t.receive()
        seq, ack, echo = 1, 1, cookie.segment.tsval
        true = chance.random() < 0.1
        if not true:
            while (seq, ack, echo) == (1, 1, cookie.segment.tsval):
                seq += chance.choice([0, 0, 1, -1, chance.getrandbits(32)])
                ack += chance.choice([0, 0, 8, -8, chance.getrandbits(32)])
                echo = (echo ^ chance.choice([0, 0, 1 << chance.choice([*range(6), *range(18, 32)])])) & 0xFFFFFFFF
        outcome = t.send("ACK", seq=seq & 0xFFFFFFFF, ack=ack & 0xFFFFFFFF, tsecr=echo, data=chance.randbytes(3))
        while t.receive():
            pass
        assert (outcome is Outcome.COOKIE_ACCEPTED) == true
        made += true
        if true:
            listener.accept().abort()
            t.receive()
        t.steps.clear()
    assert made > 100
    assert stack.snapshot() == []
