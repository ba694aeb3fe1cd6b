"""Connections that the kernel opens with a cookie of ours (RFC 4987 3.6)."""

from kernel.bench import SERVER, Bench, digest, pattern
from kernel.faults import is_bare_ack, is_data
from kernel.scenes import scene

from handshook import Config, Outcome

ALWAYS = Config(cookies="always")
LENGTH = 2_000_000


@scene(SERVER)
async def cookie_with_timestamps(bench: Bench) -> None:
    """Window scale, SACK, ECN and the MSS come back out of it, and a long transfer goes both ways."""
    kernel, ours = await bench.pair(ALWAYS)
    assert bench.outcomes[Outcome.SYN_COOKIE] == bench.outcomes[Outcome.COOKIE_ACCEPTED] == 1
    info = await kernel.info()
    assert {"timestamps", "sack", "scale"} <= set(info["options"])
    assert (info["snd_wscale"], info["rcv_wscale"]) == (ours.rcv_scale, ours.snd_scale)
    assert ours.sack and ours.timestamps and ours.peer_mss == bench.ground.network.mtu - bench.headers
    reading = kernel.recv_to_end()
    sending = kernel.send_pattern(bench.port, LENGTH)
    got = await bench.recv(ours, LENGTH)
    assert digest(got) == digest(pattern(bench.port, LENGTH))
    await sending
    await bench.send(ours, got)
    ours.shutdown()
    assert await reading == digest(got)


@scene(SERVER, last=True)
async def cookie_without_timestamps(bench: Bench) -> None:
    """A kernel that offers none is told of no option but the MSS, and uses none."""
    config = ALWAYS
    try:
        await bench.ground.kernel.call("timestamps", 0)
    except PermissionError:
        # Nobody may not change the kernel's ways; the engine may decline what it offers, and goes the same way.
        config = Config(cookies="always", timestamps=False)
    kernel, ours = await bench.pair(config)
    assert bench.outcomes[Outcome.COOKIE_ACCEPTED] == 1
    assert not {"timestamps", "sack", "scale"} & set((await kernel.info())["options"])
    reading = kernel.recv_to_end()
    await bench.send(ours, pattern(bench.port, LENGTH))
    ours.shutdown()
    assert await reading == digest(pattern(bench.port, LENGTH))


@scene(SERVER)
async def cookie_whose_ack_is_lost(bench: Bench) -> None:
    """The kernel thinks that it is connected and speaks: its data brings the cookie."""
    bench.listen(ALWAYS)
    lost = bench.fault("drop", "in", is_bare_ack)
    kernel = await bench.socket()
    await kernel.connect(bench.engine, bench.port)
    await bench.struck(lost)
    await kernel.send("hello")
    ours = await bench.accepted()
    assert await bench.recv(ours, 5) == b"hello"
    assert bench.outcomes[Outcome.COOKIE_ACCEPTED] == 1


@scene(SERVER)
async def cookie_whose_ack_and_first_data_are_lost(bench: Bench) -> None:
    """What the kernel sends next can't be placed, and isn't answered with a RST."""
    bench.listen(ALWAYS)
    bench.fault("drop", "in", is_bare_ack)
    bench.fault("drop", "in", is_data)
    kernel = await bench.socket(options=[(6, 1, 1)])  # no delay
    await kernel.connect(bench.engine, bench.port)
    await kernel.send_each("one", "two")
    ours = await bench.accepted()
    assert await bench.recv(ours, 6) == b"onetwo"
    assert bench.outcomes[Outcome.COOKIE_AHEAD] >= 1


@scene(SERVER)
async def cookie_and_a_secret_that_changed(bench: Bench) -> None:
    bench.listen(ALWAYS)
    held = bench.fault("hold", "in", is_bare_ack)
    kernel = await bench.socket()
    connecting = kernel.connect(bench.engine, bench.port)
    await bench.struck(held)
    bench.stack.rotate_secrets(bench.stack.now)
    bench.lift(held)
    await connecting
    await bench.accepted()
    assert bench.outcomes[Outcome.COOKIE_ACCEPTED] == 1


@scene(SERVER)
async def cookie_because_the_queue_is_full(bench: Bench) -> None:
    listener = bench.listen(Config(half_open_limit=1))
    bench.fault("hold", "in", is_bare_ack)
    first, second = await bench.socket(), await bench.socket()
    await first.connect(bench.engine, bench.port)
    port = await second.connect(bench.engine, bench.port)
    ours = await bench.accepted()
    assert ours.remote[1] == port
    assert listener.half_open == 1
    assert bench.outcomes[Outcome.COOKIE_ACCEPTED] == 1
