"""Two toy engines that need no TCP: an echo for ping, and a mirror in which a kernel's TCP meets itself."""

import struct
import threading
from collections.abc import Callable

from handshook.lab import PrivateNetwork
from handshook.link.pump import Pump
from handshook.wire.framing import VNET_HEADER, Framing

ICMP, ICMPV6 = 1, 58


class Mirror:
    """Sends every packet back with its addresses swapped.

    What the kernel sends from A to B comes back as from B to A, so a client that connects to the engine's
    address meets a server on the kernel's own: its TCP talks to itself over the device. Swapping leaves every
    checksum right, also one that is only begun, so segments of 64 KB return as they came.
    """

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self.waiting: list[bytes] = []
        self.largest = 0
        self.unfinished = 0

    def receive_many(self, frames: list[bytes], now: float) -> None:
        for frame in frames:
            head = self.framing.headroom
            self.largest = max(self.largest, len(frame) - head)
            self.unfinished += frame[0] & 1
            four = frame[head] >> 4 == 4
            before = frame[:VNET_HEADER] + (self.framing.header4 if four else self.framing.header6)[VNET_HEADER:]
            at, size = (head + 12, 4) if four else (head + 8, 16)
            source, target = frame[at : at + size], frame[at + size : at + 2 * size]
            turned = self.turn(frame[head:at] + target + source + frame[at + 2 * size :])
            if turned:
                self.waiting.append(before + turned)

    def turn(self, packet: bytes) -> bytes:
        return packet

    def transmit(self, now: float) -> list[bytes]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def deadline(self) -> float | None:
        return None

    def advance(self, now: float) -> None: ...

    @property
    def news(self) -> bool:
        return False


class Echo(Mirror):
    """Answers ping, and nothing else. Knows only packets without IP options or extension headers."""

    def turn(self, packet: bytes) -> bytes:
        four = packet[0] >> 4 == 4
        at, protocol = (20, packet[9]) if four else (40, packet[6])
        if (protocol, packet[at]) not in ((ICMP, 8), (ICMPV6, 128)):
            return b""
        reply = bytes([0 if four else 129, 0, 0, 0]) + packet[at + 4 :]
        pseudo = b"" if four else packet[8:40] + struct.pack("!IxxxB", len(reply), ICMPV6)
        return packet[:at] + reply[:2] + struct.pack("!H", checksum(pseudo + reply)) + reply[4:]


def checksum(data: bytes) -> int:
    words = struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Running:
    """A pump in a thread of its own, for as long as the `with` lasts."""

    def __init__(self, network: PrivateNetwork, make: Callable[[Framing], Mirror]) -> None:
        self.engine = make(network.device.framing)
        self.pump = Pump(self.engine, network.device)
        self._ending = False
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Running":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        self.pump.wake()
        self._thread.join()
        self.pump.close()

    def _run(self) -> None:
        while not self._ending:
            self.pump.turn()
