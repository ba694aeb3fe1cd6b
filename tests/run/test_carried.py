"""What is carried between a program and the far side: bytes, ends of data, resets, each way by itself; many at once."""

import hashlib
import json
import random
import socket
import struct

from lab.worlds import World
from run.running import listening, python, ran

HOST = "198.51.100.2"


def client(code: str, *arguments: object) -> list[str]:
    return ["--", *python("import json, socket, struct, sys, time\n" + code), *map(str, arguments)]


def test_half_close_goes_through_both_ways(root: World) -> None:
    def count_then_answer(taken: socket.socket) -> None:
        size = 0
        while data := taken.recv(1 << 16):
            size += len(data)
        taken.sendall(b"%d" % size)

    code = """
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as client:
    client.sendall(bytes(1_000_000))
    client.shutdown(socket.SHUT_WR)
    print(client.makefile("rb").read().decode())
"""
    with listening(count_then_answer) as port:
        found = ran(root, *client(code, HOST, port))
    assert (found.code, found.out) == (0, b"1000000\n"), found.err
    assert found.outcomes == ["closed"]
    assert (found.connections[0]["sent"], found.connections[0]["received"]) == (1_000_000, 7)

    def answer_then_count(taken: socket.socket) -> None:
        taken.sendall(b"first")
        taken.shutdown(socket.SHUT_WR)
        while taken.recv(1 << 16):
            pass

    code = """
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as client:
    print(client.makefile("rb").read().decode())
    client.sendall(bytes(500_000))
"""
    with listening(answer_then_count) as port:
        found = ran(root, *client(code, HOST, port))
    assert (found.code, found.out, found.outcomes) == (0, b"first\n", ["closed"]), found.err
    assert found.connections[0]["sent"] == 500_000


def test_a_reset_outside_is_a_reset_inside_after_what_came_before_it(root: World) -> None:
    def answer_and_reset(taken: socket.socket) -> None:
        taken.recv(1)
        taken.sendall(b"a" * 300_000)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # What the kernel has not sent yet would be lost, and is no matter of ours.
        while unsent(taken):
            pass

    code = """
client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.sendall(b"x")
size = 0
try:
    while data := client.recv(1 << 16):
        size += len(data)
except ConnectionResetError:
    print("reset after", size)
"""
    with listening(answer_and_reset) as port:
        found = ran(root, *client(code, HOST, port))
    assert (found.code, found.out) == (0, b"reset after 300000\n"), found.err
    assert found.outcomes == ["reset"] and f"reset by {HOST}:{port}" in found.connections[0]["sentence"]


def unsent(taken: socket.socket) -> int:
    import fcntl

    siocoutq = 0x5411
    return int(struct.unpack("i", fcntl.ioctl(taken.fileno(), siocoutq, b"\0\0\0\0"))[0])


def test_a_reset_inside_is_a_reset_outside(root: World) -> None:
    met: list[object] = []

    def read(taken: socket.socket) -> None:
        try:
            while taken.recv(1 << 16):
                pass
            met.append("end")
        except ConnectionResetError:
            met.append("reset")

    code = """
client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.sendall(b"hello")
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
client.close()
"""
    with listening(read) as port:
        found = ran(root, *client(code, HOST, port))
    assert met == ["reset"] and found.outcomes == ["reset"]
    assert "reset by the program" in found.connections[0]["sentence"]


def test_who_does_not_read_stops_who_writes_and_nothing_is_lost(root: World) -> None:
    """Both ends begin by writing 32 MB without reading any of it, more than all buffers hold; then they read."""
    data = random.Random(1).randbytes(1 << 20)
    digest = hashlib.sha256()
    sizes: list[int] = []

    def write_then_read(taken: socket.socket) -> None:
        assert taken.recv(1) == b"g"
        for _ in range(32):
            taken.sendall(data)
        taken.shutdown(socket.SHUT_WR)
        size = 0
        while piece := taken.recv(1 << 20):
            digest.update(piece)
            size += len(piece)
        sizes.append(size)

    code = """
import hashlib, random
data = random.Random(1).randbytes(1 << 20)
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as client:
    client.sendall(b"g")
    time.sleep(0.3)
    digest = hashlib.sha256()
    while piece := client.recv(1 << 20):
        digest.update(piece)
    for _ in range(32):
        client.sendall(data)
print(digest.hexdigest())
"""
    with listening(write_then_read) as port:
        found = ran(root, *client(code, HOST, port))
    whole = hashlib.sha256(data * 32).hexdigest()
    assert found.out.decode().strip() == whole, found.err
    assert (sizes, digest.hexdigest()) == ([32 << 20], whole)


def test_the_last_words_of_a_program_that_has_ended_still_arrive(root: World) -> None:
    got: list[int] = []

    def read_late(taken: socket.socket) -> None:
        size = 0
        while piece := taken.recv(1 << 16):
            size += len(piece)
        got.append(size)

    code = """
client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
client.sendall(bytes(3_000_000))
"""
    with listening(read_late) as port:
        found = ran(root, *client(code, HOST, port))
    assert (found.code, got) == (0, [3_000_000])


def test_500_connections_at_once(root: World) -> None:
    def echo(taken: socket.socket) -> None:
        while data := taken.recv(1 << 12):
            taken.sendall(data)

    code = """
import asyncio
async def one(number, together):
    reader, writer = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    together.append(number)
    while len(together) < 500:
        await asyncio.sleep(0.01)
    said = b"%04d" % number * 100
    writer.write(said)
    assert await reader.readexactly(len(said)) == said
    writer.close()
    await writer.wait_closed()
async def main():
    together = []
    await asyncio.gather(*(one(number, together) for number in range(500)))
    print(len(together))
asyncio.run(main())
"""
    with listening(echo) as port:
        found = ran(root, *client(code, HOST, port))
    assert (found.code, found.out) == (0, b"500\n"), found.err
    assert found.outcomes == ["closed"] * 500
    assert {each["sent"] for each in found.connections} == {400}
    assert [each["connection"] for each in found.connections] == list(range(1, 501))


def test_what_the_control_tells_while_the_program_runs(root: World) -> None:
    """Rules are listed, added and removed over the control's socket, and what they do is told."""
    code = """
import http.client, os
class Control(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["HANDSHOOK_CONTROL"])
def ask(method, path, body=None):
    control = Control("control")
    control.request(method, path, json.dumps(body) if body is not None else None)
    answer = control.getresponse()
    text = answer.read()
    return answer.status, json.loads(text) if text else None
def call():
    client = socket.socket()
    error = client.connect_ex((sys.argv[1], int(sys.argv[2])))
    client.close()
    return error
told = [ask("GET", "/rules"), call()]
told.append(ask("POST", "/rules", {"rule": f"refuse to {sys.argv[1]}:{sys.argv[2]}"}))
told += [call(), ask("GET", "/rules")]
told.append(ask("DELETE", f"/rules/{told[2][1]['id']}"))
told += [call(), ask("DELETE", "/rules/77"), ask("POST", "/rules", {"rule": "dorp syn"}), ask("GET", "/nothing")]
told += [ask("POST", "/rules", 5), ask("DELETE", "/rules"), ask("GET", "/connections")]
print(json.dumps(told))
"""
    with listening(lambda taken: taken.recv(1)) as port:
        found = ran(root, *client(code, HOST, port))
    assert found.code == 0, found.err
    none, first, added, second, listed, removed, third, unknown, misspelt, nothing, no_rule, cleared, all_ = json.loads(
        found.out
    )
    rule = f"refuse to {HOST}:{port}"
    assert none == [200, []]
    assert (first, second, third) == (0, 111, 0)
    assert added[0] == 201 and added[1]["rule"] == rule and added[1]["hits"] == 0
    assert listed == [200, [{**added[1], "hits": 1}]]
    assert removed == cleared == [204, None]
    assert unknown[0] == 404 and "rule 77" in unknown[1]["error"]
    assert misspelt[0] == 400 and "drop" in misspelt[1]["error"]
    assert nothing[0] == 404 and no_rule[0] == 400
    assert [each["remote"]["port"] for each in all_[1]] == [port] * 3
    assert [bool(each["injected"]) for each in found.connections] == [False, True, False]


def test_a_target_behaves_as_it_was_asked_to(root: World) -> None:
    code = """
import http.client, os
def ask(method, path, body=None):
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(os.environ["HANDSHOOK_CONTROL"])
        connection = http.client.HTTPConnection("control")
        connection.sock = control
        connection.request(method, path, body and json.dumps(body))
        return json.loads(connection.getresponse().read() or "null")
def call(target):
    with socket.socket() as client:
        error = client.connect_ex(tuple(target["addresses"][0]))
        if error:
            return error
        client.sendall(b"hello")
        return client.recv(5).decode()
told = [call(ask("POST", "/targets", {"behaviour": behaviour})) for behaviour in ([], ["refused"])]
print(json.dumps([*told, len(ask("GET", "/targets"))]))
"""
    found = ran(root, *client(code))
    assert json.loads(found.out) == ["hello", 111, 2], found.err
    # Of a target's connections the target tells.
    assert found.connections == []
