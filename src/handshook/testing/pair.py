"""Two hosts on a simulated link, and programs at both ends that talk: the ground of every simulation."""

from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random

from ..host.listener import Listener
from ..host.stack import Stack
from ..host.step import Step
from ..link.memory import MemoryLink
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.states import State
from .invariants import check, check_idle

CLIENT4, SERVER4 = "198.51.100.1", "198.51.100.2"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8::2"


@dataclass
class Transfer:
    """One end's program: what it sends, in pieces of `chunk`, what it got, and how far it is."""

    data: bytes
    chunk: int = 1 << 16
    read: int = 1 << 16
    sent: int = 0
    received: bytearray = field(default_factory=bytearray)
    finished: bool = False
    end_seen: bool = False

    def turn(self, connection: Connection) -> None:
        """Send what can be sent, finish when all is, read what is there. Raises the connection's error."""
        if connection.error is not None:
            raise connection.error
        while self.sent < len(self.data):
            taken = connection.send(self.data[self.sent : self.sent + self.chunk])
            self.sent += taken
            if taken == 0:
                break
        if self.sent == len(self.data) and not self.finished:
            connection.shutdown()
            self.finished = True
        while not self.end_seen:
            got = connection.recv(self.read)
            if got is None:
                break
            self.end_seen = got == b""
            self.received += got


class Pair:
    """A client, a server on port 80 and the link between them, all out of one seed.

    `client_config` and `server_config` are the stacks'; other keywords are `MemoryLink`'s. `digest` is a hash over
    every packet that was put on the wire, in order: two runs that agree in it were the same run.
    """

    def __init__(
        self,
        seed: int,
        *,
        ipv6: bool = False,
        client_config: Config | None = None,
        server_config: Config | None = None,
        **impairment: float,
    ) -> None:
        self.client = Stack([CLIENT4, CLIENT6], seed=2 * seed, config=client_config)
        self.server = Stack([SERVER4, SERVER6], seed=2 * seed + 1, config=server_config)
        self.link = _Recorded(self.client, self.server, seed=seed, **impairment)
        self.listener: Listener = self.server.listen(80)
        self.connection = self.client.connect((SERVER6 if ipv6 else SERVER4, 80))
        self.accepted: Connection | None = None
        self.steps: list[Step] = []

    @property
    def digest(self) -> str:
        """The hash of the wire so far."""
        return self.link.hash.hexdigest()

    def observe(self) -> None:
        """Keep every step of the server's side in `steps`, to draw when something has gone wrong."""
        self.server.observe(self.steps.append)

    def run(self, client: Transfer, server: Transfer, until: float = 1e6) -> None:
        """Let both programs talk until everything is over; checks the invariants all along, and the end.

        It stops when nothing more can happen, TIME-WAIT included: `link.now` says then when that was. `until` is how
        long it may take at most, in seconds of virtual time.
        """

        def turn() -> None:
            self.client.events()
            self.server.events()
            if self.accepted is None:
                self.accepted = self.listener.accept()
            for connection, program in ((self.connection, client), (self.accepted, server)):
                if connection is not None:
                    program.turn(connection)
                    check(connection)

        self.link.run(step=turn, done=lambda: self.link.now >= until)
        assert self.accepted is not None, "the server never accepted"
        assert bytes(client.received) == server.data, "the client got something else than was sent"
        assert bytes(server.received) == client.data, "the server got something else than was sent"
        assert self.connection.state is State.CLOSED, self.connection.state
        assert self.accepted.state is State.CLOSED, self.accepted.state
        check_idle(self.client)
        check_idle(self.server)


class _Recorded(MemoryLink):
    """A link that hashes what is put on it."""

    def __init__(self, a: Stack, b: Stack, **impairment: float) -> None:
        super().__init__(a, b, **impairment)  # type: ignore[arg-type]
        self.hash = blake2b(digest_size=16)

    def _send(self, to: int, packet: bytes) -> None:
        self.hash.update(bytes((to,)) + packet)
        super()._send(to, packet)


def random_pair(seed: int, worst: float = 0.3) -> tuple[Pair, Transfer, Transfer]:
    """Everything at random, out of the seed: buffers, options, MTU, and a link that loses, copies and reorders.

    `worst` is the largest share of packets that each impairment may take. 2 MSL outlasts the longest back-off, so that
    the end of a connection is always heard of.
    """
    chance = Random(seed)
    ipv6 = chance.random() < 0.3
    pair = Pair(
        seed,
        ipv6=ipv6,
        client_config=_random_config(chance, ipv6),
        server_config=_random_config(chance, ipv6),
        loss=chance.random() * worst,
        copy=chance.random() * worst,
        reorder=chance.random() * worst,
        jitter=chance.choice([0.0, 0.005, 0.05]),
        delay=chance.choice([0.0, 0.001, 0.05]),
        mark=chance.choice([0.0, 0.1]),
    )
    return pair, _random_program(chance), _random_program(chance)


def _random_config(chance: Random, ipv6: bool) -> Config:
    return Config(
        receive_window=chance.choice([1000, 4096, 65536, 1 << 20]),
        send_buffer=chance.choice([1000, 65536, 1 << 20]),
        mtu=chance.choice([1280, 1500] if ipv6 else [576, 1280, 1500]),
        timestamps=chance.random() < 0.8,
        sack=chance.random() < 0.8,
        window_scale=chance.random() < 0.8,
        ecn=chance.choice(["off", "accept", "ask"]),
        congestion=chance.choice(["cubic", "cubic", "reno"]),
        nagle=chance.random() < 0.8,
        delayed_ack=chance.choice([0, 0.04, 0.2]),
        syn_retries=30,
        syn_ack_retries=30,
        user_timeout=5000,
        msl=300,
    )


def _random_program(chance: Random) -> Transfer:
    data = chance.randbytes(chance.choice([0, 1, 1000, 30_000, 200_000]))
    chunk = chance.choice([1, 100, 5000]) if len(data) < 5000 else chance.choice([3000, 1 << 20])
    return Transfer(data, chunk=chunk, read=chance.choice([100, 70_000]))
