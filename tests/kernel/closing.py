"""Scenes of release in order: who finishes first, who last, and what is left (RFC 9293 3.6)."""

from kernel.bench import SERVER, Bench, digest, pattern
from kernel.faults import is_bare_ack, is_fin
from kernel.opening import echo
from kernel.scenes import SMALL_MTU, scene
from requirements import requirement

from handshook import Outcome, State

MEGABYTE = 1 << 20
ACTIVE = [State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.TIME_WAIT]
PASSIVE = [State.ESTABLISHED, State.CLOSE_WAIT, State.LAST_ACK, State.CLOSED]


@scene()
async def kernel_closes_first(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    await kernel.shutdown()
    await bench.reaches(ours, State.CLOSE_WAIT)
    assert ours.recv(1) == b""
    await bench.kernel_reaches(ours, "FIN-WAIT-2")
    ours.close()
    await bench.reaches(ours, State.CLOSED)
    await bench.kernel_reaches(ours, "TIME-WAIT")
    assert bench.record.states[-4:] == PASSIVE
    assert ours.error is None
    assert ours.verdict.outcome is Outcome.CLOSED_NORMALLY
    assert await kernel.recv() == ""


@scene()
async def we_close_first(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    ours.close()
    assert await kernel.recv() == ""
    await bench.kernel_reaches(ours, "CLOSE-WAIT")
    await bench.reaches(ours, State.FIN_WAIT_2)
    await kernel.close()
    await bench.reaches(ours, State.TIME_WAIT)
    await bench.kernel_reaches(ours, "CLOSED")
    assert bench.record.states[-4:] == ACTIVE


@requirement("MUST-13")
@scene(mtus=(SMALL_MTU,))
async def time_wait_ends(bench: Bench) -> None:
    """After twice the MSL, which is short in this network."""
    kernel, ours = await bench.pair()
    ours.close()
    assert await kernel.recv() == ""
    await bench.reaches(ours, State.FIN_WAIT_2)
    await kernel.close()
    await bench.reached(Outcome.TIME_WAIT_OVER)
    assert ours.state is State.CLOSED
    assert ours.error is None
    assert ours.verdict.outcome is Outcome.CLOSED_NORMALLY
    assert bench.record.states[-5:] == [*ACTIVE, State.CLOSED]


@scene()
async def kernel_half_closes(bench: Bench) -> None:
    """It has finished, and still gets a megabyte."""
    kernel, ours = await bench.pair()
    await kernel.send("all of it, please")
    await kernel.shutdown()
    reading = kernel.recv_to_end()
    assert await bench.recv_to_end(ours) == b"all of it, please"
    assert ours.state is State.CLOSE_WAIT
    data = pattern(7, MEGABYTE)
    await bench.send(ours, data)
    assert ours.state is State.CLOSE_WAIT
    ours.close()
    assert await reading == digest(data)
    await bench.reaches(ours, State.CLOSED)
    assert ours.error is None


@scene()
async def we_half_close(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    await bench.send(ours, b"all of it, please")
    ours.shutdown()
    assert await kernel.recv_to_end() == digest(b"all of it, please")
    await bench.reaches(ours, State.FIN_WAIT_2)
    sending = kernel.send_pattern(8, MEGABYTE)
    assert digest(await bench.recv(ours, MEGABYTE)) == digest(pattern(8, MEGABYTE))
    await sending
    assert ours.state is State.FIN_WAIT_2
    await kernel.close()
    await bench.reaches(ours, State.TIME_WAIT)
    assert ours.recv(1) == b""


@requirement("DIFF-CLOSING")
@scene()
async def both_close_at_once(bench: Bench) -> None:
    """The FINs cross: CLOSING and TIME-WAIT on both sides."""
    kernel, ours = await bench.pair()
    crossing = bench.fault("hold", "in", times=None)
    await kernel.shutdown()
    await bench.struck(crossing)
    last = bench.fault("hold", "out", is_bare_ack, times=None)
    ours.close()
    await bench.kernel_reaches(ours, "CLOSING")
    bench.lift(crossing)
    # The kernel's FIN, and behind it the ACK of ours.
    await bench.reaches(ours, State.TIME_WAIT)
    assert bench.record.states[-4:] == [State.ESTABLISHED, State.FIN_WAIT_1, State.CLOSING, State.TIME_WAIT]
    bench.lift(last)
    await bench.kernel_reaches(ours, "TIME-WAIT")
    assert await kernel.recv() == ""


@scene()
async def lost_fin_of_ours(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    lost = bench.fault("drop", "out", is_fin)
    ours.shutdown()
    await bench.struck(lost)
    assert await kernel.recv() == ""
    assert bench.sent_again >= 1
    await bench.reaches(ours, State.FIN_WAIT_2)


@scene()
async def lost_fin_of_the_kernel(bench: Bench) -> None:
    kernel, ours = await bench.pair()
    lost = bench.fault("drop", "in", is_fin)
    await kernel.shutdown()
    await bench.struck(lost)
    await bench.reaches(ours, State.CLOSE_WAIT)
    assert bench.outcomes[Outcome.FIN_ACCEPTED] == 1
    assert ours.recv(1) == b""


@scene()
async def lost_last_ack_of_ours(bench: Bench) -> None:
    """In TIME-WAIT we hear the kernel's FIN again, and acknowledge it again: that is what TIME-WAIT is for."""
    kernel, ours = await bench.pair()
    ours.shutdown()
    assert await kernel.recv() == ""
    await bench.reaches(ours, State.FIN_WAIT_2)
    lost = bench.fault("drop", "out", is_bare_ack)
    await kernel.close()
    await bench.struck(lost)
    await bench.reached(Outcome.TIME_WAIT_FIN_REPEATED)
    await bench.kernel_reaches(ours, "CLOSED")


@scene()
async def lost_last_ack_of_the_kernel(bench: Bench) -> None:
    """In LAST-ACK we repeat our FIN, and the kernel's TIME-WAIT answers."""
    kernel, ours = await bench.pair()
    await kernel.shutdown()
    await bench.reaches(ours, State.CLOSE_WAIT)
    lost = bench.fault("drop", "in", is_bare_ack)
    ours.close()
    await bench.struck(lost)
    assert ours.state is State.LAST_ACK
    await bench.reaches(ours, State.CLOSED)
    assert bench.sent_again >= 1
    assert ours.error is None
    assert await bench.kernel_state(ours) == "TIME-WAIT"


@scene()
async def same_ports_again(bench: Bench) -> None:
    """Whoever rests in TIME-WAIT lets the peer connect anew from the same port (RFC 9293 MAY-2, RFC 6191)."""
    if bench.role == SERVER:
        bench.listen()
        for turn in range(3):
            kernel = await bench.socket(20_000 + bench.port)
            connecting = kernel.connect(bench.engine, bench.port)
            ours = await bench.accepted()
            assert await connecting == 20_000 + bench.port
            await echo(bench, kernel, ours)
            ours.close()
            assert await kernel.recv() == ""
            await kernel.close()
            await bench.reaches(ours, State.TIME_WAIT)
            await bench.kernel_reaches(ours, "CLOSED")
            assert bench.outcomes[Outcome.TIME_WAIT_REOPENED] == turn
        assert bench.outcomes[Outcome.TIME_WAIT_SYN_DROPPED] == 0
        return
    listening = await bench.kernel_listens()
    for _ in range(3):
        ours = await bench.open(bench.connect(local_port=20_000 + bench.port))
        kernel = await listening.accept()
        await echo(bench, kernel, ours)
        await kernel.close()
        await bench.reaches(ours, State.CLOSE_WAIT)
        ours.close()
        await bench.reaches(ours, State.CLOSED)
        await bench.kernel_reaches(ours, "TIME-WAIT")
