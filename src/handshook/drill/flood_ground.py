"""One flood drill in a process of its own, whose memory and processor time are the engine's alone.

`python -m handshook.drill.flood_ground ORDER` makes a private network, serves echo there on the engine, lets the
clients and the attackers come, and prints how it stands, a line of JSON at a time; the last has the figures.
"""

import json
import os
import signal
import sys
import time
from typing import Any

from ..defence import Defence
from ..host.stack import Stack
from ..io.services import Echo
from ..lab import PrivateNetworkUnavailable
from ..lab.libc import die_with_parent
from ..link.pump import Engine
from ..session.place import Place
from ..session.session import Session
from ..tcp.config import Config
from ..tcp.happened import Happened
from ..tcp.held import Held
from .flood_course import Course
from .flood_kernel import run_kernel
from .flood_order import KERNELS, PORT, Order

BACKLOG = 1024
# Without the shortening the wait is as long as in a calm: 63 s for each entry.
CONFIGS: dict[str, dict[str, Any]] = {
    "none": {"cookies": "never", "pressed_syn_ack_retries": Config().syn_ack_retries},
    "short-timer": {"cookies": "never"},
    "oldest": {"cookies": "never", "half_open_policy": "drop-oldest"},
    "cache": {"cookies": "never", "half_open_policy": "cache"},
    "cookies": {"cookies": "when-full"},
    "full": {"cookies": "when-full"},
}


class Counted:
    """An engine whose packets are counted: `packets` have come."""

    def __init__(self, engine: Engine) -> None:
        self.packets = 0
        self.transmit = engine.transmit
        self.deadline = engine.deadline
        self.advance = engine.advance
        self._engine = engine

    def receive_many(self, frames: list[bytes], now: float) -> None:
        self.packets += len(frames)
        self._engine.receive_many(frames, now)

    @property
    def news(self) -> bool:
        return self._engine.news


class EngineServer:
    """The engine as what is attacked."""

    def __init__(self, order: Order, place: Place) -> None:
        self._place = place
        self._defence: Defence | None = None
        self._guarded = order.defence == "full"
        self._session = Session(
            place,
            config=Config(**CONFIGS[order.defence]),
            guard=self._guard,
        )
        decide = self._decide if order.hold else None
        self._listener = self._session.handlers.listen(PORT, Echo, backlog=BACKLOG, decide=decide)

    def _decide(self, held: Held, happened: Happened) -> None:
        """As a proxy that has heard from its far side: everyone may come."""
        if happened & Happened.HELD:
            held.accept()

    def turn(self, timeout: float) -> None:
        self._session.turn(timeout)

    def half_open(self) -> int:
        return self._listener.half_open

    def figures(self) -> dict[str, Any]:
        with open("/proc/self/statm", encoding="ascii") as file:
            memory = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return {
            "room": self._listener.config.half_open_limit,
            "state": "" if self._defence is None else self._defence.state.name.lower(),
            "memory": memory,
            "cpu": time.process_time(),
            "packets": self._counted.packets,
        }

    def close(self) -> None:
        """Abort what is open."""
        self._session.close()

    def _guard(self, stack: Stack, _: Engine) -> Counted:
        if self._guarded:
            self._defence = Defence(stack)
        self._counted = Counted(self._defence or stack)
        return self._counted


def run_engine(order: Order) -> dict[str, Any]:
    """The drill on the engine. Raises `PrivateNetworkUnavailable`."""
    with Place.private(order.link) as place:
        assert place.network is not None
        server = EngineServer(order, place)
        try:
            return Course(order, place.network, server, say).run()
        finally:
            server.close()


def say(word: dict[str, Any]) -> None:
    """A line for whoever started this."""
    print(json.dumps(word), flush=True)


def main(order_text: str) -> None:
    """Does it."""
    die_with_parent(signal.SIGKILL)
    order = Order.from_text(order_text)
    try:
        say({"result": run_kernel(order, say) if order.defence in KERNELS else run_engine(order)})
    except PrivateNetworkUnavailable as unavailable:
        say({"unavailable": [unavailable.reason, unavailable.cure]})
    except RuntimeError as error:
        say({"failed": str(error)})


if __name__ == "__main__":
    main(*sys.argv[1:])
