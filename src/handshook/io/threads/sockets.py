"""A blocking socket on the engine: the verbs, errors and time-outs of `socket.socket`, and a verdict on each error.

A call is made in the thread that makes it, with the host's lock held; where it has to wait it lets go of the lock and
sleeps until the engine's thread has news for it. So any number of threads may use one socket, and whoever closes it
wakes the others, who are told EBADF.
"""

import errno
import io
import random
import socket
import struct
import threading
import time
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, Self

from ...tcp.config import Config
from ...tcp.connection import Connection
from ...tcp.happened import ENDED
from ...tcp.verdict import Verdict
from ..socket_face import socket_address
from .engine import EngineThread
from .errors import address_of, failed, family_of
from .files import open_file
from .line import Line, Listening, Talking, Unused
from .options import Options

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

Address = tuple[str, int] | tuple[str, int, int, int]

_both = int.__and__

# Read from a file, and sent, at once.
_PIECE = 1 << 16
# When a program has read this share of the window, the peer is told that there is room again.
_SHARE = 4
# RFC 6335 6: where a listener that asks for no port is put.
_DYNAMIC = range(49152, 65536)
_ANY = ("", "0.0.0.0", "::")


class Socket:
    """Made by `Host.socket`, `Host.create_connection`, `Host.create_server` and `accept`.

    What is said here is where it differs from `socket.socket`. An error that ends a connection stays: every later call
    raises it again, with the engine's verdict as `.verdict`. When the host is closed or its link is lost, every call
    that waits, and every later one, raises `HostDown`.
    """

    type = socket.SOCK_STREAM
    proto = socket.IPPROTO_TCP

    def __init__(self, engine: EngineThread, family: int, line: Line | None = None) -> None:
        self.family = socket.AddressFamily(family)
        self._engine = engine
        self._lock = engine.lock
        self._line: Line = line or Unused(engine.lock)
        self._options = Options(engine.config)
        self._timeout: float | None = None
        self._bound: tuple[str, int] | None = None
        self._closed = False
        self._files = 0
        self._unannounced = 0
        self._worth_telling = max(1, engine.config.receive_window // _SHARE)

    # --- opening -----------------------------------------------------------------------------------------------

    def bind(self, address: Address) -> None:
        """Choose the local end. Whether the port is free shows in `listen` or `connect`, where it is taken."""
        host, port = address_of(address, self.family)
        with self._lock:
            self._check()
            if self._bound is not None or not isinstance(self._line, Unused):
                raise failed(errno.EINVAL, "the socket has an address already")
            if host not in _ANY:
                packed = socket.inet_pton(self.family, host)
                own = {socket.inet_pton(family_of(each), each) for each in self._engine.stack.addresses}
                if packed not in own:
                    raise failed(errno.EADDRNOTAVAIL, f"{host} is not an address of this host")
            self._bound = (host, port)

    def listen(self, backlog: int = 128) -> None:
        """Accept connections, at one of the host's addresses or at all of them, IPv6 too. A backlog of 0 is one of 1.

        Raises ValueError for less, and OSError (EADDRINUSE).
        """
        if backlog < 0:
            raise ValueError(f"backlog {backlog}: at least one connection must be able to wait")
        with self._engine.call():
            self._check()
            if isinstance(self._line, Listening):
                self._line.listener.backlog = max(1, backlog)
                return
            if isinstance(self._line, Talking):
                raise failed(errno.EINVAL, "the socket is connected")
            host, port = self._bound or ("", 0)
            listener = self._listen(None if host in _ANY else host, port, max(1, backlog))
            line = Listening(self._lock, listener, self._engine.down)
            self._engine.handlers.add_listener(listener, line.tell)
            self._replace(line)
            self._bound = (host, listener.port)

    def accept(self) -> tuple["Socket", Address]:
        """The connection that has waited longest, and where it comes from."""
        deadline: float | None = None
        with self._lock:
            while True:
                line = self._check()
                if not isinstance(line, Listening):
                    raise failed(errno.EINVAL, "the socket does not listen")
                if line.listener.queue:
                    break
                deadline = self._await(line, deadline)
            stack = self._engine.stack
            alone = not stack.news
            connection = line.listener.accept()
            assert connection is not None
            taken = Talking(self._lock, connection, opened=True)
            # What accepting it makes known is looked at where it matters; but for this nobody need be woken.
            taken.over = alone and any(_both(happened, ENDED) for _, happened in stack.events())
            if not taken.over:
                self._engine.handlers.add(taken)
            line.reflect()
        remote = connection.remote
        found = Socket(self._engine, family_of(remote[0]), taken)
        found._options.config = connection.config
        return found, socket_address(remote)

    def connect(self, address: Address) -> None:
        """Open a connection, and wait until it is open.

        Raises what the connection ended with, `TimeoutError` when time is up (it goes on opening until it is closed),
        `BlockingIOError` (EINPROGRESS) where the socket doesn't block: it is writable when that is decided.
        """
        host, port = address_of(address, self.family)
        deadline: float | None = None
        with self._lock:
            line = self._check()
            if isinstance(line, Listening):
                raise failed(errno.EISCONN)
            if isinstance(line, Talking):
                if line.opened:
                    raise failed(errno.EISCONN)
                if not line.over and self._timeout == 0:
                    raise failed(errno.EALREADY)
            else:
                line = self._begin(host, port)
                if self._timeout == 0:
                    raise failed(errno.EINPROGRESS)
            while not line.opened:
                if line.over:
                    self._raise_end(line)
                deadline = self._await(line, deadline)
                self._check()

    def connect_ex(self, address: Address) -> int:
        """As `connect`, but returns the error's number, 0 for none."""
        try:
            self.connect(address)
        except TimeoutError as error:
            return error.errno or errno.EAGAIN
        except socket.gaierror:
            raise
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    def _begin(self, host: str, port: int) -> Talking:
        local, local_port = self._bound or ("", 0)
        engine = self._engine
        engine.shared.tell_time()
        try:
            connection = engine.stack.connect(
                (host, port),
                local=None if local in _ANY else local,
                local_port=local_port or None,
                config=self._options.config,
            )
        except ValueError as error:
            raise failed(errno.EADDRNOTAVAIL if not port else errno.ENETUNREACH, str(error)) from None
        line = Talking(self._lock, connection, opened=False)
        engine.handlers.add(line)
        self._replace(line)
        engine.shared.leave()
        return line

    def _listen(self, host: str | None, port: int, backlog: int) -> Any:
        stack, config = self._engine.stack, self._options.config
        if port:
            return stack.listen(port, backlog, address=host, config=config)
        ports = _DYNAMIC
        first = random.randrange(len(ports))
        for step in range(len(ports)):
            try:
                return stack.listen(ports[(first + step) % len(ports)], backlog, address=host, config=config)
            except OSError:
                continue
        raise failed(errno.EADDRINUSE, "every port has a listener")

    def _replace(self, line: Line) -> None:
        """The socket has become something else; a descriptor that was given out goes with it."""
        line.mirror, self._line.mirror = self._line.mirror, None
        self._line = line
        line.reflect()

    # --- receiving ---------------------------------------------------------------------------------------------

    def recv(self, size: int, flags: int = 0) -> bytes:
        """At most `size` bytes, b"" at the end. Flags: MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL."""
        if size < 0:
            raise ValueError("negative buffersize in recv")
        deadline: float | None = None
        with self._lock:
            if flags & socket.MSG_WAITALL and not flags & socket.MSG_PEEK:
                return self._recv_all(size, flags)
            while True:
                line = self._talking()
                data = self._take(line, size, flags)
                if data is not None:
                    return data
                deadline = self._await(line, deadline, flags)

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0) -> int:
        """Into a buffer; returns how many bytes."""
        with memoryview(buffer) as whole, whole.cast("B") as view:
            if nbytes < 0:
                raise ValueError("negative buffersize in recv_into")
            if nbytes > len(view):
                raise ValueError("buffer too small for requested bytes")
            data = self.recv(nbytes or len(view), flags)
            view[: len(data)] = data
            return len(data)

    def _take(self, line: Talking, size: int, flags: int = 0) -> bytes | None:
        """What can be had now; None when that is nothing yet."""
        if flags & socket.MSG_PEEK:
            return self._peek(line, size)
        if line.peeked:
            data, line.peeked = line.peeked[:size], line.peeked[size:]
            line.reflect()
            return data
        if not line.opened and not line.over:
            return None
        found = line.connection.recv(size)
        if found is None:
            return b"" if line.reading_over or line.over else None
        self._unannounced += len(found)
        if self._unannounced >= self._worth_telling:
            self._unannounced = 0
            self._engine.shared.leave()
        if line.mirror is not None:
            line.reflect()
        return found

    def _peek(self, line: Talking, size: int) -> bytes | None:
        if len(line.peeked) < size and line.opened and line.connection.readable():
            line.peeked += line.connection.recv(size - len(line.peeked)) or b""
        return line.peeked[:size] if line.peeked else self._take(line, size)

    def _recv_all(self, size: int, flags: int) -> bytes:
        found = bytearray()
        deadline: float | None = None
        while len(found) < size:
            line = self._talking()
            data = self._take(line, size - len(found))
            if data is None:
                deadline = self._await(line, deadline, flags)
                continue
            if not data:
                break
            found += data
        return bytes(found)

    # --- sending -----------------------------------------------------------------------------------------------

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        """As much of it as there is room for now, at least a byte; returns how many."""
        with memoryview(data) as whole, whole.cast("B") as view:
            deadline: float | None = None
            with self._lock:
                while True:
                    line = self._talking()
                    sent = self._put(line, view, 0)
                    if sent or not len(view):
                        return sent
                    deadline = self._await(line, deadline, flags)

    def sendall(self, data: "ReadableBuffer", flags: int = 0) -> None:
        """All of it. When it raises there is no telling how much of it the peer has."""
        with memoryview(data) as whole, whole.cast("B") as view:
            deadline: float | None = None
            at = 0
            with self._lock:
                while True:
                    line = self._talking()
                    at += self._put(line, view, at)
                    if at == len(view):
                        return
                    deadline = self._await(line, deadline, flags)

    def sendfile(self, file: io.BufferedIOBase, offset: int = 0, count: int | None = None) -> int:
        """A file, or `count` bytes of it, from `offset` on; returns how many bytes were sent."""
        if offset:
            file.seek(offset)
        sent = 0
        while count is None or sent < count:
            data = file.read(_PIECE if count is None else min(_PIECE, count - sent))
            if not data:
                break
            self.sendall(data)
            sent += len(data)
        if hasattr(file, "seek"):
            file.seek(offset + sent)
        return sent

    def _put(self, line: Talking, view: memoryview, at: int) -> int:
        if not line.opened and not line.over:
            return 0
        connection, shared = line.connection, self._engine.shared
        shared.tell_time()
        room = connection.writable()
        # One byte where there is no room: whether it is full, or over, is the connection's to say.
        sent = connection.send(view[at : at + max(room, 1)])
        if sent:
            shared.leave()
            if line.mirror is not None:
                line.reflect()
        return sent

    # --- closing -----------------------------------------------------------------------------------------------

    def shutdown(self, how: int) -> None:
        """SHUT_WR finishes (FIN follows what is queued); SHUT_RD has what comes later read as the end; or both."""
        if how not in (socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR):
            raise failed(errno.EINVAL)
        with self._engine.call():
            line = self._check()
            if not isinstance(line, Talking) or not line.opened:
                raise failed(errno.ENOTCONN)
            if how != socket.SHUT_RD and not line.over:
                line.connection.shutdown()
            if how != socket.SHUT_WR:
                line.reading_over = True
            line.tell()
            self._engine.rouse()

    def close(self) -> None:
        """Let go: what is queued is still sent, unless data is unread or SO_LINGER says so: then it is a reset.

        Calls that wait in other threads raise EBADF. Never waits. Files of `makefile` keep it open until they close.
        """
        if not self._closed and self._files <= 0:
            self._close(bool(self._options.linger[0]))
        else:
            self._closing = True

    def abort(self) -> None:
        """Close it with a reset, whatever is queued."""
        self._close(True)

    def detach(self) -> NoReturn:
        """There is no descriptor of the kernel's to hand out; see `Host.as_socket`."""
        raise failed(errno.EOPNOTSUPP, "the socket is the engine's; Host.as_socket makes a descriptor of it")

    def hand_over(self) -> tuple[Connection, bytes]:
        """The connection, and what was peeked at of it, to somebody else: this socket is closed, and it goes on.

        For `Host.as_socket`, with the host's lock held. Raises OSError (ENOTCONN) without a connection that was open.
        """
        line = self._talking()
        if not line.opened:
            raise failed(errno.ENOTCONN)
        self._closed = True
        line.close()
        return line.connection, line.peeked

    def _close(self, reset: bool) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            _let_go(self._engine, self._line, reset)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self, _warn: Any = warnings.warn) -> None:
        if not getattr(self, "_closed", True):
            engine, line = self._engine, self._line
            # Not here: it may be any thread, and one that has the lock.
            engine.soon(lambda: _let_go(engine, line, False))
            _warn(f"unclosed {self!r}", ResourceWarning, source=self)

    _closing = False

    # --- files -------------------------------------------------------------------------------------------------

    def makefile(
        self,
        mode: str = "r",
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> Any:
        """A file, with the standard library's own classes."""
        file = open_file(self, mode, buffering, encoding=encoding, errors=errors, newline=newline)
        self._files += 1
        return file

    def _decref_socketios(self) -> None:
        """For `socket.SocketIO`: one of the files is closed."""
        self._files -= 1
        if self._closing:
            self.close()

    # --- what it is --------------------------------------------------------------------------------------------

    def getsockname(self) -> Address:
        """The local end."""
        with self._lock:
            line = self._check()
            if isinstance(line, Talking):
                return socket_address(line.connection.local)
            host, port = self._bound or ("", 0)
            return socket_address((host or ("::" if self.family == socket.AF_INET6 else "0.0.0.0"), port))

    def getpeername(self) -> Address:
        """The other end."""
        with self._lock:
            line = self._check()
            if not isinstance(line, Talking) or not line.opened:
                raise failed(errno.ENOTCONN)
            return socket_address(line.connection.remote)

    def fileno(self) -> int:
        """A descriptor for select and its like, -1 once closed: readable and writable when this socket is.

        It is only to be waited on. Raises OSError (EMFILE) when there is none left.
        """
        with self._lock:
            return -1 if self._closed else self._line.descriptor()

    def readable(self) -> bool:
        """Whether a `recv`, or an `accept`, would return at once."""
        with self._lock:
            return self._closed or self._line.readable()

    @property
    def verdict(self) -> Verdict | None:
        """How the connection went, or how it stands; None without one."""
        with self._lock:
            return self._line.connection.verdict if isinstance(self._line, Talking) else None

    @property
    def connection(self) -> Connection | None:
        """The engine's own connection. Whoever asks it something does so with the host's lock (`Host.lock`) held."""
        return self._line.connection if isinstance(self._line, Talking) else None

    def settimeout(self, value: float | None) -> None:
        """How many seconds a call may wait; None for ever, 0 not at all."""
        if value is not None and not value >= 0:
            raise ValueError("Timeout value out of range")
        if value is not None and value > threading.TIMEOUT_MAX:
            raise OverflowError(f"a time-out of {value:g} s: at most {threading.TIMEOUT_MAX:g}")
        self._timeout = value

    def gettimeout(self) -> float | None:
        """How many seconds a call may wait."""
        return self._timeout

    @property
    def timeout(self) -> float | None:
        """As `gettimeout`."""
        return self._timeout

    def setblocking(self, flag: bool) -> None:
        """True: wait for ever. False: not at all."""
        self._timeout = None if flag else 0.0

    def getblocking(self) -> bool:
        """Whether a call may wait."""
        return self._timeout != 0

    def setsockopt(self, level: int, option: int, value: Any, optlen: int = 0) -> None:
        """See `options.py` for which there are; ENOPROTOOPT for others."""
        with self._engine.call():
            line = self._check()
            changes, early = self._options.change(level, option, value)
            if not changes:
                return
            try:
                if isinstance(line, Talking) and not line.over:
                    if early:
                        raise failed(errno.EINVAL, "that is fixed once the connection exists")
                    line.connection.configure(**changes)
                self._options.set(changes)
            except ValueError as error:
                raise failed(errno.EINVAL, str(error)) from None

    def configure(self, config: Config) -> None:
        """Connect or listen with this config, its mtu aside. Raises OSError (EINVAL) where that has happened."""
        with self._lock:
            if not isinstance(self._check(), Unused):
                raise failed(errno.EINVAL, "the socket is in use already")
            self._options = Options(replace(config, mtu=self._engine.config.mtu))
            self._worth_telling = max(1, config.receive_window // _SHARE)

    def getsockopt(self, level: int, option: int, buflen: int = 0) -> Any:
        """See `options.py`; also SO_ERROR, SO_DOMAIN and SO_ACCEPTCONN."""
        with self._lock:
            line = self._check()
            value: int | bytes
            if (level, option) == (socket.SOL_SOCKET, socket.SO_ERROR):
                error = line.connection.error if isinstance(line, Talking) else None
                value = (error.errno or errno.EIO) if error is not None else 0
            elif (level, option) == (socket.SOL_SOCKET, socket.SO_DOMAIN):
                value = int(self.family)
            elif (level, option) == (socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                value = int(isinstance(line, Listening))
            else:
                value = self._options.read(level, option)
        if isinstance(value, bytes):
            return value[:buflen] if buflen else int.from_bytes(value[:4], "little")
        return struct.pack("i", value)[:buflen] if buflen else value

    def __repr__(self) -> str:
        line = self._line
        if self._closed:
            what = "closed"
        elif isinstance(line, Talking):
            what = f"{line.connection.local} -> {line.connection.remote}"
        else:
            what = f"{'listening at' if isinstance(line, Listening) else 'unused'} {self._bound or ''}".strip()
        return f"<handshook socket, {what}>"

    # --- waiting -----------------------------------------------------------------------------------------------

    def _check(self) -> Line:
        if self._closed:
            raise failed(errno.EBADF)
        self._engine.check()
        return self._line

    def _talking(self) -> Talking:
        line = self._check()
        if not isinstance(line, Talking):
            raise failed(errno.ENOTCONN)
        return line

    def _await(self, line: Line, deadline: float | None, flags: int = 0) -> float | None:
        """Sleep until the line has news; returns the deadline that there is for it, to be handed in again."""
        timeout = self._timeout
        if timeout is None and not flags & socket.MSG_DONTWAIT:
            self._engine.wait(line, None)
            return None
        if timeout == 0 or flags & socket.MSG_DONTWAIT:
            raise failed(errno.EAGAIN)
        assert timeout is not None
        now = time.monotonic()
        if deadline is None:
            deadline = now + timeout
        if deadline <= now:
            raise TimeoutError("timed out")
        self._engine.wait(line, deadline - now)
        return deadline

    def _raise_end(self, line: Talking) -> NoReturn:
        raise line.connection.error or failed(errno.ECONNABORTED)


def _let_go(engine: EngineThread, line: Line, reset: bool) -> None:
    """The program has closed its socket; with the lock held."""
    if isinstance(line, Listening):
        engine.handlers.close_listener(line.listener)
    elif isinstance(line, Talking):
        engine.shared.tell_time()
        if reset or line.peeked:
            line.left = True
            line.connection.abort()
        else:
            line.leave()
    line.close()
    engine.shared.leave()
    engine.rouse()
