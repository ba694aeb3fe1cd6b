"""One queue of a device that several engines share, and the way in for what another of them hands on."""

import socket

from .device import BATCH, LARGEST_FRAME, Device

# What the ways between workers hold; beyond it frames are lost, as in any queue.
_BUFFER_BYTES = 1 << 20


class SharedQueue:
    """A `Device`: the queue `number` of several, and `ways`, a pair of sockets for each of them.

    It owns neither. What is handed on is read from `aside`, which a pump watches beside the queue itself.
    """

    def __init__(self, device: Device, number: int, ways: list[tuple[socket.socket, socket.socket]]) -> None:
        self.name = device.name
        self.mtu = device.mtu
        self.framing = device.framing
        self.lost = 0
        """Frames that were to be handed on and did not fit."""
        self._device = device
        self._ways = ways
        self._in = ways[number][0]
        self.aside: int = self._in.fileno()

    def fileno(self) -> int:
        """The queue's own descriptor."""
        return self._device.fileno()

    def read(self) -> list[bytes]:
        """What was handed on, and what waits in the queue; see `Device`."""
        frames: list[bytes] = []
        try:
            while len(frames) < BATCH:
                frames.append(self._in.recv(LARGEST_FRAME))
        except BlockingIOError:
            pass
        return frames + self._device.read()

    def write(self, frames: list[bytes]) -> int:
        """As `Device.write`, on the queue."""
        return self._device.write(frames)

    def hand_on(self, owner: int, frame: bytes) -> None:
        """A frame that came here and is for the engine at queue `owner`."""
        try:
            self._ways[owner][1].send(frame)
        except OSError:
            # It is busy, or nobody is there: TCP sends again what is lost.
            self.lost += 1

    def close(self) -> None:
        """Lets go of the queue. A second call does nothing."""
        self._device.close()


def make_ways(count: int) -> list[tuple[socket.socket, socket.socket]]:
    """For each of `count` engines a way in: what is sent on the second socket is received on the first."""
    ways = []
    for _ in range(count):
        pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        pair[1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        ways.append(pair)
    return ways
