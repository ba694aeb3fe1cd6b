"""A capture that Wireshark and tshark read: pcapng, with a comment on each packet that says what became of it.

`stack.observe(Capture(stream, ...))` writes each packet as it comes or goes: bare IP packets, times to the nanosecond,
which way it went, and as its comment the outcome, and whether it came about by itself or was injected, by which rule.
The format is that of draft-ietf-opsawg-pcapng: a section header, one interface, one enhanced packet block a packet.
"""

import os
import struct
import time
from importlib.metadata import PackageNotFoundError, version

from ..host.step import Direction, Step
from ..wire.offload import cut

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_ORDER = 0x1A2B3C4D
_RAW = 101  # LINKTYPE_RAW: an IPv4 or IPv6 packet
_SNAP = 0x40000  # no packet is longer
_END, _COMMENT = 0, 1
_APPLICATION = 4  # shb_userappl
_NAME, _RESOLUTION = 2, 9  # if_name, if_tsresol
_FLAGS = 2  # epb_flags
_WAY = {Direction.IN: 1, Direction.OUT: 2}
_NANOSECONDS = 9


class Capture:
    """An observer that writes packets to a file, named by its path, from its beginning.

    `clock` is what the clock of the steps shows now, the monotonic one's time where it isn't given; in the file stands
    the time of day. `Capture` raises
    OSError where the file can't be begun. Where it can't be gone on with, as on a full disk, the error is kept in
    `failure`, what stands there stays a whole capture, and the connections go on. Close it.
    """

    def __init__(self, path: str, *, clock: float | None = None) -> None:
        self.path = path
        self.packets = 0
        self.failure: OSError | None = None
        # A step's time is of a clock of its own; the day's is needed once.
        self._offset = time.time_ns() - int((time.monotonic() if clock is None else clock) * 1e9)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        self._whole = 0
        try:
            self._write_all(_head())
        except OSError:
            self.close()
            raise

    def __call__(self, step: Step) -> None:
        """Takes one step; those without a packet are no part of a capture."""
        if step.frame is None or self.failure is not None or self._file < 0:
            return
        moment = int(step.time * 1e9) + self._offset
        comment = comment_of(step)
        try:
            self._write_all(_packet(_whole(step), moment, comment, _WAY.get(step.direction, 0)))
            self.packets += 1
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """The file is complete. A second call does nothing."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    def __enter__(self) -> "Capture":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write_all(self, block: bytes) -> None:
        left = memoryview(block)
        while left:
            left = left[os.write(self._file, left) :]
        self._whole += len(block)

    def _fail(self, error: OSError) -> None:
        """No more of it; half a block at the end would make the whole file suspect."""
        self.failure = error
        try:
            os.ftruncate(self._file, self._whole)
        except OSError:
            # A pipe, say: nobody can take back what is in it.
            return


def comment_of(step: Step) -> str:
    """What is said of a packet: the outcome with its section, and by whom it came about."""
    outcome = step.outcome
    section = f" ({outcome.section})" if outcome.section.startswith(("RFC", "virtio")) else ""
    how = "natural" if step.injected is None else f"injected: {step.injected.effect.value} by `{step.injected.rule}`"
    return f"{outcome.name}{section}: {outcome.meaning} [{how}]"


def _whole(step: Step) -> bytes:
    """The IP packet, with the checksum that the engine or the kernel has left to the link; one that the link cuts up
    later stays one here, as in captures of any machine whose card does that."""
    frame, framing = step.frame, step.framing
    assert frame is not None
    if not isinstance(frame, bytes):
        frame = b"".join(frame)
    if not framing.vnet or step.segment is None:
        return frame[framing.headroom :]
    # In one piece, so without the size of the pieces.
    return cut(frame[:1] + bytes(1) + frame[2:], framing)[0]


def _head() -> bytes:
    try:
        number = version("handshook")
    except PackageNotFoundError:
        number = ""
    options = _option(_APPLICATION, f"handshook {number}".strip().encode()) + _option(_END, b"")
    section = _block(_SECTION, struct.pack("<IHHq", _ORDER, 1, 0, -1) + options)
    options = _option(_NAME, b"handshook") + _option(_RESOLUTION, bytes([_NANOSECONDS])) + _option(_END, b"")
    return section + _block(_INTERFACE, struct.pack("<HHI", _RAW, 0, _SNAP) + options)


def _packet(packet: bytes, moment: int, comment: str, way: int) -> bytes:
    body = struct.pack("<IIIII", 0, moment >> 32, moment & 0xFFFFFFFF, len(packet), len(packet)) + _padded(packet)
    options = _option(_COMMENT, comment.encode()) + _option(_FLAGS, struct.pack("<I", way)) + _option(_END, b"")
    return _block(_PACKET, body + options)


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _option(kind: int, value: bytes) -> bytes:
    return struct.pack("<HH", kind, len(value)) + _padded(value)


def _padded(value: bytes) -> bytes:
    return value + bytes(-len(value) % 4)
