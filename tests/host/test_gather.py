"""Frames that leave in parts, for a device that puts them together: the same bytes as from a stack that copies."""

from dataclasses import replace
from random import Random

import pytest

from handshook import Config, Framing, Stack

WHOLE = Framing(bytes(10), bytes(10), vnet=True)
CLIENT = {4: "198.51.100.1", 6: "2001:db8::1"}
ENGINE = {4: "198.51.100.2", 6: "2001:db8::2"}


class Ends:
    """Two stacks, and all that the sender has put on the link, in frames as they left."""

    def __init__(self, framing, version):
        config = Config(mtu=1500, nagle=False)
        self.sender = Stack([CLIENT[version]], seed=1, framing=framing, config=config)
        self.receiver = Stack([ENGINE[version]], seed=2, framing=replace(framing, gathers=False), config=config)
        self.listener = self.receiver.listen(80)
        self.connection = self.sender.connect((ENGINE[version], 80))
        self.left, self.came, self.now = [], b"", 1.0

    def turn(self):
        frames = self.sender.transmit(self.now)
        self.left += frames
        self.receiver.receive_many([b"".join(f) if isinstance(f, tuple) else f for f in frames], self.now)
        while (accepted := self.listener.accept()) is not None:
            self.accepted = accepted
        while (data := self.accepted.recv(1 << 20) if hasattr(self, "accepted") else None) is not None and data:
            self.came += data
        self.sender.receive_many(self.receiver.transmit(self.now), self.now)
        self.now += 0.001
        self.sender.advance(self.now)
        self.receiver.advance(self.now)


def sends(framing, version, seed=0):
    """What a program writes in pieces of many sizes, and the frames that it becomes."""
    chance, ends, wrote = Random(seed), Ends(framing, version), b""
    for _ in range(300):
        piece = chance.randbytes(chance.choice([1, 700, 3000, 20_000, 70_000]))
        wrote += piece[: ends.connection.send(piece)]
        if chance.random() < 0.3:
            ends.turn()
    ends.connection.shutdown()
    for _ in range(100):
        ends.turn()
    assert ends.came == wrote and len(wrote) > 1_000_000
    return ends.left


@pytest.mark.parametrize("version", [4, 6])
def test_parts_put_together_are_the_frames_that_a_copying_stack_sends(version):
    apart, whole = sends(replace(WHOLE, gathers=True), version), sends(WHOLE, version)
    assert all(isinstance(frame, bytes) for frame in whole)
    assert [b"".join(frame) for frame in apart if isinstance(frame, tuple)]
    assert [b"".join(frame) if isinstance(frame, tuple) else frame for frame in apart] == whole


def test_only_what_is_worth_it_leaves_in_parts():
    for frame in sends(replace(WHOLE, gathers=True), 4):
        if isinstance(frame, tuple):
            assert len(frame[0]) < 100 and sum(map(len, frame[1:])) >= 8192
        else:
            assert len(frame) < 8192 + 100


def test_who_watches_sees_whole_frames_and_so_does_the_link():
    ends, seen = Ends(replace(WHOLE, gathers=True), 4), []
    ends.sender.observe(lambda step: seen.append(step.frame))
    for _ in range(3):
        ends.turn()
    ends.connection.send(bytes(100_000))
    ends.turn()
    assert all(isinstance(frame, bytes) for frame in ends.left)
    assert max(map(len, ends.left)) > 10_000 and all(frame in seen for frame in ends.left)


def test_data_that_the_program_adds_later_changes_nothing_of_what_has_left():
    """A device that is full keeps its frames, and small pieces are put together in the buffer meanwhile."""
    ends = Ends(replace(WHOLE, gathers=True), 4)
    for _ in range(3):
        ends.turn()
    ends.connection.send(bytes(10_000))
    (kept,) = ends.sender.transmit(ends.now)
    before = b"".join(kept)
    for _ in range(100):
        ends.connection.send(b"x" * 100)
    assert b"".join(kept) == before


def test_without_a_vnet_header_a_frame_can_t_leave_in_parts():
    with pytest.raises(ValueError, match="gathers needs vnet"):
        Framing(gathers=True)
