"""What a running stack answers: its figures, the text for Prometheus, and the commands of its defence."""

import json
from collections.abc import Callable
from typing import Any

from ..defence import Defence
from ..defence.control import Wrong, command
from ..host.stack import Stack
from ..show.figures import figures
from ..show.prometheus import CONTENT_TYPE, prometheus

Answer = Callable[[bytes], bytes | None]


def figures_of(stack: Stack, defence: Defence | None) -> dict[str, Any]:
    """A stack's figures, with its defence's where it has one."""
    return figures(stack, None if defence is None else defence.figures())


def control_of(stack: Stack, defence: Defence | None) -> Answer:
    """The control socket's side: a line that says `figures`, `metrics` or a command of the defence; the answer is a
    line of JSON, with an `error` where it can't be done."""

    def answer(heard: bytes) -> bytes | None:
        if b"\n" not in heard:
            return None
        line = heard.split(b"\n", 1)[0].decode(errors="replace").strip()
        found: dict[str, Any]
        try:
            if line == "figures":
                found = figures_of(stack, defence)
            elif line == "metrics":
                found = {"metrics": prometheus(figures_of(stack, defence))}
            elif defence is None:
                raise Wrong("there is no defence here; serve has --defence")
            else:
                found = command(defence, line)
        except Wrong as error:
            found = {"error": str(error)}
        return json.dumps(found).encode() + b"\n"

    return answer


def metrics_of(stack: Stack, defence: Defence | None) -> Answer:
    """Prometheus' side: HTTP, and GET of `/metrics` only."""

    def answer(heard: bytes) -> bytes | None:
        if b"\r\n\r\n" not in heard and b"\n\n" not in heard:
            return None
        words = heard.split(b"\n", 1)[0].split()
        if len(words) < 2 or words[0] not in (b"GET", b"HEAD"):
            return _http("405 Method Not Allowed", "only GET\n", "text/plain")
        if words[1].split(b"?")[0] != b"/metrics":
            return _http("404 Not Found", "it is at /metrics\n", "text/plain")
        whole = _http("200 OK", prometheus(figures_of(stack, defence)), CONTENT_TYPE)
        return whole.split(b"\r\n\r\n")[0] + b"\r\n\r\n" if words[0] == b"HEAD" else whole

    return answer


def _http(status: str, body: str, kind: str) -> bytes:
    octets = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(octets)}\r\nConnection: close\r\n\r\n"
    return head.encode() + octets
