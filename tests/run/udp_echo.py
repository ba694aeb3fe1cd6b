"""Echoes datagrams on this machine's loopback, and runs `COMMAND… PORT PORT6` beside that."""

import socket
import subprocess
import sys
import threading


def echo(server: socket.socket) -> None:
    while True:
        data, client = server.recvfrom(70_000)
        server.sendto(data, client)


ports = []
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind((host, 0))
    ports.append(str(server.getsockname()[1]))
    threading.Thread(target=echo, args=(server,), daemon=True).start()
sys.exit(subprocess.run([*sys.argv[1:], *ports], check=False).returncode)
