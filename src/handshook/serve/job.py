"""Serve a port until the program beside it ends, or, on a device of the user's own, until Ctrl-C."""

from collections.abc import Callable
from dataclasses import dataclass

from ..fault import Rule
from ..io.directory import Directory
from ..io.handlers import Handler
from ..io.http import HttpServer
from ..io.services import CHARGEN_PORT, DISCARD_PORT, ECHO_PORT, Chargen, Discard, Echo
from ..session.beside import environment, exit_code, program_decides, start_program, wake_at_end
from ..session.files import allow_many_files
from ..session.place import Place
from ..session.session import Observer, Session
from ..tcp.connection import Connection
from .application import Application
from .watched import NOTHING_BESIDE, Beside, watched
from .workers import ONE_EACH, Workers

SERVICES: dict[str, tuple[type[Handler], int]] = {
    "echo": (Echo, ECHO_PORT),
    "discard": (Discard, DISCARD_PORT),
    "chargen": (Chargen, CHARGEN_PORT),
}
HTTP_PORT = 80

# How long connections may take to finish once the program has ended: a few round trips on this link, and some ACKs
# that wait to ride on something.
LAST_WORDS = 1.0


@dataclass(frozen=True)
class Plan:
    """What is served: `service` is one of `SERVICES`, or `directory` names one, or an `application` that `workers` run.

    No `port` means the service's own. With several `processes`, as many as the place's link has queues, each has an
    engine of its own.

    Beside it runs `command`. Without a command it is served for ever. What is broken on purpose, by which `rules` and
    with which `seed`, is as for `Faults`.
    `beside` is what else stands there.
    """

    service: str | None = None
    directory: str | None = None
    port: int | None = None
    command: tuple[str, ...] = ()
    application: Application | None = None
    workers: Workers = ONE_EACH
    processes: int = 1
    rules: tuple[Rule, ...] = ()
    seed: int | None = None
    beside: Beside = NOTHING_BESIDE

    @property
    def what(self) -> str:
        """What is served, in a word."""
        if self.application is not None:
            return self.application.name
        return self.service or self.directory or ""

    @property
    def at_port(self) -> int:
        """The port that is served."""
        return self.port or (HTTP_PORT if self.service is None else SERVICES[self.service][1])


def serve(plan: Plan, place: Place, *, observer: Observer | None = None, say: Callable[[str], None]) -> int:
    """Does it, and returns the exit code: the command's own; 127 or 126 when it can't be found or started.

    `say` is given what the user should know, a sentence at a time. Raises OSError for a directory that can't be
    served, `NoApplication` for an application that can't, `LinkDown` when the device goes, and `TeamFailed`; only one
    process can be observed.
    """
    if plan.processes > 1:
        from .on_processes import serve_on_processes

        return serve_on_processes(plan, place, say)
    if plan.application is not None:
        if plan.workers.kind == "asyncio":
            from .on_loop import serve_on_loop as serve_application
        else:
            from .on_threads import serve_on_threads as serve_application
        return serve_application(plan, plan.application, place, observer, say)
    directory = Directory(plan.directory) if plan.directory is not None else None
    with (
        watched(plan.beside) as beside,
        Session(place, observer=observer, rules=plan.rules, seed=plan.seed, guard=beside.guard) as session,
        beside.open(session),
    ):
        session.handlers.listen(plan.at_port, _maker(plan, directory))
        if plan.command:
            code = _run_beside(plan, place, session, say)
        else:
            say(where(plan, place))
            allow_many_files()
            while True:
                session.turn()
        if session.handlers.failed:
            say(f"{session.handlers.failed} connections failed here, the last with {session.handlers.failure!r}")
    return code


def where(plan: Plan, place: Place) -> str:
    """The line that says that it is served now."""
    addresses = ", ".join(place.addresses)
    return f"{plan.what} on {addresses} port {plan.at_port}, device {place.device.name}; Ctrl-C ends it"


def _maker(plan: Plan, directory: Directory | None) -> Callable[[Connection], Handler]:
    if directory is None:
        return SERVICES[plan.service or ""][0]
    answer = directory.answer
    return lambda connection: HttpServer(connection, answer)


def _run_beside(plan: Plan, place: Place, session: Session, say: Callable[[str], None]) -> int:
    assert place.network is not None
    program = start_program(place.network, plan.command, environment(place, plan.at_port), say)
    if isinstance(program, int):
        return program
    # Only now: the program shouldn't inherit it.
    allow_many_files()
    with program_decides(program):
        wake_at_end(session, program)
        session.until(lambda: program.poll() is not None)
    session.until(lambda: not session.handlers, LAST_WORDS)
    return exit_code(program.wait())
