"""The scenes are played once for each world, whatever asks for them; root's world is captured meanwhile."""

import os

import pytest
from fault.ground import scenes
from kernel.playbill import Playbill
from lab.worlds import World

ROOT = World("root", "tun")
WORLDS = [ROOT, World("nobody", "veth")]


class Captured(Playbill):
    """A playbill that leaves a capture of what passed in root's world."""

    @property
    def capture(self):
        return self._directory / "faults.pcapng"

    def _play(self, world):
        with pytest.MonkeyPatch.context() as patch:
            if world == ROOT:
                patch.setenv("CAPTURE", str(self.capture))
            return super()._play(world)


@pytest.fixture(scope="session")
def wanted(request):
    found = {str(world): [] for world in WORLDS}
    for item in request.session.items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if "fault_scene" in parameters:
            found[str(parameters["world"])].append(parameters["fault_scene"])
        elif item.path.name == "test_tshark.py":
            found[str(ROOT)] = list(scenes())
    return {world: list(dict.fromkeys(names)) for world, names in found.items()}


@pytest.fixture(scope="session")
def played(tmp_path_factory, wanted):
    shared = tmp_path_factory.getbasetemp()
    # pytest-xdist's workers have a directory each, below the run's own.
    return Captured(shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared, wanted, "fault/play")
