"""Conversations in which nothing is left to chance: the same calls, the same losses, the same clock, the same bytes.

    python tests/host/scenario.py > tests/host/scenario.txt

writes down a hash of all that went both ways in each scene. Both builds, every version of Python and every machine must
come to the same; where the engine is meant to send something else than before, the file is written anew.
"""

from hashlib import blake2b

from handshook import PLAIN, Config, Framing, Stack

A, B = ["198.51.100.1", "2001:db8::1"], ["198.51.100.2", "2001:db8::2"]
ETHERNET4, ETHERNET6 = bytes(12) + b"\x08\x00", bytes(12) + b"\x86\xdd"
ROUND_TRIP = 0.02


class Chances:
    """A generator of our own (xorshift64*), for `random` promises the same numbers only for some of its methods."""

    def __init__(self, seed):
        self.state = seed * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF or 1

    def below(self, limit):
        x = self.state
        x ^= x >> 12
        x ^= x << 25 & 0xFFFFFFFFFFFFFFFF
        x ^= x >> 27
        self.state = x
        return (x * 0x2545F4914F6CDD1D & 0xFFFFFFFFFFFFFFFF) % limit


class Scene:
    """Two stacks, a link between them, and the hash of everything on it."""

    def __init__(self, *, version=4, framing=PLAIN, loss=0, start=1000.0, seed=1, **config):
        self.hash = blake2b(digest_size=12)
        self.chances = Chances(seed)
        self.loss = loss  # in a hundred; as many again arrive twice, or late
        self.now = start
        self.address = B[0] if version == 4 else B[1]
        settings = Config(**config)
        self.a = Stack(A, seed=seed, config=settings, framing=framing)
        self.b = Stack(B, seed=seed + 1, config=settings, framing=framing)
        self.on_the_way = []  # (when, number, to, frame)
        self.sent = 0

    def connect(self, port=80, **more):
        return self.a.connect((self.address, port), **more)

    def turn(self):
        """Time goes to whatever comes next; False when nothing does."""
        for stack, other in ((self.a, self.b), (self.b, self.a)):
            for frame in stack.transmit(self.now):
                self.hash.update(b"%d %d " % (stack is self.a, len(frame)) + frame)
                self.send(other, frame)
        due = [entry[0] for entry in self.on_the_way[:1]]
        due += [deadline for stack in (self.a, self.b) if (deadline := stack.deadline()) is not None]
        if not due:
            return False
        self.now = max(self.now, min(due))
        while self.on_the_way and self.on_the_way[0][0] <= self.now:
            _, _, to, frame = self.on_the_way.pop(0)
            to.receive(frame, self.now)
        for stack in (self.a, self.b):
            stack.advance(self.now)
        return True

    def send(self, to, frame):
        chance = self.chances.below(100)
        if chance < self.loss:
            return
        late = ROUND_TRIP if self.loss <= chance < 2 * self.loss else 0.0
        for _ in range(2 if 2 * self.loss <= chance < 3 * self.loss else 1):
            self.sent += 1
            self.on_the_way.append((self.now + ROUND_TRIP / 2 + late, self.sent, to, frame))
        self.on_the_way.sort(key=lambda entry: entry[:2])

    def until(self, done, turns=20_000):
        for _ in range(turns):
            if done():
                return
            if not self.turn():
                break
        assert done(), "the scene is stuck"

    def run_out(self, turns=20_000):
        """Until nothing is left to do."""
        for _ in range(turns):
            if not self.turn():
                return
        raise AssertionError("the scene does not end")

    def open(self, **listen):
        """A connection and its other end."""
        listener = self.b.listen(80, **listen)
        client = self.connect()
        accepted = []

        def done():
            server = listener.accept()
            if server is not None:
                accepted.append(server)
            return bool(accepted) and client.state == 4

        self.until(done)
        return client, accepted[0]

    def exchange(self, client, server, size):
        """`size` bytes each way at once; both ends read what comes."""
        data = bytes(self.chances.below(256) for _ in range(997)) * (size // 997 + 1)
        data = data[:size]
        sent, got = {client: 0, server: 0}, {client: bytearray(), server: bytearray()}

        def move():
            for end in (client, server):
                if sent[end] < size:
                    sent[end] += end.send(data[sent[end] : sent[end] + 30_000])
                while part := end.recv(10_000):
                    got[end] += part
            return len(got[client]) == len(got[server]) == size

        self.until(move)
        assert got[client] == got[server] == data

    def digest(self):
        counted = sorted(
            (outcome.name, count) for stack in (self.a, self.b) for outcome, count in stack.counters().items()
        )
        self.hash.update(repr(counted).encode())
        return self.hash.hexdigest()


def handshake(**how):
    scene = Scene(**how)
    scene.open()
    return scene.digest()


def one_after_the_other(**how):
    """The client finishes, the server answers and finishes, TIME-WAIT runs out."""
    scene = Scene(**how)
    client, server = scene.open()
    client.send(b"a question")
    client.shutdown()
    scene.until(lambda: server.recv(100) == b"a question")
    server.send(b"an answer")
    server.close()
    scene.run_out()
    assert client.recv(100) == b"an answer"
    return scene.digest()


def both_at_once(**how):
    scene = Scene(**how)
    client, server = scene.open()
    client.close()
    server.close()
    scene.run_out()
    return scene.digest()


def simultaneous_open(**how):
    scene = Scene(**how)
    one = scene.a.connect((scene.address, 5000), local_port=5000)
    two = scene.b.connect((A[B.index(scene.address)], 5000), local_port=5000)
    scene.until(lambda: one.state == two.state == 4)
    one.close()
    two.close()
    scene.run_out()
    return scene.digest()


def resets(**how):
    """An abort, a close with unread data, a port where nobody listens."""
    scene = Scene(**how)
    client, server = scene.open()
    client.send(b"never read")
    scene.until(lambda: server.readable() > 0)
    server.close()
    refused = scene.connect(9)
    scene.run_out()
    assert isinstance(client.error, ConnectionResetError)
    assert isinstance(refused.error, ConnectionRefusedError)
    again = scene.connect()
    scene.until(lambda: again.state == 4)
    again.abort()
    scene.run_out()
    return scene.digest()


def silence(**how):
    """SYNs into nowhere until it is given up."""
    scene = Scene(**how, loss=100)
    silent = scene.connect()
    scene.run_out()
    assert isinstance(silent.error, TimeoutError)
    return scene.digest()


def data(size=300_000, **how):
    scene = Scene(**how)
    client, server = scene.open()
    scene.exchange(client, server, size)
    client.close()
    server.close()
    scene.run_out()
    return scene.digest()


VNET = Framing(bytes(10), bytes(10), vnet=True)
VNET_ETHERNET = Framing(bytes(10) + ETHERNET4, bytes(10) + ETHERNET6, vnet=True)

SCENES = {
    "handshake, IPv4": handshake,
    "handshake, IPv6": lambda: handshake(version=6),
    "handshake without options": lambda: handshake(timestamps=False, sack=False, window_scale=False),
    "handshake long after the epoch": lambda: handshake(start=1_777_777_777.777),
    "one after the other, IPv4": one_after_the_other,
    "one after the other, IPv6": lambda: one_after_the_other(version=6),
    "both at once": both_at_once,
    "simultaneous open": simultaneous_open,
    "resets": resets,
    "silence": silence,
    "data": data,
    "data, IPv6, small MTU": lambda: data(version=6, mtu=1280),
    "data through a small window": lambda: data(size=50_000, receive_window=3000, send_buffer=5000),
    "data and loss": lambda: data(loss=8, seed=5),
    "data and loss, IPv6": lambda: data(version=6, loss=8, seed=6),
    "data and loss without options": lambda: data(loss=5, seed=7, timestamps=False, sack=False, window_scale=False),
    "data in 64 KB units": lambda: data(size=2_000_000, framing=VNET),
    "data in 64 KB units behind Ethernet, IPv6": lambda: data(size=2_000_000, version=6, framing=VNET_ETHERNET),
    "data in 64 KB units and loss": lambda: data(size=1_000_000, framing=VNET, loss=5, seed=8),
    "data on Ethernet": lambda: data(framing=Framing(ETHERNET4, ETHERNET6)),
}

if __name__ == "__main__":
    for name, scene in SCENES.items():
        print(f"{scene()}  {name}")
