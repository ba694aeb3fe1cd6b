"""docs/testing.md says nothing that isn't so: every block in it is run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]


def test_there_is_something_to_run():
    assert len(PYTHON) >= 5 and len(COMMANDS) == 2
    assert {language for language, _ in BLOCKS} == {"python", "sh"}


@pytest.mark.parametrize("text", PYTHON, ids=[text.splitlines()[-1].strip() for text in PYTHON])
def test_the_examples_run(text):
    names = {"__name__": "example"}
    exec(compile(text, str(PAGE), "exec"), names)
    for name, thing in list(names.items()):
        if name.startswith("test_"):
            thing()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(command, tmp_path):
    python, *arguments = command.split()
    assert python == "python"
    whole = [sys.executable, *arguments]
    done = subprocess.run(whole, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pair_says_when_it_was_over(capsys):
    (text,) = [text for text in PYTHON if "Pair(" in text]
    exec(compile(text, str(PAGE), "exec"), {"__name__": "example"})
    over = re.search(r"over after ([\d.]+) s", capsys.readouterr().out)
    # The last that happens is the end of the server's TIME-WAIT or the client's, 2 MSL of a minute or five.
    assert over is not None and 60 < float(over[1]) < 1000
