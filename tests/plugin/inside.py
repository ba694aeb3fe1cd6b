"""Run by test_inside.py under `handshook run`: nothing here is given a socket, and everything meets the peers."""

import asyncio
import errno
import multiprocessing
import socket
import subprocess
import urllib.request

import pytest
import trio
import uvloop

from handshook import Outcome

HANG = 120
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n" + bytes(5000)


def curl(peer, *options):
    words = ["curl", "-sS", "-o", "/dev/null", "--noproxy", "*", *options, f"http://{peer.host}:{peer.port}/"]
    return subprocess.run(words, timeout=HANG, check=False).returncode


def test_every_socket_is_inside(handshook_network, handshook_peer):
    assert handshook_network.inside
    peer = handshook_peer()
    with socket.create_connection(peer.address, HANG) as sock, handshook_network.socket() as other:
        other.connect(peer.address)
        for each in (sock, other):
            each.sendall(b"hello")
            assert each.recv(100) == b"hello"
    assert len(peer.settle(HANG)) == 2


def test_refused(handshook_peer):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(handshook_peer("refused").address, HANG)


def test_silent(handshook_peer):
    peer = handshook_peer("silent")
    with socket.socket() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
        assert sock.connect_ex(peer.address) == errno.ETIMEDOUT
    assert peer.connections[0].injected


def test_a_program_of_cs_meets_them_too(handshook_peer):
    # curl(1): 28 is a time-out, 7 a connection that failed, 56 data that could not be received.
    assert curl(handshook_peer(serve=ANSWER)) == 0
    assert curl(handshook_peer("silent"), "--connect-timeout", "0.3") == 28
    assert curl(handshook_peer("mute"), "--max-time", "0.3") == 28
    assert curl(handshook_peer("refused")) == 7
    assert curl(handshook_peer("rst after 1000 bytes", serve=ANSWER)) == 56


def test_a_function_of_the_tests_serves(handshook_peer):
    def serve(connection):
        connection.recv(1000)
        connection.sendall(ANSWER)

    peer = handshook_peer("delay synack 200ms", serve=serve)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{peer.host}:{peer.port}/", timeout=HANG) as answer:
        assert len(answer.read()) == 5000
    assert peer.settle(HANG)[0].verdict.outcome is Outcome.CLOSED_NORMALLY


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_loops_that_connect_by_themselves(handshook_peer, run):
    open_peer, reset = handshook_peer(), handshook_peer("rst in handshake")

    async def main():
        reader, writer = await asyncio.open_connection(*open_peer.address)
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*reset.address)

    run(main())


def test_trio(handshook_peer):
    peer = handshook_peer()

    async def main():
        async with await trio.open_tcp_stream(*peer.address) as stream:
            await stream.send_all(b"hello")
            assert await stream.receive_some() == b"hello"

    trio.run(main)


def _talk(address, told):
    with socket.create_connection(address, HANG) as sock:
        sock.sendall(b"hello")
        told.put(sock.recv(100))


def test_another_process(handshook_peer):
    context = multiprocessing.get_context("spawn")
    told = context.SimpleQueue()
    child = context.Process(target=_talk, args=(handshook_peer().address, told))
    child.start()
    assert told.get() == b"hello"
    child.join(HANG)


def test_what_is_no_peer_is_carried_on(handshook_peer):
    """A server of the tests' own, at their loopback, is there as ever."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), HANG) as client,
        server.accept()[0] as accepted,
    ):
        client.sendall(b"hello")
        assert accepted.recv(100) == b"hello"
