"""The list of scenes: what each needs, and so how often and where it is played."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from kernel.bench import CLIENT, SERVER, Bench

Play = Callable[[Bench], Coroutine[Any, Any, Any]]

MTU = 1500
# The least that IPv6 allows (RFC 8200 5).
SMALL_MTU = 1280


@dataclass(frozen=True)
class Scene:
    """A scene, and in which roles of the engine, over which IP versions and link MTUs it is played."""

    play: Play
    roles: tuple[str, ...]
    versions: tuple[int, ...]
    mtus: tuple[int, ...]
    last: bool
    """After all others are over."""


@dataclass(frozen=True)
class Take:
    """One playing of a scene; its name is the test's."""

    scene: str
    role: str
    version: int
    mtu: int

    def __str__(self) -> str:
        return f"{self.scene}-{self.role}-IPv{self.version}" + f"-mtu{self.mtu}" * (self.mtu != MTU)


SCENES: dict[str, Scene] = {}


def scene(
    *roles: str,
    versions: tuple[int, ...] = (4, 6),
    mtus: tuple[int, ...] = (MTU,),
    last: bool = False,
) -> Callable[[Play], Play]:
    """Lists a scene; played in both roles unless some are named."""

    def enlist(play: Play) -> Play:
        assert play.__name__ not in SCENES
        SCENES[play.__name__] = Scene(play, roles or (SERVER, CLIENT), versions, mtus, last)
        return play

    return enlist


def takes() -> list[Take]:
    """Every playing of every scene."""
    # The modules enlist their scenes.
    from kernel import closing, cookies, endings, flowing, holding, losing, opening, watching

    assert closing and cookies and endings and flowing and holding and losing and opening and watching
    return [
        Take(name, role, version, mtu)
        for name, each in SCENES.items()
        for role in each.roles
        for version in each.versions
        for mtu in each.mtus
    ]
