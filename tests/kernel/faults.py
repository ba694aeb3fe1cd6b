"""A device that loses, holds back, swaps or copies chosen frames on their way, and is otherwise the one it wraps."""

from collections.abc import Callable
from dataclasses import dataclass, field

from handshook.link.device import Device
from handshook.wire.flags import ACK, FIN, RST, SYN
from handshook.wire.segment import Segment, parse


def is_syn(segment: Segment) -> bool:
    return segment.flags & (SYN | ACK) == SYN


def is_syn_ack(segment: Segment) -> bool:
    return segment.flags & (SYN | ACK) == SYN | ACK


def is_data(segment: Segment) -> bool:
    return segment.data_end > segment.data_start


def is_fin(segment: Segment) -> bool:
    return bool(segment.flags & FIN)


def is_bare_ack(segment: Segment) -> bool:
    return segment.flags & (SYN | FIN | RST | ACK) == ACK and not is_data(segment)


def is_any(segment: Segment) -> bool:
    return True


@dataclass(eq=False)
class Fault:
    """What is done to the frames of one scene that go `way` ("in" to the engine or "out" of it) and match.

    `times` is to how many of them, None for all. `hits` counts them; `held` has those held back.
    """

    act: str
    way: str
    port: int
    match: Callable[[Segment], bool]
    times: int | None
    hits: int = 0
    held: list[bytes] = field(default_factory=list)
    active: bool = True


class FaultyDevice:
    """A Device; see link/device.py."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.name, self.mtu, self.framing = device.name, device.mtu, device.framing
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> list[bytes]:
        """Ends a fault; returns the frames that it held back."""
        fault.active = False
        if fault in self._faults:
            self._faults.remove(fault)
        released, fault.held = fault.held, []
        return released

    @property
    def refused(self) -> int:
        return self._device.refused  # type: ignore[attr-defined, no-any-return]

    def fileno(self) -> int:
        return self._device.fileno()

    def read(self) -> list[bytes]:
        return self._pass("in", self._device.read())

    def write(self, frames: list[bytes]) -> int:
        passed = self._pass("out", frames)
        taken = self._device.write(passed)
        # The device's queue holds thousands of frames, and a frame must not meet the same fault twice.
        assert taken == len(passed), "the device's queue is full"
        return len(frames)

    def write_released(self, frames: list[bytes]) -> None:
        assert self._device.write(frames) == len(frames)

    def close(self) -> None:
        self._device.close()

    def _pass(self, way: str, frames: list[bytes]) -> list[bytes]:
        if not self._faults:
            return frames
        passed: list[bytes] = []
        for frame in frames:
            segment = Segment()
            if parse(frame, self.framing.headroom, True, segment):
                passed.append(frame)
            else:
                self._judge(way, frame, segment, passed)
        return passed

    def _judge(self, way: str, frame: bytes, segment: Segment, passed: list[bytes]) -> None:
        ports = (int.from_bytes(segment.key[-4:-2], "big"), int.from_bytes(segment.key[-2:], "big"))
        mine = [fault for fault in self._faults if fault.way == way and fault.port in ports]
        for fault in mine:
            if (fault.times is None or fault.hits < fault.times) and fault.match(segment):
                fault.hits += 1
                if fault.act in ("hold", "swap"):
                    fault.held.append(frame)
                elif fault.act == "copy":
                    passed += [frame, frame]
                return
        passed.append(frame)
        for fault in mine:
            if fault.act == "swap" and fault.held and fault.match(segment):
                passed += fault.held
                fault.held = []
