"""The heap that a pump keeps: frames that are let go stay with the process, for the next ones."""

import ctypes
import subprocess
import sys

import pytest

# In a fresh process, for the setting is the process's. 4 MB of frames are made and let go; `sbrk(0)` is the heap's end.
FRAMES_COME_AND_GO = """
import ctypes, os, sys
if sys.argv[1] == "pump":
    from handshook.link.heap import keep_heap
    keep_heap()
library = ctypes.CDLL(None)
library.sbrk.restype = ctypes.c_void_p
frames = [bytes(65_000) for _ in range(64)]
full = library.sbrk(0)
frames.clear()
print(full - library.sbrk(0))
"""


def given_back(who: str) -> int:
    """The bytes of heap that went back to the kernel with the frames."""
    words = [sys.executable, "-P", "-c", FRAMES_COME_AND_GO, who]
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="this C library has no mallopt")
def test_the_heap_of_frames_that_are_gone_is_kept() -> None:
    assert given_back("nobody") > 0, "glibc keeps it by itself: handshook.link.heap has become needless"
    assert given_back("pump") == 0
