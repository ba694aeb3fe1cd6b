"""HTTP/1.1 on our connections: a server's side that streams its answers, and a client that fetches one page.

h11 knows the protocol and this file only carries: bytes from the connection to h11, events from h11 to the answer,
bytes of the answer back as fast as the peer takes them. While an answer is on its way nothing is read, so a client
that sends requests and never reads fills its own buffers and nobody else's.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus

import h11

from ..tcp.connection import Connection
from ..tcp.happened import Happened
from .handlers import Handler

SOFTWARE = "handshook"
# What is read or made of a body at once.
PIECE = 1 << 16
# An answer is made as far ahead of the peer as this: enough to keep a fast link busy while the next piece is read.
AHEAD = 1 << 18
# What is still read of a request that was answered before its end, so that the answer isn't lost to a RST.
MOST_IGNORED = 1 << 20
# How much of a page the client keeps.
MOST_KEPT = 1 << 20


@dataclass
class Answer:
    """What a request gets. `length` is the body's; `body` gives it in pieces, and is closed when it isn't wanted."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    length: int = 0
    body: Iterable[bytes] = ()


def answer_text(
    status: int, text: str = "", *, kind: str = "text/plain", headers: Iterable[tuple[str, str]] = ()
) -> Answer:
    """An answer of a few lines; the status' own phrase where there is no text."""
    body = (text or f"{status} {HTTPStatus(status).phrase}\n").encode()
    return Answer(status, [("Content-Type", f"{kind}; charset=utf-8"), *headers], len(body), [body])


class HttpServer(Handler):
    """Answers the requests of one connection, one after the other; `answer` makes each.

    With `once`, the connection is closed from this side after the first answer.
    """

    def __init__(self, connection: Connection, answer: Callable[[h11.Request], Answer], *, once: bool = False) -> None:
        super().__init__(connection)
        self._make = answer
        self._once = once
        self._http = h11.Connection(h11.SERVER)
        self._body: Iterator[bytes] | None = None
        self._unsent = b""
        self._lingers = False
        self._ignored = 0

    def news(self, happened: Happened) -> None:
        while self._go_on():
            pass

    def ended(self) -> None:
        self._drop_body()

    def _go_on(self) -> bool:
        """One step; False when it takes more news to go on."""
        if self._unsent or self._body is not None:
            return self._push()
        if self._lingers:
            return self._ignore()
        if self._http.our_state in (h11.MUST_CLOSE, h11.CLOSED, h11.ERROR):
            return self._finish()
        try:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                return self._read()
        except h11.RemoteProtocolError as error:
            self._begin(answer_text(error.error_status_hint, f"{error}\n"), None)
            return True
        if event is h11.PAUSED:
            self._http.start_next_cycle()
        elif isinstance(event, h11.Request):
            if not _has_body(event):
                # Its end comes with it, and with that read the connection can be closed right after the answer.
                self._http.next_event()
            known = event.http_version.startswith(b"1.")
            self._begin(self._make(event) if known else answer_text(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED), event)
        elif isinstance(event, h11.ConnectionClosed):
            self.leave()
            return False
        return True

    def _read(self) -> bool:
        data = self.connection.recv(PIECE)
        if data is None:
            return False
        self._http.receive_data(data)
        return True

    def _begin(self, answer: Answer, request: h11.Request | None) -> None:
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            # h11 has given up on this connection before: there is no one to answer.
            self._lingers = True
            self.connection.shutdown()
            return
        headers = [*answer.headers, ("Server", SOFTWARE), ("Date", formatdate(usegmt=True))]
        if answer.status != HTTPStatus.NOT_MODIFIED:
            # There it would have to be the length of the file that isn't sent (RFC 9110 8.6).
            headers.append(("Content-Length", str(answer.length)))
        if self._once or request is None or _has_body(request):
            headers.append(("Connection", "close"))
        response = h11.Response(
            status_code=answer.status, headers=headers, reason=HTTPStatus(answer.status).phrase.encode()
        )
        self._unsent = self._http.send(response) or b""
        if request is not None and request.method == b"HEAD":
            _close(answer.body)
            self._body = iter(())
        else:
            self._body = iter(answer.body)

    def _push(self) -> bool:
        """Pass the answer on as far as the peer takes it; True once it is all handed over."""
        connection = self.connection
        while True:
            if self._unsent:
                self._unsent = self._unsent[connection.send(self._unsent) :]
                if self._unsent:
                    return False
            if self._body is None:
                return True
            if connection.config.send_buffer - connection.writable() >= AHEAD:
                return False
            piece = next(self._body, None)
            if piece is None:
                self._drop_body()
                piece = self._http.send(h11.EndOfMessage())
            else:
                piece = self._http.send(h11.Data(data=piece))
            self._unsent = piece or b""

    def _finish(self) -> bool:
        """Everything is said. A peer that is still sending is heard for a while: closing at once would reset it,
        and it might never read the answer (RFC 9112 9.6)."""
        if self._http.their_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED) and not self.connection.readable():
            self.leave()
            return False
        self._lingers = True
        self.connection.shutdown()
        return True

    def _ignore(self) -> bool:
        data = self.connection.recv(PIECE)
        if data is None:
            return False
        self._ignored += len(data)
        if not data or self._ignored > MOST_IGNORED:
            self.leave()
            return False
        return True

    def _drop_body(self) -> None:
        body, self._body = self._body, None
        _close(body)


class Fetch(Handler):
    """Asks for one page over a connection that is being opened, and closes after the peer has.

    `status` is None until the answer begins; `page` is its body, as far as it is kept, `size` the length of all of it.
    `complete` says that it came whole, `failure` why not, where it wasn't the connection's fault, and `over` that the
    connection is, too.
    """

    def __init__(self, connection: Connection, target: str, host: str) -> None:
        super().__init__(connection)
        self.status: int | None = None
        self.page = b""
        self.size = 0
        self.complete = False
        self.over = False
        self.failure = ""
        self._http = h11.Connection(h11.CLIENT)
        self._request = h11.Request(
            method="GET",
            target=target,
            headers=[("Host", host), ("User-Agent", SOFTWARE), ("Connection", "close")],
        )

    def news(self, happened: Happened) -> None:
        if happened & Happened.OPENED:
            request = self._http.send(self._request) or b""
            self.connection.send(request + (self._http.send(h11.EndOfMessage()) or b""))
        try:
            while self._take():
                pass
        except h11.RemoteProtocolError as error:
            self.failure = str(error)
            self.connection.abort()

    def ended(self) -> None:
        self.over = True

    def _take(self) -> bool:
        """One step; False when it takes more news to go on."""
        event = self._http.next_event()
        if event is h11.NEED_DATA:
            data = self.connection.recv(PIECE)
            if data is None:
                return False
            self._http.receive_data(data)
        elif isinstance(event, h11.Response):
            self.status = event.status_code
        elif isinstance(event, h11.Data):
            self.size += len(event.data)
            self.page += bytes(event.data[: max(0, MOST_KEPT - len(self.page))])
        elif isinstance(event, h11.EndOfMessage):
            self.complete = True
        elif isinstance(event, h11.ConnectionClosed):
            self.leave()
            return False
        return True


def _has_body(request: h11.Request) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in request.headers
    )


def _close(body: object) -> None:
    close = getattr(body, "close", None)
    if close is not None:
        close()
