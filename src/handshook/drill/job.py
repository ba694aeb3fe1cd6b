"""Measures one model under one load, and makes figures of what the clients and the server saw."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from ..lab import PrivateNetworkUnavailable
from .clients import Client, Fate
from .load import Act
from .models import Model


class NotMeasured(Exception):
    """Why there are no figures, in a sentence."""


@dataclass(frozen=True)
class Measured:
    """`threads` and `memory` (bytes) are the most that serving took; `done` is how many requests the server has worked
    on to their end, for clients that were still there or not; `counts` its own words for what became of whom."""

    model: Model
    act: Act
    clients: list[Client]
    threads: int
    memory: int
    done: int
    counts: dict[str, int]
    counters: dict[str, int]


def measure(model: Model, act: Act) -> Measured:
    """Takes as long as the load does. Raises `PrivateNetworkUnavailable`, and `NotMeasured`."""
    order = json.dumps({"model": vars(model), "load": vars(act.load)})
    words = [sys.executable, "-P", "-W", "ignore", "-m", "handshook.drill.ground", order]
    path = os.pathsep.join(os.path.abspath(each) for each in sys.path if each)
    with subprocess.Popen(
        words, env={**os.environ, "PYTHONPATH": path}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as ground:  # fmt: skip
        try:
            said, complaint = ground.communicate()
        except BaseException:
            ground.kill()
            raise
    if not said.strip():
        why = complaint.strip().splitlines()
        raise NotMeasured(why[-1] if why else f"its process has ended with {ground.returncode}")
    found: dict[str, Any] = json.loads(said)
    if "unavailable" in found:
        raise PrivateNetworkUnavailable(*found["unavailable"])
    clients = [Client(**{**client, "fate": Fate(client["fate"])}) for client in found.pop("clients")]
    return Measured(model, act, clients, **found)
