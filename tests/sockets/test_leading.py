"""Who waits alone drives the engine: it is quick to hear, and everything else that may end its wait still does."""

import errno
import socket
import threading

import pytest
from aio.link import FAR, HANG, NEAR, wire
from sockets.conftest import Running, nothing_left, until

from handshook.io.threads import Host, HostDown


class Echoing:
    """A thread that answers until the end, alone on its host, so that it drives; `result()` is how that ended."""

    def __init__(self, sock):
        self.sock = sock
        self.running = Running(self._echo)
        self.result = self.running.result

    def _echo(self):
        while data := self.sock.recv(1000):
            self.sock.sendall(data)
        return "end"


@pytest.fixture
def talking():
    """(our socket, the echo, the echo's host): the echo's thread has driven its engine."""
    with (
        nothing_left(),
        wire() as (one, other),
        Host(one, [NEAR]) as near,
        Host(other, [FAR]) as far,
        far.create_server((FAR, 7)) as server,
        near.create_connection((FAR, 7), timeout=HANG) as ours,
        server.accept()[0] as theirs,
    ):
        echo = Echoing(theirs)

        def talk():
            ours.sendall(b"there")
            assert ours.recv(5, socket.MSG_WAITALL) == b"there"
            return far._engine._terms > 2

        until(talk)
        yield ours, echo, far, other
        ours.close()
        echo.running.thread.join(HANG)


def test_who_drives_hears_the_end(talking):
    ours, echo, _far, _ = talking
    ours.shutdown(socket.SHUT_WR)
    assert echo.result() == "end"


def test_who_drives_is_woken_by_a_close_in_another_thread(talking):
    _ours, echo, far, _ = talking
    echo.sock.close()
    with pytest.raises(OSError) as closed:
        echo.result()
    assert closed.value.errno == errno.EBADF
    assert far.failure is None


def test_who_drives_is_woken_by_a_shutdown_in_another_thread(talking):
    _ours, echo, _far, _ = talking
    echo.sock.shutdown(socket.SHUT_RD)
    assert echo.result() == "end"


def test_who_drives_is_woken_when_the_host_is_closed(talking):
    _ours, echo, far, _ = talking
    far.close(0)
    with pytest.raises((HostDown, ConnectionAbortedError)):
        echo.result()


def test_who_drives_and_loses_the_link_tells_everybody(talking):
    ours, echo, far, device = talking
    with far.create_server((FAR, 9)) as server:
        accepting = Running(server.accept)

        def fail():
            raise OSError(errno.EIO, "the device burns")

        device.read = fail
        ours.sendall(b"x")
        for waits in (echo.result, accepting.result):
            with pytest.raises(HostDown, match="burns"):
                waits()
    assert isinstance(far.failure, OSError)
    until(lambda: not far._engine._thread.is_alive())


def test_a_time_out_is_kept_by_who_drives(talking):
    ours, echo, far, _ = talking
    echo.sock.settimeout(0.01)
    ours.sendall(b"x")
    with pytest.raises(TimeoutError):
        echo.result()
    assert far.failure is None


def test_somebody_else_is_served_while_one_drives_and_when_it_is_busy(talking):
    """Whoever drove is gone to work: the engine's own thread is back, and the listener answers."""
    ours, echo, far, _ = talking
    hold = threading.Event()
    send = echo.sock.sendall
    echo.sock.sendall = lambda data: (hold.wait(HANG), send(data))
    ours.sendall(b"held")
    until(lambda: not far._engine._led)
    with pytest.raises(ConnectionRefusedError), type(ours)(ours._engine, socket.AF_INET) as other:
        other.settimeout(HANG)
        other.connect((FAR, 8))
    hold.set()
    assert ours.recv(4, socket.MSG_WAITALL) == b"held"


def test_again_and_again(talking):
    """Two connections whose threads take turns in driving, and neither hangs."""
    ours, _echo, far, _ = talking
    near = ours._engine
    second = type(ours)(near, socket.AF_INET)
    with far.create_server((FAR, 9)) as server, second:
        second.settimeout(HANG)
        second.connect((FAR, 9))
        other = Echoing(server.accept()[0])
        for turn in range(300):
            for sock in (ours, second)[turn // 50 % 2 :]:
                sock.sendall(b"ping")
                assert sock.recv(4, socket.MSG_WAITALL) == b"ping"
        second.close()
        assert other.result() == "end"
        other.sock.close()
