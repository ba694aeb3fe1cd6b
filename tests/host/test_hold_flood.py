"""A listener that holds, under pressure: a cookie first, and the program decides at the ACK that brings it back."""

from random import Random

import pytest

from handshook import Config, Happened, Held, Outcome, Queue, Stack, State, Trouble
from handshook.testing import Script
from handshook.wire.addresses import make_key, pack
from handshook.wire.build import Builder
from handshook.wire.flags import SYN

PLAIN = {"timestamps": False, "sack": False, "window_scale": False}
# Data that no small frame holds.
LARGE = bytes(5000)


def pressed(**more):
    """A script against a listener that holds and has no room: one other SYN is held."""
    t = Script(config=Config(half_open_limit=1, **PLAIN, **more))
    t.listener = t.stack.listen(80, hold=True)
    t.stack.receive(forged(Builder(), pack(t.address), pack(t.stack_address), 39999), 0.0)
    ((t.first, _),) = t.stack.events()
    return t


def forged(builder, source, here, port, seq=7):
    """A SYN from anybody."""
    builder.begin(4)
    builder.add_mss(1460)
    return builder.finish(make_key(here, source, 80, port), seq, 0, SYN, 65535, b"", 0, 0, 0, Outcome.NOTHING)


def proved(t, **fields):
    """The peer opens by cookie, and the program is asked."""
    assert t.send("SYN", seq=0) is Outcome.SYN_COOKIE
    assert t.stack.events() == []
    t.expect("SYN,ACK", seq=0, ack=1)
    assert t.send("ACK", seq=1, ack=1, **fields) is Outcome.COOKIE_HELD
    ((held, happened),) = t.stack.events()
    assert happened is Happened.HELD
    return held


class TestByCookie:
    def test_the_program_is_asked_at_the_ack_and_told_so(self):
        t = pressed()
        held = proved(t)
        assert t.first.answer_to == "SYN" and held.answer_to == "COOKIE"
        assert (held.remote, held.local, held.gone) == ((t.address, 40000), (t.stack_address, 80), False)
        t.expect_nothing()
        assert t.listener.accept() is None
        assert held.accept() is True
        connection = t.listener.accept()
        assert connection.state is State.ESTABLISHED
        assert connection.send(b"hello") == 5
        t.expect("ACK", seq=1, ack=1, data=b"hello")
        assert not held.gone

    def test_data_that_comes_meanwhile_is_kept_a_little_and_acknowledged_once_accepted(self):
        t = pressed()
        held = proved(t)
        assert t.send("PSH,ACK", seq=1, ack=1, data=b"GET /") is Outcome.HELD_KEPT
        assert t.send("PSH,ACK", seq=1, ack=1, data=b"GET /") is Outcome.HELD_IGNORED
        assert t.send("PSH,ACK", seq=6, ack=1, data=b"more") is Outcome.HELD_IGNORED
        t.expect_nothing()
        held.accept()
        connection = t.listener.accept()
        assert connection.recv(100) == b"GET /"
        t.wait(0.1)
        t.expect("ACK", ack=6)

    def test_data_on_the_ack_itself_is_kept(self):
        t = pressed()
        proved(t, data=b"at once").accept()
        assert t.listener.accept().recv(100) == b"at once"

    @pytest.mark.parametrize("data, ack, seq", [(b"x", 1, 2), (b"x", 2, 1), (b"", 1, 1)])
    def test_what_is_not_next_is_not_kept(self, data, ack, seq):
        t = pressed()
        held = proved(t)
        assert t.send("ACK", seq=seq, ack=ack, data=data) is Outcome.HELD_IGNORED
        held.accept()
        assert t.listener.accept().recv(10) is None

    @pytest.mark.parametrize("how", ["refuse", "unreachable"])
    def test_whoever_believes_it_open_is_reset(self, how):
        t = pressed()
        held = proved(t)
        assert getattr(held, how)() is True
        t.expect("RST", seq=1)
        t.expect_nothing()
        assert t.listener.proved == 0
        assert t.send("ACK", seq=1, ack=1, data=b"x") is Outcome.COOKIE_HELD  # the cookie is still good

    def test_silence_is_silence(self):
        t = pressed(hold_timeout=50.0)
        held = proved(t)
        held.ignore()
        for flags in ("PSH,ACK", "FIN,ACK", "RST", "SYN"):
            assert t.send(flags, seq=1, ack=1) is Outcome.SYN_KEPT_SILENT
        t.wait(51)
        t.expect_nothing()
        assert t.listener.proved == 0 and not held.gone

    def test_a_reset_takes_it_back(self):
        t = pressed()
        held = proved(t)
        assert t.send("RST", seq=1) is Outcome.HALF_OPEN_RESET
        assert held.gone and held.accept() is False
        assert t.stack.events() == [(held, Happened.ENDED)]
        assert t.listener.proved == 0

    def test_a_reset_from_beyond_what_is_kept_is_asked_to_prove_itself(self):
        """As of a peer whose data was dropped here (RFC 5961 3.2)."""
        t = pressed()
        held = proved(t)
        assert t.send("RST", seq=101) is Outcome.CHALLENGE_ACK
        t.expect("ACK", seq=1, ack=1)
        assert t.send("RST", seq=1) is Outcome.HALF_OPEN_RESET
        assert held.gone

    def test_a_program_that_never_decides_leaves_nobody_with_half_a_connection(self):
        t = pressed(hold_timeout=30.0)
        held = proved(t)
        t.wait(31)
        assert held.gone
        t.expect("RST", seq=1)
        assert (held, Happened.ENDED) in t.stack.events()

    def test_a_listener_that_closes_resets_them(self):
        t = pressed()
        held = proved(t)
        t.listener.close()
        t.expect("RST", seq=1)
        assert held.gone

    def test_they_take_places_in_the_accept_queue(self):
        t = Script(config=Config(half_open_limit=1, cookies="always", **PLAIN))
        t.listener = t.stack.listen(80, 1, hold=True)
        first = proved(t)
        t.port, t.stack_isn = 40001, None
        assert t.send("SYN", seq=0) is Outcome.SYN_COOKIE
        t.expect("SYN,ACK", seq=0, ack=1)
        assert t.send("ACK", seq=1, ack=1) is Outcome.DROPPED_ACCEPT_QUEUE_FULL
        first.accept()
        assert t.send("ACK", seq=1, ack=1) is Outcome.DROPPED_ACCEPT_QUEUE_FULL
        assert t.listener.accept() is not None
        assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_HELD

    def test_a_syn_that_found_room_after_its_cookie_gives_way_to_it(self):
        """The cookie's ACK says more than the SYN that was repeated meanwhile: its peer is real."""
        t = pressed()
        assert t.send("SYN", seq=0) is Outcome.SYN_COOKIE
        t.expect("SYN,ACK")
        t.first.refuse()
        t.stack.transmit(t.now)
        assert t.send("SYN", seq=0) is Outcome.SYN_HELD
        ((again, _),) = t.stack.events()
        assert t.send("ACK", seq=1, ack=1) is Outcome.COOKIE_HELD
        assert again.gone and again.accept() is False
        news = dict(t.stack.events())
        assert news.pop(again) is Happened.ENDED
        ((held, happened),) = news.items()
        assert happened is Happened.HELD and held.answer_to == "COOKIE"
        assert t.listener.half_open == 0 and t.listener.proved == 1
        held.accept()
        assert t.listener.accept().state is State.ESTABLISHED

    def test_never_means_never(self):
        t = pressed(cookies="never")
        assert t.send("SYN", seq=0) is Outcome.DROPPED_SYN_QUEUE_FULL

    def test_what_is_shown(self):
        t = pressed()
        proved(t)
        assert [(entry.policy, entry.state) for entry in t.stack.snapshot()] == [
            ("held", State.LISTEN),
            ("held", State.SYN_RECEIVED),
        ]
        assert t.stack.queues()[1] == Queue("held", 2, 1, (None, 80))

    def test_observers_see_it_open(self):
        t = pressed()
        proved(t).accept()
        t.stack.transmit(t.now)
        named = [step.outcome for step in t.steps if step.remote == (t.address, 40000)]
        assert named == [
            Outcome.SYN_COOKIE,
            Outcome.SENT_COOKIE,
            Outcome.COOKIE_HELD,
            Outcome.CALLED_ACCEPT,
            Outcome.COOKIE_ACCEPTED,
        ]
        assert t.steps[-1].after is State.ESTABLISHED


@pytest.mark.parametrize(
    "wait, rate",
    [(0.35, 10_000), (0.0, 2_000), (200.0, 2_000)],
    ids=["after 350 ms", "at once", "never for the forged"],
)
def test_every_honest_client_is_served_in_a_forged_flood(wait, rate):
    """Forged SYNs for five seconds, and a hundred honest clients, of whom the program knows nothing.

    It decides about each peer after `wait`; where that is 200 s, it decides only about those that come by cookie, the
    others' far sides being silent.
    """
    chance = Random(1)
    server = Stack(["198.51.100.2"], seed=1, config=Config(half_open_limit=256, syn_ack_retries=2))
    client = Stack(["198.51.100.1"], seed=2, config=Config(initial_rto=1.0))
    listener = server.listen(80, 128, hold=True)
    builder, here, mine = Builder(), pack("198.51.100.2"), pack("198.51.100.1")
    undecided, opened, answers, connections = [], {}, {}, []

    def program(now):
        for source, happened in server.events():
            if isinstance(source, Held) and happened & Happened.HELD:
                answers[source.remote] = source.answer_to
                patience = 0.35 if wait > 100 and source.answer_to == "COOKIE" else wait
                undecided.append((now + patience, source))
        while undecided and undecided[0][0] <= now:
            undecided.pop(0)[1].accept()
        while (accepted := listener.accept()) is not None:
            accepted.send(b"welcome")
            opened[accepted.remote] = accepted

    def turn(now):
        server.advance(now)
        client.advance(now)
        for _ in range(3):
            program(now)
            for packet in server.transmit(now):
                if packet[16:20] == mine:
                    client.receive(packet, now)
            for packet in client.transmit(now):
                server.receive(packet, now)
            client.events()
            undecided.sort(key=lambda pair: pair[0])

    for slot in range(500):
        now = slot / 100
        for _ in range(rate // 100 if slot else 300):
            source = bytes((chance.randrange(1, 127), chance.randrange(256), chance.randrange(256), 1))
            server.receive(forged(builder, source, here, chance.randrange(1024, 65536), chance.randrange(1 << 32)), now)
        if slot % 5 == 4:
            connections.append(client.connect(("198.51.100.2", 80)))
        turn(now)
        assert listener.half_open <= 256 and listener.proved <= 128
    for slot in range(500, 700):
        turn(slot / 100)
    assert len(connections) == 100
    assert all(connection.recv(10) == b"welcome" for connection in connections)
    # Now and then one finds room: forged entries are given up early under pressure.
    by_cookie = sum(answers[connection.local] == "COOKIE" for connection in connections)
    assert by_cookie >= 80
    counters = server.counters()
    assert counters[Outcome.SYN_COOKIE] >= 4 * rate and counters[Outcome.COOKIE_ACCEPTED] == by_cookie
    # When it is over, so is the pressure, as soon as what was held has gone.
    for slot in range(70, 2500):
        turn(float(slot) / 10)
    late = client.connect(("198.51.100.2", 80))
    for slot in range(2500, 2510):
        turn(slot / 10)
    assert answers[late.local] == "SYN"


def test_the_peer_of_a_cookie_gets_no_icmp():
    """A connection that is open heeds none (RFC 5927 5.2), so only a reset is believed."""
    t = pressed()
    proved(t).unreachable(Trouble.NET_UNREACHABLE)
    t.stack.transmit(t.now)
    assert Outcome.SENT_UNREACHABLE not in t.stack.counters()


def test_a_large_frame_is_left_for_the_peer_to_repeat():
    t = pressed(receive_window=1 << 16)
    held = proved(t)
    assert t.send("ACK", seq=1, ack=1, data=LARGE) is Outcome.HELD_IGNORED
    held.accept()
    assert t.send("ACK", seq=1, ack=1, data=LARGE) is Outcome.DATA_ACCEPTED
    assert t.listener.accept().recv(1 << 16) == LARGE
