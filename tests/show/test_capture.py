"""The pcapng file, byte by byte, and what becomes of it on a full disk."""

import errno
import json
import os
import struct
import subprocess
import sys
from dataclasses import replace

import pytest
from show.script import served

from handshook.host.step import Effect, Injected
from handshook.show.capture import Capture, comment_of

# Beyond it a write gives EFBIG, as on a full disk ENOSPC; the writer must not see the difference.
FULL = """
import json, resource, signal, sys
from show.script import served
from handshook.show.capture import Capture
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
with Capture(sys.argv[1]) as capture:
    for step in served():
        capture(step)
print(json.dumps([capture.packets, capture.failure.errno]))
"""


def blocks(data):
    """(kind, body) of each block; both lengths must agree."""
    found = []
    while data:
        kind, length = struct.unpack_from("<II", data)
        assert length % 4 == 0 and struct.unpack_from("<I", data, length - 4) == (length,)
        found.append((kind, data[8 : length - 4]))
        data = data[length:]
    return found


def options(data):
    found = {}
    while True:
        kind, length = struct.unpack_from("<HH", data)
        if kind == 0:
            return found
        found[kind] = data[4 : 4 + length]
        data = data[4 + length + -length % 4 :]


def written(path, steps):
    with Capture(str(path), clock=steps[0].time) as capture:
        for step in steps:
            capture(step)
    assert capture.failure is None
    return blocks(path.read_bytes())


def test_the_blocks(tmp_path):
    steps = served()
    (section, interface, *packets) = written(tmp_path / "a.pcapng", steps)
    assert section[0] == 0x0A0D0D0A and struct.unpack_from("<IHHq", section[1]) == (0x1A2B3C4D, 1, 0, -1)
    assert interface[0] == 1 and struct.unpack_from("<HH", interface[1]) == (101, 0)
    assert options(interface[1][8:])[9] == bytes([9])
    framed = [step for step in steps if step.frame is not None]
    assert len(packets) == len(framed)
    begin = None
    for (kind, body), step in zip(packets, framed, strict=True):
        _, high, low, captured, original = struct.unpack_from("<IIIII", body)
        assert kind == 6 and captured == original == len(step.packet)
        assert body[20 : 20 + captured] == step.packet
        moment = (high << 32 | low) / 1e9
        begin = moment if begin is None else begin
        assert moment - begin == pytest.approx(step.time - steps[0].time, abs=1e-5)
        found = options(body[20 + captured + -captured % 4 :])
        assert found[1].decode() == comment_of(step)
        assert found[2] == struct.pack("<I", {"in": 1, "out": 2}[step.direction.value])


def test_a_comment_says_by_whom():
    step = served()[0]
    assert comment_of(step).startswith("SYN_ANSWERED (RFC 9293 3.10.7.2): ")
    assert comment_of(step).endswith("[natural]")
    injected = Injected(Effect.DELAYED, "delay syn 1s")
    assert comment_of(replace(step, injected=injected)).endswith("[injected: delayed by `delay syn 1s`]")


def test_a_file_that_cannot_be_begun_is_said_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        Capture(str(tmp_path / "no" / "such.pcapng"))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError) as full:
        Capture("/dev/full")
    assert full.value.errno == errno.ENOSPC
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_disk_that_fills_up_leaves_a_whole_capture(tmp_path):
    path = tmp_path / "full.pcapng"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    words = [sys.executable, "-P", "-c", FULL, str(path)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    packets, number = json.loads(done.stdout)
    assert number == errno.EFBIG
    assert 0 < packets < len(served())
    assert len(blocks(path.read_bytes())) == 2 + packets


def test_after_the_end_nothing_is_written(tmp_path):
    capture = Capture(str(tmp_path / "a.pcapng"))
    capture.close()
    capture.close()
    capture(served()[0])
    assert capture.packets == 0
