"""Plays scenes in one world: `play.py LINK SCENE...`; the last line is {scene: {"why": trace or null, ...}}.

`CAPTURE` in the environment names a file for all that passes.
"""

import contextlib
import json
import os
import sys

from fault.ground import FaultyGround, Stage, scenes
from kernel.ground import Played

from handshook.show.capture import Capture


def main(link: str, *names: str) -> None:
    with FaultyGround(link, 1500) as ground, contextlib.ExitStack() as after:
        if path := os.environ.get("CAPTURE"):
            ground.faults.observe(after.enter_context(Capture(path)))
        playing = []
        for port, name in zip(range(2_000, 32_000, 2), names, strict=False):
            play, role, version = scenes()[name]
            stage = Stage(ground, version, role, port)
            playing.append(Played(name, play(stage), ground.record(port), 0.0))
        ground.play(playing)
        print(json.dumps(ground.results))


if __name__ == "__main__":
    main(*sys.argv[1:])
