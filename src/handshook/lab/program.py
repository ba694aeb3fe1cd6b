"""A program that runs inside a private network, as `subprocess.Popen` would show it."""

import contextlib
import os
import select
import signal
import subprocess
import weakref
from threading import Lock
from typing import IO


class Program:
    """A running or ended program; made by `PrivateNetwork.popen`.

    `args` is what was started, `pid` its process id as this process sees it, `returncode` None while it runs,
    then the exit code, or minus the signal that ended it. `stdin`, `stdout`, `stderr` are files where PIPE
    was asked for.
    """

    def __init__(self, args: list[str | bytes | os.PathLike[str]], pid: int, handle: int, status: int) -> None:
        self.args = args
        self.pid = pid
        self.returncode: int | None = None
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        self.stderr: IO[bytes] | None = None
        self._handle = handle
        self._status = status
        self._told = Lock()
        self._closer = weakref.finalize(self, _close_all, handle, status)

    def fileno(self) -> int:
        """A descriptor that is readable once the program has ended; for polling only."""
        return self._status

    def poll(self) -> int | None:
        """The return code, or None while the program runs."""
        return self._collect(0)

    def wait(self, timeout: float | None = None) -> int:
        """The return code, waited for. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        returncode = self._collect(None if timeout is None else max(0, timeout))
        if returncode is None:
            raise subprocess.TimeoutExpired([os.fsdecode(word) for word in self.args], timeout or 0.0)
        return returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal to the program; nothing happens when it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """Asks the program to end (SIGTERM)."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the program (SIGKILL)."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Closes the program's pipes and descriptors here; the program is left alone."""
        for file in (self.stdin, self.stdout, self.stderr):
            if file is not None:
                # Unwritten input of a program that has ended is nobody's loss.
                with contextlib.suppress(BrokenPipeError):
                    file.close()
        if self.returncode is None:
            self.poll()
        self._closer()

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the input, waits for the end, closes the rest: as subprocess.Popen does."""
        if self.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.stdin.close()
        self.wait()
        self.close()

    def __repr__(self) -> str:
        return f"<Program {self.args!r} pid={self.pid} returncode={self.returncode}>"

    def _collect(self, timeout: float | None) -> int | None:
        if self.returncode is not None or not self._closer.alive:
            return self.returncode
        waiter = select.poll()
        waiter.register(self._status, select.POLLIN)
        if not waiter.poll(None if timeout is None else timeout * 1000):
            return None
        with self._told:
            if self.returncode is None:
                # A pipe that closed with nothing in it: init itself was killed, and so was every program.
                told = os.read(self._status, 16)
                self.returncode = int(told) if told else -signal.SIGKILL
        return self.returncode


def _close_all(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
