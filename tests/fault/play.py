"""Plays scenes in one world: `play.py LINK SCENE...`; the last line is {scene: {"why": trace or null, ...}}."""

import json
import sys

from fault.ground import FaultyGround, Stage, scenes
from kernel.ground import Played


def main(link: str, *names: str) -> None:
    with FaultyGround(link, 1500) as ground:
        playing = []
        for port, name in zip(range(2_000, 32_000, 2), names, strict=False):
            play, role, version = scenes()[name]
            stage = Stage(ground, version, role, port)
            playing.append(Played(name, play(stage), ground.record(port), 0.0))
        ground.play(playing)
        print(json.dumps(ground.results))


if __name__ == "__main__":
    main(*sys.argv[1:])
