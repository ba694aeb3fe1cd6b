"""Every rule as a kernel's socket meets it, and the verdict that it gets: see the scenes."""

import os

import pytest
from fault.ground import scenes
from kernel.playbill import Playbill
from lab.worlds import World, require

WORLDS = [World("root", "tun"), World("nobody", "veth")]


@pytest.fixture(scope="session")
def wanted(request):
    found = {str(world): [] for world in WORLDS}
    for item in request.session.items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if "fault_scene" in parameters:
            found[str(parameters["world"])].append(parameters["fault_scene"])
    return found


@pytest.fixture(scope="session")
def played(tmp_path_factory, wanted):
    shared = tmp_path_factory.getbasetemp()
    return Playbill(shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared, wanted, "fault/play")


@pytest.mark.parametrize("fault_scene", scenes())
@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_scene(played, world, fault_scene):
    result = played.of(require(world)).get(fault_scene)
    assert result is not None, "it was not played"
    assert result["why"] is None, result["why"]
