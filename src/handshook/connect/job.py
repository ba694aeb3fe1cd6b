"""Open a connection and carry bytes between it and this process's standard input and output, as nc does."""

import errno
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from ..fault import Rule
from ..io.relay import Relay
from ..lab import Program
from ..session.beside import end_program, environment, exit_code, start_program, wait_listening
from ..session.place import Place
from ..session.session import Observer, Session
from ..tcp.verdict import Verdict

FAILED = 1
# As a shell says it of cat: ended by SIGPIPE.
READER_LEFT = 128 + 13

# How long a server may take to listen. Python's takes a fifth of a second, one on the Java machine a few seconds.
PATIENCE = 30.0
# How long a server may take to end when asked to.
FAREWELL = 2.0


@dataclass(frozen=True)
class Plan:
    """Whom to connect to. In a private network `command` runs on the kernel's side, as the server. What is broken on
    purpose, by which `rules` and with which `seed`, is as for `Faults`."""

    host: str
    port: int
    command: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    seed: int | None = None


@dataclass
class Ending:
    """How it went: the exit code, and the connection's verdict where there was one."""

    code: int
    verdict: Verdict | None = None


def connect(
    plan: Plan,
    place: Place,
    *,
    observer: Observer | None = None,
    say: Callable[[str], None],
    source: int = 0,
    sink: int = 1,
) -> Ending:
    """Does it. The code is 0 when both directions were finished, 1 when the connection or the output failed.

    `say` is given what the user should know, a sentence at a time. Raises ValueError for a host that no connection
    can be made to from here, and `LinkDown` when the device goes.
    """
    with Session(place, observer=observer, rules=plan.rules, seed=plan.seed) as session:
        server: Program | None = None
        if plan.command:
            assert place.network is not None
            variables = environment(place, plan.port)
            started = start_program(place.network, plan.command, variables, say, stdin=subprocess.DEVNULL, output=2)
            if isinstance(started, int):
                return Ending(started)
            server = started
            here = plan.host in (place.network.kernel4, place.network.kernel6)
            if here and not wait_listening(session, place.network, server, plan.port, PATIENCE):
                return Ending(_report_server(server, plan, say))
        ending = _talk(plan, session, say, source, sink)
        if server is not None:
            end_program(session, server, FAREWELL)
        return ending


def _talk(plan: Plan, session: Session, say: Callable[[str], None], source: int, sink: int) -> Ending:
    session.tell_time()
    connection = session.stack.connect((plan.host, plan.port))
    relay = Relay(connection, session, source, sink)
    session.handlers.add(relay)
    told = not os.isatty(source)
    while not relay.over:
        session.turn()
        if not told and relay.peer_finished and not relay.source_finished and not relay.over:
            told = True
            # Below what has been drawn, not somewhere in it.
            session.settle()
            say("the other side has finished; Ctrl-D finishes this one")
    session.settle()
    verdict = session.faults.verdict(connection)
    if relay.sink_error is not None:
        if relay.sink_error.errno == errno.EPIPE:
            return Ending(READER_LEFT, verdict)
        say(f"standard output: {relay.sink_error.strerror}")
        return Ending(FAILED, verdict)
    if connection.error is not None:
        say(verdict.sentence)
        return Ending(FAILED, verdict)
    if relay.source_error is not None:
        say(f"standard input: {relay.source_error.strerror}")
        return Ending(FAILED, verdict)
    return Ending(0, verdict)


def _report_server(server: Program, plan: Plan, say: Callable[[str], None]) -> int:
    code = server.poll()
    if code is None:
        say(f"{plan.command[0]} does not listen on port {plan.port} after {PATIENCE:.0f} s")
    else:
        say(f"{plan.command[0]} ended with {exit_code(code)} before it listened on port {plan.port}")
    return FAILED
