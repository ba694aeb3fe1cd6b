"""A long run with faults in which nothing may leak: `python -m bench.soak [--minutes 30]`.

A program opens, uses, resets and abandons connections to a server on this machine's loopback, by IPv4 and IPv6, and
sends datagrams, behind `handshook run` with faults. Every few seconds the run's descriptors and its resident memory
are looked at. It exits with 1 when, after the first fifth, any of them has gone on growing.
"""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

RULES = ("loss 2%", "reorder 5%", "rst after 20000 bytes probability 0.1", "drop syn first 1 probability 0.05")

PROGRAM = """
import asyncio, os, random, socket, struct, sys, time
port, port6, end = int(sys.argv[1]), int(sys.argv[2]), time.monotonic() + float(sys.argv[3])
done = failed = 0
async def one():
    global done, failed
    six = random.random() < 0.3
    where = ("2001:db8::2", port6) if six else ("198.51.100.2", port)
    try:
        async with asyncio.timeout(20):
            reader, writer = await asyncio.open_connection(*where)
            said = os.urandom(random.choice((1, 500, 30_000, 300_000)))
            writer.write(said)
            if random.random() < 0.1:
                writer.transport.abort()
                return
            if random.random() < 0.5:
                writer.write_eof()
            assert await reader.readexactly(len(said)) == said
            writer.close()
            done += 1
    except (OSError, EOFError, TimeoutError):
        failed += 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.setblocking(False)
        asker.sendto(b"anybody?", ("198.51.100.2", 9))
async def keep():
    while time.monotonic() < end:
        await one()
async def main():
    await asyncio.gather(*(keep() for _ in range(20)))
    print(done, "exchanges,", failed, "failed as they were made to")
asyncio.run(main())
"""


def echo(server: socket.socket) -> None:
    """Serves for ever, a thread for each connection."""

    def converse(taken: socket.socket) -> None:
        with taken, contextlib.suppress(OSError):
            while data := taken.recv(1 << 16):
                taken.sendall(data)

    while True:
        taken, _ = server.accept()
        threading.Thread(target=converse, args=(taken,), daemon=True).start()


def look(pid: int) -> tuple[int, float]:
    """How many descriptors a process has, and its resident memory in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return len(os.listdir(f"/proc/{pid}/fd")), pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two looks")
    options = parser.parse_args()
    ports = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        server = socket.create_server((host, 0), family=family, backlog=1024)
        ports.append(str(server.getsockname()[1]))
        threading.Thread(target=echo, args=(server,), daemon=True).start()
    words = [sys.executable, "-P", "-m", "handshook.cli", "run", "--seed", "1"]
    words += [word for rule in RULES for word in ("--fault", rule)]
    program = [sys.executable, "-I", "-c", PROGRAM, *ports, str(60 * options.minutes)]
    seen: list[tuple[int, float]] = []
    with tempfile.TemporaryFile() as log, subprocess.Popen([*words, "--", *program], stderr=log) as run:
        began = time.monotonic()
        while run.poll() is None:
            time.sleep(min(options.every, 1.0) if run.poll() is None and not seen else options.every)
            with contextlib.suppress(OSError):
                seen.append(look(run.pid))
                files, memory = seen[-1]
                print(f"{time.monotonic() - began:6.0f} s  {files:4} descriptors  {memory:7.1f} MB", flush=True)
        log.seek(0)
        told = log.read().decode(errors="replace").splitlines()
    print("\n".join(told[-2:]))
    if run.returncode or b"Traceback" in "\n".join(told).encode():
        print(f"the run ended with {run.returncode}")
        return 1
    return judge(seen)


def judge(seen: list[tuple[int, float]]) -> int:
    """1 when the last fifth has more of anything than the second has, by more than a tenth."""
    fifth = len(seen) // 5
    if not fifth:
        print("too short to tell")
        return 0
    code = 0
    for name, column in (("descriptors", 0), ("MB", 1)):
        early = max(row[column] for row in seen[fifth : 2 * fifth])
        late = max(row[column] for row in seen[-fifth:])
        print(f"{name}: at most {early:.0f} in the second fifth, {late:.0f} in the last")
        if late > early * 1.1 + 5:
            print(f"{name} have grown")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
