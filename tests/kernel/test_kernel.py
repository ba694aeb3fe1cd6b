"""The engine against the machine's own kernel: every scene, in each world, over IPv4 and IPv6, in both roles.

The scenes of a world are played together, in one private network, by one program (play.py); each is reported as a
test of its own.
"""

import os

import pytest
from kernel.playbill import Playbill
from kernel.scenes import Take, takes
from lab.worlds import World, require

WORLDS = [World("root", "tun"), World("root", "veth"), World("nobody", "tun"), World("nobody", "veth")]


@pytest.fixture(scope="session")
def wanted(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """The takes that this run is to report, by world."""
    found: dict[str, list[str]] = {str(world): [] for world in WORLDS}
    for item in request.session.items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if isinstance(parameters.get("take"), Take):
            found[str(parameters["world"])].append(str(parameters["take"]))
    return found


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory, wanted: dict[str, list[str]]) -> Playbill:
    shared = tmp_path_factory.getbasetemp()
    # pytest-xdist's workers have a directory each, below the run's own.
    return Playbill(shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared, wanted)


@pytest.mark.parametrize("take", takes(), ids=str)
@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_scene(played: Playbill, world: World, take: Take) -> None:
    result = played.of(require(world)).get(str(take))
    assert result is not None, "it was not played"
    assert result["why"] is None, result["why"]
