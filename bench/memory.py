"""The engine alone: two stacks in one process and no link, so that it can be told apart from system calls.

`memory.py SECS`, run by the interpreter that is to be measured; prints one line of JSON. The engine's clock is the
machine's, read once a turn, as the pump does; rates are per second of processor time, so that a busy machine counts
less. Every default is on: timestamps, SACK, window scaling, ECN, checksums, secrets.

A cycle is what the load does over the link: connect, half-close, read to the end, close; 50 at once, 64 ports. It takes
five segments between the two ends (SYN; SYN,ACK; ACK with FIN; FIN,ACK; ACK) and leaves a TIME-WAIT entry
at the client. For one end's share the other is replayed: with seeds and fixed times the same packets come again.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from handshook import Config, Connection, Listener, Stack
from handshook.tcp.happened import Happened, telling
from handshook.wire.framing import PLAIN, VNET_HEADER, Framing

CLIENT, SERVER = "198.51.100.1", "198.51.100.2"
AT_ONCE = 50
PORTS = 64
# Fewer than the source ports that so many ports of one server allow.
MOST = 500_000
# A virtual turn, for what is recorded and replayed.
TICK = 100e-6

Frames = list[bytes]

OPENED, ENDED = telling(Happened.OPENED), telling(Happened.ENDED)
TO_READ = telling(Happened.READABLE | Happened.FINISHED)


class Serving:
    """The server's program: to the end, then close."""

    def __init__(self, *, seed: int | None = None, crowd: int = 0) -> None:
        self.stack = Stack([SERVER], seed=seed)
        for port in range(PORTS):
            self.stack.listen(80 + port, backlog=4096)
        self.crowd = crowd

    def turn(self, frames: Frames, now: float) -> Frames:
        """What comes in, what the program does, what goes out."""
        stack = self.stack
        stack.receive_many(frames, now)
        while events := stack.events():
            for source, happened in events:
                if isinstance(source, Listener):
                    while source.accept() is not None:
                        pass  # what it has to read is news of its own
                elif TO_READ[happened] and source.recv(65536) == b"":
                    source.close()
        return stack.transmit(now)


class Calling:
    """The client's program: `AT_ONCE` connections that open and close again and again."""

    def __init__(self, *, seed: int | None = None) -> None:
        self.stack = Stack([CLIENT], seed=seed)
        self.done = 0
        self.idle = 0
        self._next = 0

    def call(self) -> None:
        """One more."""
        self._next += 1
        self.stack.connect((SERVER, 80 + self._next % PORTS))

    def turn(self, frames: Frames, now: float) -> Frames:
        """As for the server."""
        stack = self.stack
        stack.receive_many(frames, now)
        while events := stack.events():
            for source, happened in events:
                assert isinstance(source, Connection)
                if OPENED[happened]:
                    source.shutdown()
                if TO_READ[happened] and source.recv(65536) == b"":
                    source.close()
                if ENDED[happened]:
                    self.done += 1
                    self.call()
        return stack.transmit(now)

    def hold(self, server: Serving, count: int, now: float) -> None:
        """Open so many that stay."""
        for _ in range(count // 100):
            for _ in range(100):
                self.call()
            out = self.stack.transmit(now)
            while out:
                server.stack.receive_many(out, now)
                for source, _ in server.stack.events():
                    while isinstance(source, Listener) and source.accept() is not None:
                        pass
                self.stack.receive_many(server.stack.transmit(now), now)
                out = self.stack.transmit(now)
        self.stack.events()


def both_ends(secs: float, crowd: int = 0) -> dict[str, float]:
    """Cycles and segments a second with both ends on this one core."""
    server, client = Serving(), Calling()
    clock = time.perf_counter
    client.hold(server, crowd, clock())
    for _ in range(AT_ONCE):
        client.call()
    segments = 0
    answers: Frames = []
    begun = time.process_time()
    now = clock()
    end = now + secs
    while now < end and client.done < MOST:
        frames = client.turn(answers, now)
        answers = server.turn(frames, now)
        segments += len(frames) + len(answers)
        now = clock()
    took = time.process_time() - begun
    return {"cycles": client.done / took, "segments": segments / took}


def record(count: int) -> tuple[list[Frames], list[Frames]]:
    """What each turn brought to the server, and what to the client."""
    server, client = Serving(seed=1), Calling(seed=2)
    for _ in range(AT_ONCE):
        client.call()
    to_server: list[Frames] = []
    to_client: list[Frames] = []
    answers: Frames = []
    now = 1.0
    while client.done < count:
        to_client.append(answers)
        frames = client.turn(answers, now)
        to_server.append(frames)
        answers = server.turn(frames, now)
        now += TICK
    return to_server, to_client


def replay(turn: Callable[[Frames, float], Frames], turns: list[Frames], expected: list[Frames]) -> float:
    """The seconds that one end takes for it. Raises `RuntimeError` when it did not answer as when it was recorded."""
    answered = []
    now = 1.0
    begun = time.process_time()
    for frames in turns:
        answered.append(turn(frames, now))
        now += TICK
    took = time.process_time() - begun
    if answered[: len(expected)] != expected:
        raise RuntimeError("the replay went another way than the record")
    return took


def one_end(count: int) -> dict[str, float]:
    """Cycles a second of the server alone and of the client alone."""
    to_server, to_client = record(count)
    server = Serving(seed=1)
    secs = replay(server.turn, to_server, to_client[1:])
    client = Calling(seed=2)
    for _ in range(AT_ONCE):
        client.call()
    return {"server": count / secs, "client": count / replay(client.turn, to_client, to_server)}


def bulk(secs: float, framing: Framing, mtu: int) -> dict[str, float]:
    """Bytes a second of one connection: of the sender's core, and of the receiver's."""
    config = Config(mtu=mtu)
    a, b = Stack([CLIENT], config=config, framing=framing), Stack([SERVER], config=config, framing=framing)
    clock, cpu = time.perf_counter, time.process_time
    b.listen(80)
    sender = a.connect((SERVER, 80))
    receiver = None
    piece = bytes(65536)
    total = 0
    sending = receiving = 0.0
    answers: Frames = []
    now = clock()
    end = now + secs
    while now < end:
        used = cpu()
        a.receive_many(answers, now)
        a.events()
        while sender.writable() >= len(piece):
            sender.send(piece)
        frames = a.transmit(now)
        sending += (middle := cpu()) - used
        b.receive_many(frames, now)
        for source, _ in b.events():
            if isinstance(source, Listener):
                receiver = source.accept()
        while receiver is not None and (data := receiver.recv(65536)):
            total += len(data)
        answers = b.transmit(now)
        receiving += cpu() - middle
        now = clock()
        if not frames and not answers:
            now += 0.05  # an ACK that waits for something to ride on; nobody waits here
            b.advance(now)
            answers = b.transmit(now)
    return {"sender": total / sending, "receiver": total / receiving}


def start_up() -> dict[str, float]:
    """Milliseconds of `import handshook`, and of it with `Stack` taken from it, each in a fresh interpreter."""
    import subprocess

    timed = "import time; a = time.perf_counter(); {}; print(time.perf_counter() - a)"
    found = {}
    for name, statement in (("import", "import handshook"), ("import-stack", "from handshook import Stack")):
        words = [sys.executable, "-P", "-c", timed.format(statement)]
        took = [float(subprocess.run(words, capture_output=True, text=True, check=True).stdout) for _ in range(3)]
        found[name] = min(took) * 1e3
    return found


def main(secs: float) -> dict[str, Any]:
    """Every row, by its key."""
    two = both_ends(secs)
    one = one_end(max(1, int(two["cycles"] * secs / 2) // AT_ONCE) * AT_ONCE)
    plain = bulk(secs, PLAIN, 1500)
    whole = bulk(secs, Framing(bytes(VNET_HEADER), bytes(VNET_HEADER), vnet=True), 65535)
    crowded = {count: both_ends(secs, count)["cycles"] for count in (10_000, 100_000)}
    startup = start_up()
    return {
        "memory-cycles": two["cycles"],
        "memory-segments": two["segments"],
        "memory-cycles-server": one["server"],
        "memory-cycles-client": one["client"],
        "memory-cycles-10k": crowded[10_000],
        "memory-cycles-100k": crowded[100_000],
        "memory-send-1500": plain["sender"] / 1e6,
        "memory-receive-1500": plain["receiver"] / 1e6,
        "memory-send-whole": whole["sender"] / 1e6,
        "memory-receive-whole": whole["receiver"] / 1e6,
        "import": startup["import"],
        "import-stack": startup["import-stack"],
    }


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]))))
