"""Networks one after another where only one network namespace may be: `one_namespace.py LINK`."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from handshook.lab import PrivateNetwork, PrivateNetworkUnavailable, libc

LIMIT = 120


def main(link: str) -> None:
    libc.unshare(libc.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text("0 0 1")
    Path("/proc/self/gid_map").write_text("0 0 1")
    Path("/proc/sys/user/max_net_namespaces").write_text("1")
    waits = []
    for ending in ("close", "sleep", "exit", "close", "sleep"):
        began = time.monotonic()
        holder = Path(__file__).with_name("holder.py")
        while True:
            tool = subprocess.Popen(
                [sys.executable, "-P", str(holder), link, ending],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            assert tool.stdout is not None
            if tool.stdout.readline():
                break
            # The kernel takes namespaces apart in the background.
            assert tool.stderr is not None
            complaint = tool.stderr.read().decode()
            assert "limit on namespaces" in complaint, complaint
            assert time.monotonic() < began + LIMIT, "the last network's namespace is still there"
            time.sleep(0.02)
        waits.append(round(time.monotonic() - began, 3))
        if ending == "sleep":
            try:
                PrivateNetwork(link=link)
                raise AssertionError("a second network namespace, and only one is allowed")
            except PrivateNetworkUnavailable as unavailable:
                assert "limit" in unavailable.reason
            os.kill(tool.pid, signal.SIGKILL)
        tool.wait(LIMIT)
    print(json.dumps(waits))


main(*sys.argv[1:])
