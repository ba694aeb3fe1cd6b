"""Scenes on a bad path: frames lost, swapped and copied, each way; a peer that falls silent (RFC 9293 3.8)."""

import errno
import socket
from typing import Any

import pytest
from kernel.bench import Bench, Socket, digest, pattern
from kernel.faults import is_data
from kernel.scenes import scene

from handshook import Config, Connection, Outcome, State
from handshook.wire.flags import FIN

TCP_USER_TIMEOUT = 18
NODELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
BULK = 1_000_000


async def three_from_kernel(bench: Bench, act: str) -> tuple[Socket, Connection]:
    """Three small segments from the kernel, of which the first meets the fault."""
    kernel, ours = await bench.pair(options=[NODELAY])
    fault = bench.fault(act, "in", is_data)
    await kernel.send_each("one", "two", "six")
    assert await bench.recv(ours, 9) == b"onetwosix"
    assert fault.hits == 1
    assert (await kernel.info())["state"] == "ESTABLISHED"
    return kernel, ours


async def three_from_us(bench: Bench, act: str) -> tuple[Socket, Connection]:
    """Three small segments from us, of which the first meets the fault."""
    kernel, ours = await bench.pair(Config(nagle=False))
    fault = bench.fault(act, "out", is_data)
    for part in (b"one", b"two", b"six"):
        assert ours.send(part) == 3
        bench.push()
    said = ""
    while len(said) < 9:
        said += await kernel.recv()
    assert said == "onetwosix"
    assert fault.hits == 1
    return kernel, ours


@scene()
async def lost_data_from_kernel(bench: Bench) -> None:
    kernel, _ = await three_from_kernel(bench, "drop")
    assert bench.outcomes[Outcome.DATA_OUT_OF_ORDER] >= 1
    assert (await kernel.info())["total_retrans"] >= 1


@scene()
async def lost_data_from_us(bench: Bench) -> None:
    kernel, _ = await three_from_us(bench, "drop")
    assert bench.sent_again >= 1
    assert (await kernel.info())["rcv_ooopack"] >= 1


@scene()
async def swapped_data_from_kernel(bench: Bench) -> None:
    await three_from_kernel(bench, "swap")
    assert bench.outcomes[Outcome.DATA_OUT_OF_ORDER] >= 1


@scene()
async def swapped_data_from_us(bench: Bench) -> None:
    kernel, _ = await three_from_us(bench, "swap")
    assert (await kernel.info())["rcv_ooopack"] >= 1


@scene()
async def copied_data_from_kernel(bench: Bench) -> None:
    await three_from_kernel(bench, "copy")
    assert bench.outcomes[Outcome.DUPLICATE_SEGMENT] >= 1


@scene()
async def copied_data_from_us(bench: Bench) -> None:
    await three_from_us(bench, "copy")


@scene()
async def bulk_from_kernel_over_a_bad_path(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    sending = kernel.send_pattern(5, BULK)
    # In the middle of it, when a loss can be told by what follows.
    got = await bench.recv(ours, BULK // 4)
    faults = [bench.fault(act, "in", is_data) for act in ("swap", "drop", "copy")]
    got += await bench.recv(ours, BULK - len(got))
    assert digest(got) == digest(pattern(5, BULK))
    await sending
    assert faults[1].hits == 1
    assert bench.outcomes[Outcome.DATA_OUT_OF_ORDER] >= 1
    assert (await kernel.info())["total_retrans"] >= 1


@scene()
async def bulk_from_us_over_a_bad_path(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    reading = kernel.recv_to_end()
    data = pattern(6, BULK)
    await bench.send(ours, data[: BULK // 4])
    await bench.until(lambda: ours.writable() == bench.stack.config.send_buffer, "all to be acknowledged")
    faults = [bench.fault(act, "out", is_data) for act in ("swap", "drop", "copy")]
    await bench.send(ours, data[BULK // 4 :])
    ours.shutdown()
    assert await reading == digest(data)
    assert faults[1].hits == 1
    assert bench.sent_again >= 1


@scene()
async def fin_of_the_kernel_overtakes_data(bench: Bench) -> None:
    """It counts only when all before it has come (RFC 9293 3.10.7.4, eighth)."""
    kernel, ours = await bench.pair()
    held = bench.fault("hold", "in", is_data, times=None)
    await kernel.send("the last words")
    await bench.struck(held)
    await kernel.shutdown()
    await bench.until(lambda: any(step.segment.flags & FIN for step in bench.record.steps if step.segment), "its FIN")
    assert ours.state is State.ESTABLISHED
    assert ours.recv(100) is None
    bench.lift(held)
    assert await bench.recv_to_end(ours) == b"the last words"
    assert ours.state is State.CLOSE_WAIT


@scene()
async def fin_of_ours_overtakes_data(bench: Bench) -> None:
    kernel, ours = await bench.pair(Config(nagle=False))
    held = bench.fault("hold", "out", is_data, times=None)
    await bench.send(ours, b"the last words")
    await bench.struck(held)
    ours.shutdown()
    await bench.reached(Outcome.SENT_FIN)
    bench.lift(held)
    assert await kernel.recv_to_end() == digest(b"the last words")
    await bench.reaches(ours, State.FIN_WAIT_2)


@scene()
async def kernel_falls_silent(bench: Bench) -> None:
    """No acknowledgment for the user time-out (R2): given up, with the reason (RFC 9293 3.8.3)."""
    _, ours = await bench.pair(Config(user_timeout=0.5))
    bench.fault("drop", "in", times=None)
    await bench.send(ours, b"hello?")
    await bench.reaches(ours, State.CLOSED)
    with pytest.raises(TimeoutError) as caught:
        ours.recv(1)
    assert caught.value.errno == errno.ETIMEDOUT
    assert caught.value.verdict.outcome is Outcome.SEND_TIMED_OUT
    await bench.reached(Outcome.SENT_RST)


@scene()
async def we_fall_silent(bench: Bench) -> Any:
    kernel, _ = await bench.pair(options=[(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, 600)])
    bench.fault("drop", "out", times=None)
    await kernel.send("hello?")
    with pytest.raises(TimeoutError):
        await kernel.recv()
    assert bench.outcomes[Outcome.DATA_ACCEPTED] == 1
    assert bench.outcomes[Outcome.DUPLICATE_SEGMENT] >= 1
