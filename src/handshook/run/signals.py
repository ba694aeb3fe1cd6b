"""What a signal to `handshook run` means: it is the program's, as if the program had been started by itself."""

import contextlib
import os
import signal
from collections.abc import Iterator

from ..lab import Program
from ..session.beside import foreground, program_decides

# Those that end a process which does not expect them, and that somebody may send to the one that they know of.
_PASSED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
# Of these the terminal sends one to everybody in the foreground; the program has had it then.
_BY_THE_TERMINAL = (signal.SIGHUP, signal.SIGQUIT)


@contextlib.contextmanager
def signals_wait() -> Iterator[None]:
    """While a program is being started, signals wait for it; the program itself starts with the mask that it would."""
    kept = signal.pthread_sigmask(signal.SIG_BLOCK, (*_PASSED, signal.SIGINT))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, kept)


@contextlib.contextmanager
def signals_are(program: Program) -> Iterator[None]:
    """From now on signals go on to the program, which heeds them or not; Ctrl-C as in `program_decides`."""

    def pass_on(number: int, _: object) -> None:
        if number not in _BY_THE_TERMINAL or foreground() != os.getpgrp():
            program.send_signal(number)

    with program_decides(program):
        # What was ignored from the start (nohup) the program ignores as well.
        kept = {
            number: signal.signal(number, pass_on)
            for number in _PASSED
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)
