"""Stacks behind the same addresses: each opens from ports of its own, and hands on what is another's."""

import pytest

from handshook import Outcome, Stack, State
from handshook.host.share import Share

SERVER, CLIENT = "198.51.100.1", "198.51.100.2"
FIRST_PORT = 49152


class Team:
    """Three stacks with one address, and what they handed on."""

    def __init__(self, count=3):
        self.handed = []
        self.stacks = [Stack([CLIENT], share=Share(n, count, 7, self.hand_on)) for n in range(count)]

    def hand_on(self, owner, frame):
        self.handed.append((owner, frame))


def test_ports_are_dealt_out():
    team = Team()
    for number, stack in enumerate(team.stacks):
        ports = [stack.connect((SERVER, 80)).local[1] for _ in range(200)]
        assert len(set(ports)) == 200
        assert {(port - FIRST_PORT) % 3 for port in ports} == {number}
        assert all(FIRST_PORT <= port < 65536 for port in ports)


def test_all_ports_of_a_share_can_be_used_and_no_more():
    stack = Team(64).stacks[63]
    ports = {stack.connect((SERVER, 80)).local[1] for _ in range((65536 - FIRST_PORT) // 64)}
    assert ports == set(range(FIRST_PORT + 63, 65536, 64))
    with pytest.raises(OSError, match="every ephemeral port"):
        stack.connect((SERVER, 80))


def test_a_segment_for_another_goes_on_and_is_answered_there():
    team = Team()
    server = Stack([SERVER], seed=1)
    server.listen(80)
    connection = team.stacks[2].connect((SERVER, 80))
    [syn] = team.stacks[2].transmit(0.0)
    server.receive(syn, 0.0)
    [syn_ack] = server.transmit(0.0)
    team.stacks[0].receive(syn_ack, 0.0)
    assert team.handed == [(2, syn_ack)]
    assert team.stacks[0].transmit(0.0) == []
    assert team.stacks[0].counters()[Outcome.HANDED_ON] == 1
    team.stacks[2].receive(syn_ack, 0.0)
    assert connection.state is State.ESTABLISHED


def test_what_nobody_has_is_answered_by_its_owner_and_goes_no_further():
    team = Team()
    server = Stack([SERVER], seed=1)
    server.listen(80)
    connection = team.stacks[1].connect((SERVER, 80))
    server.receive(team.stacks[1].transmit(0.0)[0], 0.0)
    connection.abort()
    [syn_ack] = server.transmit(0.0)
    team.stacks[1].receive(syn_ack, 0.0)
    assert team.handed == []
    assert team.stacks[1].counters()[Outcome.CLOSED_PORT_RESET] == 1


def test_a_listener_and_ports_below_are_everybodys():
    team = Team()
    other = Stack([SERVER], seed=1)
    for stack in team.stacks:
        listener = stack.listen(FIRST_PORT + 1)
        other.connect((CLIENT, FIRST_PORT + 1))
        other.connect((CLIENT, 80))
        for syn in other.transmit(0.0):
            stack.receive(syn, 0.0)
        assert listener.half_open == 1
        assert stack.counters()[Outcome.CLOSED_PORT_RESET] == 1
    assert team.handed == []


def test_one_seed_one_sequence_space():
    """RFC 6528: whoever of them answers, the numbers of a four-tuple rise with the clock."""
    peer = Stack([SERVER], seed=1)
    peer.connect((CLIENT, 80), local_port=5000)
    [syn] = peer.transmit(0.0)
    answers = []
    for stack in Team().stacks:
        stack.listen(80)
        stack.receive(syn, 10.0)
        answers += stack.transmit(10.0)
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(("index", "count"), [(3, 3), (-1, 2), (0, 0)])
def test_no_such_share(index, count):
    with pytest.raises(ValueError, match=f"share {index} of {count}"):
        Share(index, count)
