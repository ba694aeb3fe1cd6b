"""Scenes of data: echo, bulk both ways, shut windows, urgent data (RFC 9293 3.8)."""

import socket
from typing import Any

from kernel.bench import SERVER, Bench, digest, pattern
from kernel.scenes import MTU, SMALL_MTU, scene
from requirements import requirement

from handshook import Config, Outcome, State

MEGABYTE = 1 << 20


@scene()
async def echo_of_a_byte(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    for _ in range(3):
        await kernel.send("x")
        assert await bench.recv(ours, 1) == b"x"
        await bench.send(ours, b"x")
        assert await kernel.recv() == "x"
    info = await kernel.info()
    # Where it opened, it counts its SYN as a byte.
    assert (info["bytes_received"], info["bytes_acked"] - (bench.role == SERVER)) == (3, 3)


@scene(mtus=(MTU, SMALL_MTU))
async def echo_of_a_megabyte(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    reading = kernel.recv_to_end()
    sending = kernel.send_pattern(bench.port, MEGABYTE)
    got = await bench.recv(ours, MEGABYTE)
    assert digest(got) == digest(pattern(bench.port, MEGABYTE))
    await sending
    await bench.send(ours, got)
    ours.shutdown()
    assert await reading == digest(got)


@scene()
async def a_megabyte_each_way_at_once(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    reading, sending = kernel.recv_to_end(), kernel.send_pattern(1, MEGABYTE)
    told = pattern(2, MEGABYTE)
    sent, heard = 0, b""

    def talk() -> bool:
        nonlocal sent, heard
        sent += ours.send(told[sent : sent + 65536])
        heard += ours.recv(MEGABYTE) or b""
        return (sent, len(heard)) == (MEGABYTE, MEGABYTE)

    await bench.until(talk, "a megabyte each way")
    ours.shutdown()
    await sending
    assert digest(heard) == digest(pattern(1, MEGABYTE))
    assert await reading == digest(told)


@requirement("MUST-36")
@scene()
async def kernel_does_not_read(bench: Bench) -> None:
    """Its window shuts, we probe it, it reads, and all arrives (RFC 9293 3.8.6.1)."""
    kernel, ours = await bench.pair(options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)])
    data = pattern(3, 300_000)
    assert ours.send(data) == len(data)
    await bench.reached(Outcome.WINDOW_PROBED, 2)
    assert ours.state is State.ESTABLISHED
    # As the kernel reads its window opens, and shuts again behind each piece.
    reading = kernel.recv_to_end()
    ours.shutdown()
    assert await reading == digest(data)
    assert ours.verdict.outcome is not Outcome.SEND_TIMED_OUT


@scene()
async def we_do_not_read(bench: Bench) -> Any:
    """Our window shuts, the kernel probes it, we read, and all arrives."""
    kernel, ours = await bench.pair(Config(receive_window=16_384))
    sending = kernel.send_pattern(4, 300_000)
    await bench.until(lambda: ours.readable() == 16_384, "a full buffer")
    probes = bench.outcomes[Outcome.DUPLICATE_SEGMENT]
    await bench.reached(Outcome.DUPLICATE_SEGMENT, probes + 2)
    info = await kernel.info()
    assert info["snd_wnd"] == 0
    assert info["notsent_bytes"] > 0
    # What a probe carries finds no room.
    assert ours.readable() == 16_384
    assert digest(await bench.recv(ours, 300_000)) == digest(pattern(4, 300_000))
    await sending
    assert bench.outcomes[Outcome.SENT_WINDOW_UPDATE] >= 1


@scene()
async def urgent_data_from_the_kernel(bench: Bench) -> None:
    """What stands at the urgent pointer is data like the rest, at its place (RFC 6093 5)."""
    kernel, ours = await bench.pair()
    await kernel.send("before ")
    await kernel.send("urgent!", socket.MSG_OOB)
    await kernel.send(" after")
    assert await bench.recv(ours, 20) == b"before urgent! after"
    assert any(step.segment.flags & 0x20 and step.segment.urgent for step in bench.record.steps if step.segment)
    await bench.send(ours, b"as well")
    assert await kernel.recv() == "as well"


@requirement("MUST-30", "MUST-62")
@scene()
async def urgent_data_from_us(bench: Bench) -> None:
    """The kernel takes the last urgent octet out of the stream, as BSD did: so it shows where it sees the mark."""
    kernel, ours = await bench.pair()
    assert ours.send(b"before urgent!", urgent=True) == 14
    assert ours.send(b" after") == 6
    ours.shutdown()
    assert await kernel.recv_to_end() == digest(b"before urgent after")


@scene()
async def kernel_keeps_alive(bench: Bench) -> None:
    """Its keep-alive probes are answered (RFC 9293 3.8.4)."""
    kernel, ours = await bench.pair(
        options=[
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 9),
        ]
    )
    await bench.reached(Outcome.DUPLICATE_SEGMENT, 2)
    assert (await kernel.info())["state"] == "ESTABLISHED"
    await kernel.send("still here")
    assert await bench.recv(ours, 10) == b"still here"


@scene()
async def we_keep_alive(bench: Bench) -> None:
    kernel, ours = await bench.pair(Config(keep_alive=0.2, keep_alive_interval=0.5))
    await bench.reached(Outcome.KEEP_ALIVE_DUE, 3)
    assert bench.outcomes[Outcome.SENT_KEEP_ALIVE] >= 2
    assert ours.state is State.ESTABLISHED
    await bench.send(ours, b"still here")
    assert await kernel.recv() == "still here"


@scene("both")
async def ping(bench: Bench) -> None:
    assert await bench.ground.kernel.call("ping", bench.version, bench.engine) == [bench.engine, "are you there?"]
