"""What each behaviour is to a real kernel socket, and what the peer says of it afterwards."""

import errno
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from lab.worlds import HANG

from handshook import Outcome, State

FAMILIES = [socket.AF_INET, socket.AF_INET6]


def read_all(sock):
    found = b""
    while piece := sock.recv(1 << 16):
        found += piece
    return found


def address_of(peer, family):
    return peer.address if family == socket.AF_INET else peer.address6


@pytest.mark.parametrize("family", FAMILIES)
def test_refused(handshook_peer, family):
    peer = handshook_peer("refused")
    with pytest.raises(ConnectionRefusedError) as caught:
        peer.connect(HANG, family)
    assert caught.value.errno == errno.ECONNREFUSED
    (met,) = peer.connections
    assert met.over and met.injected and "injected by `refuse to" in met.verdict.sentence
    assert "injected by `refuse to" in peer.ladder()


@pytest.mark.parametrize("family", FAMILIES)
def test_silent_until_the_program_has_had_enough(handshook_peer, family):
    peer = handshook_peer("silent")
    with pytest.raises(TimeoutError):
        peer.connect(0.2, family)
    assert [met.over for met in peer.connections] == [True]
    assert "injected by `drop syn to" in peer.ladder() and "◀" not in peer.ladder()


def test_silent_until_the_kernel_has_had_enough(handshook_peer):
    peer = handshook_peer("silent")
    with peer.socket() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
        with pytest.raises(TimeoutError) as caught:
            sock.connect(peer.address)
        assert caught.value.errno == errno.ETIMEDOUT


def test_mute_takes_all_and_says_nothing(handshook_peer):
    peer = handshook_peer("mute")
    with peer.connect(HANG) as sock:
        sock.sendall(b"is anybody there?")
        sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.shutdown(socket.SHUT_WR)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        (met,) = peer.connections
        assert met.state in (State.ESTABLISHED, State.CLOSE_WAIT) and not met.over
        with pytest.raises(TimeoutError, match=r"still open: 198\.51\.100\.1:"):
            peer.settle(0.05)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_echo_where_nothing_is_asked_for(handshook_peer, family):
    peer = handshook_peer()
    with peer.connect(HANG, family) as sock:
        assert sock.getpeername()[:2] == address_of(peer, family)
        sock.sendall(b"hello")
        sock.shutdown(socket.SHUT_WR)
        assert read_all(sock) == b"hello"
        remote = sock.getsockname()[:2]
    (met,) = peer.settle(HANG)
    assert (met.local, met.remote) == (address_of(peer, family), remote)
    assert met.verdict.outcome is Outcome.CLOSED_NORMALLY


def test_an_answer(handshook_peer):
    answer = b"HTTP/1.0 200 OK\r\n\r\n" + bytes(200_000)
    peer = handshook_peer(serve=answer)
    with peer.connect(HANG) as sock:
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert read_all(sock) == answer
    (met,) = peer.settle(HANG)
    assert met.state is State.TIME_WAIT and met.verdict.outcome is Outcome.CLOSED_NORMALLY


def test_who_asks_nothing_gets_no_answer(handshook_peer):
    peer = handshook_peer(serve=b"an answer")
    with peer.connect(HANG) as sock:
        sock.shutdown(socket.SHUT_WR)
        assert read_all(sock) == b""


def test_a_function_serves(handshook_peer):
    def shout(connection):
        while data := connection.recv(1000):
            connection.sendall(data.upper())

    peer = handshook_peer(serve=shout)
    with peer.connect(HANG) as sock:
        sock.sendall(b"hello")
        assert sock.recv(1000) == b"HELLO"
        sock.shutdown(socket.SHUT_WR)
        assert read_all(sock) == b""
    assert peer.settle(HANG)[0].verdict.outcome is Outcome.CLOSED_NORMALLY


def test_a_unix_socket_serves(handshook_peer, tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "server"))
        listener.listen()
        peer = handshook_peer(serve=tmp_path / "server")
        with peer.connect(HANG) as sock, listener.accept()[0] as server:
            server.sendall(b"welcome")
            assert sock.recv(1000) == b"welcome"
            server.close()
            assert read_all(sock) == b""


def test_a_unix_socket_that_nobody_serves_is_a_reset(handshook_peer, tmp_path):
    peer = handshook_peer(serve=tmp_path / "nobody")
    # A socket with a time-out may hear of it before it has returned from connect.
    with pytest.raises(ConnectionResetError), peer.connect(HANG) as sock:
        sock.recv(1)
    assert "nobody serves there ([Errno 2] No such file" in str(peer.settle(HANG)[0].verdict)


def test_a_port_of_ones_choice(handshook_peer):
    peer = handshook_peer(port=5432)
    assert peer.address == ("198.51.100.2", 5432) == (peer.host, peer.port)
    with pytest.raises(OSError, match="5432 is another") as caught:
        handshook_peer(port=5432)
    assert caught.value.errno == errno.EADDRINUSE
    peer.close()
    with handshook_peer("refused", port=5432) as other, pytest.raises(ConnectionRefusedError):
        other.connect(HANG)


def test_a_peer_that_is_closed_is_gone(handshook_peer):
    peer = handshook_peer()
    with peer.connect(HANG) as sock:
        peer.close()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    with pytest.raises(ConnectionRefusedError):
        peer.connect(HANG)
    with pytest.raises(LookupError, match="no target"):
        peer.connections
    peer.close()


@pytest.mark.parametrize(
    ("behaviour", "options", "words"),
    [
        (["drop sin"], {}, "did you mean `syn`"),
        (["refused", "rst after accept"], {}, "contradict each other"),
        (["loss 5% to 198.51.100.2"], {}, "`to` stands there twice"),
        (["mute"], {"serve": "echo"}, "mute says what is served"),
        (["silence"], {}, "silence"),
        ([], {"serve": "ehco"}, "one of echo, discard, chargen, mute"),
        ([], {"port": 70000}, "70000"),
        ([], {"port": True}, "True"),
    ],
)
def test_what_makes_no_sense_is_said(handshook_peer, behaviour, options, words):
    with pytest.raises(ValueError, match=words):
        handshook_peer(*behaviour, **options)


def test_each_connection_is_remembered_by_itself(handshook_peer):
    peer = handshook_peer("refused")
    with peer.socket() as first:
        for _ in range(2):
            # The same port again: another connection all the same.
            with pytest.raises(ConnectionRefusedError):
                first.connect(peer.address)
            first.getsockname()
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            peer.connect(HANG)
    assert len(peer.connections) == 4 and peer.ladder().count("RST") >= 4


def test_the_oldest_that_is_over_is_forgotten_first(handshook_peer):
    peer = handshook_peer()
    with peer.connect(HANG) as kept:
        for _ in range(300):
            peer.connect(HANG).close()
        met = peer.connections
        assert len(met) == 256
        assert met[0].remote == kept.getsockname() and not met[0].over


def test_of_a_long_connection_the_ladder_shows_both_ends(handshook_peer):
    peer = handshook_peer()
    with peer.connect(HANG) as sock:
        for _ in range(100):
            sock.sendall(b"x")
            assert sock.recv(1) == b"x"
    peer.settle(HANG)
    ladder = peer.ladder()
    assert "SYN_ANSWERED" in ladder and "steps more)" in ladder and ladder.splitlines()[-3].endswith("CLOSED")


def test_in_threads(handshook_peer):
    peer = handshook_peer()
    ready = threading.Barrier(8)

    def talk(number):
        ready.wait(HANG)
        for turn in range(5):
            with peer.connect(HANG) as sock:
                said = f"{number} {turn}".encode() * 1000
                sock.sendall(said)
                sock.shutdown(socket.SHUT_WR)
                assert read_all(sock) == said
                assert peer.connections
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(talk, range(8)))
    assert {met.verdict.outcome for met in peer.settle(HANG)} == {Outcome.CLOSED_NORMALLY}


def test_sockets_of_every_kind(handshook_network):
    with handshook_network.socket() as stream, handshook_network.socket(type=socket.SOCK_DGRAM) as datagram:
        assert (stream.family, stream.type) == (socket.AF_INET, socket.SOCK_STREAM)
        assert datagram.type == socket.SOCK_DGRAM
        assert stream.gettimeout() is None and not stream.get_inheritable()
        with handshook_network.socket(fileno=socket.dup(stream.fileno())) as again:
            assert again.getsockname() == stream.getsockname()
    with handshook_network.socket(socket.AF_UNIX) as local:
        assert local.family == socket.AF_UNIX
    with pytest.raises(OSError) as caught:
        handshook_network.socket(proto=socket.IPPROTO_UDP)
    assert caught.value.errno == errno.EPROTONOSUPPORT


def test_two_sockets_inside_reach_each_other_and_nothing_else(handshook_network):
    with handshook_network.socket() as server, handshook_network.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
        with socket.socket() as outside:
            assert outside.connect_ex(server.getsockname()) == errno.ECONNREFUSED
