"""The process beside the tests: it has the private network, drives the engine in it, and does what it is asked.

`python -m handshook.peer.stage DESCRIPTOR PARENT`. The descriptor is a Unix socket of datagrams. The first one that
leaves says {"ready": {...}} and brings the socket of the `giver` along, or says {"unavailable": [reason, cure]}. Each
that arrives brings a socket on which HTTP is spoken (see target.control). It ends when the parent, a process, has
ended, in whatever way, or the socket is closed everywhere; and with it the private network and all in it.
"""

import asyncio
import json
import os
import socket
import sys
from http import HTTPStatus
from pathlib import Path

from ..fault import Faults
from ..host.stack import Stack
from ..io.aio import Host
from ..lab import PrivateNetworkUnavailable, control
from ..session.place import Place
from ..target.control import answer
from ..target.converse import Answers, converse
from ..target.targets import Targets

# Lots are the same in each run of the tests, unless a rule has a seed of its own.
SEED = 0

GIVER = Path(__file__).with_name("giver.py")


def main(arguments: list[str]) -> int:
    """See above."""
    channel = socket.socket(fileno=int(arguments[0]))
    channel.set_inheritable(False)
    parent = int(arguments[1])
    try:
        watch = os.pidfd_open(parent)
    except ProcessLookupError:
        return 1
    if os.getppid() != parent:
        # It ended before we looked, and the number may be somebody else's by now.
        return 1
    try:
        place = Place.private()
    except PrivateNetworkUnavailable as unavailable:
        control.send(channel, {"unavailable": [unavailable.reason, unavailable.cure]})
        return 1
    with place:
        asyncio.run(_play(place, channel, watch))
    return 0


async def _play(place: Place, channel: socket.socket, parent: int) -> None:
    network = place.network
    assert network is not None
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        # Neither site nor the environment of the tests has a say in it.
        network.popen([sys.executable, "-I", "-S", str(GIVER)], stdin=theirs.fileno())
        theirs.close()
        breaking: list[Faults] = []

        def wrap(stack: Stack) -> Faults:
            breaking.append(Faults(stack, seed=SEED))
            return breaking[0]

        async with Host(place, wrap=wrap) as host:
            targets = Targets(host, breaking[0], place.addresses)
            ready = {"addresses": place.addresses, "kernel": [network.kernel4, network.kernel6][: 1 + network.ipv6]}
            control.send(channel, {"ready": ready}, [ours.fileno()])
            ours.close()
            await _until_alone(channel, parent, lambda *request: _answer(host, targets, *request))


def _answer(host: Host, targets: Targets, method: str, target: str, body: bytes) -> tuple[HTTPStatus, bytes]:
    if host.lost is not None:
        return HTTPStatus.SERVICE_UNAVAILABLE, b'{"error": "the private network has ended"}'
    try:
        return answer(targets, method, target, body)
    except Exception as error:
        # A fault of ours: whoever asked is told, and can report it, and the others go on.
        return HTTPStatus.INTERNAL_SERVER_ERROR, json.dumps({"error": repr(error)}).encode()


async def _until_alone(channel: socket.socket, parent: int, answers: Answers) -> None:
    """Answers who asks, until nobody can ask any more."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    talks: set[asyncio.Task[None]] = set()

    def hear() -> None:
        message = control.receive(channel)
        if message is None:
            ended.set()
            return
        for descriptor in message.descriptors:
            talk = loop.create_task(_talk(socket.socket(fileno=descriptor), answers))
            talks.add(talk)
            talk.add_done_callback(talks.discard)

    loop.add_reader(channel, hear)
    loop.add_reader(parent, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(channel)
        loop.remove_reader(parent)
        for talk in talks:
            talk.cancel()


async def _talk(asker: socket.socket, answers: Answers) -> None:
    asker.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=asker)
    await converse(reader, writer, answers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
