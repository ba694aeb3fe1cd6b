"""The same fixtures under `handshook run`: the whole run of pytest is in the private network."""

import subprocess
import sys
from pathlib import Path

from lab.worlds import HANG
from plugin.test_plugin import BARE

HERE = Path(__file__).parent
RUN = [sys.executable, "-P", "-m", "handshook.cli", "run", "--quiet", "--", sys.executable, "-m", "pytest", *BARE]
NO_SETTINGS = ["-c", "/dev/null", "--rootdir", str(HERE)]


def outcome(*words):
    done = subprocess.run([*RUN, *words], cwd=HERE, capture_output=True, text=True, timeout=5 * HANG, check=False)
    print(done.stdout, done.stderr)
    return done.returncode, done.stdout.splitlines()[-1]


def test_unchanged_programs_meet_the_peers_also_under_xdist():
    code, said = outcome(*NO_SETTINGS, "-W", "error", "-n", "2", "inside.py")
    assert code == 0 and "10 passed" in said, said


def test_rules_that_somebody_removes():
    code, said = outcome(*NO_SETTINGS, "-W", "error", "inside_alone.py")
    assert code == 0 and "1 passed" in said, said


def test_every_rule_is_the_same_there():
    code, said = outcome("-k", "not each_run", "test_rules.py")
    assert code == 0 and "passed" in said, said
