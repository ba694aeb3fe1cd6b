"""The libraries that people use, on the engine, with the kernel's programs or each other at the other end."""

import asyncio
import hashlib
import re
import shutil
from contextlib import asynccontextmanager

import httpx
import pytest
import redis
import redis.asyncio
import trio
import uvicorn
import uvloop
import websockets
from aio import peers
from aio.link import FAR, HANG, NEAR, wire
from aio.site import app

import handshook.io.anyio
from handshook.io.aio import Host
from handshook.io.httpx import AsyncTransport
from handshook.io.uvicorn import Server

# How long the load lasts, in seconds; `python tests/aio/long.py` takes longer and more.
LOAD = 1


def run(main, loop_factory=None):
    async def bounded():
        async with asyncio.timeout(HANG):
            return await main

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(bounded())


def needed(program):
    if shutil.which(program) is None:
        pytest.fail(f"this test needs {program} (Debian, Ubuntu: see .ci/run)")
    return program


@asynccontextmanager
async def serving(host, **options):
    """uvicorn at port 80 of the engine."""
    server = Server(uvicorn.Config(app, port=80, log_level="critical", **options), host)
    task = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.001)
    try:
        yield
    finally:
        server.should_exit = True
        await task


LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


@LOOPS
@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_uvicorn_serves_curl_and_a_load(ground, http, loop):
    curl, wrk = needed("curl"), needed("wrk")

    async def main():
        url = f"http://{ground.engine}"
        async with Host(ground.network.device, ground.addresses) as host, serving(host, http=http):
            quiet = (curl, "-sS", "--max-time", "30")
            assert await ground.run(*quiet, url) == f"hello {ground.kernel}"
            assert await ground.run(*quiet, "--http1.0", url) == f"hello {ground.kernel}"
            assert await ground.run(*quiet, f"http://[{ground.network.engine6}]") == f"hello {ground.network.kernel6}"
            assert await ground.run(*quiet, "-d", "x" * 100_000, f"{url}/echo") == "x" * 100_000
            assert await ground.run(*quiet, "-o", "/dev/null", "-w", "%{http_code}", f"{url}/broken") == "500"
            assert await ground.run(*quiet, url, url, url) == f"hello {ground.kernel}" * 3
            found = await ground.run(wrk, "-c", "50", "-t", "2", "-d", f"{LOAD}s", url)
            assert int(re.search(r"(\d+) requests in", found)[1]) > 0, found
            assert "Socket errors" not in found and "Non-2xx" not in found, found

    run(main(), loop)


def test_ten_thousand_requests_on_one_connection(ground):
    async def main():
        async with Host(ground.network.device, ground.addresses) as host, serving(host):
            assert await ground.end(ground.peer("keep_alive", ground.engine, 80, 10_000)) == "10000\n"

    run(main(), uvloop.new_event_loop)


def test_a_client_that_vanishes_in_a_body_and_one_that_trickles_hold_up_nobody(ground):
    async def main():
        async with Host(ground.network.device, ground.addresses) as host, serving(host):
            trickle = ground.peer("trickle", ground.engine, 80)
            assert await ground.line(trickle) == "open"
            vanish = ground.peer("vanish", ground.engine, 80)
            for _ in range(10):
                assert await ground.run(needed("curl"), "-sS", f"http://{ground.engine}") == f"hello {ground.kernel}"
            vanish.kill()
            trickle.kill()
            while len(host.handlers):
                await asyncio.sleep(0.01)

    run(main())


@asynccontextmanager
async def two_hosts():
    with wire() as (one, other):
        async with Host(one, [NEAR]) as near, Host(other, [FAR]) as far:
            yield near, far


def test_httpx_is_uvicorns_client(ground):
    async def main():
        async with two_hosts() as (near, far), serving(far):
            transport = AsyncTransport(near, {"example.test": FAR})
            async with httpx.AsyncClient(transport=transport, base_url="http://example.test") as client:
                assert (await client.get("/")).text == f"hello {NEAR}"
                answers = await asyncio.gather(*(client.post("/echo", content=b"%d" % n * 999) for n in range(30)))
                assert [answer.content for answer in answers] == [b"%d" % n * 999 for n in range(30)]
                found = hashlib.blake2b()
                async with client.stream("GET", "/large?8") as answer:
                    async for piece in answer.aiter_bytes():
                        found.update(piece)
                assert found.hexdigest() == peers.digest(8)
                with pytest.raises(httpx.ConnectError, match=r"nobody\.test"):
                    await client.get("http://nobody.test")
                with pytest.raises(httpx.ConnectError):
                    await client.get(f"http://{FAR}:81")
                with pytest.raises(httpx.ConnectTimeout):
                    await client.get("http://198.51.100.77", timeout=0.05)

    run(main())


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_httpx_in_any_loop_asks_the_kernels_server(ground, backend):
    async def main():
        ground.start("python3", "-m", "http.server", "--directory", "/proc/self", "8000")
        await ground.listening(8000)
        await ask()

    async def ask():
        async with (
            handshook.io.anyio.Host(ground.network.device, ground.addresses) as host,
            httpx.AsyncClient(transport=AsyncTransport(host)) as client,
        ):
            for _ in range(5):
                answer = await client.get(f"http://{ground.kernel}:8000/")
                assert answer.status_code == 200 and "cmdline" in answer.text

    if backend == "asyncio":
        run(main())
    else:
        ground.start("python3", "-m", "http.server", "--directory", "/proc/self", "8000")
        run(ground.listening(8000))
        trio.run(ask)


def test_httpx_over_tls(tmp_path):
    from aio.test_transport import contexts

    _, trusting = contexts(tmp_path)

    async def main():
        keys = {"ssl_keyfile": tmp_path / "key.pem", "ssl_certfile": tmp_path / "certificate.pem"}
        async with two_hosts() as (near, far), serving(far, **keys):
            async with httpx.AsyncClient(transport=AsyncTransport(near, verify=trusting)) as client:
                assert (await client.get(f"https://{FAR}:80/")).text == f"hello {NEAR}"
            async with httpx.AsyncClient(transport=AsyncTransport(near)) as client:
                with pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
                    await client.get(f"https://{FAR}:80/")

    run(main())


def test_websockets_as_client_and_as_server(ground):
    async def main():
        async with Host(ground.network.device, ground.addresses) as host:
            # uvicorn's websockets are that library's.
            async with serving(host, ws="websockets-sansio"):
                assert await ground.end(ground.peer("websocket_client", ground.engine, 80)) == "as it should be\n"
            server = ground.peer("websocket_server", 8765)
            assert await ground.line(server) == "listening"
            sock = await host.connect_socket(ground.kernel, 8765)
            async with websockets.connect("ws://peer/", sock=sock) as client:
                for size in (0, 1, 100_000):
                    await client.send("x" * size)
                    assert await client.recv() == "X" * size

    run(main())


def test_redis_over_its_own_hook(ground):
    class Connection(redis.asyncio.Connection):
        host_of_engine = None

        async def _connect(self):
            self._reader, self._writer = await self.host_of_engine.open_connection(self.host, self.port)
            await self.on_connect()

    async def main():
        async with Host(ground.network.device, ground.addresses) as host, redis_server(ground):
            Connection.host_of_engine = host
            pool = redis.asyncio.ConnectionPool(connection_class=Connection, host=ground.kernel, port=6379)
            async with redis.asyncio.Redis(connection_pool=pool) as client:
                await client.set("answer", 42)
                assert await client.get("answer") == b"42"
                async with client.pipeline() as pipeline:
                    for number in range(5000):
                        pipeline.rpush("numbers", number)
                    await pipeline.execute()
                assert await client.lrange("numbers", 0, -1) == [b"%d" % number for number in range(5000)]
            await pool.aclose()

    run(main())


def test_redis_that_blocks_over_a_real_descriptor(ground):
    async def main():
        async with Host(ground.network.device, ground.addresses) as host, redis_server(ground):
            loop = asyncio.get_running_loop()

            class Connection(redis.Connection):
                def _connect(self):
                    opening = host.connect_socket(self.host, self.port)
                    return asyncio.run_coroutine_threadsafe(opening, loop).result(HANG)

            def talk():
                pool = redis.ConnectionPool(connection_class=Connection, host=ground.kernel, port=6379)
                with redis.Redis(connection_pool=pool) as client:
                    client.set("large", b"x" * 5_000_000)
                    assert client.get("large") == b"x" * 5_000_000
                pool.close()

            await asyncio.to_thread(talk)

    run(main())


@asynccontextmanager
async def redis_server(ground):
    """The real one, on the kernel's side, with nothing on the disk."""
    words = ("--bind", ground.kernel, "--port", "6379", "--save", "", "--protected-mode", "no", "--dir", "/tmp")
    server = ground.start(needed("redis-server"), *words)
    await ground.listening(6379)
    yield
    server.terminate()
