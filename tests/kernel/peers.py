"""The kernel's side of a scene: a program inside the private network whose sockets are held by remote control.

A line of JSON on the standard input asks for one call, `[serial, verb, argument, ...]`; a line on the standard output
answers it, `[serial, found, errno, trace]`. Each call runs in a thread of its own and may block as long as it likes:
who asked decides how long to wait. Nothing of the project is imported, so that what answers is the kernel alone.
"""

import hashlib
import itertools
import json
import os
import random
import socket
import struct
import sys
import threading
import traceback
from pathlib import Path

# linux/tcp.h
TCP_INFO = 11
MSG_FASTOPEN = 0x20000000
STATES = [
    "?",
    "ESTABLISHED",
    "SYN-SENT",
    "SYN-RECEIVED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "CLOSED",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
    "SYN-RECEIVED",
]
OPTIONS = {1: "timestamps", 2: "sack", 4: "scale", 8: "ecn", 32: "data in SYN"}
# Where they stand in struct tcp_info, as Linux has it from 5.4 on.
FIELDS = {
    "state": (0, "B"),
    "options": (5, "B"),
    "scales": (6, "B"),
    "snd_mss": (16, "I"),
    "rcv_mss": (20, "I"),
    "pmtu": (60, "I"),
    "advmss": (84, "I"),
    "total_retrans": (100, "I"),
    "bytes_acked": (120, "Q"),
    "bytes_received": (128, "Q"),
    "notsent_bytes": (144, "I"),
    "rcv_ooopack": (224, "I"),
    "snd_wnd": (228, "I"),
}

held: dict[int, socket.socket] = {}
numbers = itertools.count(1)
speaking = threading.Lock()


def hold(taken):
    number = next(numbers)
    held[number] = taken
    return number


def family_of(version):
    return socket.AF_INET if version == 4 else socket.AF_INET6


# --- what can be asked for ------------------------------------------------------------------------------------------


def make(version, address, port, options):
    """A socket bound to the address; port 0 leaves it to the kernel. `options` are (level, name, value), a value that
    is text being bytes in hexadecimal."""
    made = socket.socket(family_of(version))
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for level, name, value in options:
        made.setsockopt(level, name, bytes.fromhex(value) if isinstance(value, str) else value)
    if port:
        made.bind((address, port))
    return hold(made)


def listen(number):
    held[number].listen(128)


def accept(number):
    return hold(held[number].accept()[0])


def connect(number, address, port):
    held[number].connect((address, port))
    return held[number].getsockname()[1]


def connect_with_data(number, address, port, text):
    return held[number].sendto(text.encode("latin-1"), MSG_FASTOPEN, (address, port))


def option(number, level, name, value):
    held[number].setsockopt(level, name, value)


def send(number, text, flags):
    held[number].sendall(text.encode("latin-1"), flags)


def send_each(number, *parts):
    """In quick succession, one segment each where the socket has no delay."""
    for part in parts:
        held[number].sendall(part.encode("latin-1"))


def send_pattern(number, seed, count):
    held[number].sendall(random.Random(seed).randbytes(count))


def recv(number, count):
    return held[number].recv(count).decode("latin-1")


def recv_to_end(number):
    digest, count = hashlib.sha256(), 0
    while data := held[number].recv(1 << 18):
        digest.update(data)
        count += len(data)
    return [count, digest.hexdigest()]


def recv_until_error(number):
    """How many bytes can be read, and the errno that then ends it; 0 for an end in order."""
    count = 0
    try:
        while data := held[number].recv(1 << 18):
            count += len(data)
    except OSError as error:
        return [count, error.errno]
    return [count, 0]


def shutdown(number):
    held[number].shutdown(socket.SHUT_WR)


def abandon(number):
    """Ends a connect that another thread is in, which a close would not."""
    held[number].shutdown(socket.SHUT_RDWR)
    close(number)


def close(number):
    held.pop(number).close()


def reset(number):
    held[number].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close(number)


def info(number):
    """TCP_INFO, as much of it as the scenes ask for."""
    raw = held[number].getsockopt(socket.IPPROTO_TCP, TCP_INFO, 512)
    found = {name: struct.unpack_from(f"={form}", raw, offset)[0] for name, (offset, form) in FIELDS.items()}
    # Two fields of four bits: on a little-endian machine the first one is the lower.
    scales = found.pop("scales")
    halves = [scales & 15, scales >> 4]
    found["snd_wscale"], found["rcv_wscale"] = halves if sys.byteorder == "little" else halves[::-1]
    found["options"] = [name for bit, name in OPTIONS.items() if found["options"] & bit]
    found["state"] = STATES[found["state"]]
    return found


def state(version, port, remote_port):
    """The state in the kernel's table, TIME-WAIT and half-open entries included; CLOSED where there is none."""
    table = Path("/proc/net/tcp" if version == 4 else "/proc/net/tcp6").read_text()
    for line in table.splitlines()[1:]:
        local, remote, number = line.split()[1:4]
        if int(local.rpartition(":")[2], 16) == port and int(remote.rpartition(":")[2], 16) == remote_port:
            return STATES[int(number, 16)]
    return "CLOSED"


def counters():
    """What the kernel has counted in this network namespace, `Tcp.InErrs` and the like."""
    found = {}
    for file in ("/proc/net/snmp", "/proc/net/netstat"):
        lines = Path(file).read_text().splitlines()
        for names, values in zip(lines[::2], lines[1::2], strict=True):
            group, _, rest = names.partition(":")
            pairs = zip(rest.split(), values.partition(":")[2].split(), strict=True)
            found |= {f"{group}.{name}": int(value) for name, value in pairs}
    return found


def timestamps(value):
    """Whether this network's kernel offers timestamps (1) or not (0)."""
    Path("/proc/sys/net/ipv4/tcp_timestamps").write_text(str(value))


def ping(version, address):
    kind, protocol = (8, socket.IPPROTO_ICMP) if version == 4 else (128, socket.IPPROTO_ICMPV6)
    with socket.socket(family_of(version), socket.SOCK_DGRAM, protocol) as asker:
        asker.sendto(bytes([kind, 0, 0, 0, 0, 0, 0, 1]) + b"are you there?", (address, 0))
        answer, sender = asker.recvfrom(2000)
    return [sender[0], answer[8:].decode()]


def visit(version, address, port, times, at_once):
    """Connects that often, `at_once` open side by side; each says its number, finishes, and hears it again."""
    heard = 0
    for first in range(0, times, at_once):
        visits = {}
        for turn in range(first, first + at_once):
            visits[turn] = socket.socket(family_of(version))
            visits[turn].connect((address, port))
        for turn, visitor in visits.items():
            visitor.sendall(b"visit %d" % turn)
            visitor.shutdown(socket.SHUT_WR)
        for turn, visitor in visits.items():
            said = b""
            while data := visitor.recv(100):
                said += data
            heard += said == b"visit %d" % turn
            visitor.close()
    return heard


def echo(number, times):
    """Serves that many connections side by side, each to its end; returns how many bytes went back."""
    returned = []

    def serve(taken):
        with taken:
            while data := taken.recv(1 << 16):
                taken.sendall(data)
                returned.append(len(data))

    servers = []
    for _ in range(times):
        servers.append(threading.Thread(target=serve, args=held[number].accept()[:1]))
        servers[-1].start()
    for server in servers:
        server.join()
    return sum(returned)


VERBS = {
    verb.__name__: verb
    for verb in (
        make,
        listen,
        accept,
        connect,
        connect_with_data,
        option,
        send,
        send_each,
        send_pattern,
        recv,
        recv_to_end,
        recv_until_error,
        shutdown,
        abandon,
        close,
        reset,
        info,
        state,
        counters,
        timestamps,
        ping,
        visit,
        echo,
    )
}


def answer(serial, verb, arguments):
    found = number = trace = None
    try:
        found = VERBS[verb](*arguments)
    except OSError as error:
        number, trace = error.errno, str(error)
    except BaseException:
        trace = traceback.format_exc()
    line = json.dumps([serial, found, number, trace]).encode() + b"\n"
    with speaking:
        os.write(1, line)


def main():
    for line in sys.stdin:
        serial, verb, *arguments = json.loads(line)
        threading.Thread(target=answer, args=(serial, verb, arguments), daemon=True).start()
    # The scene is over: whoever still waits for something has waited long enough.
    os._exit(0)


main()
