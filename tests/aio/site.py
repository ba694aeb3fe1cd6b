"""An ASGI application for the tests: it greets, echoes, streams a large body, raises, and talks over websockets."""

from aio import peers


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await websocket(receive, send)
    else:
        await PAGES.get(scope["path"], hello)(scope, receive, send)


async def hello(scope, receive, send):
    await answer(send, f"hello {scope['client'][0]}".encode())


async def echo(scope, receive, send):
    body, more = b"", True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        body += event["body"]
        more = event["more_body"]
    await answer(send, body)


async def large(scope, receive, send):
    size = int(scope["query_string"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in peers.body(size):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


async def broken(scope, receive, send):
    raise LookupError("broken on purpose")


async def websocket(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"].upper()})


async def answer(send, body):
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


PAGES = {"/echo": echo, "/large": large, "/broken": broken}
