"""docs/faults.md: its tables are those of the rules, and its examples do what they say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docs.faults_table import tables
from lab.worlds import HANG

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CONSOLE = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def commands(text):
    """(command, what it prints) of a console."""
    found = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        # A quotation goes on until it is closed.
        at = next(n for n in range(1, len(lines) + 1) if "".join(lines[:n]).count("'") % 2 == 0)
        found.append(("".join(lines[:at]), "".join(lines[at:])))
    return found


def test_the_tables_are_those_of_the_rules():
    for table in tables():
        assert table in PAGE


def test_there_is_something_to_run():
    assert len(PYTHON) == 1 and len(CONSOLE) == 4


@pytest.mark.parametrize("text", CONSOLE, ids=[f"console{n}" for n in range(len(CONSOLE))])
def test_the_commands_do_what_they_say(text, tmp_path):
    if "tshark" in text and shutil.which("tshark") is None:
        pytest.fail("this test needs tshark: apt install tshark")
    (tmp_path / "handshook").write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m handshook.cli "$@"\n')
    (tmp_path / "handshook").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for command, said in commands(text):
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=HANG,
            check=False,
        )
        assert said.strip() in done.stdout + done.stderr, done.stdout + done.stderr


def test_the_example_runs_and_prints_what_it_says(capsys):
    exec(compile(PYTHON[0], "docs/faults.md", "exec"), {"__name__": "example"})
    said = re.findall(r"^# (.*)", PYTHON[0], re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == said
