"""Scenes: rules on the transfer."""

import errno
import struct
import time

from fault.ground import BOTH, NODELAY, RCVTIMEO, SOL_SOCKET, TCP, USER_TIMEOUT, Stage, scene
from kernel.bench import digest, pattern

from handshook import Outcome, State

A_SECOND = struct.pack("ll", 1, 0)
MANY = 300_000


@scene(*BOTH, versions=(4, 6))
async def reset_after_accept(stage: Stage) -> None:
    stage.rule("rst after accept")
    ours = await stage.pair_that_is_reset()
    await stage.reaches(ours, State.CLOSED)
    assert isinstance(ours.error, ConnectionResetError)
    stage.says("rst after accept", stage.verdict(ours), connection=ours)


@scene(*BOTH)
async def reset_after_accept_and_a_while(stage: Stage) -> None:
    """In time, though nothing is said."""
    stage.rule("rst after accept after 700ms")
    began = time.monotonic()
    kernel, ours = await stage.pair()
    await stage.fails(kernel.recv(), errno.ECONNRESET)
    assert time.monotonic() - began >= 0.5
    await stage.reaches(ours, State.CLOSED)
    stage.says("rst after accept after 700ms", stage.verdict(ours))


@scene(*BOTH)
async def reset_after_so_many_bytes(stage: Stage) -> None:
    """Of what we send exactly so many can be read, however the segments were cut."""
    stage.rule("rst after 1000 bytes")
    kernel, ours = await stage.pair()
    ours.send(bytes(50_000))
    await stage.reaches(ours, State.CLOSED)
    assert await kernel.call("recv_until_error") == [1000, errno.ECONNRESET]
    stage.says("rst after 1000 bytes", stage.verdict(ours))


@scene()
async def reset_after_so_many_bytes_of_the_kernels(stage: Stage) -> None:
    stage.rule("rst after 1000 bytes")
    kernel, ours = await stage.pair()
    await kernel.send("x" * 900)
    await stage.until(lambda: ours.readable() == 900, "data")
    await kernel.send("x" * 900)
    await stage.reaches(ours, State.CLOSED)
    assert ours.readable() == 1000
    await stage.fails(kernel.recv(), errno.ECONNRESET)


@scene(*BOTH)
async def silence_after_established(stage: Stage) -> None:
    rule = stage.rule("silence after established")
    kernel, ours = await stage.pair(options=[(TCP, USER_TIMEOUT, 700)])
    await kernel.send("is anybody there?")
    await stage.fails(kernel.recv(), errno.ETIMEDOUT)
    assert ours.readable() == 0 and ours.state is State.ESTABLISHED
    assert stage.hits(rule) >= 1
    stage.says("silence after established", stage.verdict(ours))


@scene()
async def silence_for_a_while(stage: Stage) -> None:
    """What was not heard is said again."""
    stage.rule("silence after established for 500ms")
    kernel, ours = await stage.pair()
    await kernel.send("patience")
    assert await stage.recv(ours, 8) == b"patience"
    assert stage.outcomes[Outcome.INJECTED_LOSS] >= 1
    stage.says("silence after established for 500ms", stage.verdict(ours))


@scene()
async def silence_after_so_many_bytes(stage: Stage) -> None:
    stage.rule("silence after 100 bytes")
    kernel, ours = await stage.pair(options=[(SOL_SOCKET, RCVTIMEO, A_SECOND.hex())])
    ours.send(bytes(5_000))
    assert await kernel.call("recv_until_error") == [100, errno.EAGAIN]
    stage.says("silence after 100 bytes", stage.verdict(ours))


@scene(*BOTH, versions=(4, 6))
async def half_open(stage: Stage) -> None:
    """The kernel knows of nothing until it speaks (RFC 9293 3.5.1)."""
    stage.rule("half-open")
    kernel, ours = await stage.pair()
    await stage.reaches(ours, State.CLOSED)
    assert await stage.kernel_state(ours) == "ESTABLISHED"
    await kernel.send("hello?")
    await stage.fails(kernel.recv(), errno.ECONNRESET)
    stage.says("half-open", stage.verdict(ours), connection=ours)


@scene()
async def mute(stage: Stage) -> None:
    """It acknowledges, and says nothing."""
    stage.rule("mute")
    kernel, ours = await stage.pair(options=[(SOL_SOCKET, RCVTIMEO, A_SECOND.hex())])
    await kernel.send("hello")
    assert await stage.recv(ours, 5) == b"hello"
    ours.send(b"never heard")
    ours.shutdown()
    await stage.fails(kernel.recv(), errno.EAGAIN)
    # bytes_acked counts the SYN.
    assert (await kernel.info())["bytes_acked"] >= 5
    stage.says("mute", stage.verdict(ours))


@scene()
async def no_room(stage: Stage) -> None:
    """The kernel is connected and may send nothing; when it may again it is told so."""
    stage.rule("window 0 for 3s")
    began = time.monotonic()
    kernel, ours = await stage.pair()
    await kernel.send("x" * 100)
    info = await kernel.info()
    assert info["snd_wnd"] == 0 and info["notsent_bytes"] == 100
    assert ours.readable() == 0
    assert await stage.recv(ours, 100) == b"x" * 100
    assert time.monotonic() - began >= 2
    assert "INJECTED_SEGMENT forged" in stage.injected
    stage.says("window 0 for 3s", stage.verdict(ours))


@scene(*BOTH)
async def slow(stage: Stage) -> None:
    rule = stage.rule("slow 100KB/s")
    began = time.monotonic()
    kernel, ours = await stage.pair()
    await stage.send(ours, bytes(100_000))
    ours.shutdown()
    assert await kernel.recv_to_end() == digest(bytes(100_000))
    # What is sent once must take its time.
    assert time.monotonic() - began >= 0.9
    assert stage.hits(rule) >= 100_000 // 1460
    stage.says("slow 100KB/s", stage.verdict(ours))


async def carries(stage: Stage, rule: str) -> None:
    """Through whatever the rule does, both ways, all bytes arrive."""
    id = stage.rule(rule)
    kernel, ours = await stage.pair()
    sending = kernel.send_pattern(stage.port, MANY)
    ours.send(pattern(7, MANY // 4))
    assert await stage.recv(ours, MANY) == pattern(stage.port, MANY)
    await sending
    ours.shutdown()
    assert await kernel.recv_to_end() == digest(pattern(7, MANY // 4))
    assert stage.hits(id) > 0
    stage.says(rule, stage.verdict(ours))


@scene(*BOTH, versions=(4, 6))
async def loss(stage: Stage) -> None:
    await carries(stage, "loss 5%")
    assert "dropped" in stage.effects


@scene(*BOTH)
async def reordering(stage: Stage) -> None:
    await carries(stage, "reorder 10%")
    assert stage.effects == {"delayed"}


@scene(*BOTH, versions=(4, 6))
async def corruption(stage: Stage) -> None:
    await carries(stage, "corrupt 5%")


@scene()
async def copies(stage: Stage) -> None:
    await carries(stage, "duplicate 20%")


@scene()
async def latency(stage: Stage) -> None:
    """Each way, so a round trip takes twice as long; and what passes nothing overtakes."""
    began = time.monotonic()
    await carries(stage, "delay 100ms")
    assert time.monotonic() - began >= 0.5


@scene(*BOTH)
async def a_piece_of_data_is_dropped(stage: Stage) -> None:
    stage.rule("drop data first 1")
    kernel, ours = await stage.pair(options=[(TCP, NODELAY, 1)])
    await kernel.send("first")
    assert await stage.recv(ours, 5) == b"first"
    assert (await kernel.info())["total_retrans"] >= 1
    stage.says("drop data first 1", stage.verdict(ours))


@scene()
async def our_data_is_late(stage: Stage) -> None:
    stage.rule("delay data 600ms")
    kernel, ours = await stage.pair()
    began = time.monotonic()
    ours.send(b"late")
    assert await kernel.recv() == "late"
    assert time.monotonic() - began >= 0.5
    stage.says("delay data 600ms", stage.verdict(ours))


@scene()
async def data_comes_twice(stage: Stage) -> None:
    stage.rule("duplicate data")
    kernel, ours = await stage.pair()
    await kernel.send("once")
    assert await stage.recv(ours, 4) == b"once"
    await stage.reached(Outcome.DUPLICATE_SEGMENT)
    assert ours.readable() == 0
    stage.says("duplicate data", stage.verdict(ours))


@scene()
async def corrupt_data(stage: Stage) -> None:
    stage.rule("corrupt data first 1")
    kernel, ours = await stage.pair()
    await kernel.send("right")
    assert await stage.recv(ours, 5) == b"right"
    assert (await kernel.info())["total_retrans"] >= 1
    stage.says("corrupt data first 1", stage.verdict(ours))
