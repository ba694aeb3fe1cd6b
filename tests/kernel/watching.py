"""Scenes of the ladder: the state that it infers for the peer is the one that the kernel's own table has."""

from kernel.bench import SERVER, Bench
from kernel.faults import is_bare_ack, is_fin, is_syn_ack
from kernel.scenes import scene

from handshook import Connection, Outcome, State


class Agreement:
    """One connection, of which the kernel and the ladder must say the same."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def inferred(self) -> State | None:
        assert self.bench.record.conversation is not None
        return self.bench.record.conversation.peer

    async def on(self, ours: Connection, state: State, *, ladder: State | None = None) -> None:
        """Both say so; `ladder` where the peer gives no sign of its last step."""
        await self.bench.kernel_reaches(ours, state.rfc_name)
        expected = ladder or state
        await self.bench.until(
            lambda: self.inferred() is expected, f"the ladder to infer {expected.name}, it has {self.inferred()}"
        )


@scene()
async def ladder_of_a_handshake(bench: Bench) -> None:
    agree = Agreement(bench)
    if bench.role == SERVER:
        held = bench.fault("hold", "out", is_syn_ack, times=None)
        bench.listen()
        kernel = await bench.socket()
        connecting = kernel.connect(bench.engine, bench.port)
        await bench.struck(held)
        (entry,) = [entry for entry in bench.stack.snapshot() if entry.local[1] == bench.port]
        assert entry.state is State.SYN_RECEIVED
        found = await bench.ground.kernel.call("state", bench.version, entry.remote[1], bench.port)
        assert found == "SYN-SENT"
        assert (await kernel.info())["state"] == "SYN-SENT"
        assert agree.inferred() is State.SYN_SENT
        bench.lift(held)
        await connecting
        ours = await bench.accepted()
    else:
        held = bench.fault("hold", "out", is_bare_ack, times=None)
        listening = await bench.kernel_listens()
        ours = await bench.open(bench.connect())
        await bench.struck(held)
        await agree.on(ours, State.SYN_RECEIVED)
        bench.lift(held)
        kernel = await listening.accept()
        # That our ACK has arrived shows when the peer does what only an open one does.
        await agree.on(ours, State.ESTABLISHED, ladder=State.SYN_RECEIVED)
        await kernel.send("open")
        await bench.recv(ours, 4)
    await agree.on(ours, State.ESTABLISHED)
    assert (await kernel.info())["state"] == "ESTABLISHED"


@scene()
async def ladder_when_the_kernel_finishes_first(bench: Bench) -> None:
    agree = Agreement(bench)
    kernel, ours = await bench.pair()
    held = bench.fault("hold", "out", is_bare_ack, times=None)
    await kernel.shutdown()
    await bench.struck(held)
    await agree.on(ours, State.FIN_WAIT_1)
    assert (await kernel.info())["state"] == "FIN-WAIT-1"
    bench.lift(held)
    # It waits in silence for our FIN.
    await agree.on(ours, State.FIN_WAIT_2, ladder=State.FIN_WAIT_1)
    assert (await kernel.info())["state"] == "FIN-WAIT-2"
    ours.shutdown()
    await bench.reaches(ours, State.CLOSED)
    await agree.on(ours, State.TIME_WAIT)


@scene()
async def ladder_when_we_finish_first(bench: Bench) -> None:
    agree = Agreement(bench)
    kernel, ours = await bench.pair()
    ours.shutdown()
    await bench.reaches(ours, State.FIN_WAIT_2)
    await agree.on(ours, State.CLOSE_WAIT)
    assert (await kernel.info())["state"] == "CLOSE-WAIT"
    held = bench.fault("hold", "out", is_bare_ack, times=None)
    await kernel.shutdown()
    await bench.struck(held)
    await agree.on(ours, State.LAST_ACK)
    assert (await kernel.info())["state"] == "LAST-ACK"
    bench.lift(held)
    # It is gone without a word.
    await agree.on(ours, State.CLOSED, ladder=State.LAST_ACK)


@scene()
async def ladder_when_both_finish_at_once(bench: Bench) -> None:
    agree = Agreement(bench)
    kernel, ours = await bench.pair()
    crossing = bench.fault("hold", "in", times=None)
    await kernel.shutdown()
    await bench.struck(crossing)
    held = bench.fault("hold", "out", is_bare_ack, times=None)
    ours.shutdown()
    await bench.reached(Outcome.SENT_FIN)
    await bench.kernel_reaches(ours, "CLOSING")
    bench.lift(crossing)
    await agree.on(ours, State.CLOSING)
    assert (await kernel.info())["state"] == "CLOSING"
    bench.lift(held)
    await agree.on(ours, State.TIME_WAIT, ladder=State.CLOSING)


@scene()
async def ladder_of_a_reset(bench: Bench) -> None:
    agree = Agreement(bench)
    kernel, ours = await bench.pair()
    lost = bench.fault("drop", "in", is_fin, times=None)
    await kernel.reset()
    await agree.on(ours, State.CLOSED)
    assert lost.hits == 0
    assert ours.state is State.CLOSED
