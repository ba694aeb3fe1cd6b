"""One small HTTP server, written once, on this engine or on the kernel's sockets.

    program.py blocking|asyncio engine DESCRIPTOR DEVICE     at the engine's address, on a TUN that was opened
    program.py blocking|asyncio kernel                       on the kernel's sockets

It answers every request with the same hundred bytes: what is measured is the way there and back.
"""

import asyncio
import contextlib
import socketserver
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import services

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + bytes(100)


class Blocking(socketserver.BaseRequestHandler):
    """A thread's."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            while self.request.recv(4096):
                self.request.sendall(ANSWER)


class Protocol(asyncio.Protocol):
    """A loop's."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(ANSWER)


def blocking(device: Any) -> None:
    """A thread for each connection."""
    if device is None:
        kernel = type("Server", (socketserver.ThreadingMixIn, socketserver.TCPServer), {"request_queue_size": 128})
        kernel(("0.0.0.0", services.PROGRAM), Blocking).serve_forever()
    from handshook.io.servers import ThreadServer
    from handshook.io.threads import Host

    with Host(device, [services.STACK]) as host:
        ThreadServer(host, ("", services.PROGRAM), Blocking).serve_forever()


async def on_loop(device: Any) -> None:
    """One event loop."""
    if device is None:
        server: Any = await asyncio.get_running_loop().create_server(Protocol, "0.0.0.0", services.PROGRAM)
        await server.serve_forever()
    from handshook.io.aio import Host

    async with Host(device, [services.STACK]) as host:
        server = await host.create_server(Protocol, services.PROGRAM)
        await server.serve_forever()


def main(kind: str, where: str, *words: str) -> None:
    """Serve until it is killed."""
    device = None
    if where == "engine":
        from handshook.link.tun import Tun

        device = Tun(int(words[0]), name=words[1], mtu=1500)
    if kind == "blocking":
        blocking(device)
    else:
        asyncio.run(on_loop(device))


if __name__ == "__main__":
    main(*sys.argv[1:])
