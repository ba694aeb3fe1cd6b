"""The streams under trio: its own checks of what a stream must do, and its servers."""

from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
from aio.link import FAR, HANG, NEAR, wire

from handshook import Config
from handshook.io.trio import Host, Stream, open_tcp_listener, open_tcp_stream, serve_tcp

# So little that a writer whose peer doesn't read soon has to wait.
SMALL = Config(send_buffer=4096, receive_window=4096, nagle=False)


@asynccontextmanager
async def hosts(config=None):
    with trio.fail_after(HANG), wire() as (one, other):
        async with Host(one, [NEAR], config) as near, Host(other, [FAR], config) as far:
            yield near, far


async def connected(near, far, listener) -> tuple[Stream, Stream]:
    ours = await open_tcp_stream(near, FAR, 7)
    return ours, await listener.accept()


async def clogged(near, far, listener):
    """Both ways full for good: a full buffer alone has room again when what is on the way is acknowledged."""
    ours, theirs = await connected(near, far, listener)
    for host, stream in ((near, ours), (far, theirs)):
        left = SMALL.receive_window + SMALL.send_buffer
        while left:
            host.touch()
            left -= stream.connection.send(bytes(min(left, stream.connection.writable())))
            await trio.sleep(0.001)
    return ours, theirs


def test_it_is_a_half_closeable_stream():
    async def main():
        async with hosts() as (near, far), hosts(SMALL) as (small_near, small_far):
            listener, small_listener = open_tcp_listener(far, 7), open_tcp_listener(small_far, 7)
            await trio.testing.check_half_closeable_stream(
                lambda: connected(near, far, listener), lambda: clogged(small_near, small_far, small_listener)
            )

    trio.run(main)


def test_serving():
    async def echo(stream):
        async with stream:
            async for data in stream:
                await stream.send_all(data)

    async def main():
        async with hosts() as (near, far), trio.open_nursery() as nursery:
            await nursery.start(serve_tcp, far, echo, 7)
            streams = [await open_tcp_stream(near, FAR, 7) for _ in range(20)]
            for number, stream in enumerate(streams):
                await stream.send_all(b"%d" % number)
                await stream.send_eof()
            for number, stream in enumerate(streams):
                assert b"".join([data async for data in stream]) == b"%d" % number
                await stream.aclose()
            nursery.cancel_scope.cancel()

    trio.run(main)


def test_refused():
    async def main():
        async with hosts() as (near, _):
            with pytest.raises(ConnectionRefusedError) as caught:
                await open_tcp_stream(near, FAR, 7)
            assert "nobody listens" in str(caught.value.verdict)

    trio.run(main)


def test_a_reset_is_the_cause_of_the_broken_stream():
    async def main():
        async with hosts() as (near, far):
            ours, theirs = await connected(near, far, open_tcp_listener(far, 7))
            async with trio.open_nursery() as nursery:

                @nursery.start_soon
                async def _():
                    with pytest.raises(trio.BrokenResourceError) as caught:
                        await ours.receive_some()
                    assert isinstance(caught.value.__cause__, ConnectionResetError)

                await trio.testing.wait_all_tasks_blocked()
                theirs.connection.abort()
                far.touch()

    trio.run(main)


def test_the_link_is_lost():
    async def main():
        async with hosts() as (near, far):
            listener = open_tcp_listener(far, 7)
            _ours, theirs = await connected(near, far, listener)
            async with trio.open_nursery() as nursery:

                async def fails(kind, call, *args):
                    with pytest.raises(kind):
                        await call(*args)

                nursery.start_soon(fails, trio.BrokenResourceError, theirs.receive_some)
                nursery.start_soon(fails, OSError, listener.accept)
                nursery.start_soon(fails, OSError, open_tcp_stream, far, "198.51.100.77", 7)
                await trio.testing.wait_all_tasks_blocked(0.05)
                far._lose_link(OSError(19, "far is gone"))
            with pytest.raises(OSError, match="far is gone"):
                await open_tcp_stream(far, NEAR, 7)

    trio.run(main)
