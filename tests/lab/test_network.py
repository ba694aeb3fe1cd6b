"""What a private network must do, in each of the four worlds; the scenes are in scenes.py."""

import pytest
from lab.worlds import World, require

SCENES = [
    "ping",
    "bulk",
    "silence",
    "refused",
    "jumbo",
    "terminal_untouched",
    "programs",
    "missing_programs",
    "end_to_watch",
    "daemons",
    "after_the_end",
    "one_after_another",
    "two_at_once",
    "forked_copy",
    "what_is_here",
]


@pytest.mark.parametrize("scene", SCENES)
def test_scene(world: World, scene: str) -> None:
    print(world.run("scenes", scene, world.link))


def test_an_unprivileged_user_gets_a_user_namespace(world: World) -> None:
    found = world.run("scenes", "ping", world.link)
    assert found == {
        "user": 0 if world.user == "root" else 65534,
        "own_user_namespace": world.user != "root",
    }


def test_a_deleted_device_is_told(root_world: World) -> None:
    assert root_world.run("scenes", "link_down", root_world.link)


def test_a_device_that_the_user_has() -> None:
    assert require(World("root", "tun")).run("attach") == "ok"


@pytest.mark.parametrize("link", ["tun", "veth"])
def test_where_proc_is_covered_as_in_a_container(link: str) -> None:
    world = require(World("nobody", link, covered=True))
    found = world.run("scenes", "programs", link)
    assert not found["own_proc"], "the kernel allowed a fresh /proc, so this tests nothing"
    world.run("scenes", "end_to_watch", link)
