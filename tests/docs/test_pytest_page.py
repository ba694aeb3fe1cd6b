"""docs/pytest.md says nothing that isn't so: its tests are run."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "pytest.md").read_text()
# What else is installed here has no part in it, and takes its time.
BARE = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist"]
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def write(pytester):
    """Returns how many tests there are."""
    pytester.makeini("[pytest]\nfilterwarnings = error")
    pytester.makepyfile(**{f"test_{number}": text for number, text in enumerate(PYTHON)})
    return sum(len(re.findall(r"^ *(?:async )?def test_", text, re.MULTILINE)) for text in PYTHON)


def test_its_tests_pass_beside_the_network(pytester):
    count = write(pytester)
    assert len(PYTHON) == 6 and count >= 10
    pytester.runpytest_subprocess(*BARE, timeout=600).assert_outcomes(passed=count)


def test_its_tests_pass_inside(pytester):
    count = write(pytester)
    words = [sys.executable, "-P", "-m", "handshook.cli", "run", "--quiet", "--", sys.executable, "-m", "pytest"]
    done = subprocess.run(
        [*words, *BARE],
        cwd=pytester.path,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0 and f"{count} passed" in done.stdout, done.stdout + done.stderr
