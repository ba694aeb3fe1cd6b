"""A flood drill as its command sees it: begun in a process of its own, followed to its end."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..lab import PrivateNetworkUnavailable
from .flood_order import DEFENCES, KERNELS, Order


class NotDrilled(Exception):
    """Why there are no figures, in a sentence."""


@dataclass(frozen=True)
class Drilled:
    """What came of it. Times are seconds, None for never or unknown; `memory_growth` bytes, None if unknown.

    `sent` packets left the generator, `refused` found the link's queue full. Of `honest` clients that came during the
    flood, `served` were served; `p50` and `p99` are how long their connections took to open. `recovery` is from the end
    of the flood until who came later was served, and the defence, where there is one, called it over.
    """

    order: Order
    sent: int
    refused: int
    seconds: float
    honest: int
    served: int
    p50: float | None
    p99: float | None
    half_open_peak: int
    memory_growth: int | None
    cpu_per_packet: float | None
    recovery: float | None

    def record(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {**vars(self), "order": vars(self.order)}


def drill(order: Order, say: Callable[[dict[str, Any]], None]) -> Drilled:
    """Takes as long as the flood and what follows. `say` is given each word on how it stands.

    Raises `PrivateNetworkUnavailable`, and `NotDrilled`.
    """
    words = [sys.executable, "-P", "-W", "ignore", "-m", "handshook.drill.flood_ground", order.as_text()]
    path = os.pathsep.join(os.path.abspath(each) for each in sys.path if each)
    found: dict[str, Any] | None = None
    with subprocess.Popen(
        words, env={**os.environ, "PYTHONPATH": path}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as ground:
        assert ground.stdout is not None
        try:
            for line in ground.stdout:
                word = json.loads(line)
                if "gauge" in word:
                    say(word)
                else:
                    found = word
        except BaseException:
            ground.kill()
            raise
    if found is None:
        raise NotDrilled(f"its process has ended with {ground.returncode}")
    if "unavailable" in found:
        raise PrivateNetworkUnavailable(*found["unavailable"])
    if "failed" in found:
        raise NotDrilled(found["failed"])
    result = found["result"]
    return Drilled(**{**result, "order": Order(**result["order"])})


def to_compare(order: Order) -> list[Order]:
    """The same attack on every defence, and on the Linux kernel without and with its cookies."""
    from dataclasses import replace

    engines = [replace(order, defence=defence) for defence in DEFENCES]
    return engines + [replace(order, defence=kernel, hold=False) for kernel in KERNELS]
