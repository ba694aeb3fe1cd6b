"""A private network with the kernel on its other side, for the tests of a module; and programs run in it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from aio.link import HANG

from handshook.lab import PrivateNetwork

PEERS = str(Path(__file__).with_name("peers.py"))


class Ground:
    """The network and what is started in it."""

    def __init__(self):
        self.network = PrivateNetwork()
        self.addresses = [self.network.engine4, self.network.engine6]
        self.engine, self.kernel = self.network.engine4, self.network.kernel4
        self._started = []

    def start(self, *command):
        """A program of the kernel's side."""
        program = self.network.popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd="/")
        self._started.append(program)
        return program

    def peer(self, name, *arguments):
        """One of peers.py."""
        return self.start(sys.executable, "-P", PEERS, name, *map(str, arguments))

    async def line(self, program):
        """The next line that it prints."""
        return (await asyncio.to_thread(program.stdout.readline)).decode().rstrip("\n")

    async def end(self, program):
        """All that it still prints, once it has ended well."""
        printed = await asyncio.to_thread(program.stdout.read)
        code = await asyncio.to_thread(program.wait, HANG)
        assert code == 0, f"{program.args}: {code}\n{printed.decode()}"
        return printed.decode()

    async def run(self, *command):
        """What a program prints."""
        return await self.end(self.start(*command))

    async def listening(self, port):
        """Until somebody of the kernel's side listens there; its own table says so (proc_net_tcp.rst: 0A is LISTEN)."""
        while True:
            with open(f"/proc/{self.network.pid}/net/tcp", encoding="ascii") as table:
                rows = [line.split() for line in table][1:]
            if any(row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port for row in rows):
                return
            await asyncio.sleep(0.01)

    def sweep(self):
        for program in self._started:
            program.kill()
            program.wait(HANG)
            program.close()
        self._started.clear()

    def close(self):
        self.sweep()
        self.network.close()


@pytest.fixture(scope="module")
def network():
    ground = Ground()
    yield ground
    ground.close()


@pytest.fixture
def ground(network):
    yield network
    network.sweep()
