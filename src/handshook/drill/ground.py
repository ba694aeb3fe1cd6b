"""One model under one load, in a process of its own, so that its threads and its memory are nobody else's.

`python -m handshook.drill.ground ORDER` makes a private network, serves a port of the engine there, lets the clients
come, and prints what it saw as a line of JSON. It ends as soon as the clients have: what still waits then is nobody's.
"""

import asyncio
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from ..io.aio import Host as LoopHost
from ..io.servers import Fate, HostServer, PoolServer, ThreadServer
from ..io.threads import Host
from ..lab import PrivateNetwork, PrivateNetworkUnavailable
from ..lab.libc import die_with_parent
from .load import Load
from .models import Model

PORT = 7
# How often threads and memory are looked at, in seconds.
LOOK = 0.01
# Only a loop that hangs takes so long to begin.
PATIENCE = 60.0


class Sampler:
    """The most threads and memory (resident, in bytes) that this process has had since it was made."""

    def __init__(self) -> None:
        self.threads_before, self.memory_before = look()
        self.threads, self.memory = self.threads_before, self.memory_before

    def sample(self) -> None:
        """Look once."""
        threads, memory = look()
        self.threads, self.memory = max(threads, self.threads), max(memory, self.memory)


def look() -> tuple[int, int]:
    """Threads, and resident memory in bytes."""
    with open("/proc/self/status", encoding="ascii") as file:
        found = dict(line.split(":", 1) for line in file)
    return int(found["Threads"]), int(found["VmRSS"].split()[0]) * 1024


class Work(socketserver.BaseRequestHandler):
    """Reads how long its work takes, does it, and says when it began."""

    def handle(self) -> None:
        began = time.monotonic()
        with suppress(OSError, ValueError):
            time.sleep(float(self.request.recv(64)))
            self.request.sendall(f"{began!r}\n".encode())


class OnThreads:
    """One at a time, a thread each, or a pool."""

    def __init__(self, model: Model, network: PrivateNetwork) -> None:
        self._host = Host(network.device, [network.engine4])
        self._server = self._make(model)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def begin(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def report(self) -> dict[str, Any]:
        """How many requests were worked on to their end, what the server counted, and what the engine did."""
        with self._host.lock:
            counters = {outcome.name: count for outcome, count in self._host.stack.counters().items()}
        return {"done": self._server.counts[Fate.FINISHED], "counts": self._server.counts(), "counters": counters}

    def _make(self, model: Model) -> HostServer:
        host, where = self._host, ("", PORT)
        if model.kind == "pool":
            threads = model.threads
            return PoolServer(host, where, Work, workers=threads, queue=threads, when_full=model.when_full)
        return (ThreadServer if model.kind == "thread" else HostServer)(host, where, Work)


class OnLoop:
    """An event loop, with handlers that await, or handlers that block."""

    def __init__(self, model: Model, network: PrivateNetwork) -> None:
        self._blocks = model.kind == "asyncio:block"
        self._network = network
        self._done = 0
        self._serves = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def begin(self) -> None:
        """Serve from now on."""
        self._thread.start()
        if not self._serves.wait(PATIENCE):
            raise RuntimeError("the loop does not begin")

    def report(self) -> dict[str, Any]:
        """As `OnThreads`; the engine is the loop's, which may be busy for long, and is not asked."""
        return {"done": self._done, "counts": {}, "counters": {}}

    async def _serve(self) -> None:
        network = self._network
        async with LoopHost(network.device, [network.engine4]) as host, await host.start_server(self._handle, PORT):
            self._serves.set()
            await asyncio.Future()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        began = time.monotonic()
        with suppress(OSError, ValueError):
            work = float(await reader.readline())
            if self._blocks:
                time.sleep(work)
            else:
                await asyncio.sleep(work)
            self._done += 1
            writer.write(f"{began!r}\n".encode())
        writer.close()


class Clients:
    """The program that is all the clients, on the kernel's side; it waits until it is told to `begin`.

    A thread reads what they say, since a pipe may fill.
    """

    def __init__(self, network: PrivateNetwork, load: Load) -> None:
        words = [sys.executable, "-P", "-W", "ignore", "-m", "handshook.drill.clients"]
        words += [network.engine4, str(PORT), json.dumps(vars(load))]
        self._program = network.popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/")
        self.said = b""
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def begin(self) -> None:
        """Let them come."""
        assert self._program.stdin is not None
        self._program.stdin.close()

    def _read(self) -> None:
        assert self._program.stdout is not None
        self.said = self._program.stdout.read()


def run(model: Model, load: Load, network: PrivateNetwork) -> dict[str, Any]:
    """Serve, let the clients come, and see what became of it once the last has ended."""
    serving = OnLoop(model, network) if model.kind.startswith("asyncio") else OnThreads(model, network)
    clients = Clients(network, load)
    # Only now: the engine's own thread, where it has one, is there already, and so is the clients' reader.
    sampler = Sampler()
    serving.begin()
    clients.begin()
    while clients.thread.is_alive():
        sampler.sample()
        clients.thread.join(LOOK)
    return {
        "clients": json.loads(clients.said),
        "threads": sampler.threads - sampler.threads_before,
        "memory": sampler.memory - sampler.memory_before,
        **serving.report(),
    }


def main(order: str) -> None:
    """`order` is JSON: a model and a load, each by its fields."""
    die_with_parent(signal.SIGKILL)
    wanted = json.loads(order)
    model, load = Model(**wanted["model"]), Load(**wanted["load"])
    try:
        with PrivateNetwork() as network:
            print(json.dumps(run(model, load, network)), flush=True)
            network.close()
            # Handlers that still work are not waited for.
            os._exit(0)
    except PrivateNetworkUnavailable as unavailable:
        print(json.dumps({"unavailable": [unavailable.reason, unavailable.cure]}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
