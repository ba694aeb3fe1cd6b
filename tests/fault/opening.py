"""Scenes: rules on the handshake."""

import errno
import time

import pytest
from fault.ground import BOTH, IMPATIENT, Stage, scene
from kernel.bench import SERVER

from handshook import Outcome, State


@scene(versions=(4, 6))
async def the_first_two_syns_are_dropped(stage: Stage) -> None:
    """The kernel repeats its SYN after 1 s, and after 1 s or 2 s more; the third is answered."""
    rule = stage.rule("drop syn first 2")
    began = time.monotonic()
    _, connecting = await stage.dial()
    ours = await stage.accepted()
    await connecting
    assert time.monotonic() - began >= 1.8
    assert stage.hits(rule) == 2
    assert stage.injected == ["INJECTED_LOSS dropped"] * 2
    assert stage.outcomes[Outcome.SYN_ANSWERED] == 1
    stage.says("drop syn first 2", stage.verdict(ours), connection=ours)


@scene()
async def silence(stage: Stage) -> None:
    stage.rule("drop syn")
    _, connecting = await stage.dial(IMPATIENT)
    assert await stage.fails(connecting, errno.ETIMEDOUT) >= 1.8
    assert set(stage.outcomes) == {Outcome.INJECTED_LOSS}
    step = stage.record.steps[0]
    assert [str(mark) for mark in stage.ground.faults.injected(step.local, step.remote)] == [
        f"dropped, injected by `drop syn to :{stage.port}`"
    ]


@scene(versions=(4, 6))
async def the_answer_is_dropped(stage: Stage) -> None:
    stage.rule("drop synack")
    _, connecting = await stage.dial(IMPATIENT)
    assert await stage.fails(connecting, errno.ETIMEDOUT) >= 1.8
    assert "SENT_SYN_ACK dropped" in stage.injected
    assert stage.outcomes[Outcome.ESTABLISHED_PASSIVE] == 0


@scene()
async def the_answer_is_late(stage: Stage) -> None:
    stage.rule("delay synack 3s")
    began = time.monotonic()
    _, connecting = await stage.dial()
    ours = await stage.accepted()
    await connecting
    assert time.monotonic() - began >= 3
    stage.says("delay synack 3s", stage.verdict(ours))
    assert stage.effects == {"delayed"}


@scene(versions=(4, 6))
async def refused(stage: Stage) -> None:
    stage.rule("refuse")
    _, connecting = await stage.dial()
    await stage.fails(connecting, errno.ECONNREFUSED)
    assert set(stage.injected) == {"INJECTED_LOSS dropped", "INJECTED_SEGMENT forged"}


@scene()
async def reset_in_the_handshake(stage: Stage) -> None:
    stage.rule("rst in handshake")
    _, connecting = await stage.dial()
    await stage.fails(connecting, errno.ECONNREFUSED)
    await stage.reached(Outcome.HALF_OPEN_RESET)
    assert set(stage.injected) >= {"HALF_OPEN_RESET forged", "SENT_SYN_ACK changed"}


@scene()
async def the_last_ack_is_dropped(stage: Stage) -> None:
    """The kernel is connected at once; the server only when its SYN,ACK has been sent again and acknowledged again."""
    stage.rule("drop ack first 1")
    _, connecting = await stage.dial()
    await connecting
    ours = await stage.accepted()
    assert stage.outcomes[Outcome.SENT_SYN_ACK_AGAIN] >= 1
    stage.says("drop ack first 1", stage.verdict(ours))


@scene()
async def the_syn_comes_twice(stage: Stage) -> None:
    stage.rule("duplicate syn")
    _, connecting = await stage.dial()
    ours = await stage.accepted()
    await connecting
    assert set(stage.injected) == {"SYN_ANSWERED copied", "SYN_REPEATED copied"}
    stage.says("duplicate syn", stage.verdict(ours))


@scene()
async def an_old_syn_comes_first(stage: Stage) -> None:
    """RFC 9293 3.5, figure 9: the kernel resets the answer to what it never asked, and is connected in the end."""
    stage.rule("stale syn first 1")
    _, connecting = await stage.dial()
    ours = await stage.accepted()
    await connecting
    assert "SYN_ANSWERED forged" in stage.injected
    assert stage.outcomes[Outcome.HALF_OPEN_RESET] >= 1
    stage.says("stale syn first 1", stage.verdict(ours))


@scene()
async def the_syn_is_corrupt(stage: Stage) -> None:
    stage.rule("corrupt syn first 1")
    began = time.monotonic()
    _, connecting = await stage.dial()
    ours = await stage.accepted()
    await connecting
    assert time.monotonic() - began >= 0.8
    stage.says("corrupt syn first 1", stage.verdict(ours))


@scene()
async def the_answer_is_corrupt(stage: Stage) -> None:
    """The kernel counts it, and asks again."""
    before = await stage.ground.kernel.call("counters")
    stage.rule("corrupt synack first 1")
    _, connecting = await stage.dial()
    ours = await stage.accepted()
    await connecting
    after = await stage.ground.kernel.call("counters")
    assert after["Tcp.InCsumErrors"] > before["Tcp.InCsumErrors"]
    stage.says("corrupt synack first 1", stage.verdict(ours))


@scene("client")
async def we_are_refused(stage: Stage) -> None:
    """A server of the kernel's is there, and our SYN never comes to it."""
    stage.rule("refuse")
    await stage.kernel_listens()
    ours = stage.connect()
    with pytest.raises(ConnectionRefusedError):
        await stage.open(ours)
    stage.says("refuse", stage.verdict(ours), connection=ours)


@scene("client")
async def our_first_syn_is_dropped(stage: Stage) -> None:
    stage.rule("drop syn first 1")
    await stage.kernel_listens()
    ours = await stage.open(stage.connect())
    assert "SENT_SYN dropped" in stage.injected
    assert stage.outcomes[Outcome.SENT_SYN_AGAIN] >= 1
    stage.says("drop syn first 1", stage.verdict(ours))


@scene("client")
async def the_kernels_answer_is_dropped(stage: Stage) -> None:
    stage.rule("drop synack first 1")
    await stage.kernel_listens()
    ours = await stage.open(stage.connect())
    assert "INJECTED_LOSS dropped" in stage.injected
    stage.says("drop synack first 1", stage.verdict(ours))


@scene("client")
async def the_kernels_handshake_is_reset(stage: Stage) -> None:
    stage.rule("rst in handshake")
    await stage.kernel_listens()
    ours = stage.connect()
    with pytest.raises(ConnectionRefusedError):
        await stage.open(ours)
    await stage.kernel_reaches(ours, "CLOSED")
    stage.says("rst in handshake", stage.verdict(ours))


@scene(*BOTH)
async def no_rule_is_for_it(stage: Stage) -> None:
    """Others' rules leave nothing on this connection."""
    other = stage.ground.faults.add(f"refuse to :{stage.port + 1}")
    kernel, ours = await stage.pair()
    await kernel.send("hello")
    assert await stage.recv(ours, 5) == b"hello"
    assert ours.state is State.ESTABLISHED
    assert stage.verdict(ours) == ours.verdict.sentence
    assert stage.hits(other) == 0 and not stage.injected
    assert stage.role in (SERVER, "client")
    stage.ground.faults.remove(other)
