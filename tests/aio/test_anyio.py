"""anyio's streams on the engine, in both of its loops; and what a host leaves alone."""

import asyncio
import contextlib
import errno
import resource
import socket

import anyio
import pytest
from aio.link import FAR, HANG, NEAR, wire
from aio.test_transport import hosts

from handshook.io.anyio import Host, connect_tcp, listen


@pytest.fixture(params=["asyncio", "trio"])
def run(request):
    def go(main):
        async def bounded():
            with anyio.fail_after(HANG):
                await main()

        anyio.run(bounded, backend=request.param)

    return go


@contextlib.asynccontextmanager
async def connected():
    """(ours, theirs)."""
    with wire() as (one, other):
        async with (
            Host(one, [NEAR]) as near,
            Host(other, [FAR]) as far,
            listen(far, 7) as listener,
            await connect_tcp(near, FAR, 7) as ours,
            await listener.accept() as theirs,
        ):
            yield ours, theirs


def test_it_is_a_byte_stream(run):
    async def main():
        async with connected() as (ours, theirs):
            assert isinstance(ours, anyio.abc.ByteStream)
            sent = bytes(range(256)) * 8000

            async def send():
                await ours.send(sent)
                await ours.send_eof()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send)
                assert b"".join([piece async for piece in theirs]) == sent
            with pytest.raises(anyio.EndOfStream):
                await theirs.receive()
            # The other direction goes on.
            await theirs.send(b"back")
            assert await ours.receive(2) == b"ba"
            assert await ours.receive() == b"ck"
            await ours.aclose()
            with pytest.raises(anyio.ClosedResourceError):
                await ours.receive()
            with pytest.raises(anyio.ClosedResourceError):
                await ours.send(b"x")

    run(main)


def test_a_wait_that_is_given_up_loses_nothing(run):
    async def main():
        async with connected() as (ours, theirs):
            with anyio.move_on_after(0.01) as scope:
                await ours.receive()
            assert scope.cancelled_caught
            await theirs.send(b"later")
            assert await ours.receive() == b"later"

    run(main)


def test_two_that_wait_for_the_same_are_told(run):
    async def main():
        async with connected() as (ours, theirs), anyio.create_task_group() as tasks:

            async def first():
                assert await ours.receive() == b"x"

            tasks.start_soon(first)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(anyio.BusyResourceError):
                await ours.receive()
            await theirs.send(b"x")

    run(main)


def test_a_host_patches_nothing():
    """asyncio's own connections go on beside it, in the same loop."""

    async def echo(reader, writer):
        writer.write(await reader.readexactly(5))
        writer.close()

    async def main():
        async with (
            hosts() as (near, far),
            await far.start_server(echo, 7),
            await asyncio.start_server(echo, "127.0.0.1", 0) as kernel,
        ):
            there = kernel.sockets[0].getsockname()
            for connect, where in ((near.open_connection, (FAR, 7)), (asyncio.open_connection, there)):
                reader, writer = await connect(*where)
                writer.write(b"there")
                assert await reader.read() == b"there"
                writer.close()

    before = [dict(vars(module)) for module in (socket, asyncio, asyncio.AbstractEventLoop)]
    asyncio.run(main())
    assert [dict(vars(module)) for module in (socket, asyncio, asyncio.AbstractEventLoop)] == before


def test_descriptors_run_out():
    """Only what asks for one is told; connections take none, and the host goes on."""

    async def echo(reader, writer):
        writer.write(await reader.read())
        writer.close()

    async def main():
        async with hosts() as (near, far), await far.start_server(echo, 7):
            kept = resource.getrlimit(resource.RLIMIT_NOFILE)
            held = []
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, kept[1]))
            try:
                with contextlib.suppress(OSError):
                    while True:
                        held.append(open("/dev/null"))  # noqa: SIM115
                with pytest.raises(OSError) as full:
                    await near.connect_socket(FAR, 7)
                assert full.value.errno == errno.EMFILE
                reader, writer = await near.open_connection(FAR, 7)
                writer.write(b"there")
                writer.write_eof()
                assert await reader.read() == b"there"
                writer.close()
            finally:
                for file in held:
                    file.close()
                resource.setrlimit(resource.RLIMIT_NOFILE, kept)
            while len(near.handlers):
                await asyncio.sleep(0.001)
            with await near.connect_socket(FAR, 7) as sock:
                sock.shutdown(socket.SHUT_WR)
                sock.settimeout(HANG)
                assert await asyncio.to_thread(sock.recv, 1) == b""

    asyncio.run(asyncio.wait_for(main(), HANG))
