"""How the tool and the first process of a private network talk: JSON datagrams that can carry descriptors.

One SOCK_SEQPACKET pair; every request has one answer. What may be long, such as an environment, travels in a
memory file whose descriptor rides along, so no message can outgrow the socket's buffer. Bytes become JSON as
latin-1, which keeps every one of them.

Requests:  {"run": serial} with [order, directory, stdin, stdout, stderr, status]
Answers:   {"ready": {...}} with [device, ...]  once, when the network stands
           {"failed": {...}}                    once, instead
           {"started": serial} with [pidfd], and the program's pid as the message's credentials
           {"refused": serial, "errno": ..., "filename": ..., "text": ...}
"""

import array
import json
import os
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

_MESSAGE_BYTES = 65_536
_MOST_DESCRIPTORS = 64
_CREDENTIALS = struct.Struct("iII")

Document = dict[str, Any]


@dataclass
class Message:
    """One datagram as it arrived; `sender` is a pid as the receiver sees it, 0 without credentials."""

    content: Document
    descriptors: list[int] = field(default_factory=list)
    sender: int = 0

    def drop(self) -> None:
        """Closes the descriptors that came along."""
        while self.descriptors:
            os.close(self.descriptors.pop())


def send(
    channel: socket.socket, content: Document, descriptors: list[int] | None = None, *, on_behalf: int = 0
) -> None:
    """Sends one message; with `on_behalf`, in the name of that process, whose pid the kernel translates.

    Translation is why it is done so: inside a pid namespace nobody knows what a process is called outside of
    it.
    """
    ancillary: list[tuple[int, int, bytes]] = []
    if descriptors:
        ancillary.append((socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors).tobytes()))
    if on_behalf:
        credentials = _CREDENTIALS.pack(on_behalf, os.geteuid(), os.getegid())
        ancillary.append((socket.SOL_SOCKET, socket.SCM_CREDENTIALS, credentials))
    channel.sendmsg([json.dumps(content).encode()], ancillary, socket.MSG_NOSIGNAL)


def receive(channel: socket.socket) -> Message | None:
    """Waits for one message; None when the other side is gone."""
    room = socket.CMSG_SPACE(4 * _MOST_DESCRIPTORS) + socket.CMSG_SPACE(_CREDENTIALS.size)
    try:
        data, ancillary, _, _ = channel.recvmsg(_MESSAGE_BYTES, room, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return None
    if not data:
        return None
    message = Message({})
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            numbers = array.array("i")
            numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
            message.descriptors.extend(numbers)
        elif (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            message.sender = _CREDENTIALS.unpack(content[: _CREDENTIALS.size])[0]
    message.content = json.loads(data)
    return message


def write_file(content: Document) -> int:
    """A memory file that holds the document, as a descriptor that the caller closes."""
    descriptor = os.memfd_create("handshook", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(json.dumps(content).encode())
    return descriptor


def read_file(descriptor: int) -> Document:
    """What `write_file` wrote; leaves the descriptor open."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        content: Document = json.load(file)
        return content


def to_text(data: bytes) -> str:
    """Any bytes as text that JSON can hold."""
    return data.decode("latin-1")


def to_bytes(text: str) -> bytes:
    """The bytes that `to_text` was given."""
    return text.encode("latin-1")
