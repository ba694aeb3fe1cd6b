"""Records honest loads of the Linux kernel's clients, for test_honest.py: `python tests/defence/record.py`.

Each is the log of a defence before an echo server in a private network: a burst of connects all at once, and a busy
network behind one address that opens hundreds a second, some of whom only look or stay silent.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent / "recorded"

CLIENT = """
import os, select, socket, sys, time
there = (os.environ["HANDSHOOK_ADDRESS"], int(os.environ["HANDSHOOK_PORT"]))
def begin():
    opened = socket.socket(); opened.setblocking(False); opened.connect_ex(there); return opened
def finish(opened, silent=False):
    opened.setblocking(True); opened.settimeout(30)
    if not silent:
        opened.sendall(b"hello"); opened.recv(10)
"""
BURST = """
for _ in range(3):
    held = [begin() for _ in range(700)]
    for opened in held: finish(opened)
    for opened in held: opened.close()
    time.sleep(0.5)
"""
BUSY = """
silent = []
for turn in range(150):
    held = [begin() for _ in range(4)]
    for place, opened in enumerate(held):
        select.select([], [opened], [], 10)
        finish(opened, silent=(turn + place) % 20 == 0 or place == 3 and turn % 2)
    silent += held[3:] if turn % 20 == 0 else []
    for opened in held[: 3 if turn % 20 == 0 else 4]: opened.close()
    time.sleep(0.01)
time.sleep(1)
"""


def record(name: str, load: str) -> None:
    """One load, into its file."""
    file = HERE / f"{name}.jsonl"
    file.unlink(missing_ok=True)
    words = ["-P", "-m", "handshook.cli", "serve", "--echo", "--quiet", "--defence", "--events"]
    subprocess.run([sys.executable, *words, str(file), "--", sys.executable, "-c", CLIENT + load], check=True)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    record("burst", BURST)
    record("busy", BUSY)
