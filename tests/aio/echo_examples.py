"""The echo examples of Python's own documentation (asyncio-stream, asyncio-protocol) on the engine.

Changed is the call that makes the server or the connection: `host.` stands where `asyncio.` or `loop.` stood, and the
server's own address goes, since a host has its addresses already. What they printed is left out.
"""

import asyncio

# --- asyncio-stream: "TCP echo server using streams", "TCP echo client using streams" -------------------------------


async def handle_echo(reader, writer):
    data = await reader.read(100)
    writer.write(data)
    await writer.drain()

    writer.close()
    await writer.wait_closed()


async def stream_server(host):
    server = await host.start_server(handle_echo, 8888)  # asyncio.start_server(handle_echo, '127.0.0.1', 8888)

    async with server:
        await server.serve_forever()


async def stream_client(host, address, message):
    reader, writer = await host.open_connection(address, 8888)  # asyncio.open_connection('127.0.0.1', 8888)

    writer.write(message.encode())
    await writer.drain()

    data = await reader.read(100)

    writer.close()
    await writer.wait_closed()
    return data.decode()


# --- asyncio-protocol: "TCP Echo Server", "TCP Echo Client" ---------------------------------------------------------


class EchoServerProtocol(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)
        self.transport.close()


async def protocol_server(host):
    server = await host.create_server(EchoServerProtocol, 8888)  # loop.create_server(..., '127.0.0.1', 8888)

    async with server:
        await server.serve_forever()


class EchoClientProtocol(asyncio.Protocol):
    def __init__(self, message, on_con_lost):
        self.message = message
        self.on_con_lost = on_con_lost

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.message.encode())

    def data_received(self, data):
        self.received = data.decode()
        self.transport.close()

    def connection_lost(self, exc):
        self.on_con_lost.set_result(True)


async def protocol_client(host, address, message):
    on_con_lost = asyncio.get_running_loop().create_future()

    transport, protocol = await host.create_connection(  # loop.create_connection(..., '127.0.0.1', 8888)
        lambda: EchoClientProtocol(message, on_con_lost), address, 8888
    )

    try:
        await on_con_lost
    finally:
        transport.close()
    return protocol.received
