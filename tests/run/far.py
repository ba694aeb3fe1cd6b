"""Far sides that do as they are told: `far.py WORDS…` runs `handshook run WORDS…` where the machine's network is ours.

The machine is played by a private network, and its far side by an engine that holds every SYN: what a port does is said
below. So a real kernel meets what `handshook run` must pass on. Prints the run's standard output and
error, its exit code, and how long the far side had left the late one waiting, as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from handshook.io.aio import Host
from handshook.io.services import Echo
from handshook.lab import PrivateNetwork
from handshook.tcp.happened import Happened
from handshook.tcp.held import Held
from handshook.wire.icmp import Trouble

REFUSED, SILENT, NO_HOST, NO_NET, PROHIBITED, LATE, ECHO = 81, 82, 83, 84, 85, 86, 7
LATE_BY = 0.8
UNREACHABLE = {
    NO_HOST: Trouble.HOST_UNREACHABLE,
    NO_NET: Trouble.NET_UNREACHABLE,
    PROHIBITED: Trouble.PROHIBITED,
}
HANG = 120
NAME_SERVER = Path(__file__).with_name("name_server.py")


async def main(words: list[str]) -> None:
    with PrivateNetwork(routes=(4, 6), files={"/etc/resolv.conf": "nameserver 127.0.0.1\n"}) as network:
        assert not network.uncovered
        async with Host(network.device, [network.engine4, network.engine6], transparent=True) as host:
            loop = asyncio.get_running_loop()
            waited: list[float] = []

            def decide(held: Held, happened: Happened) -> None:
                if not happened & Happened.HELD:
                    return
                port = held.local[1]
                if port in UNREACHABLE:
                    held.unreachable(UNREACHABLE[port])
                elif port == REFUSED:
                    held.refuse()
                elif port == SILENT:
                    held.ignore()
                elif port == LATE:
                    loop.call_later(LATE_BY, accept, held, time.monotonic())
                else:
                    held.accept()

            def accept(held: Held, began: float) -> None:
                host.touch()
                held.accept()
                waited.append(time.monotonic() - began)

            host.handlers.listen(None, Echo, decide=decide)
            names = network.popen([sys.executable, "-I", str(NAME_SERVER)], stdout=subprocess.PIPE)
            assert names.stdout is not None and names.stdout.readline() == b"ready\n"
            line = [sys.executable, "-P", "-m", "handshook.cli", "run", "--json", *words]
            program = network.popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert program.stdout is not None and program.stderr is not None
            out, err = await asyncio.gather(
                asyncio.to_thread(program.stdout.read), asyncio.to_thread(program.stderr.read)
            )
            code = program.wait(HANG)
            program.close()
            names.kill()
            names.close()
            host.check()
        print(json.dumps({"code": code, "out": out.decode(), "err": err.decode(), "waited": waited}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
