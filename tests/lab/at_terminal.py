"""A tool with a program that reads the terminal: `at_terminal.py LINK`. Both are sent SIGINT by Ctrl-C."""

import json
import os
import sys

from handshook.lab import PrivateNetwork

HANG = 120

READER = """
import sys, time
try:
    print("the program read:", input(), flush=True)
    # In short naps: a signal that falls just before a sleep begins is seen only after it.
    while True:
        time.sleep(0.05)
except KeyboardInterrupt:
    print("the program was interrupted", flush=True)
    sys.exit(3)
"""


def main(link: str) -> None:
    with PrivateNetwork(link=link) as network:
        spaces = [os.readlink(f"/proc/{network.pid}/ns/{kind}") for kind in ("net", "pid", "mnt")]
        print(json.dumps({"spaces": spaces}), flush=True)
        reader = network.popen([sys.executable, "-P", "-c", READER])
        try:
            reader.wait(HANG)
        except KeyboardInterrupt:
            code = reader.wait(HANG)
            # The keeper and init were sent it too, and it is not their business.
            assert network.popen(["true"]).wait(HANG) == 0
            print(f"the tool saw it end with {code}, and the network lives", flush=True)


main(*sys.argv[1:])
