"""The same Python program on the engine and on the kernel's sockets: requests a second, blocking and asyncio.

The client is wrk, in the kernel; the engine is behind a TUN, the kernel's server behind a veth pair. What the ratio
says is what it costs a program to have its TCP in its own process and language.
"""

import re
import subprocess
import sys
import time

from . import services
from .grounds import Failed, Ground, KernelGround
from .needs import HERE
from .rows import AT_ONCE, KINDS, Missing, Pace, Values
from .stacks import KERNEL, Peer, python_of

PROGRAM = str(HERE / "peers" / "program.py")
# Python, and whatever else the machine has to do, has so long to listen.
PATIENCE = 10.0


def programs(peer: Peer, pace: Pace) -> Values:
    """Every row of one peer: the engine, compiled or not, or the kernel."""
    found: Values = {}
    for kind in KINDS:
        keys = [f"{kind}-{count}" for count in AT_ONCE]
        ground = KernelGround() if peer.kernel else Ground()
        try:
            _start(ground, peer, kind)
            for key, count in zip(keys, AT_ONCE, strict=True):
                found[key] = _rate(ground, count, pace)
        except (Failed, OSError) as error:
            found.update({key: Missing(str(error)) for key in keys if key not in found})
        finally:
            ground.close()
    return found


def _start(ground: Ground, peer: Peer, kind: str) -> None:
    network = ground.open()
    if peer.name == KERNEL:
        ground.inside("apart", "veth", "1500", sys.executable, "-P", PROGRAM, kind, "kernel")
    else:
        ground.inside("tune")
        descriptor = network.device.fileno()
        words = [python_of(peer.name), "-P", PROGRAM, kind, "engine", str(descriptor), network.device.name]
        ground.serve_here(words, descriptor)
    ground.ask("load", "first", ground.address, str(services.PROGRAM), str(PATIENCE))


def _rate(ground: Ground, count: int, pace: Pace) -> float:
    # wrk counts in whole seconds.
    seconds = max(1, round(pace.secs))
    words = ["wrk", "-t1", f"-c{count}", f"-d{seconds}s", f"http://{ground.address}:{services.PROGRAM}/"]
    program = ground.popen(words, out=True)
    assert program.stdout is not None
    try:
        program.wait(seconds + PATIENCE)
    except subprocess.TimeoutExpired:
        program.kill()
        raise Failed(f"wrk hung for {seconds + PATIENCE:.0f} s") from None
    told = program.stdout.read().decode()
    time.sleep(0.05)
    rate = re.search(r"Requests/sec: *([\d.]+)", told)
    if rate is None or float(rate[1]) == 0:
        raise Failed(ground.last_error() or "not one request was answered")
    if "Socket errors" in told or "Non-2xx" in told:
        raise Failed(next(line.strip() for line in told.splitlines() if "errors" in line or "Non-2xx" in line))
    return float(rate[1])
