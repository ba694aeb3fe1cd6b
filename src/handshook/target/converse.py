"""The server's side of one HTTP/1.1 connection whose every answer is at hand: h11 knows HTTP, asyncio carries."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

import h11

# What a request may bring along; a reply of some megabytes, in base64, is one.
MOST_BODY = 1 << 24
PIECE = 1 << 16
# A client that says nothing for so long, in seconds, is let go.
PATIENCE = 60.0

Answers = Callable[[str, str, bytes], tuple[HTTPStatus, bytes]]


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answers) -> None:
    """Answers requests until the client leaves, or says nothing for long: `answer` is given method, target and body."""
    http = h11.Connection(h11.SERVER)
    try:
        while (request := await _next(http, reader)) is not None:
            status, body = answer(*request)
            kind = "application/json" if body[:1] in (b"{", b"[") else "text/plain; charset=utf-8"
            headers = [("Content-Length", str(len(body))), ("Content-Type", kind)]
            for event in (
                h11.Response(status_code=status, headers=headers, reason=status.phrase.encode()),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                writer.write(http.send(event) or b"")
            await writer.drain()
            if http.our_state is not h11.DONE or http.their_state is not h11.DONE:
                return
            http.start_next_cycle()
    except (h11.RemoteProtocolError, OSError):
        # Whoever speaks something else, left in the middle or fell silent gets no answer.
        return
    finally:
        writer.close()


async def _next(http: h11.Connection, reader: asyncio.StreamReader) -> tuple[str, str, bytes] | None:
    """The next request; None when there is none any more."""
    method = target = ""
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            async with asyncio.timeout(PATIENCE):
                http.receive_data(await reader.read(PIECE))
        elif isinstance(event, h11.Request):
            method, target = event.method.decode(), event.target.decode()
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MOST_BODY:
                raise h11.RemoteProtocolError(f"a body of more than {MOST_BODY} bytes")
        elif isinstance(event, h11.EndOfMessage):
            return method, target, bytes(body)
        else:
            return None
