"""The engine's thread ends, or its link does: every call that waits, and every later one, says so."""

import errno
import os
import select
import time

import pytest
from aio.link import FAR, FAR6, HANG, NEAR, NEAR6, wire
from sockets.conftest import Running, nothing_left, until

from handshook.io.threads import Host, HostDown
from handshook.link.device import LinkDown
from handshook.session.place import Place


class Failing:
    """An engine that raises when it is told to."""

    def __init__(self, stack):
        self._stack = stack
        self.fails = False

    def __getattr__(self, name):
        return getattr(self._stack, name)

    def receive_many(self, frames, now):
        if self.fails:
            raise ZeroDivisionError("a defect")
        self._stack.receive_many(frames, now)


def waiting_calls(near, ours):
    """Every call that can wait, waiting."""
    opening = near.socket()
    silent = near.create_server((NEAR, 9))
    calls = [
        Running(ours.recv, 1),
        Running(ours.recv, 1),
        Running(ours.sendall, bytes(8 << 20)),
        Running(opening.connect, ("198.51.100.77", 7)),
        Running(silent.accept),
    ]
    until(lambda: opening.connection is not None)
    time.sleep(0.05)
    assert all(call.thread.is_alive() for call in calls)
    return calls, [opening, silent]


def all_say_so(calls, why, near, ours):
    for call in calls:
        with pytest.raises(HostDown, match=why) as down:
            call.result()
        assert down.value.errno == errno.ENETDOWN
        assert down.value.__cause__ is near.failure
    for late in (lambda: ours.recv(1), lambda: ours.send(b"x"), lambda: near.create_connection((FAR, 7))):
        with pytest.raises(HostDown, match=why):
            late()


def test_an_engine_that_raises():
    made = []

    def wrap(stack):
        made.append(Failing(stack))
        return made[0]

    with (
        nothing_left(),
        wire() as (one, other),
        Host(other, [FAR, FAR6]) as far,
        Host(one, [NEAR, NEAR6], wrap=wrap) as near,
        far.create_server((FAR, 7)) as server,
        near.create_connection((FAR, 7), timeout=None) as ours,
        server.accept()[0] as theirs,
    ):
        calls, more = waiting_calls(near, ours)
        made[0].fails = True
        theirs.sendall(b"x")
        all_say_so(calls, r"the engine's thread has ended: ZeroDivisionError\('a defect'\)", near, ours)
        for sock in more:
            sock.close()
        assert isinstance(near.failure, ZeroDivisionError)


def test_a_private_network_that_ends():
    with (
        nothing_left(),
        Place.private() as place,
        Host(place) as host,
        host.create_server(("", 7)) as server,
    ):
        waits = Running(server.accept)
        readable = server.fileno()
        os.kill(place.network.pid, 9)
        with pytest.raises(HostDown, match="the link is lost: the private network has ended"):
            waits.result()
        assert isinstance(host.failure, LinkDown)
        assert select.select([readable], [], [], 0)[0] and server.readable()


def test_a_lost_link_shows_as_a_reset_behind_a_descriptor():
    made = []

    def wrap(stack):
        made.append(Failing(stack))
        return made[0]

    with (
        nothing_left(),
        wire() as (one, other),
        Host(other, [FAR, FAR6]) as far,
        Host(one, [NEAR, NEAR6], wrap=wrap) as near,
        far.create_server((FAR, 7)) as server,
        near.as_socket(near.create_connection((FAR, 7), timeout=HANG)) as ours,
        server.accept()[0] as theirs,
    ):
        made[0].fails = True
        theirs.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            ours.recv(1)
