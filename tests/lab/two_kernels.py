"""Two private networks with a relay between them: the kernel of one sends to the kernel of the other."""

import json
import subprocess
import sys
import time

from handshook.lab import PrivateNetwork
from handshook.link.impairment import Impairment
from handshook.link.relay import Relay

SIZE = 100_000
RECEIVE = """
import socket, sys
listener = socket.create_server((sys.argv[1], 80))
print("ready", flush=True)
peer = listener.accept()[0]
total = 0
while data := peer.recv(65536):
    total += len(data)
peer.send(str(total).encode())
"""
SEND = """
import socket, sys
peer = socket.create_connection((sys.argv[1], 80))
peer.sendall(bytes(int(sys.argv[2])))
peer.shutdown(socket.SHUT_WR)
print(peer.recv(100).decode())
"""


def main() -> None:
    largest = 0
    with PrivateNetwork(offload=False) as near, PrivateNetwork(offload=False, far=True) as far:
        assert (near.kernel4, near.kernel6) == (far.engine4, far.engine6)
        assert (far.kernel4, far.kernel6) == (near.engine4, near.engine6)
        python = [sys.executable, "-P", "-c"]
        with far.popen([*python, RECEIVE, far.kernel4], stdout=subprocess.PIPE) as receiver:
            assert receiver.stdout is not None
            assert receiver.stdout.readline() == b"ready\n"
            relay = Relay(near.device, far.device, Impairment(delay=0.01))
            carry = relay.forth.way.carry

            def weigh(packet: bytes) -> list[tuple[float, bytes]]:
                nonlocal largest
                largest = max(largest, len(packet))
                return carry(packet)

            relay.forth.way.carry = weigh  # type: ignore[method-assign]
            began = time.monotonic()
            with near.popen([*python, SEND, far.kernel4, str(SIZE)], stdout=subprocess.PIPE) as sender:
                while sender.poll() is None:
                    relay.turn(0.05)
                assert sender.stdout is not None
                received = int(sender.stdout.read())
    seconds = time.monotonic() - began
    print(json.dumps({"sent": SIZE, "received": received, "largest": largest, "seconds": seconds}))


main()
