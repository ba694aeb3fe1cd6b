"""What a stack promises whoever drives or watches it: deadlines, events, steps, snapshot, counters, seeds."""

import itertools

import pytest
from requirements import requirement
from tcp.ways import PLAIN, STANDS, VERSIONS, reach

from handshook import Config, Outcome, Stack, State
from handshook.host.step import Direction
from handshook.tcp.happened import Happened
from handshook.testing import Script, check_idle, random_pair


class TestDeadline:
    def test_an_idle_stack_has_none(self):
        t = Script()
        assert t.stack.deadline() is None
        t.listening()
        assert t.stack.deadline() is None
        connection = t.stack.connect((t.address, 1))
        assert t.stack.deadline() is not None
        connection.close()
        t.expect_nothing()
        assert t.stack.deadline() is None

    def test_what_has_something_to_say_is_due_now(self):
        t = Script()
        t.wait(5)
        t.connecting()
        assert t.stack.deadline() == 5
        t.expect("SYN")
        assert t.stack.deadline() == 6

    def test_advance_before_it_does_nothing(self):
        t = Script()
        t.connecting()
        t.expect("SYN")
        t.stack.advance(0.99)
        assert t.stack.transmit(0.99) == []
        assert t.stack.deadline() == 1.0
        t.stack.advance(1.0)
        assert len(t.stack.transmit(1.0)) == 1
        assert t.stack.deadline() == 3.0

    def test_one_advance_runs_all_that_is_due_however_late(self):
        t = Script()
        for port in range(1, 50):
            t.stack.connect((t.address, port))
        assert len(t.stack.transmit(0.0)) == 49
        t.stack.advance(250.0)
        assert len(t.stack.transmit(250.0)) == 49

    def test_time_that_runs_back_is_taken_as_standing_still(self):
        t = Script()
        t.wait(100)
        t.connecting()
        assert t.stack.transmit(3.0) != []
        t.stack.advance(2.0)
        assert t.stack.deadline() == 101.0

    def test_acknowledged_data_leaves_nothing_due(self):
        t = Script()
        connection = t.accepted()
        connection.send(b"x")
        t.expect("ACK")
        assert t.stack.deadline() is not None
        t.send("ACK", seq=1, ack=2)
        t.expect_nothing()
        assert t.stack.deadline() is None

    @pytest.mark.parametrize("seed", range(20))
    def test_after_a_whole_life_nothing_is_due(self, seed):
        pair, client, server = random_pair(seed, worst=0.1)
        pair.run(client, server)
        check_idle(pair.client)
        check_idle(pair.server)


class TestEvents:
    def test_each_source_comes_once_with_all_that_happened(self):
        t = Script()
        connection = t.connecting()
        t.expect("SYN")
        t.send("SYN,ACK", seq=0, ack=1, data=b"abc")
        t.send("FIN,ACK", seq=4, ack=1)
        assert t.stack.events() == [(connection, Happened.OPENED | Happened.READABLE | Happened.FINISHED)]
        assert t.stack.events() == []

    def test_a_connection_that_waits_to_be_accepted_is_nobodys(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1, data=b"early")
        assert t.stack.events() == [(listener, Happened.ACCEPTABLE)]
        assert t.stack.events() == []
        connection = listener.accept()
        assert t.stack.events() == [(connection, Happened.READABLE)]

    def test_a_listener_whose_queue_was_emptied_meanwhile_has_no_news(self):
        t = Script()
        t.accepted()
        assert t.stack.events() == []

    def test_a_listener_comes_once_for_any_number(self):
        t = Script()
        listener = t.listening()
        for port in (1, 2, 3):
            t.port, t.stack_isn = port, None
            t.send("SYN", seq=0)
            t.expect("SYN,ACK")
            t.send("ACK", seq=1, ack=1)
        assert t.stack.events() == [(listener, Happened.ACCEPTABLE)]


class TestSteps:
    @pytest.mark.parametrize("state", STANDS, ids=lambda state: state.name)
    def test_each_begins_where_the_one_before_it_ended(self, state):
        t = Script()
        reach(t, state)
        t.wait(100)
        assert t.steps[0].before is State.CLOSED
        for one, next_one in zip(t.steps, t.steps[1:], strict=False):
            assert next_one.before is one.after
            assert next_one.time >= one.time

    @pytest.mark.parametrize("seed", range(10))
    def test_in_a_whole_life_they_are_one_chain(self, seed):
        pair, client, server = random_pair(seed)
        for host in (pair.client, pair.server):
            host.observe(pair.steps.append)
        pair.run(client, server)
        for local in {step.local for step in pair.steps}:
            chain = [step for step in pair.steps if step.local == local and step.before is not State.LISTEN]
            for one, next_one in itertools.pairwise(chain):
                assert next_one.before is one.after, (seed, one, next_one)
            assert chain[-1].after is State.CLOSED

    def test_a_new_connection_out_of_time_wait_is_part_of_it(self):
        t = Script()
        t.accepted().shutdown()
        t.expect("FIN,ACK")
        t.send("FIN,ACK", seq=1, ack=2)
        t.expect("ACK")
        t.send("SYN", seq=100_000)
        step = t.steps[-1]
        assert (step.before, step.after) == (State.TIME_WAIT, State.SYN_RECEIVED)
        assert step.outcome is Outcome.TIME_WAIT_REOPENED

    def test_one_for_each_packet_call_and_time_out(self):
        t = Script()
        connection = t.connecting()
        t.wait(1.1)
        t.expect("SYN")
        t.expect("SYN")
        t.send("RST,ACK", seq=0, ack=1)
        assert [(step.direction, step.outcome) for step in t.steps] == [
            (Direction.CALL, Outcome.CALLED_CONNECT),
            (Direction.OUT, Outcome.SENT_SYN),
            (Direction.TIMER, Outcome.RETRANSMISSION_TIMED_OUT),
            (Direction.OUT, Outcome.SENT_SYN_AGAIN),
            (Direction.IN, Outcome.CONNECTION_REFUSED),
        ]
        assert {step.local for step in t.steps} == {connection.local}
        assert {step.remote for step in t.steps} == {connection.remote}
        assert t.steps[1].segment.flags == 2
        assert t.steps[0].segment is None

    def test_whoever_begins_to_watch_late_begins_where_the_connection_is(self):
        host = Stack(["198.51.100.2"], seed=1)
        host.connect(("198.51.100.1", 80))
        host.transmit(0.0)
        seen = []
        host.observe(seen.append)
        host.advance(1.0)
        assert [(step.before, step.after) for step in seen] == [(State.SYN_SENT, State.SYN_SENT)]

    def test_whoever_stops_watching_sees_no_more(self):
        t = Script()
        seen = []
        t.stack.observe(seen.append)
        t.connecting()
        t.stack.unobserve(seen.append)
        t.expect("SYN")
        assert len(seen) == 1
        with pytest.raises(ValueError):
            t.stack.unobserve(seen.append)


class TestSnapshot:
    @requirement("RFC 9293 3.10.6")
    @VERSIONS
    @pytest.mark.parametrize("state", [State.SYN_SENT, *STANDS], ids=lambda state: state.name)
    def test_it_has_every_state_with_its_ends_and_age(self, ipv6, state):
        t = Script(ipv6=ipv6)
        t.wait(3)
        connection = reach(t, state)
        t.wait(0.5)
        (entry,) = t.stack.snapshot()
        assert (entry.local, entry.remote, entry.state) == (connection.local, connection.remote, state)
        assert entry.age == pytest.approx(0.5)

    def test_half_open_entries_with_what_was_agreed_on(self):
        t = Script()
        t.listening()
        t.send("SYN", seq=0, mss=1400, scale=7, sack_permitted=True, tsval=1, data=b"abc")
        t.wait(1.5)
        (entry,) = t.stack.snapshot()
        assert entry.state is State.SYN_RECEIVED
        assert entry.options == ("mss 1400", "timestamps", "sack", "scale 5/7")
        assert (entry.retries, entry.receive_queue, entry.send_queue) == (1, 3, 0)
        assert entry.due == pytest.approx(1.5)

    @requirement("RFC 9293 3.10.6")
    def test_open_ones_with_their_queues(self):
        t = Script()
        connection = t.accepted(mss=1400)
        connection.send(b"12345")
        t.send("ACK", seq=1, ack=1, data=b"123")
        t.expect("ACK")
        (entry,) = t.stack.snapshot()
        assert (entry.send_queue, entry.receive_queue) == (5, 3)
        assert entry.options == ("mss 1400",)
        assert entry.due == pytest.approx(1.0)

    def test_those_in_time_wait_with_what_is_left(self):
        t = Script()
        reach(t, State.TIME_WAIT)
        t.wait(20)
        (entry,) = t.stack.snapshot()
        assert (entry.age, entry.due) == (pytest.approx(20), pytest.approx(40))


class TestCounters:
    def test_each_packet_is_counted_once_under_its_outcome(self):
        t = Script()
        t.accepted()
        assert t.stack.counters() == {
            Outcome.CALLED_LISTEN: 1,
            Outcome.SYN_ANSWERED: 1,
            Outcome.SENT_SYN_ACK: 1,
            Outcome.ESTABLISHED_PASSIVE: 1,
        }

    @pytest.mark.parametrize("seed", range(5))
    def test_they_agree_with_the_steps(self, seed):
        pair, client, server = random_pair(seed)
        pair.observe()
        pair.run(client, server)
        counted = pair.server.counters()
        counted.pop(Outcome.CALLED_LISTEN)  # before anybody watched
        seen = {}
        for step in pair.steps:
            seen[step.outcome] = seen.get(step.outcome, 0) + 1
        assert counted == seen


class TestSeeds:
    def script(self, seed):
        t = Script(seed=seed)
        connection = t.connecting()
        packets = [t.expect("SYN").packet]
        t.send("SYN,ACK", seq=0, ack=1, mss=1460, tsval=1, scale=3, sack_permitted=True)
        connection.send(bytes(range(200)))
        connection.close()
        t.wait(3)
        while (received := t.receive()) is not None:
            packets.append(received.packet)
        return packets

    def test_the_same_seed_gives_the_same_bytes(self):
        assert self.script(7) == self.script(7)

    def test_another_seed_gives_others(self):
        assert self.script(7) != self.script(8)

    def test_what_kind_of_bytes_a_packet_is_does_not_matter(self):
        for kind in (bytes, bytearray, memoryview):
            t = Script(config=PLAIN)
            t.connecting()
            t.expect("SYN")
            other = Stack(["198.51.100.1"], seed=3)
            other.receive(kind(b"nonsense"), 0.0)
            assert other.counters() == {Outcome.IP_TRUNCATED: 1}


class TestConfig:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"receive_window": 0},
            {"send_buffer": 0},
            {"half_open_limit": 0},
            {"initial_rto": 0},
            {"min_rto": -1},
            {"max_rto": 0},
            {"msl": 0},
            {"user_timeout": 0},
            {"fin_wait_2_timeout": 0},
            {"syn_retries": -1},
            {"syn_ack_retries": -1},
            {"keep_alive": -1},
            {"delayed_ack": 0.5},
            {"delayed_ack": -0.1},
            {"mtu": 67},
            {"mtu": 65536},
            {"ttl": 0},
            {"ttl": 256},
            {"dscp": -1},
            {"dscp": 64},
            {"advise_after": 0},
            {"challenge_limit": -1},
            {"host_challenge_limit": 0},
            {"receive_window": (65535 << 14) + 1},
        ],
        ids=str,
    )
    def test_what_no_tcp_can_do_is_an_error(self, wrong):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Config(**wrong)

    @pytest.mark.parametrize("addresses", [[], ["224.0.0.1"], ["0.0.0.0"], ["::"], ["198.51.100.1", "ff02::1"]])
    def test_a_stack_needs_addresses_that_a_host_can_have(self, addresses):
        with pytest.raises(ValueError, match="unicast"):
            Stack(addresses)

    @requirement("MUST-49")
    @pytest.mark.parametrize("ttl", [1, 64, 255])
    @VERSIONS
    def test_must_49_the_time_to_live_is_configured(self, ipv6, ttl):
        t = Script(ipv6=ipv6, config=Config(ttl=ttl))
        t.connecting()
        assert t.expect("SYN").segment.ttl == ttl
