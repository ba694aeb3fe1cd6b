"""The private network as a test holds it: kernel sockets made inside, and peers for them to meet.

Under `handshook run` this process is inside already, and the engine's control socket is named by the environment.
Otherwise a `stage` is started beside it, and a socket made inside comes out as a descriptor.
"""

import contextlib
import errno
import http.client
import json
import os
import select
import socket as kernel
import subprocess
import sys
import weakref
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn, Self

from ..lab import PrivateNetworkEnded, PrivateNetworkUnavailable, control
from ..lab.unavailable import not_linux
from .peer import Peer, Service

# What a test puts in the place of `socket.socket` is `Network.socket` itself, perhaps, which must not call itself.
Socket = kernel.socket

# Where `handshook run` says that its control socket is.
VARIABLE = "HANDSHOOK_CONTROL"

# All answers are at hand; this only bounds a stage that was stopped.
PATIENCE = 60.0
FAREWELL = 5.0


class Network:
    """Either way, the same: `Network.find()` gives the one that there is, or makes one.

    Can be used from any thread, and from a forked child; it ends with the process that found it, or by `close`.
    """

    inside = False
    """Whether every socket of this process is in the private network by itself."""

    @classmethod
    def find(cls) -> "Network":
        """Raises `PrivateNetworkUnavailable`, with the reason and the cure."""
        path = os.environ.get(VARIABLE)
        return Beside() if path is None else Inside(path)

    def socket(
        self,
        family: int = kernel.AF_INET,
        type: int = kernel.SOCK_STREAM,
        proto: int = 0,
        fileno: int | None = None,
    ) -> kernel.socket:
        """A kernel socket that can reach the peers; the arguments are those of `socket.socket`, and so are the errors.

        So it can stand wherever code is given the function that makes its sockets.
        """
        raise NotImplementedError

    def peer(self, *behaviour: str, serve: Service | None = None, port: int | None = None) -> Peer:
        """An address with this behaviour; see docs/pytest.md for what can be said. Raises `ValueError` for anything
        else, and `OSError` (EADDRINUSE) for a port that is taken."""
        return Peer(self, behaviour, serve, port)

    def ask(self, method: str, target: str, document: object = None) -> bytes:
        """One request to the engine's control; the body of its answer. Raises what the answer says."""
        conversation = http.client.HTTPConnection("handshook")
        try:
            conversation.sock = self._call()
            conversation.sock.settimeout(PATIENCE)
            body = None if document is None else json.dumps(document)
            conversation.request(method, target, body, {"Connection": "close"})
            answer = conversation.getresponse()
            status, content = answer.status, answer.read()
        except (http.client.HTTPException, ConnectionError) as error:
            raise PrivateNetworkEnded from error
        finally:
            conversation.close()
        if status >= HTTPStatus.BAD_REQUEST:
            _raise(status, json.loads(content)["error"])
        return content

    def close(self) -> None:
        """Lets go of it. A second call does nothing."""

    def _call(self) -> kernel.socket:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Inside(Network):
    """The one that `handshook run` has put this process in; `path` is its control socket's."""

    inside = True

    def __init__(self, path: str) -> None:
        self._path = path

    def socket(
        self,
        family: int = kernel.AF_INET,
        type: int = kernel.SOCK_STREAM,
        proto: int = 0,
        fileno: int | None = None,
    ) -> kernel.socket:
        return Socket(family, type, proto, fileno)

    def _call(self) -> kernel.socket:
        caller = Socket(kernel.AF_UNIX)
        try:
            caller.connect(self._path)
        except OSError as error:
            caller.close()
            raise ConnectionError(*error.args) from error
        return caller


class Beside(Network):
    """One of our own, with a stage beside this process."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise not_linux(sys.platform)
        self._channel, self._stage, complaints = _start()
        self._end = weakref.finalize(self, _end, os.getpid(), self._channel, self._stage)
        try:
            message = control.receive(self._channel)
            if message is None or "ready" not in message.content:
                self._end()
                raise _why(message, complaints)
            (giver,) = message.descriptors
            self._giver = Socket(fileno=giver)
        finally:
            os.close(complaints)

    def socket(
        self,
        family: int = kernel.AF_INET,
        type: int = kernel.SOCK_STREAM,
        proto: int = 0,
        fileno: int | None = None,
    ) -> kernel.socket:
        if fileno is not None or family not in (kernel.AF_INET, kernel.AF_INET6):
            # A descriptor has its network already, and the other families have none.
            return Socket(family, type, proto, fileno)
        wanted = {"family": family, "type": type | kernel.SOCK_CLOEXEC, "proto": proto}
        # A socket for each answer, so that threads and forked children don't get each other's.
        with _send_end(self._giver, wanted) as answers:
            answer = control.receive(answers)
        if answer is None:
            raise PrivateNetworkEnded
        if "errno" in answer.content:
            raise OSError(answer.content["errno"], os.strerror(answer.content["errno"]))
        if not answer.descriptors:
            # The kernel leaves out what this process has no room for (recvmsg(2), MSG_CTRUNC).
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        made = Socket(fileno=answer.descriptors[0])
        made.settimeout(kernel.getdefaulttimeout())
        return made

    def close(self) -> None:
        """Ends it; returns when all is gone. A second call does nothing."""
        self._giver.close()
        self._end()

    def _call(self) -> kernel.socket:
        return _send_end(self._channel, {}, kernel.SOCK_STREAM)


def _send_end(channel: kernel.socket, content: dict[str, Any], kind: int = kernel.SOCK_SEQPACKET) -> kernel.socket:
    """Sends the message along with one end of a new socket pair; returns the other."""
    ours, theirs = kernel.socketpair(kernel.AF_UNIX, kind)
    with theirs:
        try:
            control.send(channel, content, [theirs.fileno()])
        except OSError as error:
            ours.close()
            raise PrivateNetworkEnded from error
    return ours


def _start() -> tuple[kernel.socket, "subprocess.Popen[bytes]", int]:
    """Returns the channel, the process, and a memory file that has what it wrote to its standard error."""
    ours, theirs = kernel.socketpair(kernel.AF_UNIX, kernel.SOCK_SEQPACKET)
    complaints = os.memfd_create("complaints", os.MFD_CLOEXEC)
    arguments = [str(theirs.fileno()), str(os.getpid())]
    with theirs:
        stage = subprocess.Popen(
            # As for the keeper of a private network. A session of its own: Ctrl-C is for the tests to hear.
            [sys.executable, "-P", "-W", "ignore", "-m", "handshook.peer.stage", *arguments],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path if path)},
        )
    return ours, stage, complaints


def _why(message: control.Message | None, complaints: int) -> PrivateNetworkUnavailable:
    if message is not None:
        return PrivateNetworkUnavailable(*message.content["unavailable"])
    os.lseek(complaints, 0, os.SEEK_SET)
    lines = os.read(complaints, 65_536).decode(errors="replace").strip().splitlines() or ["no further word"]
    return PrivateNetworkUnavailable(
        f"the process that has the private network could not start: {lines[-1]}",
        "reinstall handshook in this environment",
    )


def _end(owner: int, channel: kernel.socket, stage: "subprocess.Popen[bytes]") -> None:
    if os.getpid() != owner:
        # A forked copy of the tests: the network is not its to end.
        channel.close()
        return
    with contextlib.suppress(OSError):
        # Not only close: a forked child may hold a copy of the socket.
        channel.shutdown(kernel.SHUT_RDWR)
    channel.close()
    # Popen.wait with a time-out sleeps in steps of up to 50 ms; this wakes at once.
    with contextlib.suppress(ProcessLookupError):
        ended = os.pidfd_open(stage.pid)
        try:
            waiter = select.poll()
            waiter.register(ended, select.POLLIN)
            if not waiter.poll(FAREWELL * 1000):
                stage.kill()
        finally:
            os.close(ended)
    stage.wait()


def _raise(status: int, sentence: str) -> NoReturn:
    kinds: dict[int, Callable[[], Exception]] = {
        HTTPStatus.BAD_REQUEST: lambda: ValueError(sentence),
        HTTPStatus.CONFLICT: lambda: OSError(errno.EADDRINUSE, sentence),
        HTTPStatus.NOT_FOUND: lambda: LookupError(sentence),
        HTTPStatus.SERVICE_UNAVAILABLE: PrivateNetworkEnded,
    }
    raise kinds.get(status, lambda: RuntimeError(sentence))()
