"""What the suite has no time for: `python tests/aio/long.py` takes half a minute, and prints what it found.

A body of 1 GB each way, and a load of 10 seconds from 50 connections on uvicorn in each loop; no request may fail.
"""

import asyncio
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import uvloop
from aio.conftest import Ground
from aio.test_kernel_programs import large_body
from aio.test_libraries import serving

from handshook.io.aio import Host

MEGABYTES = 1024
SECONDS = 10


async def load(ground: Ground) -> str:
    async with Host(ground.network.device, ground.addresses) as host, serving(host, http="httptools"):
        found = await ground.run("wrk", "-c", "50", "-t", "2", "-d", f"{SECONDS}s", f"http://{ground.engine}")
    assert "Socket errors" not in found and "Non-2xx" not in found, found
    requests, rate = re.search(r"(\d+) requests in", found), re.search(r"Requests/sec: *(\S+)", found)
    assert requests and rate, found
    return f"{requests[1]} requests, none failed, {rate[1]}/s"


def main() -> None:
    ground = Ground()
    try:
        began = time.monotonic()
        asyncio.run(large_body(ground, MEGABYTES))
        print(f"{MEGABYTES} MB each way, hashes intact: {time.monotonic() - began:.1f} s")
        for name, factory in (("asyncio", asyncio.new_event_loop), ("uvloop", uvloop.new_event_loop)):
            with asyncio.Runner(loop_factory=factory) as runner:
                print(f"uvicorn, {name}, 50 connections, {SECONDS} s: {runner.run(load(ground))}")
    finally:
        ground.close()


if __name__ == "__main__":
    main()
