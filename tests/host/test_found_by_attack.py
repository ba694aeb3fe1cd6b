"""What attackers of the whole stack have found, each reduced to the few packets or calls that do it."""

import pytest
from peer import Peer, engine, hear
from segments import SACK_PERMITTED, icmp, mss, read, scale

from handshook import Config, Outcome, State
from handshook.testing import Script

MOMENTS = [float("inf"), float("nan"), 1e300]


class TestAWindowThatOpensAndShuts:
    """Each turn costs the peer 40 bytes; it must not cost us what is out."""

    def test_makes_us_send_nothing_twice(self):
        stack = engine(config=Config(timestamps=False))
        peer = Peer(stack)
        connection = peer.opens(stack.listen(80), options=mss(1460) + SACK_PERMITTED + scale(7))
        connection.send(bytes(1 << 20))
        first = sum(len(read(frame).data) for frame in stack.transmit(0.0))
        again = 0
        for turn in range(1000):
            heard = hear(stack, peer.frame("A", 1, 1, window=turn % 2), turn * 1e-5)
            again += sum(len(answer.data) for answer in heard.answers)
        assert first > 10_000
        assert again == 0

    def test_once_it_was_asked_for_by_a_timer_what_was_the_probe_goes_again_at_once(self):
        t = Script()
        listener = t.stack.listen(80)
        t.send("SYN", seq=0, mss=1460)
        t.expect("SYN,ACK", seq=0, ack=1)
        t.send("ACK", seq=1, ack=1, window=0)
        connection = listener.accept()
        connection.send(b"hello")
        t.wait(1.5)
        assert t.expect("ACK", seq=1, ack=1).data == b"h"
        t.send("ACK", seq=1, ack=1, window=1000)
        assert t.receive().data.startswith(b"h")


class TestTheClock:
    @pytest.mark.parametrize("moment", MOMENTS)
    def test_what_is_no_moment_is_refused_and_changes_nothing(self, moment):
        stack = engine()
        stack.listen(80)
        peer = Peer(stack)
        for call in (stack.advance, stack.transmit, lambda now: stack.receive(peer.frame("S"), now)):
            with pytest.raises(ValueError, match="now is"):
                call(moment)
        assert stack.now == 0.0
        assert peer.says("S").outcome is Outcome.SYN_ANSWERED


class TestAnObserverThatRaises:
    def watched(self, raises):
        """A stack with an observer that raises at the outcomes named; and what it saw."""
        stack, seen = engine(), []

        def look(step):
            seen.append(step.outcome)
            if step.outcome in raises:
                raises.discard(step.outcome)
                raise KeyError(step.outcome.name)

        stack.observe(look)
        return stack, seen

    def test_loses_no_frame(self):
        stack, _ = self.watched({Outcome.SENT_SYN})
        connection = stack.connect(("198.51.100.1", 80))
        with pytest.raises(KeyError, match="SENT_SYN"):
            stack.transmit(0.0)
        assert stack.deadline() == 0.0
        assert [read(frame).flags for frame in stack.transmit(0.0)] == ["S"]
        stack.advance(1.0)
        assert [read(frame).flags for frame in stack.transmit(1.0)] == ["S"]
        assert connection.state is State.SYN_SENT

    def test_loses_no_segment(self):
        stack, seen = self.watched({Outcome.SYN_ANSWERED})
        stack.listen(80)
        with pytest.raises(KeyError):
            stack.receive(Peer(stack).frame("S"), 0.0)
        assert [read(frame).flags for frame in stack.transmit(0.0)] == ["SA"]
        assert seen == [Outcome.SYN_ANSWERED, Outcome.SENT_SYN_ACK]

    def test_makes_no_connection_that_nobody_holds(self):
        stack, _ = self.watched({Outcome.CALLED_CONNECT})
        with pytest.raises(KeyError):
            stack.connect(("198.51.100.1", 80), local_port=5000)
        assert stack.snapshot() == []
        assert stack.connect(("198.51.100.1", 80), local_port=5000).state is State.SYN_SENT

    def test_does_not_keep_a_listener_from_closing(self):
        stack, _ = self.watched({Outcome.CALLED_ABORT})
        listener = stack.listen(80)
        peers = [Peer(stack, port=port) for port in (5000, 5001, 5002)]
        for peer in peers:
            peer.half_opens()
            peer.says("A", 1, 1)
        with pytest.raises(KeyError):
            listener.close()
        assert stack.snapshot() == []
        assert [read(frame).flags for frame in stack.transmit(0.0)] == ["RA"] * 3

    def test_is_no_reason_for_the_next_one_to_miss_a_step(self):
        stack, _ = self.watched({Outcome.SYN_ANSWERED})
        second = []
        stack.observe(lambda step: second.append(step.outcome))
        stack.listen(80)
        with pytest.raises(KeyError):
            stack.receive(Peer(stack).frame("S"), 0.0)
        assert second == [Outcome.SYN_ANSWERED]

    def test_may_call_the_stack_and_stop_looking(self):
        stack, seen = engine(), []
        peer = Peer(stack)

        def look(step):
            seen.append(step.outcome)
            if len(seen) < 50:
                stack.receive(peer.frame("R"), 0.0)
            else:
                stack.unobserve(look)

        stack.observe(look)
        other = []
        stack.observe(lambda step: other.append(step.outcome))
        stack.receive(peer.frame("R"), 0.0)
        assert seen == other == [Outcome.CLOSED_PORT_IGNORED] * 50


def test_pings_longer_than_the_link_takes_get_no_answer():
    stack = engine()
    for payload, answers in ((1472, 1), (1473, 0)):
        ping = icmp("198.51.100.1", "198.51.100.2", 8, 0, bytes(4 + payload))
        assert len(hear(stack, ping).answers) == answers


def test_numbers_are_no_bytes():
    stack = engine()
    with pytest.raises(TypeError):
        stack.receive(1000, 0.0)
    with pytest.raises(TypeError):
        stack.connect(("198.51.100.1", 80)).send(5)


@pytest.mark.parametrize("port", [80.5, "80", None])
def test_a_port_is_a_whole_number(port):
    if port is not None:  # any port
        with pytest.raises(TypeError):
            engine().listen(port)
    with pytest.raises(TypeError):
        engine().connect(("198.51.100.1", port))


@pytest.mark.parametrize(
    "wrong",
    [
        {"receive_window": 1.5},
        {"receive_window": float("nan")},
        {"send_buffer": float("inf")},
        {"send_buffer": 1 << 40},
        {"half_open_limit": 1e308},
        {"keep_alive": float("nan")},
        {"msl": float("nan")},
        {"mtu": 68},
    ],
    ids=str,
)
def test_a_knob_that_no_tcp_can_turn_is_refused_at_once(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Config(**wrong)
