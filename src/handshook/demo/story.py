"""The whole demo: which stage can be had, one scene after the other, and what to try next."""

import time

from ..host.step import Step
from ..lab import PrivateNetworkUnavailable
from ..session.session import Observer
from .kernel import KernelStage
from .memory import MemoryStage
from .scenes import SCENES, Facts, Play
from .stage import NotAsSaid, Stage
from .teller import Teller

NEXT = """
Try next, at a terminal:
  handshook serve --echo --explain       your own shell, beside an echo server of ours
  handshook connect peer 8000 --headers -- python3 -m http.server 8000
                                         type GET / HTTP/1.0 and an empty line
"""
NEXT_IN_MEMORY = """
Try next:
  handshook demo --memory --no-explain --headers     each segment's header, field by field
  handshook demo --memory --json                     every step as a line
"""


def demo(teller: Teller, *, link: str | None = "auto") -> bool:
    """Plays all scenes, in a private network over `link`, or in memory where that is None or can't be had.

    Returns whether all went as they say.
    """
    facts = Facts()

    def observe(step: Step) -> None:
        facts(step)
        teller(step)

    began = time.monotonic()
    with _stage(observe, link, teller) as stage:
        failed = [number for number in range(1, len(SCENES) + 1) if not _play(number, stage, teller, facts)]
        in_memory = isinstance(stage, MemoryStage)
    seconds = time.monotonic() - began
    if failed:
        text = f"{len(failed)} of {len(SCENES)} scenes did not go as they say: {', '.join(map(str, failed))}."
    else:
        text = (
            f"All {len(SCENES)} scenes went as they say, in {seconds:.1f} s: opened from both sides, refused, never "
            "answered, and released by us first, by the other side first, and by both at once."
        )
    teller.plain("")
    teller.say(text, event="summary", ok=not failed, seconds=round(seconds, 3), failed=failed)
    teller.plain(*(NEXT_IN_MEMORY if in_memory else NEXT).splitlines())
    return not failed


def _stage(observe: Observer, link: str | None, teller: Teller) -> Stage:
    if link is not None:
        try:
            stage: Stage = KernelStage(observe, link)
        except PrivateNetworkUnavailable as unavailable:
            teller.say(
                f"No private network here: {unavailable.reason}. What would change that: {unavailable.cure}.",
                event="no private network",
                reason=unavailable.reason,
                cure=unavailable.cure,
            )
            teller.plain("")
            stage = MemoryStage(observe)
    else:
        stage = MemoryStage(observe)
    teller.say(f"The stage is {stage.where}.", event="stage", where=stage.where)
    return stage


def _play(number: int, stage: Stage, teller: Teller, facts: Facts) -> bool:
    """One scene; returns whether it went as it says."""
    facts.begin()
    play = Play(stage, teller, facts, lambda title, text: teller.begin(number, len(SCENES), title, text))
    try:
        seen = SCENES[number - 1](play)
    except NotAsSaid as error:
        teller.check()
        teller.end(False, f"{error}.")
        return False
    teller.check()
    teller.end(True, seen.text, seen.verdict)
    return True
