"""The witness finds what it is there to find: each rule broken once, by packets made by hand."""

import pytest

from handshook.testing import Manner, Program, Witness
from handshook.wire.addresses import make_key, pack
from handshook.wire.build import Builder
from handshook.wire.flags import ACK, FIN, RST, SYN

CLIENT, SERVER = pack("198.51.100.1"), pack("198.51.100.2")
TO_SERVER = make_key(CLIENT, SERVER, 40000, 80)
TO_CLIENT = make_key(SERVER, CLIENT, 80, 40000)
ISN = {TO_SERVER: 1000, TO_CLIENT: 0xFFFFFFF0}
DATA = bytes(range(256)) * 10


def packet(key, flags, seq, ack=0, window=1000, data=b"", scale=None):
    """As the four-tuple stands in it; numbers count from each side's SYN."""
    builder = Builder()
    builder.begin(4)
    if scale is not None:
        builder.add_scale(scale)
    other = TO_CLIENT if key == TO_SERVER else TO_SERVER
    numbers = (ISN[key] + seq) & 0xFFFFFFFF, (ISN[other] + ack) & 0xFFFFFFFF if flags & ACK else 0
    return builder.finish(other, *numbers, flags, window, data, 0, len(data), len(data), 0)


class Scene:
    """A witness, and a client that has handed over all of DATA."""

    def __init__(self, scale=None):
        self.witness = Witness()
        self.client = Program(Manner(DATA), lambda seconds, action: None, sent=len(DATA))
        self.witness.expect(TO_SERVER, self.client)
        self.now = 0.0
        self.passes(packet(TO_SERVER, SYN, 0, scale=scale))
        self.passes(packet(TO_CLIENT, SYN | ACK, 0, 1, scale=scale))
        self.passes(packet(TO_SERVER, ACK, 1, 1))

    def leaves(self, it):
        self.now += 0.01
        self.witness.left(it, self.now)

    def passes(self, it):
        self.leaves(it)
        self.witness.arrived(it)


def test_a_transfer_as_it_should_be():
    scene = Scene()
    scene.passes(packet(TO_SERVER, ACK, 1, 1, data=DATA[:600]))
    scene.passes(packet(TO_CLIENT, ACK, 1, 601))
    scene.passes(packet(TO_SERVER, ACK, 1001, 1, data=DATA[1000:1100]))
    scene.passes(packet(TO_CLIENT, ACK, 1, 601))
    scene.passes(packet(TO_SERVER, ACK, 601, 1, data=DATA[600:1000]))
    scene.passes(packet(TO_CLIENT, ACK, 1, 1101, window=2000))
    scene.client.finished = True
    scene.passes(packet(TO_SERVER, ACK | FIN, 1101, 1, data=DATA[1100:]))
    scene.passes(packet(TO_CLIENT, ACK, 1, len(DATA) + 2))


def test_other_data_than_was_handed_over():
    scene = Scene()
    with pytest.raises(AssertionError, match="not what the program handed over"):
        scene.leaves(packet(TO_SERVER, ACK, 2, 1, data=DATA[:600]))


def test_data_that_was_not_handed_over_yet():
    scene = Scene()
    scene.client.sent = 100
    with pytest.raises(AssertionError, match="not what the program handed over"):
        scene.leaves(packet(TO_SERVER, ACK, 1, 1, data=DATA[:101]))


def test_data_beyond_the_peers_window():
    scene = Scene()
    scene.leaves(packet(TO_SERVER, ACK, 902, 1, data=DATA[901:1001]))  # one octet beyond is a probe's right
    with pytest.raises(AssertionError, match="beyond the peer's window"):
        scene.leaves(packet(TO_SERVER, ACK, 903, 1, data=DATA[902:1002]))


@pytest.mark.parametrize("scale", [None, 3])
def test_a_window_counts_as_both_syns_have_scaled_it(scale):
    scene = Scene(scale)
    scene.passes(packet(TO_CLIENT, ACK, 1, 1, window=250))
    last = packet(TO_SERVER, ACK, 1901, 1, data=DATA[1900:2000])
    if scale:
        scene.leaves(last)
    else:
        with pytest.raises(AssertionError, match="beyond the peer's window"):
            scene.leaves(last)


def test_a_fin_before_all_is_sent():
    scene = Scene()
    with pytest.raises(AssertionError, match="FIN before the end"):
        scene.leaves(packet(TO_SERVER, ACK | FIN, 1, 1, data=DATA[:10]))


def test_an_ack_of_what_was_lost():
    scene = Scene()
    scene.leaves(packet(TO_SERVER, ACK, 1, 1, data=DATA[:600]))
    with pytest.raises(AssertionError, match="never arrived"):
        scene.leaves(packet(TO_CLIENT, ACK, 1, 601))


def test_an_ack_of_what_arrived_damaged():
    scene = Scene()
    data = packet(TO_SERVER, ACK, 1, 1, data=DATA[:600])
    scene.leaves(data)
    scene.witness.arrived(data[:-1] + b"x")
    with pytest.raises(AssertionError, match="never arrived"):
        scene.leaves(packet(TO_CLIENT, ACK, 1, 601))


def test_an_ack_of_what_came_from_outside_the_window():
    """It was inside the sender's, by one probe; the receiver's it was not."""
    scene = Scene()
    scene.passes(packet(TO_SERVER, ACK, 1, 1, data=DATA[:1001]))
    scene.passes(packet(TO_CLIENT, ACK, 1, 1001, window=0))
    with pytest.raises(AssertionError, match="never arrived inside the window"):
        scene.leaves(packet(TO_CLIENT, ACK, 1, 1002, window=0))


def test_an_ack_of_a_fin_that_never_came():
    scene = Scene()
    scene.passes(packet(TO_SERVER, ACK, 1, 1, data=DATA[:600]))
    with pytest.raises(AssertionError, match="never arrived"):
        scene.leaves(packet(TO_CLIENT, ACK, 1, 602))


def test_talking_to_a_silent_peer_without_end():
    scene = Scene()
    with pytest.raises(AssertionError, match="nothing was heard"):
        for _ in range(100):
            scene.leaves(packet(TO_SERVER, ACK, 1, 1, data=DATA[:10]))


def test_a_program_may_talk_as_much_as_it_likes():
    scene = Scene()
    for _ in range(100):
        scene.client.calls += 1
        scene.leaves(packet(TO_SERVER, ACK, 1, 1, data=DATA[:10]))


def test_a_packet_that_is_none():
    scene = Scene()
    with pytest.raises(AssertionError, match="TCP_CHECKSUM_BAD"):
        scene.leaves(packet(TO_SERVER, ACK, 1, 1, data=b"abc")[:-1] + b"x")


def test_a_reset_needs_no_excuse():
    scene = Scene()
    scene.passes(packet(TO_CLIENT, RST, 7, 0))
