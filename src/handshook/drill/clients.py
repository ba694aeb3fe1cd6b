"""The clients, on the kernel's side: `python -m handshook.drill.clients ADDRESS PORT LOAD`, once standard input ends.

Each connects when it is its turn, whatever has become of those before it, says how long its work takes, and waits for
the answer. What became of each is printed as JSON, in the order in which they came. The answer has the moment at which
the work began: all of one machine have one monotonic clock, so that the wait and the work can be told apart.
"""

import asyncio
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from enum import StrEnum

from .load import Load


class Fate(StrEnum):
    """What a client saw."""

    FINISHED = "finished"
    TIMED_OUT = "timed out"
    REFUSED = "refused"
    """A RST."""
    FAILED = "failed"
    """Anything else, such as an end without an answer."""


@dataclass(frozen=True)
class Client:
    """Seconds: `took` all in all, `wait` until the work began, `service` from then to the answer (None without one)."""

    fate: Fate
    took: float
    wait: float | None = None
    service: float | None = None


async def one(address: str, port: int, work: float, patience: float) -> Client:
    """One client, from the first SYN to the end."""
    began = time.monotonic()
    writer = None
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(address, port)
            writer.write(f"{work!r}\n".encode())
            answer = await reader.readline()
        ended = time.monotonic()
        if not answer.endswith(b"\n"):
            return Client(Fate.FAILED, ended - began)
        taken_up = float(answer)
        return Client(Fate.FINISHED, ended - began, taken_up - began, ended - taken_up)
    except TimeoutError:
        return Client(Fate.TIMED_OUT, time.monotonic() - began)
    except (ConnectionResetError, ConnectionRefusedError):
        return Client(Fate.REFUSED, time.monotonic() - began)
    except OSError:
        return Client(Fate.FAILED, time.monotonic() - began)
    finally:
        if writer is not None:
            writer.transport.abort()


async def all_of(address: str, port: int, load: Load) -> list[Client]:
    """Every client at its time."""
    begin = time.monotonic()
    running = []
    for number in range(load.clients):
        early = begin + number / load.rate - time.monotonic()
        # Also where it is late: those who are under way have to be heard.
        await asyncio.sleep(max(0.0, early))
        running.append(asyncio.create_task(one(address, port, load.work(number), load.timeout)))
    return await asyncio.gather(*running)


def main(address: str, port: str, load: str) -> None:
    """Runs them, and prints what became of each."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.stdin.read()
    found = asyncio.run(all_of(address, int(port), Load(**json.loads(load))))
    print(json.dumps([asdict(client) for client in found]))


if __name__ == "__main__":
    main(*sys.argv[1:])
