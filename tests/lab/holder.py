"""A tool that holds a private network open until it is ended: `holder.py LINK ENDING`.

Says, as a line of JSON, who is who, when all of it runs: itself, its keeper, init, a program in the
foreground and one that became a daemon, and the namespaces.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from handshook.lab import PrivateNetwork

DAEMON = """
import os, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
print("ready", flush=True)
os.close(1)
time.sleep(1000)
"""

KINDS = ["net", "pid", "mnt", "user"]


def main(link: str, ending: str) -> None:
    network = PrivateNetwork(link=link)
    command = [sys.executable, "-P", "-c", DAEMON]
    with network.popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as starter:
        assert starter.stdout is not None
        starter.stdout.readline()
    program = network.popen(["sleep", "1000"])
    own = {os.readlink(f"/proc/self/ns/{kind}") for kind in KINDS}
    spaces = {os.readlink(f"/proc/{network.pid}/ns/{kind}") for kind in KINDS} - own
    keeper = int(Path(f"/proc/{network.pid}/stat").read_text().rpartition(")")[2].split()[1])
    print(
        json.dumps(
            {
                "tool": os.getpid(),
                "keeper": keeper,
                "init": network.pid,
                "program": program.pid,
                "spaces": sorted(spaces),
            }
        ),
        flush=True,
    )
    if ending == "return":
        return
    if ending == "close":
        network.close()
        return
    if ending == "exit":
        os._exit(0)
    if ending == "raise":
        raise RuntimeError("on purpose")
    if ending == "leave a forked copy":
        # It has copies of every descriptor of the tool; only the tool's own end may count.
        if os.fork() == 0:
            os.closerange(0, 3)
            time.sleep(30)
        os._exit(0)
    time.sleep(1000)


main(*sys.argv[1:])
