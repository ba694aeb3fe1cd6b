"""Scenes of the hold: the program decides about a kernel's SYN, and the kernel's program hears just that."""

import errno
from dataclasses import replace

import pytest
from kernel.bench import SERVER, Bench, Socket
from kernel.ground import Call, Until
from kernel.opening import echo
from kernel.scenes import scene

from handshook import Happened, Held, Outcome, Trouble


async def held(bench: Bench, cookies: str = "when-full") -> tuple[Held, Socket, Call]:
    """A kernel's client asks, and waits; the program has been told."""
    config = replace(bench.stack.config, cookies=cookies)
    bench.listener = bench.stack.listen(bench.port, hold=True, config=config)
    kernel = await bench.socket()
    connecting = kernel.connect(bench.engine, bench.port)
    found = await Until(lambda: bench.ground.held.get(bench.port), "a SYN that is held")
    assert isinstance(found, Held)
    assert found.local == (bench.engine, bench.port)
    return found, kernel, connecting


@scene(SERVER)
async def a_held_syn_is_answered_when_the_program_accepts(bench: Bench) -> None:
    """The kernel's connect takes as long as the program does, over repeated SYNs too."""
    asked, kernel, connecting = await held(bench)
    await bench.reached(Outcome.SYN_HELD_AGAIN)
    assert not connecting.done
    assert (await kernel.info())["state"] == "SYN-SENT"
    assert bench.outcomes[Outcome.SENT_SYN_ACK] == 0
    asked.accept()
    await connecting
    assert bench.outcomes[Outcome.SENT_SYN_ACK] == 1
    ours = await bench.accepted()
    assert (ours.local, ours.remote) == (asked.local, asked.remote)
    assert (await kernel.info())["options"] == ["timestamps", "sack", "scale"]
    await echo(bench, kernel, ours)


@scene(SERVER)
async def a_held_syn_is_refused(bench: Bench) -> None:
    asked, _, connecting = await held(bench)
    asked.refuse()
    with pytest.raises(ConnectionRefusedError):
        await connecting


@scene(SERVER)
async def a_held_syn_goes_unanswered(bench: Bench) -> None:
    """The kernel repeats its SYN, and nobody asks the program again."""
    asked, kernel, connecting = await held(bench)
    asked.ignore()
    await bench.reached(Outcome.SYN_KEPT_SILENT)
    assert not connecting.done
    assert bench.outcomes[Outcome.SYN_HELD] == 1
    await kernel.call("abandon")
    with pytest.raises(OSError):
        await connecting


@scene(SERVER)
async def what_a_held_syn_asks_for_is_unreachable(bench: Bench) -> None:
    """Each word of ICMP's comes out of the kernel's connect as its errno."""
    four = bench.version == 4
    numbers = {
        Trouble.HOST_UNREACHABLE: errno.EHOSTUNREACH,
        Trouble.NET_UNREACHABLE: errno.ENETUNREACH,
        Trouble.PORT_UNREACHABLE: errno.ECONNREFUSED,
        Trouble.PROHIBITED: errno.EHOSTUNREACH if four else errno.EACCES,
    }
    asked, kernel, connecting = await held(bench)
    for trouble, number in numbers.items():
        asked.unreachable(trouble)
        with pytest.raises(OSError) as raised:
            await connecting
        assert raised.value.errno == number, trouble
        last, kernel = asked, await bench.socket()
        connecting = kernel.connect(bench.engine, bench.port)
        found = await Until(lambda last=last: bench.ground.held.get(bench.port) is not last, "another SYN")
        assert found
        asked = bench.ground.held[bench.port]
    asked.accept()
    await connecting
    await echo(bench, kernel, await bench.accepted())


@scene(SERVER)
async def who_was_accepted_too_late_takes_it_back(bench: Bench) -> None:
    """The kernel's program has given up; its kernel says so to the SYN,ACK, and the program is told."""
    asked, kernel, connecting = await held(bench)
    await kernel.call("abandon")
    with pytest.raises(OSError):
        await connecting
    asked.accept()
    await bench.reached(Outcome.HALF_OPEN_RESET)
    assert asked.gone
    assert bench.listener is not None and bench.listener.accept() is None
    await Until(lambda: bench.ground.last_news.get(asked) is Happened.ENDED, "the news that it is gone")


@scene(SERVER)
async def under_pressure_the_program_decides_about_a_peer_that_is_real(bench: Bench) -> None:
    """The kernel was answered with a cookie, and speaks already; once accepted it is heard."""
    asked, kernel, connecting = await held(bench, "always")
    await connecting
    assert asked.answer_to == "COOKIE"
    await kernel.send("first")
    await bench.reached(Outcome.HELD_KEPT)
    asked.accept()
    ours = await bench.accepted()
    assert await bench.recv(ours, 5) == b"first"
    await echo(bench, kernel, ours)
    assert (await kernel.info())["options"] == ["timestamps", "sack", "scale"]


@scene(SERVER)
async def under_pressure_a_refusal_is_a_reset(bench: Bench) -> None:
    asked, kernel, connecting = await held(bench, "always")
    await connecting
    asked.refuse()
    with pytest.raises(ConnectionResetError):
        await kernel.recv()
    assert bench.listener is not None and bench.listener.proved == 0


@scene(SERVER)
async def under_pressure_a_peer_that_leaves_is_told_of(bench: Bench) -> None:
    """It has sent more than is kept, so that the reset has to prove itself first (RFC 5961 3.2)."""
    asked, kernel, connecting = await held(bench, "always")
    await connecting
    await kernel.send("x" * 20_000)
    await bench.reached(Outcome.HELD_IGNORED)
    await kernel.reset()
    await bench.reached(Outcome.HALF_OPEN_RESET)
    await Until(lambda: bench.ground.last_news.get(asked) is Happened.ENDED, "the news that it is gone")
    assert asked.gone and asked.accept() is False
