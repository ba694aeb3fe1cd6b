"""The verbs of a socket: each does what `socket.socket` does, and fails as it does."""

import errno
import io
import socket
import struct
import time

import pytest
from aio.link import FAR, FAR6, HANG, NEAR
from sockets.conftest import Running, until

from handshook import Config
from handshook.io.threads import HostDown
from handshook.outcomes import Outcome

RESET = struct.pack("ii", 1, 0)


def test_what_can_not_be_is_refused_by_name(hosts):
    near, _ = hosts
    with near.socket() as sock:
        with pytest.raises(ValueError, match="backlog -1"):
            sock.listen(-1)
        with pytest.raises(OverflowError, match="1e\\+12 s"):
            sock.settimeout(1e12)
        sock.listen(0)


def number_of(call, *arguments):
    with pytest.raises(OSError) as caught:
        call(*arguments)
    return caught.value.errno


def test_the_two_ends_of_a_connection_know_where_they_are(pair):
    ours, theirs = pair
    assert ours.getpeername() == theirs.getsockname() == (FAR, 7)
    assert ours.getsockname() == theirs.getpeername() and ours.getsockname()[0] == NEAR
    assert ours.family == socket.AF_INET and ours.type == socket.SOCK_STREAM
    assert str(ours.verdict) == f"open with {FAR}:7"


def test_ipv6(hosts):
    near, far = hosts
    with far.create_server(("::", 7)) as server, near.create_connection((FAR6, 7), timeout=HANG) as ours:
        theirs, who = server.accept()
        with theirs:
            assert who == ours.getsockname() and len(who) == 4
            assert theirs.family == ours.family == socket.AF_INET6


def test_send_and_receive(pair):
    ours, theirs = pair
    ours.sendall(b"hello, ")
    assert ours.send(memoryview(b"there")) == 5
    assert theirs.recv(12, socket.MSG_WAITALL) == b"hello, there"
    theirs.sendall(b"0123456789")
    until(ours.readable)
    assert ours.recv(4, socket.MSG_PEEK) == b"0123"
    assert ours.recv(100, socket.MSG_PEEK) == b"0123456789"
    buffer = bytearray(3)
    assert ours.recv_into(buffer) == 3 and buffer == b"012"
    assert ours.recv_into(buffer, 2) == 2 and buffer == b"342"
    assert ours.recv(0) == b""
    assert ours.recv(100) == b"56789"
    with pytest.raises(BlockingIOError):
        ours.recv(1, socket.MSG_DONTWAIT)


def test_more_than_any_buffer_holds(pair):
    ours, theirs = pair
    data = bytes(range(256)) * (1 << 16)
    sending = Running(ours.sendall, data)
    assert theirs.recv(len(data), socket.MSG_WAITALL) == data
    sending.result()


def test_files(pair):
    ours, theirs = pair
    with ours.makefile("rw", newline="\n") as text, theirs.makefile("rwb") as raw:
        text.write("a line\n")
        text.flush()
        assert raw.readline() == b"a line\n"
        raw.write("ä\n".encode())
        raw.flush()
        assert text.readline() == "ä\n"
        # Closed only when its files are.
        ours.close()
        text.write("another\n")
        text.flush()
        assert raw.readline() == b"another\n"
    assert theirs.recv(1) == b""
    assert number_of(ours.recv, 1) == errno.EBADF
    assert theirs.sendfile(io.BytesIO(b"0123456789"), 2, 5) == 5


def test_a_half_close_each_way(pair):
    ours, theirs = pair
    ours.shutdown(socket.SHUT_WR)
    assert theirs.recv(1) == b""
    with pytest.raises(BrokenPipeError):
        ours.send(b"x")
    theirs.sendall(b"still")
    assert ours.recv(5, socket.MSG_WAITALL) == b"still"
    ours.shutdown(socket.SHUT_RD)
    assert ours.recv(1) == b""
    with pytest.raises(OSError):
        ours.shutdown(7)


def test_time_outs(pair, hosts):
    near, far = hosts
    ours, _theirs = pair
    ours.settimeout(0.02)
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="timed out"):
        ours.recv(1)
    assert time.monotonic() - began >= 0.02
    with pytest.raises(TimeoutError):
        ours.sendall(bytes(8 << 20))
    with far.create_server((FAR, 8)) as server:
        server.settimeout(0.02)
        with pytest.raises(TimeoutError):
            server.accept()
    with pytest.raises(TimeoutError):
        near.create_connection(("198.51.100.77", 7), timeout=0.02)
    ours.settimeout(None)
    assert ours.getblocking() and ours.gettimeout() is None
    with pytest.raises(ValueError):
        ours.settimeout(-1)


def test_without_waiting(pair, hosts):
    near, far = hosts
    ours, theirs = pair
    ours.setblocking(False)
    assert number_of(ours.recv, 1) == errno.EAGAIN
    sent = 0
    while True:
        try:
            sent += ours.send(bytes(1 << 20))
        except BlockingIOError:
            break
    assert theirs.recv(sent, socket.MSG_WAITALL) == bytes(sent)
    with far.create_server((FAR, 8)) as server, near.socket() as another:
        server.setblocking(False)
        assert number_of(server.accept) == errno.EAGAIN
        another.setblocking(False)
        assert another.connect_ex((FAR, 8)) == errno.EINPROGRESS
        assert number_of(another.recv, 1) == errno.EAGAIN
        until(server.readable)
        server.accept()[0].close()
        assert another.connect_ex((FAR, 8)) == errno.EISCONN
        assert another.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


def test_refused(hosts):
    near, _far = hosts
    with pytest.raises(ConnectionRefusedError) as refused:
        near.create_connection((FAR, 9), timeout=HANG)
    assert refused.value.verdict.outcome is Outcome.CONNECTION_REFUSED
    with near.socket() as one:
        assert one.connect_ex((FAR, 9)) == errno.ECONNREFUSED
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED


def test_no_answer_ever(hosts):
    near, _far = hosts
    with near.socket() as one:
        one.configure(Config(initial_rto=0.01, syn_retries=1))
        with pytest.raises(TimeoutError) as late:
            one.connect(("198.51.100.77", 7))
    assert late.value.errno == errno.ETIMEDOUT
    assert late.value.verdict.outcome is Outcome.CONNECT_TIMED_OUT


def test_reset_stays_reset(pair):
    ours, theirs = pair
    theirs.sendall(b"before")
    until(ours.readable)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    theirs.close()
    until(lambda: ours.verdict.outcome is Outcome.CONNECTION_RESET)
    # What came before it can still be read.
    assert ours.recv(100) == b"before"
    for call in (lambda: ours.recv(1), lambda: ours.send(b"x"), lambda: ours.recv(1)):
        with pytest.raises(ConnectionResetError) as reset:
            call()
        assert reset.value.verdict.outcome is Outcome.CONNECTION_RESET


def test_closed_with_data_unread_is_a_reset(pair):
    ours, theirs = pair
    ours.sendall(b"unread")
    assert theirs.recv(3, socket.MSG_PEEK) == b"unr"
    theirs.close()
    with pytest.raises(ConnectionResetError):
        ours.recv(1)


def test_addresses(hosts):
    near, far = hosts
    with far.create_server(("", 0)) as server:
        host, port = server.getsockname()
        assert host == "0.0.0.0" and port > 1023
        assert number_of(far.create_server, ("", port)) == errno.EADDRINUSE
        assert number_of(far.create_server, ("192.0.2.9", 80)) == errno.EADDRNOTAVAIL
        with near.create_connection((FAR, port), HANG, (NEAR, 5555)) as ours:
            assert ours.getsockname() == (NEAR, 5555)
            assert number_of(near.create_connection, (FAR, port), HANG, (NEAR, 5555)) == errno.EADDRINUSE
            assert number_of(ours.connect, (FAR, port)) == errno.EISCONN
            assert number_of(ours.bind, (NEAR, 1)) == errno.EINVAL
        assert number_of(server.connect, (FAR, port)) == errno.EISCONN
        assert number_of(server.recv, 1) == errno.ENOTCONN
    with near.socket() as one:
        assert number_of(one.recv, 1) == number_of(one.send, b"x") == number_of(one.getpeername) == errno.ENOTCONN
        assert number_of(one.accept) == errno.EINVAL
        with pytest.raises(socket.gaierror, match="no IPv4 address"):
            one.connect(("example.test", 80))
        with pytest.raises(OverflowError):
            one.bind(("", 65536))
        assert number_of(one.detach) == errno.EOPNOTSUPP


def test_options(pair, hosts):
    near, _far = hosts
    ours, _theirs = pair
    for level, option, value in (
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 33),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 7),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 120_000),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16),
        (socket.IPPROTO_IP, socket.IP_TOS, 0x10),
        (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1),
    ):
        ours.setsockopt(level, option, value)
        assert ours.getsockopt(level, option) == value
    config = ours.connection.config
    assert (config.nagle, config.keep_alive, config.keep_alive_interval, config.user_timeout) == (False, 33, 7, 120)
    assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == struct.pack("ii", 0, 0)
    assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM
    assert number_of(ours.setsockopt, socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16) == errno.EINVAL
    assert number_of(ours.setsockopt, socket.SOL_SOCKET, socket.SO_OOBINLINE, 1) == errno.ENOPROTOOPT
    assert number_of(ours.getsockopt, socket.SOL_SOCKET, socket.SO_OOBINLINE) == errno.ENOPROTOOPT
    assert number_of(ours.setsockopt, socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 5)) == errno.EINVAL
    assert number_of(ours.setsockopt, socket.IPPROTO_TCP, socket.TCP_KEEPCNT, -1) == errno.EINVAL
    with near.socket() as early:
        early.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        assert early.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 1 << 16


@pytest.mark.parametrize("what", ["accept", "connect", "recv", "sendall"])
def test_a_close_wakes_whoever_waits(pair, hosts, what):
    near, far = hosts
    ours, _theirs = pair
    if what == "accept":
        waits = far.create_server((FAR, 8))
        waiting = Running(waits.accept)
    elif what == "connect":
        waits = near.socket()
        waiting = Running(waits.connect, ("198.51.100.77", 7))
        until(lambda: waits.connection is not None)
    else:
        waits = ours
        waiting = Running(*((ours.recv, 1) if what == "recv" else (ours.sendall, bytes(8 << 20))))
    time.sleep(0.02)
    assert waiting.thread.is_alive()
    waits.close()
    assert number_of(waiting.result) == errno.EBADF
    assert waits.fileno() == -1
    waits.close()


def test_a_socket_that_is_forgotten_is_closed(pair, hosts):
    near, far = hosts
    with far.create_server((FAR, 8)) as server:
        forgotten = near.create_connection((FAR, 8), timeout=HANG)
        theirs, _ = server.accept()
        with theirs:
            with pytest.warns(ResourceWarning, match="unclosed <handshook socket"):
                del forgotten
            assert theirs.recv(1) == b""


def test_a_closed_host(hosts):
    near, far = hosts
    with far.create_server((FAR, 7)) as server, near.create_connection((FAR, 7), timeout=HANG) as ours:
        theirs, _ = server.accept()
        ours.sendall(bytes(100_000))
        waiting = [Running(ours.recv, 1), Running(ours.recv, 1)]
        near.close()
        for one in waiting:
            with pytest.raises(HostDown, match="the host is closed"):
                one.result()
        with near.socket() as another:
            for late in (lambda: ours.send(b"x"), another.getsockname, lambda: near.create_connection((FAR, 7))):
                with pytest.raises(HostDown, match="the host is closed"):
                    late()
        with theirs, pytest.raises(ConnectionResetError):
            while theirs.recv(1 << 20):
                pass


def test_what_was_closed_before_its_host_is_still_sent(hosts):
    near, far = hosts
    with far.create_server((FAR, 7)) as server:
        with near.create_connection((FAR, 7), timeout=HANG) as ours:
            ours.sendall(bytes(1 << 20))
        theirs, _ = server.accept()
        closing = Running(near.close)
        with theirs:
            assert len(theirs.recv(2 << 20, socket.MSG_WAITALL)) == 1 << 20
        closing.result()
