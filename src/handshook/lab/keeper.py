"""The keeper: a small process that makes the namespaces, starts their first process, and guards it.

The tool itself never changes a namespace: it may have threads, with which a user namespace can't be had, and
may be anything from a test runner to a server. So it starts this, `python -m handshook.lab.keeper`, as a
fresh process with one thread. The keeper makes the namespaces, but a process never enters a pid namespace
that it made itself, so it forks the one that becomes pid 1 there (`init`).

Who holds whose life: the end of the tool, in whatever way, ends the keeper's watch (a pidfd, which counts the
process and not the thread that started us, nor copies of sockets in forked children); the keeper's end kills
init (parent-death signal, and a pipe); init's end makes the kernel kill every process of the pid namespace,
daemons too. With the last process and the engine's descriptor the network namespace goes, and with it the
devices.
"""

import contextlib
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Iterator

from . import control, libc
from .plan import Plan

_SPACES = libc.CLONE_NEWNET | libc.CLONE_NEWNS | libc.CLONE_NEWPID

# The terminal sends these to the whole foreground group, of which keeper and init stay a part so that
# programs can read the terminal. What they mean is for the tool and its programs to say. (Ctrl-C, Ctrl-\,
# hang-up, Ctrl-Z; and TERM, for whoever signals the group.)
_NOT_FOR_US = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTSTP, signal.SIGTERM)


def main(arguments: list[str]) -> int:
    """`keeper DESCRIPTOR PARENT PLAN`: the control socket, the tool's pid, and a memory file with what is wanted."""
    channel = socket.socket(fileno=int(arguments[0]))
    channel.set_inheritable(False)
    parent, wanted = int(arguments[1]), int(arguments[2])
    plan = Plan.from_document(control.read_file(wanted))
    os.close(wanted)
    _disregard_terminal()
    try:
        tool = os.pidfd_open(parent)
        if os.getppid() != parent:
            # It ended before we looked, and the number may be somebody else's by now.
            return 1
        try:
            # Before the fork, so that a missing pyroute2 is told as that.
            from . import init
        except ImportError as error:
            control.send(channel, {"failed": {"step": "import", "errno": 0, "text": str(error)}})
            return 1
        own_user_namespace = _enter_namespaces()
        os.chdir("/")
        lifeline, held = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(held)
            os.close(tool)
            init.run(channel, lifeline, plan, own_user_namespace)
        os.close(lifeline)
        channel.close()
        return _guard(tool, child)
    except OSError as error:
        step = getattr(error, "step", "keeper")
        control.send(channel, {"failed": {"step": step, "errno": error.errno or 0, "text": str(error)}})
    except Exception:
        control.send(channel, {"failed": {"step": "crash", "errno": 0, "text": traceback.format_exc()}})
    return 1


class _StepRefused(OSError):
    """An OSError that knows at which step it happened."""

    def __init__(self, step: str, error: OSError) -> None:
        super().__init__(error.errno, error.strerror)
        self.step = step


def _enter_namespaces() -> bool:
    """Returns whether a user namespace was needed."""
    own_user_namespace = False
    uid, gid = os.geteuid(), os.getegid()
    try:
        libc.unshare(_SPACES)
    except PermissionError:
        own_user_namespace = True
        with _at_step("namespaces"):
            libc.unshare(libc.CLONE_NEWUSER | _SPACES)
        # Everyone stays who they are. A group map needs setgroups denied (user_namespaces(7)).
        with _at_step("identity"):
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"{uid} {uid} 1")
            _write("/proc/self/gid_map", f"{gid} {gid} 1")
    except OSError as error:
        raise _StepRefused("namespaces", error) from error
    return own_user_namespace


def _guard(tool: int, child: int) -> int:
    init = os.pidfd_open(child)
    poller = select.poll()
    poller.register(tool, select.POLLIN)
    poller.register(init, select.POLLIN)
    if init not in (descriptor for descriptor, _ in poller.poll()):
        os.kill(child, signal.SIGKILL)
    # Returns when the kernel has killed and buried every process of the namespace.
    _, status = os.waitpid(child, 0)
    return 0 if os.waitstatus_to_exitcode(status) == 0 else 1


def _disregard_terminal() -> None:
    for number in _NOT_FOR_US:
        # A handler and not SIG_IGN, which programs would inherit; and what the tool's own parent had us
        # ignore (nohup) stays ignored, by the programs too.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


@contextlib.contextmanager
def _at_step(step: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _StepRefused(step, error) from error


if __name__ == "__main__":
    # Nothing here needs the interpreter's orderly end, and whoever closes the network waits for ours.
    os._exit(main(sys.argv[1:]))
