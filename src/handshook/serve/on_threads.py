"""Serve an application with threads: the engine has one, and the servers of `io.servers` have theirs."""

import contextlib
import threading
from collections.abc import Callable

from ..fault import between
from ..io.servers import Fate, HostServer
from ..io.threads import Host, HostDown
from ..io.wsgi import handler_for
from ..session.beside import environment, exit_code, program_decides, start_program
from ..session.files import allow_many_files
from ..session.place import Place
from ..session.session import Observer, put_off
from .application import Application
from .job import LAST_WORDS, Plan, where
from .workers import as_wsgi


def serve_on_threads(
    plan: Plan, application: Application, place: Place, observer: Observer | None, say: Callable[[str], None]
) -> int:
    """As `serve`. Raises `NoApplication` and `HostDown`."""
    after = contextlib.ExitStack()
    handler = handler_for(as_wsgi(application, after), threads=plan.workers.kind != "one")
    later = None if observer is None else put_off(observer)
    spare = None if later is None else later.show_one
    try:
        with Host(place, wrap=between(plan.rules, plan.seed, later), spare=spare) as host:
            with plan.workers.make_server(host, plan.at_port, handler) as server:
                code = _beside(plan, place, server, say) if plan.command else _for_ever(plan, place, server, say)
            host.settle(LAST_WORDS)
    finally:
        after.close()
        if later is not None:
            later.show_all()
    for fate in (Fate.FAILED, Fate.NO_THREAD, Fate.REFUSED, Fate.SHED, Fate.DROPPED):
        if server.counts[fate]:
            say(f"{server.counts[fate]} connections {fate}")
    return code


def _beside(plan: Plan, place: Place, server: HostServer, say: Callable[[str], None]) -> int:
    assert place.network is not None
    program = start_program(place.network, plan.command, environment(place, plan.at_port), say)
    if isinstance(program, int):
        return program
    # Only now: the program shouldn't inherit it.
    allow_many_files()
    serving = threading.Thread(target=_serve, args=(server,), name="accept", daemon=True)
    serving.start()
    with program_decides(program):
        code = program.wait()
    # A handler that hangs is not waited for.
    server.shutdown(LAST_WORDS)
    return exit_code(code)


def _serve(server: HostServer) -> None:
    # A link that is lost is the end of the program, too.
    with contextlib.suppress(HostDown):
        server.serve_forever(0.05)


def _for_ever(plan: Plan, place: Place, server: HostServer, say: Callable[[str], None]) -> int:
    say(where(plan, place))
    allow_many_files()
    server.serve_forever()
    return 0
