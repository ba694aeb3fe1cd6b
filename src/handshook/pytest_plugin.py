"""Fixtures for pytest: real addresses whose handshake, transfer or release goes as the test wants it; docs/pytest.md.

Nothing happens by itself: a private network is made when the first test asks for one, once in each worker of xdist, and
ends with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .peer.network import Network
    from .peer.peer import Peer, Service

UNAVAILABLE = "handshook_unavailable"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one setting."""
    parser.addini(
        UNAVAILABLE, "what a test does where no private network can be had: fail (the default) or skip", default="fail"
    )


@pytest.fixture(scope="session")
def handshook_network(pytestconfig: pytest.Config) -> Iterator[Network]:
    """The private network: `socket` makes kernel sockets in it, `peer` addresses to meet."""
    # Not before it is asked for: every run of pytest imports this file.
    from .lab import PrivateNetworkUnavailable
    from .peer.network import Network

    wanted = pytestconfig.getini(UNAVAILABLE)
    if wanted not in ("fail", "skip"):
        raise pytest.UsageError(f"{UNAVAILABLE} is fail or skip, not {wanted!r}")
    try:
        network = Network.find()
    except PrivateNetworkUnavailable as unavailable:
        if wanted == "skip":
            pytest.skip(f"no private network: {unavailable}")
        pytest.fail(f"no private network: {unavailable}", pytrace=False)
    with network:
        yield network


@pytest.fixture
def handshook_peer(handshook_network: Network) -> Iterator[Callable[..., Peer]]:
    """`handshook_peer(*behaviour, serve="echo", port=None)` is a peer, which is gone when the test is over."""
    with ExitStack() as peers:

        def make(*behaviour: str, serve: Service | None = None, port: int | None = None) -> Peer:
            return peers.enter_context(handshook_network.peer(*behaviour, serve=serve, port=port))

        yield make
