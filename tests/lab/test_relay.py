"""The relay between two links: toy devices and a clock of the test's own, and two kernels that talk through it."""

import os
import socket
from collections.abc import Iterator

import pytest
from lab.worlds import World, require

from handshook.link.device import FrameDescriptor
from handshook.link.impairment import Impairment, Way
from handshook.link.relay import Bottleneck, Relay
from handshook.wire.framing import Framing


class Bench:
    """A relay between two socket pairs; `a` and `b` are the far ends."""

    def __init__(self, *args: Impairment, bottleneck: Bottleneck | None = None, seed: int = 0) -> None:
        self.now = 100.0
        self.devices = []
        self.far = []
        for name in "ab":
            near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            far.setblocking(False)
            self.far.append(far)
            self.devices.append(FrameDescriptor(near.detach(), name=name, mtu=1500))
        self.a, self.b = self.far
        self.relay = Relay(*self.devices, *args, bottleneck=bottleneck, seed=seed, clock=lambda: self.now)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.relay.turn(0)

    def arrived(self, far: socket.socket) -> list[bytes]:
        frames = []
        while True:
            try:
                frames.append(far.recv(2000))
            except BlockingIOError:
                return frames

    def close(self) -> None:
        for end in (*self.devices, *self.far):
            end.close()


@pytest.fixture
def made() -> Iterator[list[Bench]]:
    benches: list[Bench] = []
    yield benches
    for bench in benches:
        bench.close()


def make(made: list[Bench], *args: Impairment, **options: object) -> Bench:
    made.append(Bench(*args, **options))  # type: ignore[arg-type]
    return made[-1]


def test_a_packet_arrives_after_the_delay_and_not_before(made: list[Bench]) -> None:
    bench = make(made, Impairment(delay=0.5))
    bench.a.send(b"forth")
    bench.b.send(b"back")
    bench.pass_time(0)
    bench.pass_time(0.49)
    assert bench.arrived(bench.a) == bench.arrived(bench.b) == []
    bench.pass_time(0.02)
    assert bench.arrived(bench.b) == [b"forth"]
    assert bench.arrived(bench.a) == [b"back"]


def test_each_direction_may_have_its_own_impairment(made: list[Bench]) -> None:
    bench = make(made, Impairment(delay=0, loss=1.0), Impairment(delay=0, copy=1.0))
    bench.a.send(b"forth")
    bench.b.send(b"back")
    bench.pass_time(0)
    assert bench.arrived(bench.b) == []
    assert bench.arrived(bench.a) == [b"back", b"back"]
    assert (bench.relay.forth.way.lost, bench.relay.back.way.copied) == (1, 1)


def test_what_is_lost_hangs_on_the_seed_alone(made: list[Bench]) -> None:
    def survivors(seed: int) -> list[bytes]:
        bench = make(made, Impairment(delay=0, loss=0.5), seed=seed)
        for number in range(60):
            bench.a.send(bytes([number]))
        bench.pass_time(0)
        return bench.arrived(bench.b)

    assert survivors(1) == survivors(1) != survivors(2)


def test_a_full_link_keeps_the_rest_waiting_in_order(made: list[Bench]) -> None:
    bench = make(made, Impairment(delay=0))
    sent = []
    # The far end is not read, so its queue fills, whatever the system lets it hold.
    while not bench.relay.forth.waits_for:
        sent.append(len(sent).to_bytes(4, "big") * 350)
        bench.a.send(sent[-1])
        bench.pass_time(0)
    arrived: list[bytes] = []
    while len(arrived) < len(sent):
        found = bench.arrived(bench.b)
        assert found
        arrived += found
        bench.pass_time(0)
    assert arrived == sent


def test_a_bottleneck_sends_so_many_octets_a_second_and_drops_what_finds_its_queue_full(made: list[Bench]) -> None:
    bench = make(made, Impairment(delay=0), bottleneck=Bottleneck(rate=1000, queue=2000))
    for number in range(5):
        bench.a.send(bytes([number]) * 1000)
    bench.pass_time(0)
    arrived = []
    for _ in range(6):
        bench.pass_time(1.001)
        arrived.append([frame[0] for frame in bench.arrived(bench.b)])
    assert arrived == [[0], [1], [2], [], [], []]
    assert bench.relay.forth.dropped == 2


def test_a_rate_of_nothing_is_no_bottleneck() -> None:
    with pytest.raises(ValueError, match="bottleneck"):
        Bottleneck(0, 1000)


def test_both_links_frame_alike(made: list[Bench]) -> None:
    bench = make(made, Impairment())
    bench.devices[1].framing = Framing(bytes(14), bytes(14))
    with pytest.raises(ValueError, match="frame"):
        Relay(*bench.devices, Impairment())


def test_corruption_turns_one_bit() -> None:
    ((_, carried),) = Way(Impairment(corrupt=1.0), 1).carry(bytes(100))
    assert sum(octet.bit_count() for octet in carried) == 1


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_two_kernels_talk_through_it(user: str) -> None:
    """One network and a far one, both without offload: what crosses is bare packets of at most the MTU."""
    found = require(World(user, "tun")).run("two_kernels")
    assert found["received"] == found["sent"]
    assert found["largest"] == 1500
    assert found["seconds"] >= 0.04, "a handshake and an answer take two round trips"


def test_only_a_tun_can_do_without_offload() -> None:
    from handshook.lab import PrivateNetwork

    with pytest.raises(ValueError, match="tun"):
        PrivateNetwork(link="veth", offload=False)
    assert os.path.exists("/dev/net/tun"), "the tests above need it"
