"""A file over a socket, as `socket.makefile` makes it: the standard library's own raw and buffered classes."""

import io
import socket
from typing import Any


def open_file(
    sock: Any, mode: str, buffering: int | None, *, encoding: str | None, errors: str | None, newline: str | None
) -> Any:
    """`sock` must count the files that it has; `socket.SocketIO` tells it when one closes."""
    if not set(mode) <= {"r", "w", "b"}:
        raise ValueError(f"invalid mode {mode!r} (only r, w, b allowed)")
    writing = "w" in mode
    reading = "r" in mode or not writing
    size = io.DEFAULT_BUFFER_SIZE if buffering is None or buffering < 0 else buffering
    if size == 0 and "b" not in mode:
        raise ValueError("unbuffered streams must be binary")
    raw: Any = socket.SocketIO(sock, "r" * reading + "w" * writing)  # type: ignore[arg-type]
    if size == 0:
        return raw
    if reading and writing:
        buffer: Any = io.BufferedRWPair(raw, raw, size)
    else:
        buffer = io.BufferedReader(raw, size) if reading else io.BufferedWriter(raw, size)
    if "b" in mode:
        return buffer
    text = io.TextIOWrapper(buffer, encoding, errors, newline)
    text.mode = mode  # type: ignore[misc]
    return text
