"""Serve an application in one event loop: uvicorn's server, and the engine in the same loop."""

import asyncio
import contextlib
import math
from collections.abc import Callable

from ..fault import between
from ..io.aio import Host
from ..session.beside import environment, exit_code, program_decides, start_program
from ..session.files import allow_many_files
from ..session.later import Later, Shown
from ..session.place import Place
from ..session.session import Observer, put_off
from .application import Application, NoApplication
from .job import LAST_WORDS, Plan, where
from .workers import as_asgi

try:
    import uvicorn

    from ..io.uvicorn import STARTUP_FAILURE, Server
except ImportError:
    raise NoApplication("--workers asyncio needs uvicorn: pip install 'handshook[serve]'") from None


class QuietServer(Server):
    """Leaves the signals to the command."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return contextlib.nullcontext()

    async def serve_or_fail(self) -> None:
        """Raises `NoApplication` where uvicorn would end the program: the application's own start has failed."""
        try:
            await self.serve()
        except SystemExit as ended:
            if ended.code != STARTUP_FAILURE:
                raise
            raise NoApplication("the application did not start") from None


def serve_on_loop(
    plan: Plan, application: Application, place: Place, observer: Observer | None, say: Callable[[str], None]
) -> int:
    """As `serve`. Raises `NoApplication`, also when the application's own start (its lifespan) fails."""
    later = None if observer is None else put_off(observer)
    call = as_asgi(application, plan.workers.threads)
    config = uvicorn.Config(
        call,
        port=plan.at_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=math.ceil(LAST_WORDS),
    )
    try:
        return asyncio.run(_serve(plan, place, config, later, say))
    finally:
        if later is not None:
            later.show_all()


async def _serve(
    plan: Plan, place: Place, config: uvicorn.Config, later: Later | None, say: Callable[[str], None]
) -> int:
    shown = None if later is None else Shown(later, asyncio.get_running_loop())
    async with Host(place, wrap=between(plan.rules, plan.seed, shown)) as host:
        server = QuietServer(config, host)
        serving = asyncio.create_task(server.serve_or_fail())
        while not server.started and not serving.done():
            await asyncio.sleep(0.002)
        try:
            if serving.done():
                await serving
            if plan.command:
                return await _beside(plan, place, say)
            say(where(plan, place))
            allow_many_files()
            await serving
            host.check()
            return 0
        finally:
            server.should_exit = True
            if not serving.done():
                await serving


async def _beside(plan: Plan, place: Place, say: Callable[[str], None]) -> int:
    assert place.network is not None
    program = start_program(place.network, plan.command, environment(place, plan.at_port), say)
    if isinstance(program, int):
        return program
    # Only now: the program shouldn't inherit it.
    allow_many_files()
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(program.fileno(), ended.set)
    try:
        with program_decides(program):
            await ended.wait()
    finally:
        loop.remove_reader(program.fileno())
    return exit_code(program.wait())
