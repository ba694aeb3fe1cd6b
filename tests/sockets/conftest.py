"""Hosts for programs that block: two of them on a wire between them, or one with the kernel at its other side.

Each is closed with all that it has, and then neither a thread nor a descriptor may be left.
"""

import contextlib
import gc
import os
import threading
import time

import pytest
from aio.conftest import Ground
from aio.link import FAR, FAR6, HANG, NEAR, NEAR6, wire

from handshook.io.threads import Host


def descriptors():
    return set(os.listdir("/proc/self/fd"))


@contextlib.contextmanager
def nothing_left():
    """No thread and no descriptor more than before."""
    gc.collect()
    before, threads = len(descriptors()), set(threading.enumerate())
    yield
    gc.collect()
    end = time.monotonic() + HANG
    while (left := set(threading.enumerate()) - threads) or len(descriptors()) > before:
        assert time.monotonic() < end, (left, len(descriptors()), before)
        time.sleep(0.01)


@pytest.fixture
def hosts():
    """(near, far): two engines in this process."""
    with nothing_left(), wire() as (one, other), Host(one, [NEAR, NEAR6]) as near, Host(other, [FAR, FAR6]) as far:
        yield near, far


@pytest.fixture
def pair(hosts):
    """(ours, theirs): both ends of a connection."""
    near, far = hosts
    with (
        far.create_server((FAR, 7)) as server,
        near.create_connection((FAR, 7), timeout=HANG) as ours,
        server.accept()[0] as theirs,
    ):
        theirs.settimeout(HANG)
        yield ours, theirs


@pytest.fixture(scope="module")
def network():
    ground = Ground()
    yield ground
    ground.close()


@pytest.fixture
def ground(network):
    yield network
    network.sweep()


@pytest.fixture
def host(ground):
    with nothing_left():
        with Host(ground.network.device, ground.addresses) as host:
            yield host
        ground.sweep()


class Running:
    """A call in a thread of its own; `result()` is what it returned, or raises what it raised."""

    def __init__(self, call, *arguments):
        self._call = call, arguments
        self._found = self._error = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        call, arguments = self._call
        try:
            self._found = call(*arguments)
        except BaseException as error:
            self._error = error

    def result(self):
        self.thread.join(HANG)
        assert not self.thread.is_alive(), "it hangs"
        if self._error is not None:
            raise self._error
        return self._found


def until(condition):
    """Wait for something that follows from what other threads do."""
    end = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)
