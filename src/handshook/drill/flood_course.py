"""The course of a flood drill, the same for every server: calm, flood, recovery; what the clients saw, what it cost."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from ..lab import PrivateNetwork, Program
from .flood_order import HONEST_PATIENCE, LONGEST, Order

# Seconds: how long all is calm first, how long a server that is shut is watched, and what only a hang takes.
CALM = 0.7
RECOVERY = 5.0
PATIENCE = 120.0
# A word on how it stands, so often.
GAUGE = 0.2


class Server(Protocol):
    """What is attacked."""

    def turn(self, timeout: float) -> None:
        """Go on for a moment."""
        ...

    def half_open(self) -> int:
        """How many half-open connections there are."""
        ...

    def figures(self) -> dict[str, Any]:
        """`room` for half-open connections, `state` of a defence or "", `memory` in bytes and `cpu` in seconds or None,
        `packets` that have come."""
        ...


class Course:
    """One drill: `network` is where clients and attackers are, `say` is given each word on how it stands."""

    def __init__(self, order: Order, network: PrivateNetwork, server: Server, say: Callable[[dict[str, Any]], None]):
        self._order = order
        self._server = server
        self._say = say
        self._network = network
        self._clients: list[dict[str, Any]] = []
        self._sent: dict[str, float] | None = None
        self._ready = False
        self._peak = 0
        self._memory: list[int] = []
        self._told = 0.0
        self._began = 0.0
        self._phase = "calm"
        self._pipes: list[tuple[Program, bytearray, Callable[[str], None]]] = []

    def run(self) -> dict[str, Any]:
        """From the first honest client to the last; returns the figures. Raises `RuntimeError` where a part fails."""
        self._began = time.monotonic()
        attacker = self._start(
            "flood_silent" if self._order.attack == "connect" else "flood_forge", self._hear_attacker
        )
        clients = self._start("flood_clients", self._hear_client)
        # A first client served, so that what everyone needs once is there, and then calm for a while.
        self._until(lambda: self._ready and any(c["served"] for c in self._clients), PATIENCE, "nobody could begin")
        calm_from, calm_at = time.monotonic(), self._server.figures()
        self._until(lambda: time.monotonic() > calm_from + CALM, PATIENCE)
        begins, before = time.monotonic(), self._server.figures()
        self._phase, self._peak, self._memory = "flood", 0, []
        assert attacker.stdin is not None and clients.stdin is not None
        attacker.stdin.write(b"go\n")
        attacker.stdin.flush()
        self._until(lambda: self._sent is not None, LONGEST + PATIENCE, "the generator does not end")
        ended, after = time.monotonic(), self._server.figures()
        self._phase = "recovery"
        self._until(lambda: self._recovered(ended), RECOVERY)
        recovered = time.monotonic() - ended if self._recovered(ended) else None
        clients.stdin.close()
        self._until(lambda: clients.poll() is not None, HONEST_PATIENCE + PATIENCE, "the clients do not end")
        attacker.terminate()
        assert self._sent is not None
        honest = [client for client in self._clients if begins <= client["began"] <= ended]
        times = sorted(client["connect"] for client in honest if client["served"])
        idle = _cpu(calm_at, before) / (begins - calm_from) * (ended - begins)
        come = after["packets"] - before["packets"]
        return {
            "order": json.loads(self._order.as_text()),
            "sent": self._sent["sent"],
            "refused": self._sent["refused"],
            "seconds": self._sent["seconds"],
            "honest": len(honest),
            "served": len(times),
            "p50": _share(times, 0.5),
            "p99": _share(times, 0.99),
            "half_open_peak": self._peak,
            "memory_growth": max(self._memory) - before["memory"] if self._memory else None,
            "cpu_per_packet": max(0.0, _cpu(before, after) - idle) / come
            if before["cpu"] is not None and come
            else None,
            "recovery": recovered,
        }

    # --- going on ----------------------------------------------------------------------------------------------

    def _until(self, done: Callable[[], bool], limit: float, complaint: str = "") -> None:
        end = time.monotonic() + limit
        while not done():
            if time.monotonic() > end:
                if complaint:
                    raise RuntimeError(complaint)
                return
            self._server.turn(0.02)
            self._peak = max(self._peak, self._server.half_open())
            self._listen()
            if time.monotonic() >= self._told + GAUGE:
                self._gauge()

    def _gauge(self) -> None:
        self._told = now = time.monotonic()
        figures = self._server.figures()
        if figures["memory"] is not None:
            self._memory.append(figures["memory"])
        lately = [client for client in self._clients if client["ended"] > now - 1.0]
        self._say(
            {
                "gauge": self._phase,
                "at": now - self._began,
                "half_open": self._server.half_open(),
                "room": figures["room"],
                "state": figures["state"],
                "packets": figures["packets"],
                "served": sum(client["served"] for client in lately),
                "lost": sum(not client["served"] for client in lately),
            }
        )

    def _recovered(self, ended: float) -> bool:
        """A client that came after the flood was served, and a defence calls it over, which it does once the half-open
        queue has drained."""
        calm = self._server.figures()["state"] in ("", "normal")
        return calm and any(client["served"] and client["began"] > ended for client in self._clients)

    # --- the programs ------------------------------------------------------------------------------------------

    def _start(self, module: str, hear: Callable[[str], None]) -> Program:
        words = [sys.executable, "-P", "-W", "ignore", "-m", f"handshook.drill.{module}", self._order.as_text()]
        path = os.pathsep.join(os.path.abspath(each) for each in sys.path if each)
        program = self._network.popen(
            words,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            network_rights=module != "flood_clients",
        )
        assert program.stdout is not None
        os.set_blocking(program.stdout.fileno(), False)
        self._pipes.append((program, bytearray(), hear))
        return program

    def _listen(self) -> None:
        for program, heard, hear in self._pipes:
            assert program.stdout is not None
            try:
                heard += os.read(program.stdout.fileno(), 1 << 16)
            except BlockingIOError:
                continue
            while (end := heard.find(b"\n")) >= 0:
                line = heard[:end].decode()
                del heard[: end + 1]
                hear(line)
            if program.poll() and self._phase != "recovery":
                raise RuntimeError(f"{program.args[5]!r} has ended with {program.returncode}")

    def _hear_attacker(self, line: str) -> None:
        if line == "ready":
            self._ready = True
        else:
            self._sent = json.loads(line)

    def _hear_client(self, line: str) -> None:
        self._clients.append({**json.loads(line), "ended": time.monotonic()})


def _share(times: list[float], share: float) -> float | None:
    """The time within which so many of them were done: nearest rank."""
    return times[min(len(times) - 1, int(share * len(times)))] if times else None


def _cpu(before: dict[str, Any], after: dict[str, Any]) -> float:
    return 0.0 if before["cpu"] is None else float(after["cpu"] - before["cpu"])
