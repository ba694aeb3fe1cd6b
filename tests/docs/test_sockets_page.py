"""docs/sockets.md: its first example runs, and what it shows of the standard library's examples is what is tested."""

import re
import subprocess
import sys
from pathlib import Path

from sockets import echo_examples

PAGE = Path(__file__).parents[2] / "docs" / "sockets.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_the_example_runs():
    text = next(text for language, text in BLOCKS if language == "python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text], capture_output=True, text=True, timeout=60, check=False
    )
    first, second = done.stdout.splitlines()
    expected = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ")]
    assert (re.sub(r":\d+$", "", first), second) == (re.sub(r":\d+$", "", expected[0]), expected[1]), done.stderr


def test_what_is_changed_of_the_standard_librarys_examples_is_what_is_tried():
    added = "".join(text for language, text in BLOCKS if language == "diff")
    tried = Path(echo_examples.__file__).read_text()
    assert "HostServer(host, (" in added and "HostServer(host, (" in tried
    assert "host.socket()" in added and "host.socket()" in tried
    assert "ThreadServer" in added and "ThreadServer" in tried
