"""The command line is tried in the four ways in which a private network can be had."""

import pytest
from lab.worlds import World, require

WORLDS = [World("root", "tun"), World("root", "veth"), World("nobody", "tun"), World("nobody", "veth")]


@pytest.fixture(params=WORLDS, ids=str)
def world(request: pytest.FixtureRequest) -> World:
    return require(request.param)
