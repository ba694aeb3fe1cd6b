"""The first process of a private network: pid 1 of its pid namespace.

It lays the wire, hands the engine's end to the tool, and then starts programs when asked, tells how they
ended, and buries orphans. When the tool or the keeper goes, it goes, and the kernel kills all that is left in
the namespace.

Programs stay in the tool's session and process group, so the terminal is theirs to read and Ctrl-C reaches
them, as if the tool had started them directly. Each has a status pipe: its exit status is written there, and
if nobody lives to write it the pipe simply closes.
"""

import contextlib
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from typing import NoReturn

from . import control, libc
from .covers import lay_over
from .plan import Plan
from .wiring import Wire, WiringFailed, lay

# The descriptors that come with an order: see control.
ORDERED = 6


def run(channel: socket.socket, lifeline: int, plan: Plan, own_user_namespace: bool) -> NoReturn:
    """Runs in the freshly forked pid 1; never returns. `lifeline` is a pipe that closes with the keeper."""
    code = 1
    try:
        libc.die_with_parent(signal.SIGKILL)
        uncovered = lay_over(plan.files)
        own_proc = _mount_proc()
        wire, devices = lay(plan)
        facts = {"own_proc": own_proc, "own_user_namespace": own_user_namespace, "uncovered": uncovered}
        _tell_ready(channel, wire, devices, facts)
        First(channel, lifeline).live()
        code = 0
    except WiringFailed as error:
        _tell_failure(channel, error.step, error.number, str(error))
    except BaseException as error:
        number = error.errno or 0 if isinstance(error, OSError) else 0
        _tell_failure(channel, "crash", number, traceback.format_exc())
    finally:
        # Not through the interpreter's exit: its handlers belong to the keeper, of which this is a copy.
        sys.stderr.flush()
        os._exit(code)


class First:
    """The life of pid 1 once the network stands."""

    def __init__(self, channel: socket.socket, lifeline: int) -> None:
        self._channel = channel
        self._lifeline = lifeline
        self._statuses: dict[int, int] = {}
        # A child's end must wake the poll below: Python writes the signal's number here.
        self._wakeup, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # The tool may have been started with it blocked.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])

    def live(self) -> None:
        """Returns when the tool or the keeper has gone."""
        poller = select.poll()
        for descriptor in (self._channel.fileno(), self._lifeline, self._wakeup):
            poller.register(descriptor, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poller.poll()}
            if self._lifeline in ready:
                return
            if self._wakeup in ready:
                os.read(self._wakeup, 4096)
                self._bury()
            if self._channel.fileno() in ready:
                message = control.receive(self._channel)
                if message is None:
                    return
                self._start(message)

    def _start(self, message: control.Message) -> None:
        serial = message.content["run"]
        try:
            if len(message.descriptors) < ORDERED:
                # The kernel leaves out what we have no room for (recvmsg(2), MSG_CTRUNC).
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            order_file, directory, stdin, stdout, stderr, status = message.descriptors
            order = control.read_file(order_file)
            os.fchdir(directory)
            keep = libc.keep_network_rights if order.get("network_rights") else None
            program = subprocess.Popen(
                [control.to_bytes(word) for word in order["argv"]],
                env={control.to_bytes(name): control.to_bytes(value) for name, value in order["env"]},
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                preexec_fn=keep,  # noqa: PLW1509 - there is one thread here
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            message.drop()
            self._refuse(serial, error)
            return
        finally:
            os.chdir("/")
        # From here on its end is ours to tell; this keeps the module from waiting for it as well.
        program.returncode = 0
        self._statuses[program.pid] = status
        message.descriptors.remove(status)
        message.drop()
        try:
            handle = os.pidfd_open(program.pid)
        except OSError as error:
            # Nobody could ever end it.
            os.kill(program.pid, signal.SIGKILL)
            self._refuse(serial, error)
            return
        control.send(self._channel, {"started": serial}, [handle], on_behalf=program.pid)
        os.close(handle)

    def _refuse(self, serial: int, error: Exception) -> None:
        refused: control.Document = {"refused": serial, "errno": 0, "filename": "", "text": str(error)}
        if isinstance(error, OSError):
            refused["errno"] = error.errno
            refused["filename"] = control.to_text(os.fsencode(error.filename or ""))
        control.send(self._channel, refused)

    def _bury(self) -> None:
        while True:
            try:
                pid, wait_status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            status = self._statuses.pop(pid, None)
            if status is not None:
                # Nobody may be listening any more.
                with contextlib.suppress(BrokenPipeError):
                    os.write(status, b"%d" % os.waitstatus_to_exitcode(wait_status))
                os.close(status)


def _mount_proc() -> bool:
    # So that ps and kill see the programs of the network, by their numbers inside; and only there, while what
    # the machine mounts later is seen here too (slave). In a container whose own /proc is partly covered the
    # kernel refuses; programs then see the outer one, and work.
    try:
        libc.mount("none", "/", "none", libc.MS_REC | libc.MS_SLAVE)
        libc.mount("proc", "/proc", "proc", libc.MS_NOSUID | libc.MS_NODEV | libc.MS_NOEXEC)
    except OSError:
        return False
    return True


def _tell_ready(channel: socket.socket, wire: Wire, devices: list[int], facts: control.Document) -> None:
    control.send(channel, {"ready": {"wire": wire.as_document(), **facts}}, devices)
    for device in devices:
        os.close(device)


def _tell_failure(channel: socket.socket, step: str, number: int, text: str) -> None:
    # The tool may be gone, which may be why we fail.
    with contextlib.suppress(OSError):
        control.send(channel, {"failed": {"step": step, "errno": number, "text": text}})
