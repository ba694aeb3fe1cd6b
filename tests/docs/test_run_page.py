"""docs/run.md says nothing that isn't so: its commands print what stands there, but for figures and ports."""

import http.server
import re
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest
from lab.worlds import HANG, World, require

PAGE = (Path(__file__).parents[2] / "docs" / "run.md").read_text()
EXAMPLES = re.findall(r"^```console\n\$ (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


def plain(text: str) -> str:
    """Without what differs from run to run: figures, their units, and how lines were filled."""
    text = re.sub(r"\s+", " ", re.sub(r"curl: \(7\).*\n", "curl: (7)\n", text))
    return re.sub(r"[\d.,]+ (ms|s|B|kB)\b", "N", text).strip()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[str(n) for n in range(len(EXAMPLES))])
def test_the_examples_print_what_stands_there(command: str, shown: str, tmp_path: Path) -> None:
    world = require(World("root", "tun"))
    (tmp_path / "hello.txt").write_text("hello\n")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        port = str(server.server_address[1])
        line = command.replace("8000", port).replace("handshook run", f"{sys.executable} -P -m handshook.cli run", 1)
        done = subprocess.run(
            ["sh", "-c", line],
            env={**world.environment(), "COLUMNS": "100"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=HANG,
            check=False,
        )
        server.shutdown()
        serving.join()
    assert plain(done.stdout + done.stderr) == plain(shown.replace("8000", port))
