"""asyncio programs on the engine, the kernel's programs at the other end."""

import asyncio
import hashlib
import os
import signal

import pytest
from aio import echo_examples, peers
from aio.conftest import Ground
from aio.link import HANG

from handshook.io.aio import Host
from handshook.session.place import Place

# In MB. `python tests/aio/long.py` does the same with 1,024.
BODY = 128


def run(main):
    async def bounded():
        async with asyncio.timeout(HANG):
            await main

    asyncio.run(bounded())


def test_the_standard_librarys_echo_examples(ground):
    """docs/programs.md shows what is changed in them: the call that makes the server or the connection."""

    async def main():
        async with Host(ground.network.device, ground.addresses) as host:
            for server in (echo_examples.stream_server, echo_examples.protocol_server):
                serving = asyncio.ensure_future(server(host))
                await asyncio.sleep(0)
                assert (
                    await ground.end(ground.peer("talk", ground.engine, 8888, "Hello World!")) == "Hello World!\nend \n"
                )
                serving.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await serving
            echo = ground.peer("serve_echo", 8888)
            assert await ground.line(echo) == "listening"
            assert await echo_examples.stream_client(host, ground.kernel, "Hello World!") == "Hello World!"
            assert await echo_examples.protocol_client(host, ground.kernel, "Hello World!") == "Hello World!"

    run(main())


def test_a_large_body_each_way(ground):
    async def main():
        await large_body(ground, BODY)

    run(main())


async def large_body(ground, size):
    """`size` MB from the kernel, and then as many to it."""
    found = hashlib.blake2b()
    done = asyncio.Event()

    async def swap(reader, writer):
        while data := await reader.read(1 << 20):
            found.update(data)
        for piece in peers.body(size):
            writer.write(piece)
            await writer.drain()
        writer.close()
        done.set()

    async with Host(ground.network.device, ground.addresses) as host, await host.start_server(swap, 7, limit=1 << 20):
        assert await ground.end(ground.peer("give_and_take", ground.engine, 7, size)) == peers.digest(size) + "\n"
        await done.wait()
        assert found.hexdigest() == peers.digest(size)


def test_a_peer_that_vanishes_in_the_middle(ground):
    async def main():
        heard = asyncio.get_running_loop().create_future()

        async def take(reader, writer):
            writer.write(b"x")
            try:
                await reader.readexactly(1_000_000)
            except Exception as error:
                heard.set_result(error)
            writer.close()

        async with Host(ground.network.device, ground.addresses) as host, await host.start_server(take, 7):
            await ground.end(ground.peer("vanish", ground.engine, 7))
            error = await heard
            assert isinstance(error, ConnectionResetError), error
            assert str(error.verdict)
            await asyncio.sleep(0)
            assert len(host.handlers) == 0

    run(main())


def test_the_link_is_lost():
    """Whoever waits is told so: a reader, a writer, a connect, a server."""

    async def main():
        ground = Ground()
        try:
            async with Host(Place(ground.network.device, ground.addresses, ground.network)) as host:
                silent = asyncio.Event()

                async def hold(reader, writer):
                    await silent.wait()

                server = await host.start_server(hold, 7)
                trickle = ground.peer("trickle", ground.engine, 7)
                assert await ground.line(trickle) == "open"
                assert await ground.line(ground.peer("hold", 9)) == "listening"
                reader, writer = await host.open_connection(ground.kernel, 9)
                writer.write(bytes(1 << 25))
                waiting = [
                    asyncio.ensure_future(call)
                    for call in (
                        server.serve_forever(),
                        reader.read(1),
                        writer.drain(),
                        host.open_connection("198.51.100.77", 7),
                    )
                ]
                await asyncio.sleep(0.05)
                assert not any(call.done() for call in waiting)
                os.kill(ground.network.pid, signal.SIGKILL)
                for result in await asyncio.gather(*waiting, return_exceptions=True):
                    assert isinstance(result, OSError) and "gone" in str(result), result
                with pytest.raises(OSError, match="gone"):
                    await host.open_connection(ground.kernel, 7)
                silent.set()
        finally:
            ground.close()

    run(main())
