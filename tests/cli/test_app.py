"""`handshook serve --app`: WSGI and ASGI applications, each on every kind of workers, with curl as the client."""

import os
import subprocess
import sys

import pytest
from cli.commands import ROOT, command, environment, plain
from lab.worlds import HANG

APP = """
import asyncio


def wsgi(environ, start_response):
    body = environ["wsgi.input"].read()
    text = f"wsgi {environ['PATH_INFO']} {len(body)}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [text]


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    text = f"asgi {scope['path']} {size}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


class Object:
    async def __call__(self, scope, receive, send):
        await asgi(scope, receive, send)


made = Object()
number = 7


async def hangs(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    await asyncio.sleep(1000)


async def fails(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})
"""

CURL = (
    "curl -sS --noproxy '*' http://$HANDSHOOK_ADDRESS/a http://$HANDSHOOK_ADDRESS/b; echo; "
    "head -c 300000 /dev/zero | curl -sS --noproxy '*' -T - http://$HANDSHOOK_ADDRESS/c; exit 5"
)


@pytest.fixture
def place(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "lacks.py").write_text("import no_such_library\n")
    return tmp_path


def serve(place, *words, **variables):
    return subprocess.run(
        command(ROOT, "serve", *words),
        env=environment(ROOT, **variables),
        cwd=place,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANG,
        check=False,
    )


@pytest.mark.parametrize("name", ["wsgi", "asgi"])
@pytest.mark.parametrize("workers", ["asyncio", "thread", "pool:4", "one"])
def test_every_kind_on_every_workers(place, name, workers):
    done = serve(place, "--quiet", "--app", f"app:{name}", "--workers", workers, "--", "sh", "-c", CURL)
    assert done.returncode == 5, done.stderr.decode()
    assert done.stdout.decode() == f"{name} /a 0{name} /b 0\n{name} /c 300000"
    assert done.stderr == b""


@pytest.mark.parametrize("workers", ["thread", "pool:1", "one"])
def test_a_handler_that_hangs_does_not_keep_the_tool_from_ending(place, workers):
    ask = r"printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&3"
    line = f"exec 3<>/dev/tcp/$HANDSHOOK_ADDRESS/80; {ask}; grep -m1 -ao begun <&3"
    done = serve(place, "--quiet", "--app", "app:hangs", "--workers", workers, "--", "bash", "-c", line)
    assert (done.returncode, done.stdout) == (0, b"begun\n"), done.stderr.decode()
    assert b"Task was destroyed" not in done.stderr


@pytest.mark.parametrize(("name", "found"), [("wsgi", "wsgi"), ("made", "asgi")])
def test_it_is_seen_which_it_is_and_the_ladder_is_drawn(place, name, found):
    line = "curl -sS --noproxy '*' http://$HANDSHOOK_ADDRESS/"
    done = serve(place, "--app", f"app:{name}", "--", "sh", "-c", line)
    assert (done.returncode, done.stdout) == (0, f"{found} / 0".encode()), done.stderr.decode()
    assert "SYN_ANSWERED" in done.stderr.decode() and "FIN_ACKED" in done.stderr.decode()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("app", "app: an application is MODULE:ATTRIBUTE, such as app:application"),
        ("nowhere:app", "nowhere:app: there is no module nowhere here, nor where Python looks"),
        ("app:absent", "app:absent: app has no absent"),
        ("app:number", "app:number: a int is no application, which is called for each request"),
        ("lacks:app", "lacks:app: lacks needs a module that is not installed: no_such_library"),
        ("app:fails", "the application did not start"),
    ],
)
def test_an_application_that_cannot_be_had(place, name, why):
    done = serve(place, "--quiet", "--app", name, "--", "true")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1] == f"handshook: {why}"


@pytest.mark.parametrize(("package", "workers"), [("uvicorn", "asyncio"), ("a2wsgi", "thread")])
def test_a_package_that_is_missing_is_named_with_what_to_install(place, package, workers):
    (place / "without").mkdir()
    (place / "without" / f"{package}.py").write_text(f"raise ModuleNotFoundError('{package}', name='{package}')\n")
    paths = os.pathsep.join([str(place / "without"), *[os.path.abspath(path) for path in sys.path if path]])
    done = serve(place, "--quiet", "--app", "app:asgi", "--workers", workers, "--", "true", PYTHONPATH=paths)
    assert done.returncode == 1
    assert f"needs {package}: pip install 'handshook[serve]'" in done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--app", "app:wsgi", "--workers", "pool:x"], "--workers: 'pool:x': a pool has 1 to 10000 threads"),
        (["--app", "app:wsgi", "--workers", "many"], "--workers: 'many' is none of asyncio, one, thread, pool:N"),
        (["--app", "app:wsgi", "--queue", "3"], "--queue is for --workers pool:N"),
        (["--echo", "--workers", "one"], "--workers is for --app"),
        (["--app", "app:wsgi", "--echo"], "not allowed with argument"),
    ],
)
def test_wrong_usage(words, why):
    done = plain("serve", *words, "--", "true")
    assert done.returncode == 2
    assert why in done.stderr.decode()
