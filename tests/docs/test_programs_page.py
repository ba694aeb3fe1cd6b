"""docs/programs.md says nothing that isn't so: its programs run, and its changes are those of the tests."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "programs.md").read_text()
EXAMPLES = (ROOT / "tests" / "aio" / "echo_examples.py").read_text()
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SAID = ["b'hello\\n'", "[b'hello\\n']", "<Response [200 OK]>"]


@pytest.mark.parametrize(("text", "said"), list(zip(PYTHON, SAID, strict=True)), ids=["asyncio", "trio", "httpx"])
def test_the_examples_run(text, said, tmp_path):
    whole = [sys.executable, "-P", "-c", text]
    done = subprocess.run(whole, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout.strip()) == (0, said), done.stderr


def test_the_changed_lines_are_those_of_the_examples():
    changed = re.findall(r"^\+ +(.*)$", PAGE, re.MULTILINE)
    assert len(changed) == 5
    for line in changed:
        assert line.rstrip(")") in EXAMPLES, line
