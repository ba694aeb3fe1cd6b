"""Targets over HTTP/1.1 and JSON, for programs that are somewhere else: `answer` is the whole of what can be asked.

    POST /targets                       adds one; the answer is its document (see `Targets.add`)
    GET /targets                        all of them
    GET /targets/NAME                   one of them
    GET /targets/NAME/ladder?width=100  its ladders, as text
    DELETE /targets/NAME                removes it

What is wrong with a request is answered with 400, 404 or 409 and {"error": a sentence}.
"""

import json
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from .targets import Targets

WIDTH = 100
# Below this there is no room for two lanes.
NARROWEST = 60

Answer = tuple[HTTPStatus, bytes]


def answer(targets: Targets, method: str, target: str, body: bytes) -> Answer:
    """Does what the request asks; status and body of the answer."""
    url = urlsplit(target)
    try:
        match method, url.path.strip("/").split("/"):
            case "POST", ["targets"]:
                return _json(HTTPStatus.CREATED, targets.add(_document(body)))
            case "GET", ["targets"]:
                return _json(HTTPStatus.OK, targets.documents())
            case "GET", ["targets", name]:
                return _json(HTTPStatus.OK, targets.show(name))
            case "GET", ["targets", name, "ladder"]:
                width = parse_qs(url.query).get("width", [str(WIDTH)])[0]
                return HTTPStatus.OK, targets.ladder(name, max(int(width), NARROWEST)).encode()
            case "DELETE", ["targets", name]:
                targets.remove(name)
                return HTTPStatus.NO_CONTENT, b""
    except KeyError as error:
        return _wrong(HTTPStatus.NOT_FOUND, f"there is no target {error.args[0]}")
    except OSError as error:
        return _wrong(HTTPStatus.CONFLICT, error.strerror or str(error))
    except ValueError as error:
        return _wrong(HTTPStatus.BAD_REQUEST, str(error))
    return _wrong(HTTPStatus.NOT_FOUND, f"nothing answers {method} {url.path}")


def _document(body: bytes) -> dict[str, object]:
    document = json.loads(body or b"{}")
    if not isinstance(document, dict):
        raise ValueError("a request's body is a JSON object")
    return document


def _json(status: HTTPStatus, document: object) -> Answer:
    return status, json.dumps(document).encode()


def _wrong(status: HTTPStatus, sentence: str) -> Answer:
    return _json(status, {"error": sentence})
