"""Scenes of opening: the handshake, what it agrees on, who refuses and who is silent (RFC 9293 3.5)."""

import errno
import socket
from collections.abc import Callable
from typing import Any

import pytest
from kernel.bench import CLIENT, SERVER, Bench
from kernel.faults import is_bare_ack, is_syn, is_syn_ack
from kernel.scenes import MTU, SMALL_MTU, scene
from requirements import requirement

from handshook import Config, Connection, Entry, Outcome, State

# linux/tcp.h
TCP_FASTOPEN_NO_COOKIE = 34
TIMESTAMPS = 12
"""The bytes that timestamps take from each segment."""


def entry_of(bench: Bench, connection: Connection) -> Entry:
    """The connection's line in the stack's own table."""
    (entry,) = [
        entry
        for entry in bench.stack.snapshot()
        if (entry.local, entry.remote) == (connection.local, connection.remote)
    ]
    return entry


async def echo(bench: Bench, kernel: Any, ours: Connection) -> None:
    """One byte there and back: the connection is open to both programs."""
    await kernel.send("?")
    assert await bench.recv(ours, 1) == b"?"
    await bench.send(ours, b"!")
    assert await kernel.recv() == "!"


@requirement("MUST-14")
@scene(mtus=(MTU, SMALL_MTU))
async def handshake(bench: Bench) -> Any:
    kernel, ours = await bench.pair()
    mtu = bench.ground.network.mtu
    mss = mtu - bench.headers
    info = await kernel.info()
    entry = entry_of(bench, ours)
    assert (info["state"], entry.state) == ("ESTABLISHED", State.ESTABLISHED)
    assert info["options"] == ["timestamps", "sack", "scale"]
    assert entry.options == (f"mss {mss}", "timestamps", "sack", f"scale 5/{info['rcv_wscale']}")
    assert info["snd_wscale"] == bench.stack.config.receive_scale == 5
    assert info["advmss"] == info["snd_mss"] == mss - TIMESTAMPS
    assert info["pmtu"] == mtu
    if bench.role == SERVER:
        named = [Outcome.SYN_ANSWERED, Outcome.SENT_SYN_ACK, Outcome.ESTABLISHED_PASSIVE]
        assert bench.record.states[:4] == [State.LISTEN, State.SYN_RECEIVED, State.ESTABLISHED]
    else:
        named = [Outcome.CALLED_CONNECT, Outcome.SENT_SYN, Outcome.ESTABLISHED_ACTIVE]
        assert bench.record.states == [State.CLOSED, State.SYN_SENT, State.ESTABLISHED]
    assert [bench.outcomes[outcome] for outcome in named] == [1, 1, 1]
    await echo(bench, kernel, ours)
    return info


@scene()
async def handshake_without_options(bench: Bench) -> None:
    """What we don't offer isn't used by either side."""
    kernel, ours = await bench.pair(Config(timestamps=False, sack=False, window_scale=False))
    info = await kernel.info()
    assert info["options"] == []
    assert (info["snd_wscale"], info["rcv_wscale"]) == (0, 0)
    assert entry_of(bench, ours).options == (f"mss {MTU - bench.headers}",)
    assert info["snd_mss"] == MTU - bench.headers
    await echo(bench, kernel, ours)


@requirement("MUST-16")
@scene()
async def small_mss(bench: Bench) -> None:
    """A peer that takes only small segments gets no larger ones (RFC 9293 3.7.1, MUST-16)."""
    kernel, ours = await bench.pair(options=[(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 600)])
    assert entry_of(bench, ours).options[0] == "mss 600"
    reading = kernel.recv_to_end()
    await bench.send(ours, bytes(20_000))
    ours.shutdown()
    assert (await reading)[0] == 20_000
    sizes = [
        int.from_bytes(step.frame[4:6], "little") if step.frame[1] else len(step.segment.data)
        for step in bench.record.steps
        if step.outcome in (Outcome.SENT_DATA, Outcome.SENT_FIN) and step.frame and step.segment
    ]
    assert max(sizes) == 600 - TIMESTAMPS
    assert (await kernel.info())["rcv_mss"] <= 600


@scene()
async def refused(bench: Bench) -> None:
    if bench.role == SERVER:
        kernel = await bench.socket()
        with pytest.raises(ConnectionRefusedError):
            await kernel.connect(bench.engine, bench.port)
        assert bench.outcomes == {Outcome.CLOSED_PORT_RESET: 1, Outcome.SENT_RST_FOR_NO_ONE: 1}
        return
    ours = bench.connect()
    with pytest.raises(ConnectionRefusedError) as caught:
        await bench.open(ours)
    assert caught.value.errno == errno.ECONNREFUSED
    assert caught.value.verdict.outcome is Outcome.CONNECTION_REFUSED
    assert ours.state is State.CLOSED
    assert bench.outcomes[Outcome.CONNECTION_REFUSED] == 1


@scene()
async def silent(bench: Bench) -> None:
    """Nobody answers: the kernel's client and ours each give up, in their own time."""
    if bench.role == SERVER:
        kernel = await bench.socket(options=[(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)])
        with pytest.raises(TimeoutError) as caught:
            await kernel.connect(bench.nobody, bench.port)
        assert caught.value.errno == errno.ETIMEDOUT
        # How often it asks is the kernel's affair; nobody answers.
        assert bench.outcomes.keys() == {Outcome.NOT_OURS}
        assert bench.outcomes[Outcome.NOT_OURS] >= 2
        return
    config = Config(initial_rto=0.1, syn_retries=3)
    ours = bench.stack.connect((bench.nobody, bench.port), config=config)
    with pytest.raises(TimeoutError) as caught:
        await bench.open(ours)
    assert caught.value.errno == errno.ETIMEDOUT
    verdict = caught.value.verdict
    assert verdict.outcome is Outcome.CONNECT_TIMED_OUT
    assert "4 SYNs" in verdict.sentence
    assert verdict.evidence["segments_out"] == 4
    assert verdict.evidence["segments_in"] == 0
    assert bench.outcomes == {
        Outcome.CALLED_CONNECT: 1,
        Outcome.SENT_SYN: 1,
        Outcome.SENT_SYN_AGAIN: 3,
        Outcome.RETRANSMISSION_TIMED_OUT: 3,
        Outcome.CONNECT_TIMED_OUT: 1,
    }


async def lost_while_opening(bench: Bench, way: str, match: Callable[..., bool]) -> None:
    lost = bench.fault("drop", way, match)
    kernel, ours = await bench.pair()
    assert lost.hits == 1
    await echo(bench, kernel, ours)


@scene()
async def lost_syn(bench: Bench) -> None:
    await lost_while_opening(bench, "in" if bench.role == SERVER else "out", is_syn)
    if bench.role == CLIENT:
        assert bench.outcomes[Outcome.SENT_SYN_AGAIN] >= 1
    else:
        # The first one never came.
        assert bench.outcomes[Outcome.SYN_ANSWERED] == 1


@scene()
async def lost_syn_ack(bench: Bench) -> None:
    await lost_while_opening(bench, "out" if bench.role == SERVER else "in", is_syn_ack)
    if bench.role == SERVER:
        assert bench.outcomes[Outcome.SENT_SYN_ACK_AGAIN] >= 1
    else:
        # Whether its timer or ours was first, one SYN,ACK opened the connection.
        assert bench.outcomes[Outcome.ESTABLISHED_ACTIVE] == 1


@scene()
async def lost_last_ack_of_the_handshake(bench: Bench) -> None:
    """One side believes that it is open and the other doesn't know; its data tells (RFC 9293 3.10.7.4)."""
    lost = bench.fault("drop", "in" if bench.role == SERVER else "out", is_bare_ack)
    if bench.role == SERVER:
        bench.listen()
        kernel = await bench.socket()
        await kernel.connect(bench.engine, bench.port)
        await bench.struck(lost)
        await kernel.send("?")
        ours = await bench.accepted()
        assert await bench.recv(ours, 1) == b"?"
    else:
        listening = await bench.kernel_listens()
        ours = await bench.open(bench.connect())
        await bench.struck(lost)
        await bench.send(ours, b"?")
        kernel = await listening.accept()
        assert await kernel.recv() == "?"
    await echo(bench, kernel, ours)


@requirement("MUST-10")
@scene("both")
async def simultaneous_open(bench: Bench) -> None:
    """Both SYNs cross: neither listens, and one connection comes of it (RFC 9293 3.5, figure 7)."""
    other = bench.port + 1
    crossing = bench.fault("hold", "in", times=None)
    kernel = await bench.socket(bench.port)
    connecting = kernel.connect(bench.engine, other)
    await bench.struck(crossing)
    ours = bench.connect(local_port=other)
    await bench.reached(Outcome.SENT_SYN)
    bench.lift(crossing)
    await bench.open(ours)
    await connecting
    assert bench.record.states[-3:] == [State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED]
    assert bench.outcomes[Outcome.SIMULTANEOUS_SYN] == 1
    assert (await kernel.info())["state"] == "ESTABLISHED"
    await echo(bench, kernel, ours)


@scene(SERVER)
async def fast_open_without_cookie(bench: Bench) -> None:
    """The kernel asks for a Fast Open cookie (RFC 7413), gets none, and opens as everybody does."""
    bench.listen()
    kernel = await bench.socket()
    sending = kernel.call("connect_with_data", bench.engine, bench.port, "in a hurry")
    ours = await bench.accepted()
    assert await bench.recv(ours, 10) == b"in a hurry"
    assert await sending == 10
    await echo(bench, kernel, ours)


@scene(SERVER)
async def data_in_the_syn(bench: Bench) -> None:
    """It waits until the handshake is done, and is then the program's (RFC 9293 3.4)."""
    bench.listen()
    kernel = await bench.socket(options=[(socket.IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1)])
    sending = kernel.call("connect_with_data", bench.engine, bench.port, "in a hurry")
    ours = await bench.accepted()
    syn = next(step.segment for step in bench.record.steps if step.outcome is Outcome.SYN_ANSWERED)
    assert syn is not None
    assert syn.data == b"in a hurry"
    assert await bench.recv(ours, 10) == b"in a hurry"
    assert await sending == 10
    # It had not to be said twice: our SYN,ACK acknowledged it.
    assert "data in SYN" in (await kernel.info())["options"]
    await echo(bench, kernel, ours)


@scene()
async def given_up_while_opening(bench: Bench) -> None:
    """Whoever asked doesn't want it any more when the answer comes: RST, and the other forgets it."""
    if bench.role == SERVER:
        held = bench.fault("hold", "out", is_syn_ack, times=None)
        listener = bench.listen()
        kernel = await bench.socket()
        connecting = kernel.connect(bench.engine, bench.port)
        await bench.struck(held)
        assert listener.half_open == 1
        await kernel.call("abandon")
        with pytest.raises(OSError):
            await connecting
        bench.lift(held)
        await bench.reached(Outcome.HALF_OPEN_RESET)
        assert listener.half_open == 0
        assert listener.accept() is None
        return
    held = bench.fault("hold", "in", is_syn_ack, times=None)
    await bench.kernel_listens()
    ours = bench.connect()
    await bench.struck(held)
    await bench.kernel_reaches(ours, "SYN-RECEIVED")
    ours.close()
    assert ours.state is State.CLOSED
    bench.lift(held)
    await bench.reached(Outcome.SENT_RST_FOR_NO_ONE)
    await bench.kernel_reaches(ours, "CLOSED")


@scene(SERVER)
async def listener_closes(bench: Bench) -> None:
    """What nobody has accepted is reset (RFC 9293 3.10.4)."""
    listener = bench.listen()
    kernel = await bench.socket()
    await kernel.connect(bench.engine, bench.port)
    await bench.until(lambda: listener.queue, "a connection to accept")
    listener.close()
    with pytest.raises(ConnectionResetError):
        await kernel.recv()
    late = await bench.socket()
    with pytest.raises(ConnectionRefusedError):
        await late.connect(bench.engine, bench.port)


@scene(SERVER)
async def accept_queue_is_full(bench: Bench) -> None:
    """The kernel's clients ask again, and are let in when there is room."""
    bench.listen(backlog=1)
    first, second = await bench.socket(), await bench.socket()
    await first.connect(bench.engine, bench.port)
    connecting = second.connect(bench.engine, bench.port)
    await bench.reached(Outcome.DROPPED_ACCEPT_QUEUE_FULL)
    await echo(bench, first, await bench.accepted())
    ours = await bench.accepted()
    await connecting
    await echo(bench, second, ours)


@scene(SERVER)
async def half_open_queue_is_full(bench: Bench) -> None:
    listener = bench.listen(Config(half_open_limit=1, cookies="never"))
    held = bench.fault("hold", "out", is_syn_ack, times=None)
    first, second = await bench.socket(), await bench.socket()
    connecting = [first.connect(bench.engine, bench.port)]
    await bench.struck(held)
    connecting.append(second.connect(bench.engine, bench.port))
    await bench.reached(Outcome.DROPPED_SYN_QUEUE_FULL)
    assert listener.half_open == 1
    bench.lift(held)
    for connected in connecting:
        await connected
    for _ in range(2):
        assert (await bench.accepted()).state is State.ESTABLISHED


async def visits(bench: Bench, times: int, at_once: int) -> None:
    if bench.role == SERVER:
        listener = bench.listen()
        visiting = bench.ground.kernel.call("visit", bench.version, bench.engine, bench.port, times, at_once)
        serving: list[Connection] = []
        served = 0

        def serve() -> bool:
            nonlocal served
            while (taken := listener.accept()) is not None:
                serving.append(taken)
            for connection in list(serving):
                data = connection.recv(100)
                if data:
                    assert connection.send(data) == len(data)
                elif data == b"":
                    connection.close()
                    serving.remove(connection)
                    served += 1
            return served == times

        await bench.until(serve, "all to be served")
        assert await visiting == times
        established = Outcome.ESTABLISHED_PASSIVE
    else:
        listening = await bench.kernel_listens()
        echoing = listening.call("echo", times)
        for first in range(0, times, at_once):
            ours = [bench.connect() for _ in range(at_once)]
            for turn, connection in enumerate(ours, first):
                await bench.open(connection)
                await bench.send(connection, b"visit %d" % turn)
                connection.shutdown()
            for turn, connection in enumerate(ours, first):
                assert await bench.recv_to_end(connection) == b"visit %d" % turn
                connection.close()
        assert await echoing == sum(len(f"visit {turn}") for turn in range(times))
        established = Outcome.ESTABLISHED_ACTIVE
    assert bench.outcomes[established] == times


@scene()
async def two_hundred_one_after_the_other(bench: Bench) -> None:
    await visits(bench, 200, 1)


@scene()
async def a_hundred_at_once(bench: Bench) -> None:
    await visits(bench, 100, 100)
