"""Scenes that end with a RST, each way (RFC 9293 3.5.2, 3.6.1, 3.10.5); and what is left when all are over."""

import errno

import pytest
from kernel.bench import Bench
from kernel.scenes import MTU, SMALL_MTU, scene

from handshook import Connection, Outcome, State
from handshook.outcomes import DROPS


async def is_reset(bench: Bench, ours: Connection) -> None:
    """Our end is told that the peer reset it, with the reason."""
    await bench.reaches(ours, State.CLOSED)
    with pytest.raises(ConnectionResetError) as caught:
        while ours.recv(65536):
            pass
    assert caught.value.errno == errno.ECONNRESET
    assert caught.value.verdict.outcome is Outcome.CONNECTION_RESET
    with pytest.raises(ConnectionResetError):
        ours.send(b"more")
    assert bench.outcomes[Outcome.CONNECTION_RESET] == 1


@scene()
async def kernel_resets_in_the_middle(bench: Bench) -> None:
    """SO_LINGER of 0 s with data on the way: what came before the RST can still be read."""
    kernel, ours = await bench.pair()
    await kernel.send("the beginning of")
    await bench.until(lambda: ours.readable() == 16, "data")
    await bench.send(ours, bytes(100_000))
    await kernel.reset()
    await bench.reaches(ours, State.CLOSED)
    assert ours.recv(100) == b"the beginning of"
    await is_reset(bench, ours)
    assert await bench.kernel_state(ours) == "CLOSED"


@scene()
async def kernel_closes_with_data_unread(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    await bench.send(ours, b"never read")
    await bench.reached(Outcome.ACKED)
    await kernel.close()
    await is_reset(bench, ours)


@scene()
async def kernel_has_closed_and_we_send(bench: Bench) -> None:
    """Nobody reads any more: its answer to our data is a RST."""
    kernel, ours = await bench.pair()
    await kernel.close()
    await bench.reaches(ours, State.CLOSE_WAIT)
    await bench.send(ours, b"anybody there?")
    await bench.reaches(ours, State.CLOSED)
    assert ours.verdict.outcome is Outcome.CONNECTION_RESET
    assert ours.error is not None
    assert ours.error.errno == errno.ECONNRESET


@scene()
async def we_abort_in_the_middle(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    await bench.send(ours, b"the beginning of")
    assert await kernel.recv() == "the beginning of"
    sending = kernel.send_pattern(1, 8 << 20)
    await bench.reached(Outcome.DATA_ACCEPTED)
    ours.abort()
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        await sending
    await bench.kernel_reaches(ours, "CLOSED")
    assert ours.error is not None
    assert ours.error.errno == errno.ECONNABORTED
    assert bench.outcomes[Outcome.SENT_RST] == 1


@scene()
async def we_abort_a_quiet_connection(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    reading = kernel.recv()
    ours.abort()
    with pytest.raises(ConnectionResetError):
        await reading
    await bench.kernel_reaches(ours, "CLOSED")


@scene()
async def we_close_with_data_unread(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    await kernel.send("never read")
    await bench.until(ours.readable, "data")
    ours.close()
    with pytest.raises(ConnectionResetError):
        await kernel.recv()
    assert bench.outcomes[Outcome.CLOSED_UNREAD_RESET] == 1


@scene()
async def we_have_closed_and_kernel_sends(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    ours.close()
    assert await kernel.recv() == ""
    await kernel.send("anybody there?")
    await bench.reached(Outcome.DATA_AFTER_CLOSE_RESET)
    await bench.kernel_reaches(ours, "CLOSED")
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        await kernel.send("really nobody?")


@scene("both", versions=(4,), mtus=(MTU, SMALL_MTU), last=True)
async def nothing_was_malformed(bench: Bench) -> dict[str, int]:
    """After all the other scenes: neither side has sent the other a packet that it could not read."""
    kernel = await bench.ground.kernel.call("counters")
    # Not Tcp.InErrs: it counts a SYN that was sent twice.
    wrong = ("Tcp.InCsumErrors", "Ip.InHdrErrors", "Icmp.InCsumErrors", "IpExt.InCsumErrors")
    assert {name: kernel[name] for name in wrong if kernel.get(name)} == {}
    assert bench.ground.device.refused == 0
    # Nothing of the engine's hangs half-way, either.
    assert State.SYN_RECEIVED not in {entry.state for entry in bench.stack.snapshot()}
    counted = bench.stack.counters()
    assert counted.keys() & (DROPS - {Outcome.NOT_OURS}) == set()
    return {outcome.name: times for outcome, times in counted.items()}
