"""The control of a run: a small HTTP and JSON server on a UNIX socket, while the program runs.

    GET /rules             the rules in force, each with its id and how often it has acted
    POST /rules            {"rule": "drop syn first 2"}: one more, from now on
    DELETE /rules/ID       one less; DELETE /rules: none
    GET /connections       what became of each connection so far, as `--json` tells it at the end
    ... /targets           see `target.control`

What is wrong with a request is answered with 400 or 404 and {"error": a sentence}. Who may connect to the socket may
use it: it stands in a directory of the user's own.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from ..fault import Faults, RuleError
from ..target.converse import converse
from .entries import Entries

Answer = tuple[HTTPStatus, bytes]
Answering = Callable[[str, str, bytes], Answer]


class Control:
    """Answers requests about a run; `others` answer those whose path begins with their word."""

    def __init__(self, faults: Faults, entries: Entries, others: dict[str, Answering]) -> None:
        self._faults = faults
        self._entries = entries
        self._others = others
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self, path: str) -> None:
        """Listen at the path. Raises OSError."""
        self._server = await asyncio.start_unix_server(self._serve, path)

    async def close(self) -> None:
        """Stop listening, and end what is under way."""
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """What a request does, and what it is answered."""
        words = urlsplit(target).path.strip("/").split("/")
        other = self._others.get(words[0])
        if other is not None:
            return other(method, target, body)
        try:
            match method, words:
                case "GET", ["rules"]:
                    return _json(HTTPStatus.OK, [_rule(active) for active in self._faults.rules.values()])
                case "POST", ["rules"]:
                    id = self._faults.add(_text(body, "rule"))
                    return _json(HTTPStatus.CREATED, _rule(self._faults.rules[id]))
                case "DELETE", ["rules"]:
                    self._faults.clear()
                    return HTTPStatus.NO_CONTENT, b""
                case "DELETE", ["rules", id]:
                    self._faults.remove(int(id) if id.isdigit() else -1)
                    return HTTPStatus.NO_CONTENT, b""
                case "GET", ["connections"]:
                    return _json(HTTPStatus.OK, self._entries.records())
        except KeyError:
            return wrong(HTTPStatus.NOT_FOUND, f"there is no rule {words[1]}")
        except (RuleError, ValueError) as error:
            return wrong(HTTPStatus.BAD_REQUEST, str(error))
        return wrong(HTTPStatus.NOT_FOUND, f"nothing answers {method} {target}")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await converse(reader, writer, self.answer)
        finally:
            self._clients.discard(task)


def _rule(active: Any) -> dict[str, Any]:
    return {"id": active.id, "rule": str(active.rule), "hits": active.hits}


def _text(body: bytes, name: str) -> str:
    document = json.loads(body or b"{}")
    text = document.get(name) if isinstance(document, dict) else None
    if not isinstance(text, str):
        raise ValueError(f'the body is JSON, such as {{"{name}": "drop syn first 2"}}')
    return text


def _json(status: HTTPStatus, document: Any) -> Answer:
    return status, json.dumps(document).encode()


def wrong(status: HTTPStatus, sentence: str) -> Answer:
    """The answer to a request that is wrong."""
    return _json(status, {"error": sentence})
