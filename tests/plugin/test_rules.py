"""Fault rules as a peer's behaviour: what each of those that docs/pytest.md names is to a real kernel socket."""

import errno
import socket
import struct
import time

import pytest
from lab.worlds import HANG

from handshook.peer.network import Network

FIN_WAIT_2 = 5  # include/net/tcp_states.h


def blocking(peer):
    """Connected, by a socket that waits in the kernel."""
    sock = peer.socket()
    try:
        sock.connect(peer.address)
    except BaseException:
        sock.close()
        raise
    return sock


def kernel_state(sock):
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


def patience(sock, milliseconds):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


def impatient(sock):
    """`recv` gives up, without making the socket one that doesn't block."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 300_000))


def injected(peer):
    return [" ".join(met.injected) for met in peer.connections]


# The kernel asks again after a second, and then after one more, or, before Linux 6.5, two.
@pytest.mark.parametrize(("rule", "seconds"), [("delay synack 300ms", 0.3), ("drop syn first 2", 2.0)])
def test_a_late_handshake(handshook_peer, rule, seconds):
    peer = handshook_peer(rule)
    began = time.monotonic()
    with blocking(peer) as sock:
        assert time.monotonic() - began >= seconds
        sock.sendall(b"hello")
        assert sock.recv(100) == b"hello"
    assert rule in injected(peer)[0]


def test_a_reset_in_the_handshake(handshook_peer):
    peer = handshook_peer("rst in handshake")
    with pytest.raises(ConnectionRefusedError) as caught:
        blocking(peer)
    assert caught.value.errno == errno.ECONNREFUSED
    assert "rst in handshake" in injected(peer)[0]


@pytest.mark.parametrize("rule", ["rst after accept", "rst after 1000 bytes"])
def test_a_reset_of_an_open_connection(handshook_peer, rule):
    peer = handshook_peer(rule, serve=bytes(50_000))
    # What comes right after the handshake may be there before the kernel has woken who waits for that.
    with pytest.raises(ConnectionResetError) as caught, blocking(peer) as sock:
        sock.sendall(b"a question")
        while sock.recv(1000):
            pass
    assert caught.value.errno == errno.ECONNRESET
    (met,) = peer.settle(HANG)
    assert rule in met.verdict.sentence and met.over


def test_silence_on_an_open_connection(handshook_peer):
    peer = handshook_peer("silence after established")
    with blocking(peer) as sock:
        patience(sock, 300)
        sock.sendall(b"hello")
        with pytest.raises(TimeoutError) as caught:
            sock.recv(1)
        assert caught.value.errno == errno.ETIMEDOUT


def test_a_connection_that_the_other_side_has_forgotten(handshook_peer):
    peer = handshook_peer("half-open")
    with blocking(peer) as sock, pytest.raises(ConnectionResetError) as caught:
        sock.sendall(b"hello")
        sock.recv(1)
    assert caught.value.errno == errno.ECONNRESET


def test_a_close_that_is_never_finished(handshook_peer):
    peer = handshook_peer("stuck fin")
    with blocking(peer) as sock:
        impatient(sock)
        sock.shutdown(socket.SHUT_WR)
        with pytest.raises(BlockingIOError):
            sock.recv(1)
        limit = time.monotonic() + HANG
        while kernel_state(sock) != FIN_WAIT_2:
            assert time.monotonic() < limit


def test_mute_for_a_while_is_a_rule(handshook_peer):
    peer = handshook_peer("mute for 300ms")
    with blocking(peer) as sock:
        began = time.monotonic()
        sock.sendall(b"hello")
        assert sock.recv(100) == b"hello"
        assert time.monotonic() - began >= 0.3


def test_several_at_once_and_data_unharmed_by_loss(handshook_peer, handshook_network):
    body = bytes(range(256)) * 400
    peer = handshook_peer("delay synack 200ms", "loss 10%", "duplicate 5%", serve=body)
    with blocking(peer) as sock:
        sock.sendall(b"a question")
        found = b""
        while piece := sock.recv(100_000):
            found += piece
    assert found == body
    assert "delay synack 200ms" in injected(peer)[0]
    # Inside, segments are as long as a loopback's: so few that none may be hit.
    assert handshook_network.inside or "loss 10%" in injected(peer)[0]


def test_over_ipv6(handshook_peer):
    peer = handshook_peer("rst in handshake")
    with pytest.raises(ConnectionRefusedError):
        peer.connect(HANG, socket.AF_INET6)
    assert "[2001:db8::2]" in injected(peer)[0]


def test_a_rule_is_for_its_peer_alone_and_goes_with_it(handshook_peer):
    other = handshook_peer()
    with handshook_peer("silent", port=8080), blocking(other):
        pass
    with handshook_peer(port=8080) as peer, blocking(peer) as sock:
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
        assert injected(peer) == [""]


def test_the_lots_are_the_same_in_each_run():
    def draw():
        with Network.find() as network, network.peer("drop syn probability 0.5") as peer:
            for number in range(12):
                with peer.socket() as sock:
                    sock.setblocking(False)
                    sock.connect_ex(peer.address)
                    while len(peer.connections) <= number:
                        pass
            return [bool(met.injected) for met in peer.connections]

    first = draw()
    assert first == draw()
    assert set(first) == {True, False}
