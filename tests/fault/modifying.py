"""Scenes: the same rule for some connections, for some segments, for some time."""

import errno

from fault.ground import NODELAY, TCP, Stage, scene
from kernel.bench import SERVER

from handshook import State
from handshook.host.step import Effect

assert SERVER


@scene()
async def only_the_first_connection(stage: Stage) -> None:
    rule = stage.rule("rst after accept for 1")
    first = await stage.pair_that_is_reset()
    await stage.reaches(first, State.CLOSED)
    kernel, connecting = await stage.dial()
    second = await stage.accepted()
    await connecting
    await kernel.send("open")
    assert await stage.recv(second, 4) == b"open"
    assert stage.hits(rule) >= 1
    assert "injected" not in stage.verdict(second)


@scene()
async def not_the_first_piece(stage: Stage) -> None:
    rule = stage.rule("drop data first 1 after 1")
    kernel, ours = await stage.pair()
    for word in ("one", "two"):
        await kernel.send(word)
        assert await stage.recv(ours, 3) == word.encode()
        assert stage.hits(rule) == (word == "two")


@scene()
async def only_from_there(stage: Stage) -> None:
    """By the port that the kernel's socket is bound to."""
    faults = stage.ground.faults
    id = faults.add(f"refuse to :{stage.port} from :{stage.port + 1}")
    stage.listen()
    mine = await stage.socket(stage.port + 1)
    await stage.fails(mine.connect(stage.engine, stage.port), errno.ECONNREFUSED)
    other = await stage.socket()
    connecting = other.connect(stage.engine, stage.port)
    ours = await stage.accepted()
    await connecting
    assert stage.hits(id) >= 1
    assert "injected" not in stage.verdict(ours)


@scene()
async def to_that_host(stage: Stage) -> None:
    faults = stage.ground.faults
    id = faults.add(f"refuse to {stage.engine}:{stage.port}")
    _, connecting = await stage.dial()
    await stage.fails(connecting, errno.ECONNREFUSED)
    assert faults.remove(id).text == f"refuse to {stage.engine}:{stage.port}"
    _, connecting = await stage.dial()
    await stage.accepted()
    await connecting


@scene()
async def taken_back_while_it_runs(stage: Stage) -> None:
    """A rule is added to a connection that is open, and taken back."""
    kernel, ours = await stage.pair()
    id = stage.rule("drop data")
    await kernel.send("wait for it")
    await stage.until(lambda: stage.hits(id) >= 1, "a hit")
    assert ours.readable() == 0
    stage.ground.faults.remove(id)
    assert await stage.recv(ours, 11) == b"wait for it"
    stage.says("drop data", stage.verdict(ours))


@scene()
async def half_of_the_connections(stage: Stage) -> None:
    """Drawn from the seed, so always the same ones."""
    stage.rule("refuse probability 50% seed 3")
    stage.listen()
    came = ""
    for _ in range(12):
        kernel = await stage.socket()
        try:
            await kernel.connect(stage.engine, stage.port)
        except ConnectionRefusedError:
            came += "-"
        else:
            came += "+"
        await kernel.close()
    assert came == EXPECTED, came


EXPECTED = "+-+--+-----+"


@scene()
async def not_at_this_time(stage: Stage) -> None:
    id = stage.rule("refuse between 1h 2h")
    _, connecting = await stage.dial()
    await stage.accepted()
    await connecting
    assert stage.hits(id) == 0


@scene()
async def the_same_seed_ten_times(stage: Stage) -> None:
    """Ten clients say the same words, one rule each with the same seed: each loses the same ones."""
    stage.listen()
    lost = []
    for port in range(20_000, 20_010):
        id = stage.ground.faults.add(f"drop data probability 20% seed 9 to :{stage.port} from :{port}")
        kernel = await stage.socket(port, [(TCP, NODELAY, 1)])
        connecting = kernel.connect(stage.engine, stage.port)
        ours = await stage.accepted()
        await connecting
        for _ in range(6):
            await kernel.send("word")
            assert await stage.recv(ours, 4) == b"word"
            ours.send(b"answer")
            assert await kernel.recv() == "answer"
        lost.append(first_losses(stage, port))
        assert stage.hits(id) >= len(lost[-1])
        await kernel.reset()
    assert lost[0] and all(each == lost[0] for each in lost), lost


def first_losses(stage: Stage, port: int) -> list[tuple[str, int]]:
    """Which numbers, each way, were dropped when they were first sent; counted from the SYN."""
    origin: dict[str, int] = {}
    seen, found = set(), []
    for step in stage.record.steps:
        if step.remote is None or step.remote[1] != port or step.segment is None:
            continue
        way, segment = step.direction.value, step.segment
        if segment.flags & 2:
            origin[way] = segment.seq
        elif segment.data_end > segment.data_start:
            place = way, segment.seq - origin[way] & 0xFFFFFFFF
            if place not in seen and step.injected is not None and step.injected.effect is Effect.DROPPED:
                found.append(place)
            seen.add(place)
    return found
