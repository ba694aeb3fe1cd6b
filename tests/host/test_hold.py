"""A listener whose program decides: nothing is answered before it has (RFC 9293 3.10.7.2)."""

from random import Random

import pytest
from segments import ReadIcmp, read

from handshook import Config, Happened, Held, Outcome, Stack, State, Trouble
from handshook.link.memory import MemoryLink
from handshook.testing import Script
from handshook.testing.script import STACK4
from handshook.wire.addresses import unpack

VERSIONS = pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
PLAIN = Config(timestamps=False, sack=False, window_scale=False)
UNREACHABLE4 = {
    Trouble.NET_UNREACHABLE: (3, 0),
    Trouble.HOST_UNREACHABLE: (3, 1),
    Trouble.PROTOCOL_UNREACHABLE: (3, 2),
    Trouble.PORT_UNREACHABLE: (3, 3),
    Trouble.PROHIBITED: (3, 13),
}
UNREACHABLE6 = {
    Trouble.NET_UNREACHABLE: (1, 0),
    Trouble.HOST_UNREACHABLE: (1, 3),
    Trouble.PROTOCOL_UNREACHABLE: (4, 1),
    Trouble.PORT_UNREACHABLE: (1, 4),
    Trouble.PROHIBITED: (1, 1),
}


def holding(*, config=PLAIN, **more):
    """A script against a listener that holds."""
    t = Script(config=config, **more)
    t.listener = t.stack.listen(80, hold=True)
    return t


def held_by(t, **fields):
    """The peer's SYN, and what the program is given for it."""
    assert t.send("SYN", seq=0, **fields) is Outcome.SYN_HELD
    ((held, happened),) = t.stack.events()
    assert happened is Happened.HELD
    return held


class TestAccept:
    @VERSIONS
    def test_nothing_is_answered_before_the_program_has_decided(self, ipv6):
        t = holding(ipv6=ipv6)
        held = held_by(t)
        t.wait(100)
        t.expect_nothing()
        assert isinstance(held, Held)
        assert (held.local, held.remote) == ((t.stack_address, 80), (t.address, 40000))
        assert (held.answer_to, held.gone, held.state) == ("SYN", False, State.LISTEN)
        assert held.accept() is True
        assert held.state is State.SYN_RECEIVED
        t.expect("SYN,ACK", seq=0, ack=1)
        assert t.send("ACK", seq=1, ack=1, data=b"hello") is Outcome.ESTABLISHED_PASSIVE
        connection = t.listener.accept()
        assert (connection.local, connection.remote) == (held.local, held.remote)
        assert connection.recv(10) == b"hello"
        assert not held.gone
        assert [news for source, news in t.stack.events() if source is held] == []

    def test_the_syn_ack_leaves_at_the_next_transmit(self):
        t = holding()
        held = held_by(t)
        t.wait(2.5)
        held.accept()
        assert t.stack.deadline() == t.stack.now
        assert t.expect("SYN,ACK").time == 2.5

    def test_what_the_syn_offered_is_agreed_on(self):
        t = holding(config=Config())
        held_by(t, mss=1000, scale=3, sack_permitted=True, tsval=77).accept()
        answer = t.expect("SYN,ACK").segment
        assert answer.timestamps and answer.tsecr == 77
        assert answer.sack_permitted and answer.scale >= 0
        t.send("ACK", seq=1, ack=1, tsval=78)
        connection = t.listener.accept()
        assert "mss 1000" in t.stack.snapshot()[0].options
        assert connection.timestamps and connection.sack and connection.snd_scale == 3

    def test_once_accepted_it_is_as_any_half_open_entry(self):
        t = holding()
        held_by(t).accept()
        t.expect("SYN,ACK")
        assert t.send("SYN", seq=0) is Outcome.SYN_REPEATED
        t.expect("SYN,ACK", seq=0, ack=1)
        t.wait(1.0)
        t.expect("SYN,ACK", seq=0, ack=1)
        assert t.send("ACK", seq=1, ack=7) is Outcome.SYN_ACK_ACK_BAD
        t.expect("RST", seq=7)
        assert t.send("ACK", seq=1, ack=1) is Outcome.ESTABLISHED_PASSIVE

    def test_what_is_never_acknowledged_is_given_up_and_the_program_told(self):
        t = holding()
        held = held_by(t)
        held.accept()
        t.wait(70)
        assert held.gone
        assert t.stack.events() == [(held, Happened.ENDED)]
        assert t.stack.counters()[Outcome.HALF_OPEN_GIVEN_UP] == 1
        assert t.stack.snapshot() == []

    def test_data_on_the_syn_is_left_for_the_peer_to_repeat(self):
        t = holding()
        held_by(t, data=b"early").accept()
        t.expect("SYN,ACK", seq=0, ack=1)
        t.send("ACK", seq=1, ack=1, data=b"early")
        assert t.listener.accept().recv(10) == b"early"


class TestRefuse:
    @VERSIONS
    def test_the_peer_gets_the_rst_of_a_closed_port(self, ipv6):
        t = holding(ipv6=ipv6)
        held = held_by(t)
        assert held.refuse() is True
        rst = t.expect("RST,ACK", ack=1)
        assert rst.segment.seq == 0
        t.expect_nothing()
        assert t.stack.snapshot() == [] and t.listener.half_open == 0
        assert not held.gone and t.stack.events() == []

    def test_a_syn_that_comes_after_it_is_asked_about_anew(self):
        t = holding()
        held_by(t).refuse()
        t.expect("RST,ACK")
        assert not held_by(t).gone


class TestIgnore:
    def test_repeated_syns_are_dropped_in_silence_for_as_long_as_a_hold_would_last(self):
        t = holding(config=Config(hold_timeout=30.0))
        held = held_by(t)
        t.wait(10)
        assert held.ignore() is True
        for _ in range(3):
            assert t.send("SYN", seq=0) is Outcome.SYN_KEPT_SILENT
            assert t.send("SYN", seq=5) is Outcome.SYN_KEPT_SILENT
        assert t.send("ACK", seq=1, ack=1) is Outcome.SYN_KEPT_SILENT
        t.wait(19.9)
        assert t.send("SYN", seq=0) is Outcome.SYN_KEPT_SILENT
        t.wait(0.2)
        t.expect_nothing()
        assert t.stack.events() == []
        assert t.stack.counters()[Outcome.SILENCE_OVER] == 1
        assert not held.gone
        held_by(t)


class TestUnreachable:
    @VERSIONS
    @pytest.mark.parametrize("trouble", UNREACHABLE4, ids=lambda trouble: trouble.name)
    def test_the_syn_is_quoted(self, ipv6, trouble):
        t = holding(ipv6=ipv6)
        held = held_by(t, mss=1400)
        syn = next(step.packet for step in t.steps if step.outcome is Outcome.SYN_HELD)
        assert held.unreachable(trouble) is True
        (frame,) = t.stack.transmit(t.now)
        message = read(frame)
        assert isinstance(message, ReadIcmp)
        assert (message.kind, message.code) == (UNREACHABLE6 if ipv6 else UNREACHABLE4)[trouble]
        assert message.destination == t.address
        assert message.rest == bytes(4) + syn
        assert t.stack.counters()[Outcome.SENT_UNREACHABLE] == 1
        assert t.stack.snapshot() == []
        held_by(t)

    def test_what_says_something_else_is_refused_and_decides_nothing(self):
        held = held_by(holding())
        with pytest.raises(ValueError, match="unreachable"):
            held.unreachable(Trouble.TOO_BIG)
        assert held.accept()

    def test_observers_are_shown_what_it_is(self):
        t = holding()
        held_by(t).unreachable()
        t.stack.transmit(t.now)
        assert [step.outcome for step in t.steps[-2:]] == [Outcome.CALLED_UNREACHABLE, Outcome.SENT_UNREACHABLE]


class TestWhileHeld:
    def test_repeated_syns_are_absorbed(self):
        t = holding()
        held_by(t)
        for _ in range(6):
            t.wait(1)
            assert t.send("SYN", seq=0) is Outcome.SYN_HELD_AGAIN
        assert t.stack.events() == []
        t.expect_nothing()
        assert t.listener.half_open == 1

    @pytest.mark.parametrize("flags", ["RST", "RST,ACK"])
    def test_a_rst_with_the_next_number_takes_it_back(self, flags):
        t = holding()
        held = held_by(t)
        assert t.send(flags, seq=1, ack=0) is Outcome.HALF_OPEN_RESET
        assert held.gone
        assert t.stack.events() == [(held, Happened.ENDED)]
        assert held.accept() is False
        t.expect_nothing()

    @pytest.mark.parametrize("seq", [0, 2, 100_000, -1])
    def test_a_rst_that_guesses_does_not(self, seq):
        t = holding()
        held = held_by(t)
        assert t.send("RST", seq=seq) is Outcome.HELD_IGNORED
        assert not held.gone

    def test_an_ack_is_answered_as_in_listen(self):
        t = holding()
        held = held_by(t)
        assert t.send("ACK", seq=1, ack=7) is Outcome.SYN_ACK_ACK_BAD
        t.expect("RST", seq=7)
        assert not held.gone

    @pytest.mark.parametrize("flags, seq", [("SYN", 9), ("SYN,FIN", 0), ("FIN", 1), ("PSH", 1)])
    def test_anything_else_is_ignored(self, flags, seq):
        t = holding()
        held = held_by(t)
        assert t.send(flags, seq=seq) is Outcome.HELD_IGNORED
        t.expect_nothing()
        assert not held.gone

    def test_a_hold_has_an_end(self):
        t = holding(config=Config(hold_timeout=20.0))
        held = held_by(t)
        t.wait(19.9)
        assert not held.gone
        t.wait(0.2)
        assert held.gone
        assert t.stack.events() == [(held, Happened.ENDED)]
        assert t.stack.counters()[Outcome.HOLD_OVER] == 1
        assert held.refuse() is False
        t.expect_nothing()

    def test_both_news_come_as_one_when_nobody_has_looked(self):
        t = holding()
        t.send("SYN", seq=0)
        t.send("RST", seq=1)
        ((held, happened),) = t.stack.events()
        assert happened == Happened.HELD | Happened.ENDED and held.gone

    @pytest.mark.parametrize("first", ["accept", "refuse", "ignore", "unreachable"])
    @pytest.mark.parametrize("second", ["accept", "refuse", "ignore", "unreachable"])
    def test_it_is_decided_once(self, first, second):
        held = held_by(holding())
        assert getattr(held, first)() is True
        with pytest.raises(RuntimeError, match="already"):
            getattr(held, second)()

    def test_what_failed_to_decide_says_nothing(self):
        t = holding()
        held = held_by(t)
        held.accept()
        with pytest.raises(RuntimeError):
            held.unreachable()
        t.expect("SYN,ACK")
        assert t.send("RST", seq=1) is Outcome.HALF_OPEN_RESET
        t.expect_nothing()

    def test_the_queue_has_its_limit(self):
        t = holding(config=Config(half_open_limit=1, cookies="never"))
        held_by(t)
        t.port += 1
        assert t.send("SYN", seq=0) is Outcome.DROPPED_SYN_QUEUE_FULL

    def test_a_listener_that_closes_lets_them_go(self):
        t = holding()
        held = held_by(t)
        t.listener.close()
        assert held.gone and held.accept() is False
        assert t.stack.events() == [(held, Happened.ENDED)]
        assert t.send("SYN", seq=0) is Outcome.CLOSED_PORT_RESET

    def test_a_snapshot_shows_it(self):
        t = holding()
        held_by(t, mss=1400)
        t.wait(3)
        (entry,) = t.stack.snapshot()
        assert (entry.state, entry.age, entry.retries, entry.due) == (State.LISTEN, 3.0, 0, 177.0)
        assert "mss 1400" in entry.options

    def test_an_answered_syn_that_comes_again_after_the_end_is_a_new_connection(self):
        t = holding()
        held_by(t).accept()
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1)
        t.listener.accept().abort()
        t.expect("RST,ACK")
        t.stack.events()
        assert not held_by(t).gone

    def test_a_new_syn_in_time_wait_is_held_and_numbered_beyond(self):
        t = holding()
        held_by(t).accept()
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1)
        connection = t.listener.accept()
        connection.close()
        last = t.expect("FIN,ACK").segment.seq
        t.send("FIN,ACK", seq=1, ack=2)
        t.expect("ACK")
        t.stack.events()
        assert t.send("SYN", seq=100_000) is Outcome.SYN_HELD
        ((held, _),) = t.stack.events()
        held.accept()
        assert (t.expect("SYN,ACK").segment.seq - last) & 0xFFFFFFFF < 1 << 31


class TestTransparent:
    """A stack that takes packets to whatever address they are for."""

    def stack(self, **more):
        return Stack(["198.51.100.2", "2001:db8::2"], seed=1, transparent=True, config=PLAIN, **more)

    def frame(self, source, destination, flags="S", **fields):
        from segments import packet

        return packet(source, destination, flags, **fields)

    @pytest.mark.parametrize(
        "source, destination",
        [(("198.51.100.1", 5000), ("203.0.113.9", 443)), (("2001:db8::1", 5000), ("2001:db8:ffff::9", 22))],
    )
    def test_a_connection_is_local_where_its_packets_were_sent(self, source, destination):
        stack = self.stack()
        listener = stack.listen(None, hold=True)
        stack.receive(self.frame(source, destination, seq=7), 0.0)
        ((held, _),) = stack.events()
        assert (held.local, held.remote) == (destination, source)
        assert stack.transmit(0.0) == []
        held.accept()
        answer = read(stack.transmit(0.0)[0])
        assert (answer.source, answer.destination, answer.flags) == (destination, source, "SA")
        stack.receive(self.frame(source, destination, "A", seq=8, ack=answer.seq + 1), 0.1)
        connection = listener.accept()
        assert (connection.local, connection.remote) == (destination, source)

    def test_listeners_that_ask_for_more_come_first(self):
        stack = self.stack()
        listeners = {
            "all": stack.listen(None, hold=True),
            "address": stack.listen(None, hold=True, address="203.0.113.9"),
            "port": stack.listen(80, hold=True),
            "both": stack.listen(80, hold=True, address="203.0.113.9"),
        }
        ends = {
            "all": ("203.0.113.1", 22),
            "address": ("203.0.113.9", 22),
            "port": ("203.0.113.1", 80),
            "both": ("203.0.113.9", 80),
        }
        for destination in ends.values():
            stack.receive(self.frame(("198.51.100.1", 5000), destination), 0.0)
        found = {held.local: held.listener for held, _ in stack.events()}
        assert {name: found[end] for name, end in ends.items()} == listeners
        with pytest.raises(OSError, match="any port"):
            stack.listen(None)
        listeners["both"].close()
        listeners["address"].close()
        stack.events()
        stack.receive(self.frame(("198.51.100.1", 5001), ("203.0.113.9", 80)), 0.0)
        ((held, _),) = stack.events()
        assert held.listener is listeners["port"]

    def test_nobody_listens_anywhere(self):
        stack = self.stack()
        stack.receive(self.frame(("198.51.100.1", 5000), ("203.0.113.9", 443), seq=7), 0.0)
        answer = read(stack.transmit(0.0)[0])
        assert (answer.source, answer.flags, answer.ack) == (("203.0.113.9", 443), "RA", 8)

    @pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1", "::"])
    def test_what_no_host_may_have_is_not_taken(self, address):
        stack = self.stack()
        stack.listen(None, hold=True)
        source = ("2001:db8::1" if ":" in address else "198.51.100.1", 5000)
        stack.receive(self.frame(source, (address, 80)), 0.0)
        assert stack.counters()[Outcome.NOT_OURS] == 1

    def test_what_comes_from_itself_is_not_taken(self):
        """Its own packets, should the link bring them back, and the land attack."""
        stack = self.stack()
        stack.listen(None, hold=True)
        with pytest.raises(ValueError, match="itself"):
            stack.connect(("198.51.100.2", 80))
        connection = stack.connect(("203.0.113.9", 80))
        (syn,) = stack.transmit(0.0)
        stack.receive(syn, 0.0)
        stack.receive(self.frame(("203.0.113.9", 80), ("203.0.113.9", 80)), 0.0)
        assert stack.counters()[Outcome.SOURCE_INVALID] == 2
        assert connection.state is State.SYN_SENT and stack.events() == []

    def test_pings_to_anyone_are_answered(self):
        from segments import icmp

        stack = self.stack()
        for source, destination, kind in (
            ("198.51.100.1", "203.0.113.9", 8),
            ("2001:db8::1", "2001:db8:ffff::9", 128),
        ):
            stack.receive(icmp(source, destination, kind, 0, b"\0\1\0\2payload"), 0.0)
            answer = read(stack.transmit(0.0)[0])
            assert (answer.source, answer.destination, answer.rest) == (destination, source, b"\0\1\0\2payload")

    def test_it_needs_no_address_of_its_own(self):
        stack = Stack([], transparent=True)
        stack.listen(None)
        with pytest.raises(ValueError, match="no address"):
            stack.connect(("203.0.113.9", 80))
        with pytest.raises(ValueError):
            Stack([])

    def test_udp_is_a_named_drop(self):
        from segments import ip4, packed

        stack = self.stack()
        stack.receive(ip4(packed("198.51.100.1"), packed("203.0.113.9"), bytes(8), protocol=17), 0.0)
        assert stack.counters() == {Outcome.IP_PROTOCOL_UNKNOWN: 1}

    def test_any_port_works_on_an_ordinary_stack_too(self):
        stack = Stack([STACK4], seed=1)
        listener = stack.listen(None)
        stack.receive(self.frame(("198.51.100.1", 5000), (STACK4, 4321)), 0.0)
        assert read(stack.transmit(0.0)[0]).flags == "SA"
        assert listener.half_open == 1
        assert unpack(bytes([203, 0, 113, 9])) == "203.0.113.9"


@pytest.mark.parametrize("seed", range(12))
def test_on_a_bad_link_each_client_hears_what_the_program_decided(seed):
    """Sixty clients ask a transparent stack at once, whose program takes its time about each of them."""
    chance = Random(seed)
    client = Stack(["198.51.100.1"], seed=seed, config=Config(syn_retries=16, user_timeout=1000))
    server = Stack([], seed=seed + 1, transparent=True, config=Config(hold_timeout=1000.0))
    listener = server.listen(None, hold=True)
    trouble = {"loss": 0.2, "copy": 0.1, "reorder": 0.2, "jitter": 0.05}
    link = MemoryLink(client, server, seed=seed, **trouble)
    words = ["accept", "accept", "refuse", "ignore", "unreachable"]
    fates = {("203.0.113.7", 1000 + number): (chance.choice(words), chance.random() * 20) for number in range(60)}
    connections = {end: client.connect(end) for end in fates}
    undecided: list[tuple[float, Held]] = []
    echoes = []

    def turn():
        client.events()
        for source, happened in server.events():
            if isinstance(source, Held) and happened & Happened.HELD:
                undecided.append((link.now + fates[source.local][1], source))
        for due, held in [pair for pair in undecided if pair[0] <= link.now]:
            undecided.remove((due, held))
            word = fates[held.local][0]
            if not held.gone:
                getattr(held, word)(*[Trouble.PORT_UNREACHABLE] * (word == "unreachable"))
        while (accepted := listener.accept()) is not None:
            accepted.send(repr(accepted.local).encode())
            accepted.shutdown()
            echoes.append(accepted)
        for accepted in echoes:
            accepted.recv(100)

    for second in range(1, 4000):
        link.run(until=second / 4, step=turn)
    for end, connection in connections.items():
        word, wait = fates[end]
        if word == "accept":
            assert connection.recv(100) == repr(end).encode()
            assert connection.verdict.evidence is not None
            connection.close()
        else:
            kind = TimeoutError if word == "ignore" else ConnectionRefusedError
            assert isinstance(connection.error, kind), (word, wait, connection.error)
    link.run(step=turn)
    assert listener.half_open == 0 and server.snapshot() == [] and not undecided
