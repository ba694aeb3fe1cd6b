"""What a program may ask of `connect`, and the port it is given: RFC 9293 3.9.1.1 (MUST-42 to MUST-46), RFC 6056."""

import errno

import pytest
from requirements import requirement
from tcp.ways import reach

from handshook import Config, Outcome, Stack, State
from handshook.tcp.happened import Happened
from handshook.testing import Script

HOST4, HOST6 = "198.51.100.2", "2001:db8::2"
PEER4, PEER6 = "198.51.100.1", "2001:db8::1"


def stack(**more):
    return Stack([HOST4, HOST6, "198.51.100.3"], seed=1, **more)


@requirement("MUST-46")
@pytest.mark.parametrize(
    "address",
    [
        "224.0.0.1",
        "239.255.255.255",
        "255.255.255.255",
        "0.0.0.0",
        "240.0.0.1",
        "ff02::1",
        "::",
    ],
)
def test_must_46_what_is_not_the_address_of_one_host_is_an_error(address):
    with pytest.raises(ValueError, match="not the address of one host"):
        stack().connect((address, 80))


@pytest.mark.parametrize("remote", [(PEER4, 0), (PEER4, -1), (PEER4, 65536)])
def test_a_port_that_is_none_is_an_error(remote):
    with pytest.raises(ValueError, match="port"):
        stack().connect(remote)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_local_port_that_is_none_is_an_error(port):
    with pytest.raises(ValueError, match="port"):
        stack().connect((PEER4, 80), local_port=port)


@pytest.mark.parametrize("address", ["example.org", "1.2.3", "1.2.3.4.5", "", "2001::db8::1"])
def test_what_is_no_address_is_an_error(address):
    with pytest.raises(ValueError):
        stack().connect((address, 80))


@pytest.mark.parametrize("remote, local", [(PEER4, "198.51.100.9"), (PEER4, HOST6), (PEER6, HOST4)])
def test_a_local_address_that_is_not_ours_or_of_another_version_is_an_error(remote, local):
    with pytest.raises(ValueError, match="not an address of this stack"):
        stack().connect((remote, 80), local=local)


def test_a_stack_without_an_address_of_that_version_cannot_connect():
    with pytest.raises(ValueError, match="no address"):
        Stack([HOST4], seed=1).connect((PEER6, 80))


@requirement("MUST-43", "MUST-44", "MUST-45")
@pytest.mark.parametrize(
    "remote, local, used",
    [
        (PEER4, None, HOST4),
        (PEER4, "198.51.100.3", "198.51.100.3"),
        (PEER6, None, HOST6),
        (PEER6, HOST6, HOST6),
    ],
)
def test_must_43_to_45_the_local_address_is_the_one_asked_for_or_the_first_that_fits_and_is_kept(remote, local, used):
    connection = stack().connect((remote, 80), local=local)
    assert connection.local[0] == used
    assert connection.remote == (remote, 80)


def test_a_four_tuple_can_only_be_used_once():
    host = stack()
    host.connect((PEER4, 80), local_port=5000)
    with pytest.raises(OSError, match="in use") as caught:
        host.connect((PEER4, 80), local_port=5000)
    assert caught.value.errno == errno.EADDRINUSE
    host.connect((PEER4, 81), local_port=5000)
    host.connect((PEER4, 80), local_port=5000, local="198.51.100.3")


@requirement("MUST-42")
def test_must_42_a_port_may_have_a_listener_and_connections_of_its_own():
    host = stack()
    connection = host.connect((PEER4, 80), local_port=5000)
    host.listen(5000)
    host.connect((PEER4, 81), local_port=5000)
    assert connection.state is State.SYN_SENT


@requirement("MUST-41")
def test_must_41_a_listener_does_not_disturb_a_connection():
    t = Script()
    connection = reach(t, State.SYN_SENT)
    t.stack.listen(80)
    t.send("SYN,ACK", seq=0, ack=1)
    t.expect("ACK", seq=1, ack=1)
    assert connection.state is State.ESTABLISHED


class TestPorts:
    """RFC 6056 3.3.3."""

    @requirement("RFC 6056 3.2")
    def test_they_are_of_the_dynamic_range_and_all_different(self):
        host = stack()
        ports = [host.connect((PEER4, 80)).local[1] for _ in range(500)]
        assert all(49152 <= port <= 65535 for port in ports)
        assert len(set(ports)) == 500

    @requirement("RFC 6056 3.3.3")
    def test_where_they_begin_depends_on_the_secret_and_on_the_remote_end(self):
        first = {Stack([HOST4], seed=seed).connect((PEER4, 80)).local[1] for seed in range(50)}
        assert len(first) > 45
        ends = {stack().connect((f"198.51.100.{i}", 80)).local[1] for i in range(10, 60)}
        assert len(ends) > 45

    @requirement("RFC 6056 3.3.3")
    def test_the_remote_port_is_part_of_the_remote_end(self):
        """Else one service of a host could tell from its own connections which ports the others' come from."""
        ends = {stack().connect((PEER4, port)).local[1] for port in range(10, 60)}
        assert len(ends) > 45

    def test_one_that_was_just_used_comes_again_last(self):
        """Its TIME-WAIT, here or at the peer, has all the range's length to pass."""
        t = Script()
        connection = t.stack.connect((t.address, t.port))
        used = connection.local[1]
        connection.close()
        assert used not in [t.stack.connect((t.address, t.port)).local[1] for _ in range(200)]

    @requirement("RFC 6056 3.1")
    def test_those_in_use_are_passed_over_until_none_is_left(self):
        host = Stack([HOST4], seed=1)
        for port in range(49152, 65536):
            if port != 60000:
                host.connect((PEER4, 80), local_port=port)
        assert host.connect((PEER4, 80)).local[1] == 60000
        with pytest.raises(OSError, match="every ephemeral port") as caught:
            host.connect((PEER4, 80))
        assert caught.value.errno == errno.EADDRNOTAVAIL
        assert 49152 <= host.connect((PEER4, 81)).local[1] <= 65535


class TestListen:
    @pytest.mark.parametrize("port", [0, -1, 65536])
    def test_a_port_that_is_none_is_an_error(self, port):
        with pytest.raises(ValueError, match="port"):
            stack().listen(port)

    def test_one_listener_a_port_and_address(self):
        host = stack()
        host.listen(80)
        with pytest.raises(OSError, match="has a listener") as caught:
            host.listen(80)
        assert caught.value.errno == errno.EADDRINUSE
        host.listen(80, address=HOST4)

    def test_the_address_must_be_ours(self):
        with pytest.raises(ValueError, match="not an address"):
            stack().listen(80, address=PEER4)

    @pytest.mark.parametrize("backlog", [0, -1])
    def test_a_backlog_of_none_is_an_error(self, backlog):
        with pytest.raises(ValueError, match="backlog"):
            stack().listen(80, backlog=backlog)

    def test_the_listener_at_the_address_comes_before_the_one_at_all(self):
        t = Script()
        anywhere = t.stack.listen(80)
        here = t.stack.listen(80, address=HOST4)
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1)
        assert anywhere.accept() is None
        assert here.accept() is not None

    def test_a_port_can_be_listened_at_again_once_closed(self):
        host = stack()
        host.listen(80).close()
        host.listen(80)


class TestQueues:
    """Half-open entries and finished connections have a limit each."""

    def shake(self, t, port, finish=True):
        t.port, t.stack_isn = port, None
        outcome = t.send("SYN", seq=0)
        received = t.receive()
        if finish and received is not None:
            return t.send("ACK", seq=1, ack=1)
        return outcome

    def test_a_syn_beyond_the_half_open_limit_is_dropped(self):
        t = Script(config=Config(half_open_limit=3, cookies="never"))
        listener = t.listening()
        outcomes = [self.shake(t, port, finish=False) for port in range(1, 6)]
        assert outcomes == [Outcome.SYN_ANSWERED] * 3 + [Outcome.DROPPED_SYN_QUEUE_FULL] * 2
        assert listener.half_open == 3
        t.wait(64)
        while t.receive():
            pass
        assert self.shake(t, 9) is Outcome.ESTABLISHED_PASSIVE

    def test_a_finished_handshake_makes_room_for_another(self):
        t = Script(config=Config(half_open_limit=1))
        t.listening()
        for port in range(1, 10):
            assert self.shake(t, port) is Outcome.ESTABLISHED_PASSIVE

    def test_a_syn_beyond_the_backlog_is_dropped(self):
        t = Script()
        listener = t.stack.listen(80, backlog=2)
        assert [self.shake(t, port) for port in (1, 2)] == [Outcome.ESTABLISHED_PASSIVE] * 2
        assert self.shake(t, 3) is Outcome.DROPPED_ACCEPT_QUEUE_FULL
        assert listener.accept().remote[1] == 1
        assert self.shake(t, 3) is Outcome.ESTABLISHED_PASSIVE
        assert [listener.accept().remote[1] for _ in range(2)] == [2, 3]

    def test_a_last_ack_that_finds_the_queue_full_is_as_if_lost(self):
        """The entry stays, its SYN,ACK is repeated, and the peer's next segment finds room or not."""
        t = Script()
        listener = t.stack.listen(80, backlog=1)
        t.port = 2
        t.send("SYN", seq=0)
        isn = t.expect("SYN,ACK").segment.seq
        self.shake(t, 1)
        t.port, t.stack_isn = 2, isn
        assert t.send("ACK", seq=1, ack=1) is Outcome.DROPPED_ACCEPT_QUEUE_FULL
        assert listener.half_open == 1
        listener.accept()
        t.wait(1.1)
        t.expect("SYN,ACK", seq=0, ack=1)
        assert t.send("ACK", seq=1, ack=1) is Outcome.ESTABLISHED_PASSIVE
        assert listener.accept() is not None

    def test_accept_hands_out_the_one_that_waited_longest(self):
        t = Script()
        listener = t.listening()
        for port in (5, 3, 4):
            self.shake(t, port)
        assert t.stack.events() == [(listener, Happened.ACCEPTABLE)]
        assert [listener.accept().remote[1] for _ in range(3)] == [5, 3, 4]
        assert listener.accept() is None


class TestListenerClosed:
    """RFC 9293 3.10.4."""

    def test_what_it_has_not_handed_over_is_reset_and_what_is_half_open_forgotten(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1)
        waiting = listener.queue[0]
        t.port = 40001
        t.stack_isn = None
        t.send("SYN", seq=0)
        second = t.expect("SYN,ACK")
        listener.close()
        t.receive()
        assert t.stack.snapshot() == []
        assert waiting.error.errno == errno.ECONNABORTED
        assert waiting.verdict.outcome is Outcome.LISTENER_CLOSED
        assert t.stack.counters()[Outcome.SENT_RST] == 1
        assert t.send("ACK", seq=1, ack=1) is Outcome.CLOSED_PORT_RESET
        t.expect("RST", seq=second.seq + 1)
        assert t.stack.deadline() is None

    def test_what_it_has_handed_over_lives_on(self):
        t = Script()
        listener = t.listening()
        t.send("SYN", seq=0)
        t.expect("SYN,ACK")
        t.send("ACK", seq=1, ack=1)
        connection = listener.accept()
        listener.close()
        t.expect_nothing()
        connection.send(b"alive")
        t.expect("ACK", data=b"alive")

    def test_accept_is_misuse_then_and_close_does_nothing_more(self):
        t = Script()
        listener = t.listening()
        listener.close()
        listener.close()
        with pytest.raises(RuntimeError, match="closed"):
            listener.accept()
        assert t.stack.counters()[Outcome.LISTENER_CLOSED] == 1

    def test_its_port_is_closed(self):
        t = Script()
        t.listening().close()
        assert t.send("SYN", seq=0) is Outcome.CLOSED_PORT_RESET
        t.expect("RST,ACK", seq=0, ack=1)


def test_an_address_of_ipv6_stands_in_brackets_in_a_verdict():
    stack = Stack(["2001:db8::2"], seed=1)
    connection = stack.connect(("2001:db8::1", 81))
    stack.transmit(0.0)
    assert "[2001:db8::1]:81" in connection.verdict.sentence
    assert "198.51.100.1:81" in Stack(["198.51.100.2"], seed=1).connect(("198.51.100.1", 81)).verdict.sentence


def test_the_verdict_on_an_abort_claims_no_rst_where_none_was_sent():
    """RFC 9293 3.10.5: in SYN-SENT the connection is only forgotten."""
    stack = Stack(["198.51.100.2"], seed=1)
    connection = stack.connect(("198.51.100.1", 81))
    stack.transmit(0.0)
    connection.abort()
    assert stack.transmit(0.0) == []
    assert connection.verdict.sentence == "given up by the program before 198.51.100.1:81 had answered"
