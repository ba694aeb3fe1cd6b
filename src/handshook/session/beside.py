"""A program beside the engine, in the private network: what it is told, whose Ctrl-C is whose, how it ended."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterator

from ..lab import PrivateNetwork, Program
from .place import Place
from .session import Session

# What a shell says of a command that it can't find, or can't start.
NOT_FOUND = 127
NOT_STARTED = 126


def environment(place: Place, port: int) -> dict[str, str]:
    """This process's environment, and where the program finds the engine and itself.

    HANDSHOOK_ADDRESS and HANDSHOOK_ADDRESS6 are the engine's, HANDSHOOK_PEER the kernel's, which is the program's own;
    HANDSHOOK_PORT is the port that this is about. Without IPv6 there is no HANDSHOOK_ADDRESS6.
    """
    assert place.network is not None
    found = {
        "HANDSHOOK_ADDRESS": place.network.engine4,
        "HANDSHOOK_PORT": str(port),
        "HANDSHOOK_PEER": place.network.kernel4,
    }
    if place.network.ipv6:
        found["HANDSHOOK_ADDRESS6"] = place.network.engine6
    return {**os.environ, **found}


def start_program(
    network: PrivateNetwork,
    command: tuple[str, ...],
    variables: dict[str, str],
    say: Callable[[str], None],
    *,
    stdin: int | None = None,
    output: int | None = None,
) -> Program | int:
    """Starts a command in the private network; where it can't be, says why and returns what a shell's code would be.

    `stdin` is as for `PrivateNetwork.popen`, `output` for both its stdout and stderr. Raises `PrivateNetworkEnded`.
    """
    if not command[0]:
        say("'': no program has an empty name")
        return NOT_FOUND
    try:
        return network.popen(command, env=variables, stdin=stdin, stdout=output, stderr=output)
    except (FileNotFoundError, NotADirectoryError) as error:
        say(f"{error.filename or command[0]}: {error.strerror}")
        return NOT_FOUND
    except OSError as error:
        say(f"{error.filename or command[0]}: {error.strerror or error}")
        return NOT_STARTED
    except ValueError as error:
        say(f"{command[0]}: {error}")
        return NOT_STARTED


def exit_code(returncode: int) -> int:
    """As a shell says it: 128 and the signal's number for a program that a signal ended."""
    return 128 - returncode if returncode < 0 else returncode


@contextlib.contextmanager
def program_decides(program: Program) -> Iterator[None]:
    """While this lasts Ctrl-C is the program's to obey or not, as in a shell: this process only waits for its end.

    An interrupt that does not come from the terminal, which would send it to both, is passed on. Afterwards the
    terminal is this process's again, if it was before: a shell that ran in it can't give it back across pid
    namespaces.
    """
    before = foreground()

    def pass_on(number: int, _: object) -> None:
        if foreground() != os.getpgrp():
            program.send_signal(number)

    kept = signal.signal(signal.SIGINT, pass_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, kept)
        if before == os.getpgrp():
            _take_terminal()


def wait_listening(session: Session, network: PrivateNetwork, server: Program, port: int, limit: float) -> bool:
    """Go on until somebody in the private network listens on the port; False when the program has failed first, or
    after `limit` seconds.

    The kernel's own tables say so, so nothing is sent to find out. A program that ends with 0 may have left a child
    that will listen.
    """
    end = time.monotonic() + limit
    while not _listens(network.pid, port):
        if server.poll() or time.monotonic() > end:
            return False
        session.turn(0.01)
    return True


def wake_at_end(session: Session, program: Program) -> None:
    """Let the loop turn when the program ends, so that `until` may ask whether it has."""
    ended = program.fileno()
    session.watch(ended, select.EPOLLIN, lambda _: session.unwatch(ended))


def end_program(session: Session, program: Program, patience: float) -> None:
    """Ask the program to end, and after `patience` seconds make it; meanwhile the engine goes on."""
    program.terminate()
    wake_at_end(session, program)
    if not session.until(lambda: program.poll() is not None, patience):
        program.kill()
        program.wait(patience)


def _listens(process: int, port: int) -> bool:
    for table in ("tcp", "tcp6"):
        try:
            with open(f"/proc/{process}/net/{table}", encoding="ascii") as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        # proc_net_tcp.rst: local address and port in hexadecimal second, the state fourth; 0A is LISTEN.
        if any(row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port for row in rows):
            return True
    return False


def foreground() -> int | None:
    """The process group that has the terminal; None without one."""
    try:
        with open("/dev/tty", "rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno())
    except OSError:
        return None


def _take_terminal() -> None:
    # Whoever isn't in the foreground is stopped for this, unless the signal is ignored.
    kept = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        with open("/dev/tty", "rb", buffering=0) as terminal:
            os.tcsetpgrp(terminal.fileno(), os.getpgrp())
    except OSError:
        pass
    finally:
        signal.signal(signal.SIGTTOU, kept)
