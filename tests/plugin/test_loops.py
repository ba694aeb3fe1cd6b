"""The fixtures in tests that run in a loop, and in a forked child."""

import asyncio
import os
import signal

import anyio
import anyio.abc
import pytest
from lab.worlds import HANG

from handshook import Outcome
from handshook.lab import PrivateNetworkEnded
from handshook.peer.network import Network


async def talk(peer):
    sock = peer.socket()
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, peer.address)
    reader, writer = await asyncio.open_connection(sock=sock)
    writer.write(b"hello")
    writer.write_eof()
    found = await reader.read()
    writer.close()
    await writer.wait_closed()
    return found


def test_asyncio_many_at_once(handshook_peer):
    async def main():
        peer = handshook_peer()
        async with asyncio.timeout(HANG):
            assert await asyncio.gather(*(talk(peer) for _ in range(20))) == [b"hello"] * 20
            return await asyncio.to_thread(peer.settle, HANG)

    found = asyncio.run(main())
    assert len(found) == 20 and {met.verdict.outcome for met in found} == {Outcome.CLOSED_NORMALLY}


def test_asyncio_and_silence(handshook_peer):
    peer = handshook_peer("silent")

    async def main():
        with peer.socket() as sock:
            sock.setblocking(False)
            async with asyncio.timeout(0.1):
                await asyncio.get_running_loop().sock_connect(sock, peer.address)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert len(peer.verdicts) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_anyio(handshook_peer, anyio_backend):
    peer = handshook_peer()
    sock = await anyio.to_thread.run_sync(peer.connect, HANG)
    async with await anyio.abc.SocketStream.from_socket(sock) as stream:
        await stream.send(b"hello")
        assert await stream.receive() == b"hello"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_anyio_refused(handshook_peer, anyio_backend):
    with pytest.raises(ConnectionRefusedError):
        await anyio.to_thread.run_sync(handshook_peer("refused").connect, HANG)


def test_a_forked_child(handshook_peer):
    peer = handshook_peer()
    child = os.fork()
    if child == 0:
        with peer.connect(HANG) as sock:
            sock.sendall(b"x")
            os._exit(0 if sock.recv(1) == b"x" else 1)
    assert os.waitpid(child, 0)[1] == 0
    with peer.connect(HANG) as sock:
        sock.sendall(b"y")
        assert sock.recv(1) == b"y"
    assert len(peer.connections) == 2


@pytest.mark.parametrize("at_once", [True, False])
def test_when_the_network_ends_that_is_said(at_once):
    with Network.find() as network:
        peer = network.peer()
        with network.socket():
            pass
        os.kill(network._stage.pid, signal.SIGKILL)
        if not at_once:
            network._stage.wait()
        with pytest.raises(PrivateNetworkEnded):
            while True:
                peer.connections
        with pytest.raises(PrivateNetworkEnded):
            network.peer()
        with pytest.raises(PrivateNetworkEnded):
            # The one that makes sockets is killed with the rest, a little later.
            while True:
                network.socket().close()


def test_a_network_that_is_closed(handshook_network):
    network = Network.find()
    network.close()
    network.close()
    with pytest.raises(PrivateNetworkEnded):
        network.socket()
    with pytest.raises(PrivateNetworkEnded):
        network.peer()
