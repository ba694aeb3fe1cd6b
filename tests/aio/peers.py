"""Programs of the kernel's side, run inside the private network: `peers.py NAME ADDRESS PORT ...`."""

import hashlib
import random
import socket
import sys
import time

# One MB that says where in it a byte is; each MB of a body begins with its number.
BLOCK = random.Random(1).randbytes((1 << 20) - 8)


def body(size):
    """`size` MB, a piece at a time."""
    for number in range(size):
        yield number.to_bytes(8, "big") + BLOCK


def digest(size):
    """What the hash of a body has to be."""
    found = hashlib.blake2b()
    for piece in body(size):
        found.update(piece)
    return found.hexdigest()


def talk(address, port, *words):
    """Says each word and prints what comes back for each; then finishes, and prints what comes until the end."""
    with socket.create_connection((address, port), 30) as connection:
        for word in words:
            connection.sendall(word.encode())
            print(connection.recv(1 << 16).decode(), flush=True)
        connection.shutdown(socket.SHUT_WR)
        print("end", b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode())


def serve_echo(port):
    """Echoes to one client after the other until it is killed."""
    with socket.create_server(("0.0.0.0", port)) as server:
        print("listening", flush=True)
        while True:
            connection, _ = server.accept()
            with connection:
                while data := connection.recv(1 << 16):
                    connection.sendall(data)


def echo_many(port, ports=1):
    """Echoes to any number of clients at once, on so many ports, until it is killed."""
    import asyncio

    async def echo(reader, writer):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve():
        servers = [await asyncio.start_server(echo, "0.0.0.0", port + n, backlog=4096) for n in range(ports)]
        print("listening", flush=True)
        await asyncio.gather(*[server.serve_forever() for server in servers])

    asyncio.run(serve())


def talk_many(address, port, count):
    """So many clients of an echo at once; prints for each the hash of what it said, once that has come back."""
    import asyncio

    async def talk(number):
        draw, found = random.Random(number), hashlib.blake2b()
        reader, writer = await asyncio.open_connection(address, port)
        for _ in range(5):
            data = draw.randbytes(draw.choice((1, 100, 5000, 70_000)))
            found.update(data)
            writer.write(data)
            assert await reader.readexactly(len(data)) == data
        writer.close()
        await writer.wait_closed()
        print(found.hexdigest())

    async def talk_all():
        await asyncio.gather(*[talk(number) for number in range(count)])

    asyncio.run(talk_all())


def hold(port):
    """Listens and never accepts, until it is killed."""
    with socket.create_server(("0.0.0.0", port)):
        print("listening", flush=True)
        time.sleep(1000)


def give_and_take(address, port, size):
    """Sends a body and then takes one; prints the hash of what came."""
    found = hashlib.blake2b()
    with socket.create_connection((address, port), 30) as connection:
        for piece in body(size):
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(1 << 20):
            found.update(data)
    print(found.hexdigest())


def vanish(address, port):
    """Begins a request and dies by a reset in the middle of its body."""
    with socket.create_connection((address, port), 30) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + bytes(1000))
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def keep_alive(address, port, count):
    """So many GET requests, one after the other, on one connection; prints how many were answered with 200."""
    answered = 0
    with socket.create_connection((address, port), 30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        waiting = b""
        for _ in range(count):
            connection.sendall(request)
            while b"\r\n\r\n" not in waiting or len(waiting) < waiting.index(b"\r\n\r\n") + 4 + length(waiting):
                waiting += connection.recv(1 << 16)
            answered += waiting.startswith(b"HTTP/1.1 200")
            waiting = waiting[waiting.index(b"\r\n\r\n") + 4 + length(waiting) :]
    print(answered)


def length(answer):
    head = answer.partition(b"\r\n\r\n")[0].lower()
    return int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])


def trickle(address, port):
    """Holds a connection on which a byte comes now and then, until it is killed."""
    with socket.create_connection((address, port), 30) as connection:
        print("open", flush=True)
        while True:
            connection.sendall(b"G")
            time.sleep(0.2)


def trickle_once(address, port):
    """Says the first byte of what a server waits for, and then nothing."""
    with socket.create_connection((address, port), 30) as connection:
        connection.sendall(b"1")
        time.sleep(1000)


def vanish_midway(address, port):
    """Announces a body and is gone after the first of it."""
    with socket.create_connection((address, port), 30) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(b"1000\nbegin")
        time.sleep(0.1)


def never_read(address, port):
    """Connects, and reads nothing."""
    with socket.create_connection((address, port), 30):
        time.sleep(1000)


def ask(address, port, text):
    """Says something and prints what comes until the end."""
    with socket.create_connection((address, port), 30) as connection:
        connection.sendall(text.encode())
        sys.stdout.buffer.write(b"".join(iter(lambda: connection.recv(1 << 16), b"")))


def websocket_client(address, port):
    """Says some words to a server that says them louder."""
    from websockets.sync.client import connect

    with connect(f"ws://{address}:{port}/", compression=None) as client:
        for size in (0, 1, 100_000):
            client.send("x" * size)
            assert client.recv() == "X" * size
    print("as it should be")


def websocket_server(port):
    """Says each word louder."""
    from websockets.sync.server import serve

    def louder(connection):
        for message in connection:
            connection.send(message.upper())

    with serve(louder, "0.0.0.0", port) as server:
        print("listening", flush=True)
        server.serve_forever()


PROGRAMS = {
    peer.__name__: peer
    for peer in (
        talk,
        serve_echo,
        echo_many,
        talk_many,
        hold,
        give_and_take,
        vanish,
        keep_alive,
        trickle,
        trickle_once,
        vanish_midway,
        never_read,
        ask,
        websocket_client,
        websocket_server,
    )
}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    PROGRAMS[name](*[int(word) if word.isdigit() else word for word in arguments])
