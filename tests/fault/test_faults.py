"""`Faults` between a stack and its link, in memory: what it leaves alone, what it lists, what it remembers."""

import pytest

from handshook import Stack
from handshook.fault import Faults, between
from handshook.fault import faults as module
from handshook.host.step import Direction, Effect
from handshook.link.memory import MemoryLink

HERE, THERE = "198.51.100.1", "198.51.100.2"


def ends(*rules, **options):
    """(faults of a client, the server, its listener, the link between them)."""
    client, server = Stack([HERE], seed=1), Stack([THERE], seed=2)
    faults = Faults(client, rules, seed=1, **options)
    return faults, server, server.listen(80), MemoryLink(faults, server)


def opened(faults, link, seconds=60.0):
    connection = faults.stack.connect((THERE, 80))
    link.run(until=link.now + seconds, done=lambda: connection.state.name in ("ESTABLISHED", "CLOSED"))
    return connection


def wire(rules):
    """Every packet of a small conversation."""
    faults, _, listener, link = ends(*rules)
    packets = []
    carry = link.way.carry
    link.way.carry = lambda packet: packets.append(packet) or carry(packet)
    connection = opened(faults, link)
    connection.send(b"hello" * 1000)
    link.run(until=link.now + 5)
    listener.accept().close()
    connection.close()
    link.run(until=link.now + 5)
    return packets


def test_rules_that_are_for_nobody_change_nothing():
    assert wire([]) == wire(["refuse to :81", "loss 50% from 10.0.0.1"])


def test_rules_are_listed_added_and_removed():
    faults, _, _, link = ends("drop syn first 1")
    (first,) = faults.rules
    second = faults.add("delay synack 500ms")
    assert [str(active.rule) for active in faults.rules.values()] == ["drop syn first 1", "delay synack 500ms"]
    opened(faults, link)
    assert {id: active.hits for id, active in faults.rules.items()} == {first: 1, second: 1}
    assert faults.rules[first].connections == 1
    assert str(faults.remove(first)) == "drop syn first 1"
    with pytest.raises(KeyError):
        faults.remove(first)
    third = faults.add("drop syn first 1")
    assert third not in (first, second)
    faults.clear()
    assert not faults.rules


def test_what_is_held_back_arrives_though_its_rule_is_gone():
    faults, _, _, link = ends("delay synack 2s")
    connection = faults.stack.connect((THERE, 80))
    link.run(until=1.0)
    faults.clear()
    link.run(until=4.0, done=lambda: connection.state.name == "ESTABLISHED")
    assert connection.state.name == "ESTABLISHED"


def test_the_verdict_has_the_facts_first_and_the_engines_own_has_no_more():
    faults, _, _, link = ends("refuse")
    connection = opened(faults, link)
    verdict = faults.verdict(connection)
    assert verdict.outcome is connection.verdict.outcome
    assert verdict.sentence == f"{connection.verdict.sentence}: injected by `refuse`"
    assert "injected" not in connection.verdict.evidence
    assert verdict.evidence["injected"] == [str(mark) for mark in faults.injected(connection.local, connection.remote)]


def test_a_connection_that_no_rule_has_hit_is_told_as_it_is():
    faults, _, _, link = ends("refuse to :81")
    connection = opened(faults, link)
    assert faults.verdict(connection) == connection.verdict
    assert faults.injected(connection.local, connection.remote) == []
    assert faults.injected((HERE, 1), (THERE, 1)) == []


def test_observers_hear_of_it_until_they_leave():
    faults, _, _, link = ends("drop syn first 1")
    heard = []
    faults.observe(heard.append)
    opened(faults, link)
    assert [step.outcome.name for step in heard if step.injected] == ["SENT_SYN"]
    assert heard[1].injected.effect is Effect.DROPPED
    before = len(heard)
    faults.unobserve(heard.append)
    opened(faults, link)
    assert len(heard) == before
    with pytest.raises(ValueError):
        faults.unobserve(heard.append)


def test_an_observer_that_raises_loses_no_packet():
    faults, _, listener, link = ends("delay synack 10ms")

    def observer(step):
        if step.direction is Direction.OUT:
            raise LookupError

    faults.observe(observer)
    faults.stack.connect((THERE, 80))
    with pytest.raises(LookupError):
        faults.transmit(0.0)
    faults.unobserve(observer)
    link.run(until=10.0, done=lambda: listener.queue)
    assert listener.queue


def test_names_are_asked_for():
    asked = []

    def names(name):
        asked.append(name)
        return [THERE]

    faults, _, _, link = ends("refuse to db.example:80", names=names)
    assert isinstance(opened(faults, link).error, ConnectionRefusedError)
    assert set(asked) == {"db.example"}


def test_between_is_for_hosts_that_make_their_stack():
    heard = []
    faults = between(["refuse"], 5, heard.append)(Stack([HERE], seed=1))
    assert (faults.seed, len(faults.rules)) == (5, 1)
    faults.stack.connect((THERE, 80))
    faults.transmit(0.0)
    assert heard


def test_what_is_over_is_forgotten_in_time(monkeypatch):
    monkeypatch.setattr(module, "MOST_OVER", 10)
    faults, _, _, link = ends("rst after accept")
    first = opened(faults, link)
    link.run(until=link.now + 1)
    assert faults.injected(first.local, first.remote)
    for _ in range(30):
        opened(faults, link)
        link.run(until=link.now + 1)
    assert len(faults._in) <= 12 and len(faults._out) == len(faults._in)
    assert not faults.injected(first.local, first.remote)


def test_however_many_connections_there_are(monkeypatch):
    monkeypatch.setattr(module, "MOST_FLOWS", 20)
    faults, _, _, link = ends("duplicate data")
    for _ in range(50):
        opened(faults, link)
    assert len(faults._in) <= 20


def test_what_is_no_tcp_passes_untouched():
    faults, *_ = ends("corrupt")
    faults.receive(b"", 0.0)
    faults.receive(b"\x45" + bytes(30), 0.0)
    faults.receive(bytes(2000), 0.0)
    assert not faults.transmit(0.0)


@pytest.mark.parametrize("other", ["delay data 100ms", "drop data first 1", "rst after 9999 bytes"])
@pytest.mark.parametrize("rule", ["rst after accept after 2s", "half-open after 2s", "window 0 for 2s"])
def test_what_comes_later_is_of_the_rule_that_asked_for_it(rule, other):
    """Whatever other rules have been asked about the segment since."""
    both = []
    for rules in ([rule], [rule, other], [other, rule]):
        faults, _, listener, link = ends(*rules)
        marks = []
        faults.stack.observe(lambda step, marks=marks: step.injected and marks.append(step.injected.rule))
        connection = opened(faults, link)
        link.run(until=link.now + 10)
        (hits,) = (active.hits for active in faults.rules.values() if str(active.rule) == rule)
        both.append((connection.state, listener.accept().state, hits, set(marks)))
    assert both[0][2] and both[0] == both[1] == both[2]
