"""A frame that is left to the card gives the very packets that a host without offload would have sent itself."""

import pytest

from handshook import Config, Framing, Stack
from handshook.testing import Pair, RoughLink, Transfer, cut
from handshook.testing.pair import SERVER4, SERVER6
from handshook.testing.scenario import OFFLOAD
from handshook.wire.framing import PLAIN
from handshook.wire.segment import Segment, parse

VERSIONS = pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])


def sent(framing, ipv6):
    """What a client puts on the wire of a transfer, as packets."""
    seen = []
    config = Config(nagle=False)
    client = Stack(["198.51.100.1", "2001:db8::1"], seed=1, framing=framing, config=config)
    server = Stack([SERVER4, SERVER6], seed=2)
    link = RoughLink(client, server)
    link.leaving = lambda side, packet: seen.append(packet) if side == 0 else None
    listener = server.listen(80)
    connection = client.connect((SERVER6 if ipv6 else SERVER4, 80))
    program = Transfer(bytes(range(256)) * 400)
    answer = Transfer(b"")
    accepted = []

    def step():
        client.events(), server.events()
        if (new := listener.accept()) is not None:
            accepted.append(new)
        program.turn(connection)
        for one in accepted:
            answer.turn(one)

    link.run(step=step)
    assert answer.received == program.data
    return seen


def texts(packets):
    """The stream that the packets carry, and their sizes."""
    read = []
    for packet in packets:
        segment = Segment()
        assert not parse(packet, 0, False, segment), packet.hex()
        read.append((segment.seq, segment.flags, segment.data))
    return read


@VERSIONS
def test_the_packets_are_those_of_a_host_without_offload(ipv6):
    plain, offloaded = texts(sent(PLAIN, ipv6)), texts(sent(OFFLOAD, ipv6))
    assert max(len(data) for _, _, data in offloaded) == max(len(data) for _, _, data in plain)
    assert {(seq, data) for seq, _, data in plain if data} == {(seq, data) for seq, _, data in offloaded if data}


@VERSIONS
def test_push_and_fin_stand_on_the_last_piece(ipv6):
    stack = Stack(["198.51.100.1", "2001:db8::1"], seed=1, framing=OFFLOAD)
    peer = Stack([SERVER4, SERVER6], seed=2)
    peer.listen(80)
    connection = stack.connect((SERVER6 if ipv6 else SERVER4, 80))
    for _ in range(2):
        for frame in stack.transmit(0.0):
            for packet in cut(frame, OFFLOAD):
                peer.receive(packet, 0.0)
        for packet in peer.transmit(0.0):
            stack.receive(OFFLOAD.header4 + packet, 0.0)
    connection.send(bytes(6000))
    connection.shutdown()
    (frame,) = stack.transmit(0.0)
    pieces = texts(cut(frame, OFFLOAD))
    assert sum(len(data) for _, _, data in pieces) == 6000
    assert [flags & 9 for _, flags, _ in pieces] == [0] * (len(pieces) - 1) + [9]
    assert len(pieces) > 3


def test_a_plain_frame_is_its_packet():
    assert cut(b"packet", PLAIN) == [b"packet"]
    assert cut(bytes(10) + b"packet", OFFLOAD) == [b"packet"]


def test_pieces_of_nothing():
    frame = b"\x01\x01" + bytes(8) + b"\x45" + bytes(39)
    with pytest.raises(ValueError, match="pieces of nothing"):
        cut(frame, Framing(bytes(10), bytes(10), vnet=True))


def test_a_pair_is_not_disturbed():
    pair = Pair(3)
    pair.run(Transfer(b"x"), Transfer(b"y"))
