"""Keeps glibc from giving memory back to the kernel after every batch of 64 KB frames, only to ask for it again.

Frames of 64 KB come and go at the top of the heap, and by default glibc returns that top as soon as it is 128 KB: each
frame is then paid for with a system call and sixteen page faults. That halves what a bulk transfer can carry.
"""

import contextlib
import ctypes
import functools

# malloc.h, mallopt(3)
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

# More than a full batch of segments at the largest windows; what is free above it goes back as ever.
_KEPT_BYTES = 16 << 20
# Setting the first ends glibc's own adjusting of the second, which is as large as this in any busy process.
_MAPPED_BYTES = 4 << 20


@functools.cache
def keep_heap() -> None:
    """For this process, once; where the C library has no such knob (musl) nothing changes."""
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        library.mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
