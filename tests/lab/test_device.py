"""Reading a device: all that waits, in order, however many there are and however many there were before."""

import socket
from collections.abc import Iterator

import pytest

from handshook.link.device import BATCH, FrameDescriptor


@pytest.fixture
def ends() -> Iterator[tuple[FrameDescriptor, socket.socket]]:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with far, FrameDescriptor(near.detach(), name="pair", mtu=1500) as device:
        yield device, far


@pytest.mark.parametrize("before", [0, 1, 50])
@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 50])
def test_one_read_takes_all_that_waits(ends: tuple[FrameDescriptor, socket.socket], before: int, count: int) -> None:
    device, far = ends
    for number in range(before):
        far.send(b"before %d" % number)
    assert len(device.read()) == before
    for number in range(count):
        far.send(b"%d" % number)
    assert device.read() == [b"%d" % number for number in range(count)]
    assert device.read() == []


def test_a_batch_is_the_most_that_one_read_takes(ends: tuple[FrameDescriptor, socket.socket]) -> None:
    device, far = ends
    for number in range(BATCH):
        far.send(b"%d" % number)
    assert len(device.read()) == BATCH
    far.send(b"more")
    assert device.read() == [b"more"]


def test_frames_of_the_largest_size_come_whole(ends: tuple[FrameDescriptor, socket.socket]) -> None:
    device, far = ends
    frames = [bytes([number]) * 65_600 for number in range(2)]
    for frame in frames:
        far.send(frame)
    assert device.read() == frames


def test_a_frame_in_parts_leaves_as_one(ends: tuple[FrameDescriptor, socket.socket]) -> None:
    device, far = ends
    frames: list[bytes] = [b"whole", (b"head", memoryview(b"-body-")[1:5], b"tail")]  # type: ignore[list-item]
    assert device.write(frames) == 2
    assert [far.recv(100) for _ in range(2)] == [b"whole", b"headbodytail"]
