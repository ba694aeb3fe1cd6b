"""The asyncio transport, end to end between two hosts of one loop: what its protocol is told, and when."""

import asyncio
import errno
import socket
import ssl
import subprocess
from contextlib import asynccontextmanager

import pytest
import uvloop
from aio.link import FAR, FAR6, HANG, NEAR, NEAR6, wire

from handshook import Config, Outcome
from handshook.io.aio import Host

SMALL = Config(send_buffer=8192, receive_window=8192, nagle=False)


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request):
    """Runs a coroutine in a loop of either kind; what the loop's exception handler was told is in `run.told`."""
    told = []

    def go(main):
        async def bounded():
            asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
            async with asyncio.timeout(HANG):
                return await main

        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(bounded())

    go.told = told
    return go


@asynccontextmanager
async def hosts(config=None):
    with wire() as (one, other):
        async with Host(one, [NEAR, NEAR6], config) as near, Host(other, [FAR, FAR6], config) as far:
            yield near, far


class Talker(asyncio.Protocol):
    """Writes down what it is told. `stays` is what `eof_received` returns."""

    def __init__(self, stays=None):
        self.stays = stays
        self.told = []
        self.data = b""
        self.lost = asyncio.get_running_loop().create_future()
        self.changed = asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport
        self._note("made")

    def data_received(self, data):
        self.data += data
        self._note("data")

    def eof_received(self):
        self._note("eof")
        return self.stays

    def pause_writing(self):
        self._note("pause")

    def resume_writing(self):
        self._note("resume")

    def connection_lost(self, error):
        self._note("lost")
        self.lost.set_result(error)

    async def until(self, condition):
        while not condition():
            self.changed.clear()
            await self.changed.wait()

    def _note(self, what):
        if self.told[-1:] != [what] or what != "data":
            self.told.append(what)
        self.changed.set()


async def pair(near, far, ours=Talker, theirs=Talker, address=FAR, **options):
    """A connection: our protocol and theirs, both told that it is made."""
    made = []

    def make():
        made.append(theirs())
        return made[-1]

    server = await far.create_server(make, 7)
    _, protocol = await near.create_connection(ours, address, 7, **options)
    while not made:
        await asyncio.sleep(0.001)
    await made[0].until(lambda: made[0].told)
    server.close()
    return protocol, made[0]


class Bursting(Talker):
    """Fails in a way that no `except Exception` catches."""

    error: BaseException

    def data_received(self, data):
        raise self.error


def test_a_protocol_that_fails_beyond_exception_loses_only_its_own_connection(run):
    class Cancelled(Bursting):
        error = asyncio.CancelledError("in a callback")

    async def main():
        async with hosts() as (near, far):
            bad, theirs = await pair(near, far, Cancelled)
            good, others = await pair(near, far)
            theirs.transport.write(b"x")
            others.transport.write(b"y")
            assert isinstance(await bad.lost, asyncio.CancelledError)
            assert isinstance(await theirs.lost, ConnectionResetError)
            await good.until(lambda: good.data == b"y")

    run(main())
    assert [type(each["exception"]) for each in run.told] == [asyncio.CancelledError]


def test_what_ends_the_program_leaves_a_host_that_can_still_be_closed(run):
    class Ending(Bursting):
        error = SystemExit(3)

    ended = []

    async def main():
        async with hosts() as (near, far):
            _, theirs = await pair(near, far, Ending)
            _, others = await pair(near, far)
            theirs.transport.write(b"x")
            others.transport.write(b"y")
            try:
                await others.lost
            finally:
                await near.close()
                ended.append(len(near.handlers))

    with pytest.raises(SystemExit) as caught:
        run(main())
    assert caught.value.code == 3
    assert ended == [0]


def test_loop_sendfile(tmp_path):
    """asyncio's own copies, for the descriptor is not the kernel's; uvloop has none."""
    (tmp_path / "file").write_bytes(bytes(range(256)) * 2000)

    async def main():
        async with hosts() as (near, far):
            ours, theirs = await pair(near, far)
            with open(tmp_path / "file", "rb") as file:
                loop = asyncio.get_running_loop()
                assert await loop.sendfile(ours.transport, file, 256, 511_000) == 511_000
            await theirs.until(lambda: len(theirs.data) == 511_000)
            assert theirs.data == (bytes(range(256)) * 2000)[256:511_256]

    asyncio.run(main())


def test_who_is_who(run):
    async def main():
        async with hosts() as (near, far):
            ours, theirs = await pair(near, far, local_port=4000)
            assert ours.transport.get_extra_info("sockname") == (NEAR, 4000)
            assert ours.transport.get_extra_info("peername") == (FAR, 7)
            assert theirs.transport.get_extra_info("peername") == (NEAR, 4000)
            assert theirs.transport.get_extra_info("connection").local == (FAR, 7)
            assert ours.transport.get_extra_info("nothing", 5) == 5
            face = ours.transport.get_extra_info("socket")
            assert (face.family, face.type, face.getsockname()) == (socket.AF_INET, socket.SOCK_STREAM, (NEAR, 4000))
            assert face.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
            face.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
            assert face.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
            with pytest.raises(OSError) as caught:
                face.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            assert caught.value.errno == errno.ENOPROTOOPT

    run(main())


def test_ipv6(run):
    async def main():
        async with hosts() as (near, far):
            ours, _ = await pair(near, far, address=FAR6)
            assert ours.transport.get_extra_info("peername") == (FAR6, 7, 0, 0)
            assert ours.transport.get_extra_info("socket").family == socket.AF_INET6

    run(main())


def test_what_is_written_arrives_in_order_and_close_loses_none_of_it(run):
    sent = b"".join(b"%07d " % number for number in range(100_000))

    async def main():
        async with hosts(SMALL) as (near, far):
            ours, theirs = await pair(near, far)
            ours.transport.writelines([sent[:10], b"", bytearray(sent[10:20])])
            for at in range(20, len(sent), 77_777):
                ours.transport.write(memoryview(sent)[at : at + 77_777])
            ours.transport.close()
            assert ours.transport.is_closing()
            assert await theirs.lost is None
            assert theirs.data == sent
            assert await ours.lost is None
            assert theirs.told == ["made", "data", "eof", "lost"]

    run(main())


def test_a_writer_whose_peer_does_not_read_is_told_to_stop_and_then_to_go_on(run):
    async def main():
        async with hosts(SMALL) as (near, far):
            ours, theirs = await pair(near, far)
            ours.transport.set_write_buffer_limits(high=10_000, low=1000)
            assert ours.transport.get_write_buffer_limits() == (1000, 10_000)
            theirs.transport.pause_reading()
            assert not theirs.transport.is_reading()
            written = 0
            while "pause" not in ours.told:
                ours.transport.write(bytes(1000))
                written += 1000
                await asyncio.sleep(0)
            # Both windows, and what may wait here: nothing else takes any memory.
            assert written <= 2 * 8192 + 10_000 + 2000
            assert ours.transport.get_write_buffer_size() > 10_000
            await asyncio.sleep(0.05)
            assert "resume" not in ours.told and theirs.data == b""
            theirs.transport.resume_reading()
            await ours.until(lambda: "resume" in ours.told)
            await theirs.until(lambda: len(theirs.data) == written)
            assert ours.transport.get_write_buffer_size() == 0

    run(main())


def test_each_direction_ends_by_itself(run):
    async def main():
        async with hosts() as (near, far):
            ours, theirs = await pair(near, far, lambda: Talker(True), lambda: Talker(True))
            assert ours.transport.can_write_eof()
            ours.transport.write(b"question")
            ours.transport.write_eof()
            with pytest.raises(RuntimeError, match="after write_eof"):
                ours.transport.write(b"more")
            await theirs.until(lambda: "eof" in theirs.told)
            assert theirs.data == b"question" and not theirs.transport.is_closing()
            theirs.transport.write(b"answer")
            await ours.until(lambda: ours.data == b"answer")
            theirs.transport.write_eof()
            assert await ours.lost is None and await theirs.lost is None
            assert ours.told == theirs.told == ["made", "data", "eof", "lost"]

    run(main())


def test_a_peer_that_has_finished_is_closed_unless_the_protocol_says_otherwise(run):
    async def main():
        async with hosts() as (near, far):
            ours, theirs = await pair(near, far)
            ours.transport.write_eof()
            assert await theirs.lost is None
            assert await ours.lost is None

    run(main())


def test_the_end_is_told_after_all_that_came_before_it(run):
    async def main():
        async with hosts() as (near, far):
            ours, theirs = await pair(near, far)
            theirs.transport.pause_reading()
            theirs.transport.write_eof()
            ours.stays = True
            ours.transport.write(b"x" * 5000)
            ours.transport.close()
            # It is over for the engine; what it has received is still there.
            connection = theirs.transport.get_extra_info("connection")
            while connection.state.name not in ("TIME_WAIT", "CLOSED"):
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.01)
            assert theirs.told == ["made"]
            theirs.transport.resume_reading()
            assert await theirs.lost is None
            assert theirs.data == b"x" * 5000 and theirs.told == ["made", "data", "eof", "lost"]

    run(main())


def test_abort_resets(run):
    async def main():
        async with hosts() as (near, far):
            ours, theirs = await pair(near, far)
            ours.transport.write(bytes(1 << 22))
            ours.transport.abort()
            assert await ours.lost is None
            error = await theirs.lost
            assert isinstance(error, ConnectionResetError)
            assert error.verdict.outcome is Outcome.CONNECTION_RESET
            # As with a kernel's socket, writing to what is over does nothing.
            ours.transport.write(b"x")
            theirs.transport.write(b"x")

    run(main())


def test_closing_with_unread_data_resets(run):
    async def main():
        async with hosts() as (near, far):
            ours, theirs = await pair(near, far)
            theirs.transport.pause_reading()
            ours.transport.write(b"unread")
            connection = theirs.transport.get_extra_info("connection")
            while not connection.readable():
                await asyncio.sleep(0.001)
            theirs.transport.close()
            assert await theirs.lost is None
            assert isinstance(await ours.lost, ConnectionResetError)

    run(main())


def test_a_protocol_that_raises_is_told_of_and_its_peer_reset_and_others_go_on(run):
    class Broken(Talker):
        def data_received(self, data):
            raise LookupError("broken")

    async def main():
        async with hosts() as (near, far):
            ours, theirs = await pair(near, far, theirs=Broken)
            other, _ = await pair(near, far, theirs=Talker)
            ours.transport.write(b"x")
            assert isinstance(await ours.lost, ConnectionResetError)
            assert isinstance(await theirs.lost, LookupError)
            other.transport.write(b"x")
            other.transport.close()
            assert await other.lost is None
            [told] = run.told
            assert isinstance(told["exception"], LookupError) and told["protocol"] is theirs

    run(main())


def test_a_factory_that_raises(run):
    def broken():
        raise LookupError("no protocol")

    async def main():
        async with hosts() as (near, far):
            async with await far.create_server(broken, 7):
                _, ours = await near.create_connection(Talker, FAR, 7)
                assert isinstance(await ours.lost, ConnectionResetError)
                assert [str(told["exception"]) for told in run.told] == ["no protocol"]
            async with await far.create_server(Talker, 8):
                with pytest.raises(LookupError):
                    await near.create_connection(broken, FAR, 8)
                while len(near.handlers):
                    await asyncio.sleep(0.001)

    run(main())


def test_a_buffered_protocol(run):
    class Buffered(asyncio.BufferedProtocol):
        def __init__(self):
            self.room = bytearray(100)
            self.data = b""

        def connection_made(self, transport):
            self.transport = transport

        def get_buffer(self, hint):
            return memoryview(self.room)

        def buffer_updated(self, count):
            self.data += self.room[:count]
            self.transport.write(self.room[:count])

        def eof_received(self):
            return False

    async def main():
        async with hosts() as (near, far), await far.create_server(Buffered, 7):
            reader, writer = await near.open_connection(FAR, 7)
            sent = bytes(range(256)) * 100
            writer.write(sent)
            writer.write_eof()
            assert await reader.read() == sent
            writer.close()
            await writer.wait_closed()

    run(main())


def test_another_protocol_takes_over(run):
    async def main():
        async with hosts() as (near, far):
            ours, theirs = await pair(near, far)
            successor = Talker()
            theirs.transport.set_protocol(successor)
            assert theirs.transport.get_protocol() is successor
            ours.transport.write(b"for the new one")
            ours.transport.close()
            assert await successor.lost is None
            assert successor.data == b"for the new one" and theirs.data == b""

    run(main())


def test_streams_under_load(run):
    async def echo(reader, writer):
        while data := await reader.read(10_000):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def talk(near, number):
        reader, writer = await near.open_connection(FAR, 7, limit=1000)
        sent = b"%05d" % number * 20_000
        writer.write(sent)
        writer.write_eof()
        assert await reader.read() == sent
        writer.close()
        await writer.wait_closed()

    async def main():
        async with hosts(SMALL) as (near, far), await far.start_server(echo, 7, limit=1000) as server:
            await asyncio.gather(*(talk(near, number) for number in range(20)))
            server.close()
            await server.wait_closed()
            assert len(near.handlers) == 0

    run(main())


def test_connecting_fails_with_the_engines_error(run):
    async def main():
        async with hosts() as (near, _far):
            with pytest.raises(ConnectionRefusedError) as caught:
                await near.create_connection(Talker, FAR, 7)
            assert "nobody listens" in str(caught.value.verdict)
            with pytest.raises(TimeoutError):
                await near.create_connection(Talker, "198.51.100.77", 7, timeout=0.05)
            with pytest.raises(TimeoutError) as caught:
                await near.open_connection("198.51.100.77", 7, config=Config(syn_retries=0, initial_rto=0.05))
            assert caught.value.verdict.outcome is Outcome.CONNECT_TIMED_OUT
            with pytest.raises(ValueError, match="port"):
                await near.create_connection(Talker, FAR, 70_000)
            await asyncio.sleep(0)
            assert len(near.handlers) == 0

    run(main())


def test_the_server_has_the_standard_shape(run):
    async def main():
        async with hosts() as (near, far):
            made = []
            server = await far.create_server(lambda: made.append(Talker()) or made[-1], 7, start_serving=False)
            assert isinstance(server, asyncio.AbstractServer) and not server.is_serving()
            with pytest.raises(ConnectionRefusedError):
                await near.create_connection(Talker, FAR, 7)
            forever = asyncio.ensure_future(server.serve_forever())
            await asyncio.sleep(0)
            assert server.is_serving() and server.get_loop() is asyncio.get_running_loop()
            assert [face.getsockname() for face in server.sockets] == [(FAR, 7), (FAR6, 7, 0, 0)]
            with pytest.raises(OSError) as caught:
                await far.create_server(Talker, 7)
            assert caught.value.errno == errno.EADDRINUSE
            _, ours = await near.create_connection(Talker, FAR, 7)
            while not made:
                await asyncio.sleep(0.001)
            forever.cancel()
            await asyncio.sleep(0.01)
            # It waits for who is there.
            assert not forever.done() and not server.is_serving() and server.sockets == ()
            ours.transport.close()
            with pytest.raises(asyncio.CancelledError):
                await forever
            await server.wait_closed()

    run(main())


def test_a_host_that_ends_resets_what_is_open_and_lets_finish_what_was_closed(run, monkeypatch):
    monkeypatch.setattr("handshook.io.aio.LAST_WORDS", HANG)

    async def main():
        with wire() as (one, other):
            async with Host(other, [FAR]) as far:
                made = []
                async with Host(one, [NEAR]) as near:
                    await far.create_server(lambda: made.append(Talker()) or made[-1], 7)
                    _, opened = await near.create_connection(Talker, FAR, 7)
                    _, closed = await near.create_connection(Talker, FAR, 7)
                    closed.transport.write(bytes(1 << 20))
                    closed.transport.close()
                assert isinstance(await opened.lost, ConnectionAbortedError)
                with pytest.raises(RuntimeError, match="closed"):
                    await near.create_connection(Talker, FAR, 7)
                errors = [await talker.lost for talker in made]
                assert sorted(type(error) for error in errors if error) == [ConnectionResetError]
                assert sorted(len(talker.data) for talker in made) == [0, 1 << 20]

    run(main())


def test_a_real_descriptor(run):
    """A library that blocks, in a thread, over the engine: both ends are descriptors."""

    def talk(sock):
        with sock:
            sock.settimeout(HANG)
            sock.sendall(b"x" * 3_000_000)
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(1 << 16), b""))

    async def echo(reader, writer):
        data = await reader.read()
        writer.write(data.replace(b"x", b"y"))
        writer.close()

    async def main():
        async with hosts() as (near, far), await far.start_server(echo, 7, limit=1 << 20):
            sock = await near.connect_socket(FAR, 7)
            assert await asyncio.to_thread(talk, sock) == b"y" * 3_000_000
            # Closing the descriptor is closing the connection, and the other way round.
            while len(near.handlers):
                await asyncio.sleep(0.001)
            sock = await near.connect_socket(FAR, 7)
            sock.close()
            while len(near.handlers):
                await asyncio.sleep(0.001)

    run(main())


def test_a_descriptor_for_a_connection_that_the_program_has(run):
    async def main():
        async with hosts() as (near, far):
            listener = far.stack.listen(7)
            sock = await near.connect_socket(FAR, 7)
            while (connection := listener.accept()) is None:
                await asyncio.sleep(0.001)
            other = far.as_socket(connection)
            with sock, other:
                sock.sendall(b"there")
                other.settimeout(HANG)
                assert await asyncio.to_thread(other.recv, 100) == b"there"
                other.sendall(b"back")
                other.close()
                sock.settimeout(HANG)
                assert await asyncio.to_thread(sock.recv, 100) == b"back"
                assert await asyncio.to_thread(sock.recv, 100) == b""

    run(main())


def test_something_between_the_engine_and_the_link(run):
    class Counting:
        def __init__(self, stack):
            self.stack, self.sent = stack, 0

        def transmit(self, now):
            frames = self.stack.transmit(now)
            self.sent += len(frames)
            return frames

        def __getattr__(self, name):
            return getattr(self.stack, name)

    async def main():
        wraps = []

        def wrap(stack):
            wraps.append(Counting(stack))
            return wraps[0]

        with wire() as (one, other):
            async with Host(one, [NEAR], wrap=wrap) as near, Host(other, [FAR]) as far:
                ours, _ = await pair(near, far)
                ours.transport.close()
                await ours.lost
        assert wraps[0].sent >= 3

    run(main())


def contexts(tmp_path):
    """A server's context with a certificate for FAR made on the spot, and a client's that trusts it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=far -addext subjectAltName=IP:{FAR} -keyout {key}"
    subprocess.run(["openssl", *words.split(), "-out", certificate], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=certificate)


def test_tls(run, tmp_path):
    theirs, ours = contexts(tmp_path)

    async def echo(reader, writer):
        assert writer.get_extra_info("sslcontext") is theirs
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def main():
        async with hosts() as (near, far), await far.start_server(echo, 7, ssl=theirs):
            reader, writer = await near.open_connection(FAR, 7, ssl=ours)
            assert writer.get_extra_info("peername") == (FAR, 7)
            sent = bytes(range(256)) * 4000
            writer.write(sent)
            assert await reader.readexactly(len(sent)) == sent
            writer.close()
            await writer.wait_closed()
            with pytest.raises(ssl.SSLCertVerificationError):
                await near.open_connection(FAR, 7, ssl=True)
            with pytest.raises(ssl.SSLCertVerificationError):
                await near.open_connection(FAR, 7, ssl=ours, server_hostname="somebody.else")

    run(main())
