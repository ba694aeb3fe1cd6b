"""Run by test_plugin.py as an unprivileged user, who gets a user namespace."""

import os


def test_echo(handshook_peer):
    assert os.getuid() != 0
    with handshook_peer().connect(60) as sock:
        sock.sendall(b"hello")
        assert sock.recv(100) == b"hello"
