"""What a link is to everything above it: frames in, frames out, and a descriptor that says when to look.

A device moves whole frames and never looks inside one: what stands before the IP packet is described by its
`framing`, and the engine reads and writes it. `FrameDescriptor` is the form that every kernel device takes
here: a non-blocking descriptor of which one read gives one frame and one write takes one.
"""

import errno
import os
import select
from typing import Protocol

from ..wire.framing import PLAIN, Framing

# A read that gives fewer frames than this has found the queue empty, so nobody needs to ask again to know it.
# 256 is enough to spread the cost of a wake-up and few enough that answers to the first frames do not wait
# for the last.
BATCH = 256

# From as many frames at once on, more are expected next time.
_MANY = 4

# The largest IP packet (RFC 791, RFC 8200: 64 KB and a header) with any link header of ours.
LARGEST_FRAME = 65_536 + 256

# What Linux answers on a descriptor whose device is down, was deleted, or lost its network namespace.
_GONE = frozenset(
    number
    for name in ("EBADF", "EBADFD", "EIO", "ENETDOWN", "ENODEV", "ENXIO")
    if (number := getattr(errno, name, None)) is not None
)
_FULL = frozenset({errno.ENOBUFS, errno.ENOMEM})
_REFUSED = frozenset({errno.EINVAL, errno.EMSGSIZE})


class LinkDown(OSError):
    """The device was taken down or deleted; `errno` is what the kernel said. No frame can come or go."""


class Device(Protocol):
    """One end of a link.

    `read` and `write` never block, and raise `LinkDown` once the device is gone.
    """

    name: str
    mtu: int
    """The largest IP packet on the wire, in bytes; segments that are handed over whole may be larger."""
    framing: Framing

    def fileno(self) -> int:
        """The descriptor to poll: readable when a frame waits."""
        ...

    def read(self) -> list[bytes]:
        """The frames that wait, oldest first, at most `BATCH`; fewer than that means that these are all."""
        ...

    def write(self, frames: list[bytes]) -> int:
        """Puts frames on the link in order; returns how many were taken: fewer than all when it is full.

        Where the framing gathers, a frame may be a tuple of its parts.
        """
        ...

    def close(self) -> None:
        """Lets go of the device. A second call does nothing."""
        ...


class FrameDescriptor:
    """A kernel device behind a non-blocking descriptor; owns the descriptor."""

    def __init__(self, descriptor: int, *, name: str, mtu: int, framing: Framing = PLAIN) -> None:
        os.set_blocking(descriptor, False)
        self.name = name
        self.mtu = mtu
        self.framing = framing
        self.refused = 0
        """Frames that the kernel refused as malformed or too long. They count as taken: no retry can help."""
        self._descriptor = descriptor
        self._busy = False
        self._poller = select.poll()
        self._poller.register(descriptor, select.POLLIN)

    def fileno(self) -> int:
        return self._descriptor

    def read(self) -> list[bytes]:
        # A fresh 64 KB buffer a frame, cut down to size by os.read, measures faster for frames of every size
        # than reading into one buffer and copying out of it.
        # A read that finds nothing costs four times as much as asking whether it would, for the error that it becomes;
        # so where few are expected each is asked for, and where many are that error is met once.
        descriptor, read, waits, ask = self._descriptor, os.read, self._poller.poll, not self._busy
        frames: list[bytes] = []
        try:
            frames.append(read(descriptor, LARGEST_FRAME))
            while len(frames) < BATCH and not (ask and not waits(0)):
                frames.append(read(descriptor, LARGEST_FRAME))
        except BlockingIOError:
            pass
        except OSError as error:
            if not frames:
                raise self._explain(error) from None
            # What has arrived is handed over first; the next read meets the same error again, or a mended
            # link.
        self._busy = len(frames) >= _MANY
        return frames

    def write(self, frames: list[bytes]) -> int:
        descriptor, write, gather = self._descriptor, os.write, os.writev
        taken = 0
        for frame in frames:
            try:
                if isinstance(frame, bytes):
                    write(descriptor, frame)
                else:
                    gather(descriptor, frame)  # in parts, as the framing allows
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno in _FULL:
                    break
                if error.errno not in _REFUSED:
                    raise self._explain(error) from None
                self.refused += 1
            taken += 1
        return taken

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> "FrameDescriptor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _explain(self, error: OSError) -> OSError:
        if error.errno in _GONE:
            return LinkDown(error.errno, f"{self.name} is down or gone: {os.strerror(error.errno or 0)}")
        return error
