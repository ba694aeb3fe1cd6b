"""What the suite has no time for: `python tests/sockets/long.py` takes two minutes, and prints what it found.

200 threads that open, talk and close for 30 s; http.server's handlers on each server for 10 s under 50 connections of
wrk, of which no request may fail; a body of 1 GB each way. Whatever is lost or left ends it.
"""

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from aio.conftest import Ground
from aio.peers import digest
from sockets.conftest import descriptors
from sockets.test_servers import MAKE, PAGE, Old, Pages, load, serving, swap_for
from sockets.test_threads import THREADS, Storm

from handshook.io.servers import HostServer
from handshook.io.threads import Host

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 30
LOAD = 10
MEGABYTES = 1024
# A port has 16,384 connections in the minute that each of them rests.
PORTS = 20


def storm(ground: Ground) -> None:
    server = ground.peer("echo_many", 9000, PORTS)
    server.stdout.readline()
    before, threads = len(descriptors()), threading.active_count()
    with Host(ground.network.device, ground.addresses) as host:
        end = time.monotonic() + SECONDS
        run = Storm(host, ground.kernel, range(9000, 9000 + PORTS), lambda _: time.monotonic() < end)
        run.run()
        assert host.settle(10.0), "connections are left"
        with host.lock:
            left = {entry.state.name for entry in host.stack.snapshot()}
        assert left <= {"TIME_WAIT"}, left
    assert (len(descriptors()), threading.active_count()) == (before, threads)
    print(
        f"{THREADS} threads, {SECONDS} s: {run.connections} connections, {run.octets / 1e6:.0f} MB there and back, "
        "not a byte lost; no connection, thread or descriptor left"
    )


def servers(ground: Ground) -> None:
    for model, handler in (("one", Old), ("thread", Pages), ("thread", Old), ("pool", Pages), ("pool", Old)):
        with Host(ground.network.device, ground.addresses) as host, serving(MAKE[model](host, handler)):
            count = load(ground, LOAD)
        print(
            f"http.server, {model}, {handler.protocol_version}, 50 connections, {LOAD} s: {count} requests, none failed"
        )


def bodies(ground: Ground) -> None:
    with Host(ground.network.device, ground.addresses) as host:
        began = time.monotonic()
        with serving(HostServer(host, ("", 80), swap_for(MEGABYTES))):
            told = ground.peer("give_and_take", ground.engine, 80, MEGABYTES).stdout.read().decode()
        assert told == digest(MEGABYTES) + "\n"
        print(f"{MEGABYTES} MB each way, hashes intact: {time.monotonic() - began:.1f} s")


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        Path(place, "page").write_bytes(PAGE)
        os.chdir(place)
        ground = Ground()
        try:
            storm(ground)
            servers(ground)
            bodies(ground)
        finally:
            ground.close()


if __name__ == "__main__":
    main()
