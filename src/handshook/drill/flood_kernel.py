"""The same drill with the Linux kernel as the server: two private networks, each a kernel, and a wire between them.

The clients and the attackers are in the one, as for the engine; in the other the kernel has the engine's addresses. The
wire between is ours, and costs a packet some microseconds: the kernel's own processor time can't be told from here.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from ..lab import PrivateNetwork
from ..link.impairment import Impairment
from ..link.relay import Relay
from .flood_course import Course
from .flood_order import Order


class KernelServer:
    """The kernel of the far network; `program` is what accepts there, and tells how many are half-open."""

    def __init__(self, order: Order, near: PrivateNetwork, far: PrivateNetwork) -> None:
        self._relay = Relay(near.device, far.device, Impairment(delay=0.0))
        words = [sys.executable, "-P", "-W", "ignore", "-m", "handshook.drill.flood_kernel_server", order.as_text()]
        path = os.pathsep.join(os.path.abspath(each) for each in sys.path if each)
        self._program = far.popen(
            words,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            network_rights=True,
        )
        assert self._program.stdout is not None
        first = self._program.stdout.readline()
        if not first:
            raise RuntimeError("the kernel's server could not begin")
        self._told: dict[str, Any] = json.loads(first)
        self._heard = bytearray()
        os.set_blocking(self._program.stdout.fileno(), False)

    def turn(self, timeout: float) -> None:
        self._relay.turn(timeout)
        assert self._program.stdout is not None
        try:
            self._heard += os.read(self._program.stdout.fileno(), 1 << 16)
        except BlockingIOError:
            return
        lines = self._heard.split(b"\n")
        self._heard = lines.pop()
        if lines:
            self._told = json.loads(lines[-1])

    def half_open(self) -> int:
        return int(self._told["half_open"])

    def figures(self) -> dict[str, Any]:
        return {
            "room": self._told["room"],
            "state": "",
            "memory": None,
            "cpu": None,
            "packets": self._relay.forth.way.carried,
        }

    def close(self) -> None:
        """Let the server end."""
        self._program.kill()
        self._program.close()


def run_kernel(order: Order, say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The drill on the kernel. Raises `PrivateNetworkUnavailable`."""
    with PrivateNetwork(link="tun", offload=False) as near, PrivateNetwork(link="tun", offload=False, far=True) as far:
        server = KernelServer(order, near, far)
        try:
            return Course(order, near, server, say).run()
        finally:
            server.close()
