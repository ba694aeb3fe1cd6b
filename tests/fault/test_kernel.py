"""Every rule as a kernel's socket meets it, and the verdict that it gets: see the scenes."""

import pytest
from fault.conftest import WORLDS
from fault.ground import scenes
from lab.worlds import require


@pytest.mark.parametrize("fault_scene", list(scenes()))
@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_scene(played, world, fault_scene):
    result = played.of(require(world)).get(fault_scene)
    assert result is not None, "it was not played"
    assert result["why"] is None, result["why"]
