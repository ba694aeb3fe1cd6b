"""Faults planted into the engine are found by the explorer, in bounds of a few seconds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from prove.planted import FAULTS

SOURCE = Path(__file__).parents[2] / "src" / "handshook"
HANG = 300


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_it_is_found(fault, tmp_path):
    """In a copy of the sources, uncompiled, asked by a process of its own."""
    copy = tmp_path / "handshook"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    text = (copy / fault.file).read_text()
    assert text.count(fault.was) == 1, "the place where it is planted has changed"
    (copy / fault.file).write_text(text.replace(fault.was, fault.planted))
    done = subprocess.run(
        [sys.executable, "-P", str(Path(__file__).parent / "planted.py"), fault.by],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) != []
