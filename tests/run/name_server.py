"""A name server at 127.0.0.1:53, over UDP and TCP: every name under `test` has the far side's two addresses.

What begins with `tcp` is told over UDP to be too long for it.
"""

import ipaddress
import socket
import struct
import threading

ADDRESSES = {1: ipaddress.ip_address("203.0.113.9").packed, 28: ipaddress.ip_address("2001:db8:1::9").packed}
TRUNCATED = 0x0200


def answer(query: bytes, udp: bool) -> bytes:
    end = query.index(b"\0", 12) + 5
    kind = int.from_bytes(query[end - 4 : end - 2], "big")
    cut = udp and query[13:16] == b"tcp"
    address = None if cut else ADDRESSES.get(kind)
    flags = 0x8180 | cut * TRUNCATED
    head = query[:2] + struct.pack(">HHHHH", flags, 1, address is not None, 0, 0)
    record = b"" if address is None else struct.pack(">HHHIH", 0xC00C, kind, 1, 60, len(address)) + address
    return head + query[12:end] + record


def over_tcp(listener: socket.socket) -> None:
    while True:
        taken, _ = listener.accept()
        with taken:
            while size := taken.recv(2, socket.MSG_WAITALL):
                said = answer(taken.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL), False)
                taken.sendall(len(said).to_bytes(2, "big") + said)


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.create_server(("127.0.0.1", 53)) as tcp:
    udp.bind(("127.0.0.1", 53))
    threading.Thread(target=over_tcp, args=(tcp,), daemon=True).start()
    print("ready", flush=True)
    while True:
        query, client = udp.recvfrom(2000)
        udp.sendto(answer(query, True), client)
