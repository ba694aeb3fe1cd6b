"""A million open connections in one process: what they weigh, and what one more handshake costs beside them.

    .venv/bin/python bench/million.py [CONNECTIONS]

Both ends are stacks of this engine with every default on; each end counts as one connection.
"""

import gc
import os
import sys
import time

from handshook import Connection, Listener, Stack

CLIENTS = [f"198.51.100.{number}" for number in range(1, 41)]
SERVER = "198.51.101.2"
PORTS = range(80, 84)
BATCH = 1000


def resident() -> int:
    """Bytes of this process in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def exchange(client: Stack, server: Stack, now: float) -> None:
    """Carry packets until nobody has anything to say."""
    while frames := client.transmit(now):
        server.receive_many(frames, now)
        client.receive_many(server.transmit(now), now)


def main() -> None:
    pairs = int(sys.argv[1] if len(sys.argv) > 1 else 1_000_000) // 2
    client, server = Stack(CLIENTS), Stack([SERVER])
    listeners: list[Listener] = [server.listen(port, backlog=BATCH) for port in PORTS]
    held: list[Connection] = []
    before, began = resident(), time.perf_counter()
    for number in range(pairs):
        port, address = PORTS[number % len(PORTS)], CLIENTS[number // len(PORTS) % len(CLIENTS)]
        held.append(client.connect((SERVER, port), local=address))
        if number % BATCH == BATCH - 1 or number == pairs - 1:
            exchange(client, server, time.perf_counter() - began)
            for listener in listeners:
                while (connection := listener.accept()) is not None:
                    held.append(connection)
            client.events()
            server.events()
    took = time.perf_counter() - began
    gc.collect()
    grown = resident() - before
    assert all(connection.state.name == "ESTABLISHED" for connection in held)
    print(f"{len(held):,} open connections: {grown / 2**30:.2f} GiB, {grown / len(held):.0f} bytes each, {took:.1f} s")
    costs = []
    for _ in range(1000):
        began_one = time.perf_counter()
        one = client.connect((SERVER, PORTS[0]))
        exchange(client, server, took)
        costs.append(time.perf_counter() - began_one)
        assert one.state.name == "ESTABLISHED"
    print(f"one more handshake beside them: {1e6 * sorted(costs)[500]:.1f} microseconds (median of 1,000, both ends)")


if __name__ == "__main__":
    main()
