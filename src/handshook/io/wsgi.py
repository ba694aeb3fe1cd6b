"""WSGI applications (PEP 3333) on our servers: h11 knows HTTP, wsgiref knows WSGI, and this file carries.

A connection is served by the thread that its server gives it, request after request, until either side wants no more.
Request bodies are read when the application reads them, answers are sent as it makes them.
"""

import contextlib
import io
import socket
import socketserver
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.handlers import BaseHandler

import h11

from .http import MOST_IGNORED, PIECE, SOFTWARE
from .threads import Socket

Application = Callable[..., Any]


class Gone(Exception):
    """The client wants no more, or can't be waited for."""


class Peer:
    """The client's side of one connection: events in, events out. Each wait is at most `timeout` seconds."""

    def __init__(self, sock: Socket, timeout: float) -> None:
        self.http = h11.Connection(h11.SERVER)
        self.lost = False
        """Whether the connection, or the wait for the client, has failed."""
        self._socket = sock
        self._head = b""
        # A client that waits to be asked for its body (RFC 9110 10.1.1), and was not.
        self._unasked = False
        self._timeout = timeout

    def request(self) -> h11.Request | None:
        """The next request, None when there is none. All of its head must come within the time-out."""
        end = time.monotonic() + self._timeout
        try:
            event = self._next(end)
        except TimeoutError:
            if self.http.trailing_data[0]:
                raise
            # It rests between two requests, and may close as it would have.
            return None
        self._unasked = self.http.they_are_waiting_for_100_continue
        return event if isinstance(event, h11.Request) else None

    def body(self) -> bytes:
        """The next piece of the request's body, b"" at its end."""
        if self._unasked and self.http.they_are_waiting_for_100_continue:
            self._unasked = False
            self.send(h11.InformationalResponse(status_code=100, headers=[]))
        if self.http.their_state is not h11.SEND_BODY:
            return b""
        event = self._next(time.monotonic() + self._timeout)
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    def send(self, event: h11.Event) -> None:
        """Raises what the connection ended with, `TimeoutError` for a client that does not read."""
        data = self._head + (self.http.send(event) or b"")
        # The head of an answer leaves with the beginning of its body, or its end.
        self._head = data if isinstance(event, h11.Response) else b""
        if data and not self._head:
            with self._losing():
                self._socket.settimeout(self._timeout)
                self._socket.sendall(data)

    def again(self) -> bool:
        """Whether another request may come; reads what is left of this one, if that is not much."""
        ignored = 0
        while self.http.their_state is h11.SEND_BODY and self.http.our_state is h11.DONE:
            if self._unasked or ignored > MOST_IGNORED:
                return False
            ignored += len(self.body())
        if self.http.our_state is not h11.DONE or self.http.their_state is not h11.DONE:
            return False
        self.http.start_next_cycle()
        return True

    def _next(self, end: float) -> Any:
        while (event := self.http.next_event()) is h11.NEED_DATA:
            with self._losing():
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError("the client took too long")
                self._socket.settimeout(left)
                self.http.receive_data(self._socket.recv(PIECE))
        return event

    @contextlib.contextmanager
    def _losing(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.lost = True
            raise


class Body(io.RawIOBase):
    """The request's body as `wsgi.input`."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(self._peer.body())
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


class Answering(BaseHandler):
    """Runs the application for one request; wsgiref's own, but that the bytes are h11's to make.

    `broken` says that the application raised when its answer had begun: nobody may take what came of it for whole.
    """

    environ: dict[str, Any]
    status: str | None
    headers: Any
    wsgi_run_once = False
    wsgi_multiprocess = False
    os_environ: dict[str, str] = {}  # noqa: RUF012 - a request has nothing of the server's environment
    server_software = SOFTWARE

    def __init__(self, peer: Peer, request: h11.Request, variables: dict[str, str], threads: bool) -> None:
        self._peer = peer
        self._variables = variables
        self._silent = request.method == b"HEAD"
        self._input = io.BufferedReader(Body(peer), PIECE)
        self.wsgi_multithread = threads
        self.broken = False

    def get_stdin(self) -> Any:
        return self._input

    def get_stderr(self) -> Any:
        return sys.stderr

    def add_cgi_vars(self) -> None:
        self.environ.update(self._variables)
        # No length is told of a chunked body, but it has an end.
        self.environ["wsgi.input_terminated"] = True

    def send_headers(self) -> None:
        self.cleanup_headers()
        self.headers_sent = True
        assert self.status is not None and self.headers is not None
        code, _, reason = self.status.partition(" ")
        headers = [(name, value) for name, value in self.headers.items() if name.lower() != "connection"]
        known = {name.lower() for name, _ in headers}
        headers += [("Date", formatdate(usegmt=True))] if "date" not in known else []
        headers += [("Server", SOFTWARE)] if "server" not in known else []
        self._peer.send(h11.Response(status_code=int(code), reason=reason.encode("latin-1"), headers=headers))

    def _write(self, data: bytes) -> None:
        if not self._silent:
            self._peer.send(h11.Data(data=data))

    def _flush(self) -> None:
        pass

    def log_exception(self, exc_info: Any) -> None:
        self.broken = self.headers_sent
        traceback.print_exception(*exc_info)

    def handle_error(self) -> None:
        if self._peer.lost:
            raise Gone
        super().handle_error()


class WsgiHandler(socketserver.BaseRequestHandler):
    """Serves `application`; derive a class with it set, as `handler_for` does.

    `timeout`, in seconds, is how long a request's head may take to come, and each wait for more of a body, or for the
    client to read more of an answer.
    """

    application: Application
    timeout = 30.0
    threads = True

    def handle(self) -> None:
        """Every request of one connection."""
        # What is written is all there is for now.
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = Peer(self.request, self.timeout)
        try:
            while (request := peer.request()) is not None and self._answer(peer, request):
                pass
        except h11.RemoteProtocolError as error:
            self._refuse(peer, error)
        except (TimeoutError, ConnectionError, Gone):
            # The client's own doing, and no failure of the server.
            self.request.abort()

    def _answer(self, peer: Peer, request: h11.Request) -> bool:
        answering = Answering(peer, request, self._variables(request), self.threads)
        answering.run(type(self).application)
        try:
            if answering.broken:
                raise Gone
            peer.send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            # Shorter than it was announced: the client must not take it for whole.
            raise Gone from error
        return peer.again()

    def _variables(self, request: h11.Request) -> dict[str, str]:
        """PEP 3333's: text whose characters are the bytes that came."""
        target = request.target.decode("latin-1")
        path, _, query = target.partition("?")
        here = self.request.getsockname()
        found = {
            "REQUEST_METHOD": request.method.decode("latin-1"),
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": target,
            "SERVER_NAME": here[0],
            "SERVER_PORT": str(here[1]),
            "SERVER_PROTOCOL": f"HTTP/{request.http_version.decode('latin-1')}",
            "REMOTE_ADDR": self.client_address[0],
            "REMOTE_PORT": str(self.client_address[1]),
        }
        for raw_name, raw_value in request.headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            if "_" in name:
                # It could not be told from the same name with a hyphen, which may be one that a proxy vouches for.
                continue
            key = name.upper().replace("-", "_")
            key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
            found[key] = f"{found[key]},{value}" if key in found else value
        return found

    def _refuse(self, peer: Peer, error: h11.RemoteProtocolError) -> None:
        """What came is no HTTP: say so, where there is still somebody to say it to."""
        if peer.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.request.abort()
            return
        status = HTTPStatus(error.error_status_hint)
        text = f"{status.phrase}: {error}\n".encode()
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(text))), ("Connection", "close")]
        try:
            peer.send(h11.Response(status_code=status, headers=headers))
            peer.send(h11.Data(data=text))
            peer.send(h11.EndOfMessage())
        except OSError:
            self.request.abort()


def handler_for(application: Application, *, threads: bool, timeout: float = 30.0) -> type[WsgiHandler]:
    """A handler class for one application; `threads` says whether several requests may be served at once."""
    members = {"application": staticmethod(application), "threads": threads, "timeout": timeout}
    return type("ApplicationHandler", (WsgiHandler,), members)
