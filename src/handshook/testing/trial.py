"""One seed tried: its scenario is played, and when it fails, told so that it can be understood and repeated.

python -m handshook.testing.campaign --repeat SEED
"""

import gc
from dataclasses import asdict, dataclass, fields
from itertools import islice

from ..host.stack import Stack
from ..host.step import Step
from ..show.ink import Canvas
from ..show.ladder import draw
from ..tcp.buffers import ReceiveBuffer, SendBuffer
from ..tcp.config import Config
from ..tcp.connection import Connection
from ..tcp.half_open import HalfOpen
from ..tcp.held import Held
from ..tcp.scoreboard import Scoreboard
from .scenario import Scenario, random_scenario
from .world import World

# How much of a long ladder is drawn: how it began, and how it came to its end.
BEGINNING, ENDING = 12, 60
WIDTH = 110

_ENGINE = (Stack, Connection, HalfOpen, Held, SendBuffer, ReceiveBuffer, Scoreboard)


@dataclass(frozen=True)
class Failure:
    """A seed whose scenario went as it must not, and what was wrong."""

    seed: int
    what: str


@dataclass(frozen=True)
class Measure:
    """What a trial took: packets on the wire, connections opened, seconds of virtual time."""

    packets: int
    connections: int
    seconds: float


def try_seed(seed: int) -> Measure | Failure:
    """Play the scenario of that seed, and judge it."""
    world = World(random_scenario(seed))
    try:
        world.run()
    except Exception as failure:
        return Failure(seed, f"{type(failure).__name__}: {failure}")
    opened = sum(session.opening.connection is not None for session in world.sessions)
    return Measure(world.link.carried, opened, world.link.now)


def census() -> int:
    """How many objects of the engine are alive in this process; none are when every world is gone."""
    gc.collect()
    return sum(type(thing) in _ENGINE for thing in gc.get_objects())


def explain(seed: int) -> str:
    """The scenario of a seed, how it ended, and the ladders of the connection that failed, as both hosts saw it."""
    scenario = random_scenario(seed)
    steps: tuple[list[Step], list[Step]] = ([], [])
    world = World(scenario, observer=lambda side, step: steps[side].append(step))
    told = [*describe(scenario)]
    try:
        world.run()
    except Exception as failure:
        told.append(f"failed at {world.link.now:.6f} s: {type(failure).__name__}: {failure}")
    else:
        told.append(f"fine, over at {world.link.now:.6f} s")
    failed = world.failed or next((s for s in world.sessions if not s.opening.over), None) or world.sessions[-1]
    for side in (0, 1):
        ladder = [step for step in steps[side] if step.local and step.remote and failed.port in _ports(step)]
        told.append(f"\nhost {side}, port {failed.port}, {len(ladder)} steps:")
        if len(ladder) > BEGINNING + ENDING:
            told.append(draw(islice(ladder, BEGINNING), Canvas(WIDTH)))
            ladder = ladder[-ENDING:]
            told.append("  …")
        told.append(draw(ladder, Canvas(WIDTH)))
    return "\n".join(told)


def describe(scenario: Scenario) -> list[str]:
    """A scenario in lines: its data by their length, its configurations by what is not the default."""
    lines = [f"scenario of seed {scenario.seed}"]
    for name, value in asdict(scenario).items():
        if name == "plans":
            for plan in value:
                for manner in (plan["opening"], plan["answering"]):
                    manner["data"] = f"{len(manner['data'])} bytes"
                lines.append(f"  plan: {plan}")
        elif name == "configs":
            lines += [f"  config of host {side}: {_changed(config)}" for side, config in enumerate(scenario.configs)]
        elif name != "seed":
            lines.append(f"  {name}: {value}")
    return lines


def _changed(config: Config) -> str:
    """As it would be typed."""
    default = Config()
    pairs = [(each.name, getattr(config, each.name)) for each in fields(config)]
    said = [f"{name}={value!r}" for name, value in pairs if value != getattr(default, name)]
    return f"Config({', '.join(said)})"


def _ports(step: Step) -> tuple[int, int]:
    assert step.local is not None and step.remote is not None
    return step.local[1], step.remote[1]
