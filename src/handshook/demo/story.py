"""The whole demo: which stage can be had, one scene after the other, and what to try next."""

from ..host.step import Step
from ..lab import PrivateNetworkUnavailable
from ..session.session import Observer
from .kernel import KernelStage
from .memory import MemoryStage
from .next import try_next
from .scenes import SCENES, Facts, Play
from .stage import NotAsSaid, Stage
from .teller import Teller


def demo(teller: Teller, *, link: str | None = "auto", seed: int | None = None, command: str = "handshook") -> bool:
    """Plays all scenes, in a private network over `link`, or in memory where that is None.

    "auto" takes the first link that can be had, or else memory. `seed` is for memory: the same numbers each time.
    `command` is how this tool was called. Returns whether all went as they say; raises `PrivateNetworkUnavailable` for
    a link that was asked for by its name and can't be had.
    """
    facts = Facts()

    def observe(step: Step) -> None:
        facts(step)
        teller(step)

    with _stage(observe, link, seed, teller) as stage:
        began = stage.stack.now
        failed = [number for number in range(1, len(SCENES) + 1) if not _play(number, stage, teller, facts)]
        in_memory = isinstance(stage, MemoryStage)
        seconds = stage.stack.now - began
    if failed:
        text = f"{len(failed)} of {len(SCENES)} scenes did not go as they say: {', '.join(map(str, failed))}."
    else:
        time = f"{seconds:.1f} s of virtual time" if in_memory else f"{seconds:.1f} s"
        text = (
            f"All {len(SCENES)} scenes went as they say, in {time}: opened from both sides, refused, never answered, "
            "and released by us first, by the other side first, and by both at once."
        )
    teller.plain("")
    teller.say(text, event="summary", ok=not failed, seconds=round(seconds, 3), failed=failed)
    teller.plain(*try_next(command, in_memory, teller.width))
    return not failed


def _stage(observe: Observer, link: str | None, seed: int | None, teller: Teller) -> Stage:
    if link is not None:
        try:
            stage: Stage = KernelStage(observe, link)
        except PrivateNetworkUnavailable as unavailable:
            if link != "auto":
                raise
            teller.say(
                f"No private network here: {unavailable.reason}. What would change that: {unavailable.cure}.",
                event="no private network",
                reason=unavailable.reason,
                cure=unavailable.cure,
            )
            teller.plain("")
            stage = MemoryStage(observe, seed)
    else:
        stage = MemoryStage(observe, seed)
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
