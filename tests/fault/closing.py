"""Scenes: rules on the release."""

import errno

from fault.ground import BOTH, RCVTIMEO, SOL_SOCKET, Stage, scene
from fault.transferring import A_SECOND

from handshook import Outcome, State


@scene(versions=(4, 6))
async def our_fin_never_comes(stage: Stage) -> None:
    """The kernel has finished, we have acknowledged that, and it waits."""
    stage.rule("stuck fin")
    kernel, ours = await stage.pair(options=[(SOL_SOCKET, RCVTIMEO, A_SECOND.hex())])
    ours.send(b"the last")
    assert await kernel.recv() == "the last"
    await kernel.shutdown()
    await stage.reaches(ours, State.CLOSE_WAIT)
    ours.close()
    await stage.fails(kernel.recv(), errno.EAGAIN)
    assert (await kernel.info())["state"] == "FIN-WAIT-2"
    stage.says("stuck fin", stage.verdict(ours))


@scene(*BOTH)
async def a_fin_is_dropped(stage: Stage) -> None:
    """It is sent again."""
    rule = stage.rule("drop fin first 1")
    kernel, ours = await stage.pair()
    await kernel.shutdown()
    await stage.reaches(ours, State.CLOSE_WAIT)
    ours.close()
    assert await kernel.recv() == ""
    assert stage.hits(rule) == 1
    stage.says("drop fin first 1", stage.verdict(ours))


@scene()
async def our_fin_is_dropped(stage: Stage) -> None:
    stage.rule("drop fin first 1")
    kernel, ours = await stage.pair()
    ours.shutdown()
    assert await kernel.recv() == ""
    assert stage.sent_again >= 1
    stage.says("drop fin first 1", stage.verdict(ours))


@scene()
async def a_fin_is_late(stage: Stage) -> None:
    stage.rule("delay fin 300ms")
    kernel, ours = await stage.pair()
    ours.shutdown()
    assert await kernel.recv() == ""
    assert "delayed" in stage.effects
    stage.says("delay fin 300ms", stage.verdict(ours))


@scene()
async def a_fin_comes_twice(stage: Stage) -> None:
    stage.rule("duplicate fin")
    kernel, ours = await stage.pair()
    await kernel.shutdown()
    await stage.reached(Outcome.DUPLICATE_SEGMENT)
    stage.says("duplicate fin", stage.verdict(ours))


@scene()
async def a_reset_is_dropped(stage: Stage) -> None:
    """The kernel is gone, and we know nothing of it."""
    rule = stage.rule("drop rst")
    kernel, ours = await stage.pair()
    await kernel.reset()
    await stage.until(lambda: stage.hits(rule) == 1, "the reset")
    assert ours.state is State.ESTABLISHED
    stage.says("drop rst", stage.verdict(ours))
