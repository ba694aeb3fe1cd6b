"""`fileno` is for select and its like: a descriptor that is ready when the socket is."""

import selectors
import socket
import time

from aio.link import FAR, HANG
from sockets.conftest import Running, until

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


def ready(sock, timeout=0.0):
    with selectors.DefaultSelector() as selector:
        selector.register(sock, READ | WRITE)
        return sum(events for _, events in selector.select(timeout))


def test_it_follows_the_connection(pair):
    ours, theirs = pair
    assert ours.fileno() == ours.fileno() >= 0
    assert ready(ours) == WRITE
    theirs.sendall(b"xy")
    until(ours.readable)
    assert ready(ours) == READ | WRITE
    ours.recv(1)
    assert ready(ours) == READ | WRITE
    ours.recv(1)
    assert ready(ours) == WRITE
    ours.setblocking(False)
    sent = 0
    try:
        while True:
            sent += ours.send(bytes(1 << 20))
    except BlockingIOError:
        pass
    assert ready(ours) == 0
    assert theirs.recv(sent, socket.MSG_WAITALL) == bytes(sent)
    until(lambda: ready(ours) == WRITE)
    theirs.close()
    until(ours.readable)
    assert ready(ours) == READ | WRITE
    assert ours.recv(1) == b""
    assert ready(ours) & READ


def test_opening_and_accepting(hosts):
    near, far = hosts
    with far.create_server((FAR, 7)) as server, near.socket() as ours, near.socket() as refused:
        assert ready(server) == 0
        for one, port in ((ours, 7), (refused, 8)):
            one.setblocking(False)
            one.connect_ex((FAR, port))
        until(lambda: ready(ours) == WRITE)
        until(lambda: ready(refused) == READ | WRITE)
        until(lambda: ready(server) == READ)  # the client is connected before its ACK has come
        server.accept()[0].close()
        assert ready(server) == 0


def test_whoever_sleeps_on_it_is_woken(pair):
    ours, theirs = pair
    ours.fileno()
    with selectors.DefaultSelector() as selector:
        selector.register(ours, READ)
        sleeping = Running(selector.select, HANG)
        time.sleep(0.02)
        theirs.sendall(b"x")
        ((key, events),) = sleeping.result()
    assert key.fileobj is ours and events == READ


def test_a_server_with_a_selector(ground, host):
    """As in the standard library's own example, with the kernel's clients."""
    accepted = woken = 0
    words = [f"word {number}" * 10 for number in range(20)]
    with selectors.DefaultSelector() as selector, host.create_server(("", 7), backlog=50) as server:
        server.setblocking(False)
        selector.register(server, READ)
        clients = [ground.peer("talk", ground.engine, 7, *words) for _ in range(10)]
        while accepted < len(clients) or len(selector.get_map()) > 1:
            for key, _ in selector.select(HANG):
                woken += 1
                if key.fileobj is server:
                    connection, _ = server.accept()
                    connection.setblocking(False)
                    selector.register(connection, READ)
                    accepted += 1
                elif data := key.fileobj.recv(1000):
                    key.fileobj.sendall(data)
                else:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
        for client in clients:
            assert client.stdout.read().decode().split("\n")[:-1] == [*words, "end "]
        # One for each of what happened, and none for nothing.
        assert woken <= len(clients) * (len(words) + 2)
        assert selector.select(0.05) == []
