"""What hostile inputs have found, each reduced to the few packets that do it."""

import pytest
from peer import Peer, engine, hear
from requirements import requirement
from segments import SACK_PERMITTED, mss, read, sack, scale, timestamps

from handshook import Config, Framing, Outcome, State

VNET = Framing(bytes(10), bytes(10), vnet=True)


def grown(stack, peer, connection, rounds):
    """Acknowledge everything until the congestion window is no longer what holds the sender back."""
    now = acked = 0
    for turn in range(rounds):
        connection.send(bytes(1 << 20))
        for frame in stack.transmit(now):
            sent = read(frame, stack.framing)
            acked = max(acked, peer.seq_of(sent) + len(sent.data))
        now += 0.01
        stack.receive(peer.frame("A", 1, acked, options=timestamps(3 + turn)), now)
    return acked, now


@requirement("MUST-16")
@pytest.mark.parametrize("version", [4, 6])
def test_must_16_data_with_sack_blocks_on_it_still_fits_the_link(version):
    stack = engine(config=Config())
    peer = Peer(stack, version=version)
    connection = opened_with_options(peer, stack.listen(80))
    # Something beyond a gap, so that every ACK carries a SACK block.
    stack.receive(peer.frame("PA", 1000, 1, options=timestamps(3), data=b"beyond"), 0.0)
    connection.send(bytes(5000))
    assert max(len(frame) for frame in stack.transmit(0.0)) <= 1500


def test_a_peer_cannot_choose_an_mss_that_makes_a_unit_overflow_the_ip_length():
    stack = engine(config=Config(), framing=VNET)
    peer = Peer(stack, before=bytes(10))
    connection = opened_with_options(peer, stack.listen(80), 1435)
    acked, now = grown(stack, peer, connection, 60)
    for seq in (1000, 3000, 5000):
        stack.receive(peer.frame("PA", seq, acked, options=timestamps(100), data=b"beyond"), now)
    connection.send(bytes(1 << 20))
    for frame in stack.transmit(now):
        read(frame, VNET)


def opened_with_options(peer, listener, size=1460):
    peer.half_opens(options=mss(size) + SACK_PERMITTED + timestamps(1) + scale(7))
    peer.says("A", 1, 1, options=timestamps(2))
    return listener.accept()


class TestAListenerThatCloses:
    def test_takes_back_the_syn_acks_that_have_not_left(self):
        stack = engine()
        listener = stack.listen(80)
        stack.receive(Peer(stack).frame("S"), 0.0)
        listener.close()
        assert stack.transmit(0.0) == []
        assert stack.deadline() is None

    def test_and_the_stack_lives_on(self):
        stack = engine()
        listener = stack.listen(80)
        stack.receive(Peer(stack).frame("S"), 0.0)
        listener.close()
        now = 0.0
        for _ in range(20):
            stack.transmit(now)
            now = max(now, stack.deadline() or now)
            stack.advance(now)
        assert stack.snapshot() == []


def test_a_repeated_syn_and_the_last_ack_in_one_batch_are_not_answered_with_a_syn():
    stack = engine()
    listener = stack.listen(80)
    peer = Peer(stack)
    peer.half_opens()
    stack.receive_many([peer.frame("S"), peer.frame("A", 1, 1)], 0.0)
    assert listener.accept().state is State.ESTABLISHED
    assert [read(frame).flags for frame in stack.transmit(0.0) if "S" in read(frame).flags] == []


def test_data_on_a_syn_counts_against_the_receive_window():
    stack = engine(config=Config(receive_window=1000, timestamps=False, sack=False, window_scale=False))
    listener = stack.listen(80)
    peer = Peer(stack)
    peer.half_opens(data=bytes(900))
    stack.receive(peer.frame("A", 901, 1), 0.0)
    connection = listener.accept()
    hear(stack, peer.frame("PA", 901, 1, data=bytes(1000)))
    assert connection.readable() <= 1000
    assert connection.state is State.ESTABLISHED
    assert Outcome.DATA_ACCEPTED in stack.counters()


def test_time_wait_lasts_as_long_as_the_network_keeps_segments_whatever_a_listener_says():
    """MSL is one for the whole stack: entries expire in the order in which they were added."""
    stack = engine(config=Config(msl=30.0, timestamps=False))
    peer = Peer(stack)
    connection = peer.opens(stack.listen(80, config=Config(msl=1.0, timestamps=False)))
    connection.close()
    stack.transmit(0.0)
    peer.says("FA", 1, 2)
    stack.advance(3.0)
    assert connection.state is State.TIME_WAIT
    assert peer.says("FA", 1, 2, now=50.0).outcome is Outcome.TIME_WAIT_FIN_REPEATED
    stack.advance(109.9)
    assert connection.state is State.TIME_WAIT
    stack.advance(110.1)
    assert connection.state is State.CLOSED


def test_a_fin_acknowledged_while_our_own_window_is_shut_is_acknowledged():
    """RFC 9293 3.10.7.4: with a zero window ACKs are still processed; this one must not be lost half-way."""
    stack = engine(config=Config(receive_window=100, timestamps=False, sack=False, window_scale=False))
    peer = Peer(stack)
    connection = peer.opens(stack.listen(80))
    connection.shutdown()
    stack.transmit(0.0)
    peer.says("PA", 1, 1, data=bytes(100))
    # The window is shut: the data can't be taken, but the ACK on it is of our FIN.
    peer.says("PA", 101, 2, data=b"x")
    assert connection.state is State.FIN_WAIT_2


def test_sack_blocks_of_single_octets_do_not_shred_the_scoreboard():
    """CVE-2019-11478's way to make each ACK cost more: neither memory nor time may grow with a liar's blocks."""
    stack = engine(config=Config())
    peer = Peer(stack)
    connection = opened_with_options(peer, stack.listen(80))
    acked, now = grown(stack, peer, connection, 12)
    connection.send(bytes(1 << 20))
    stack.transmit(now)
    stretches = len(connection.scoreboard.records)
    for first in range(acked + 1000, acked + 4000, 6):
        edges = [peer.their_isn + first + 2 * n for n in range(3)]
        blocks = sack(*((edge, edge + 1) for edge in edges))
        stack.receive(peer.frame("A", 1, acked, options=timestamps(100) + blocks), now)
    assert len(connection.scoreboard.records) <= 3 * stretches
