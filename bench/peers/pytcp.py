"""pmd-pytcp as a server: `pytcp.py DEVICE MTU`, on a TUN that exists; the same services as everybody."""

import asyncio
import contextlib
import fcntl
import logging
import os
import struct
import sys
from pathlib import Path
from typing import Any

from pmd_net_addr import Ip4IfAddr
from pmd_pytcp import stack
from pmd_pytcp.lib.interface_layer import InterfaceLayer
from pmd_pytcp.socket import AF_INET, SOCK_STREAM, socket

sys.path.insert(0, str(Path(__file__).parents[1]))
import services

ZEROS = bytes(64 << 10)


async def discard(connection: Any) -> None:
    """To the end, then close."""
    while await connection.recv(65536):
        pass


async def chargen(connection: Any) -> None:
    """Until the client has had enough. Its `send` takes everything and never waits, so somebody else has to."""
    while True:
        while len(connection.tcp_session._tx.buffer) < 4 * len(ZEROS):
            await connection.send(ZEROS)
        await asyncio.sleep(0.001)


async def echo(connection: Any) -> None:
    """Back what comes."""
    while data := await connection.recv(65536):
        await connection.send(data)


async def hang_up(connection: Any) -> None:
    """Nothing: it is closed afterwards."""


async def serve(port: int, service: Any) -> None:
    """Accept for ever, a task each."""
    listener = socket(AF_INET, SOCK_STREAM)
    listener.bind((services.STACK, port))
    listener.listen(backlog=services.BACKLOG)
    tasks = set()

    async def run(connection: Any) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            await service(connection)
        with contextlib.suppress(OSError):
            connection.close()

    while True:
        connection, _ = await listener.accept()
        task = asyncio.create_task(run(connection))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def main(device: str, mtu: int) -> None:
    """Open the device as its own tools do (with the 4-byte packet information), and serve until killed."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, 0x400454CA, struct.pack("16sH22x", device.encode(), 0x0001))
    stack.init(
        fd=descriptor,
        layer=InterfaceLayer.L3,
        mtu=mtu,
        ip4_host=Ip4IfAddr(f"{services.STACK}/24"),
        ip4_dhcp=False,
        ip6_support=False,
    )
    await stack.start()
    ports = [(services.DISCARD + i, discard) for i in range(services.DISCARD_PORTS)]
    ports += [(services.HANGUP + i, hang_up) for i in range(services.HANGUP_PORTS)]
    ports += [(services.CHARGEN, chargen), (services.ECHO, echo), (services.HALF, discard)]
    await asyncio.gather(*(serve(port, service) for port, service in ports))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
