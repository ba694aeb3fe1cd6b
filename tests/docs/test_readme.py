"""README.md says nothing that isn't so."""

import re
import shutil
import subprocess
from pathlib import Path

from handshook.session.beside import environment
from handshook.show.ink import Canvas, wrap
from handshook.show.ladder import legend

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_legend_is_the_one_that_is_drawn():
    assert "\n\n" + "\n".join(wrap(legend(Canvas(80)), 80)) + "\n\n" in README


def test_the_examples_run_and_print_what_they_say(capsys):
    assert len(PYTHON) == 2
    for text in PYTHON:
        exec(compile(text, "README.md", "exec"), {"__name__": "example"})
        said = re.findall(r"^# (.*)", text, re.MULTILINE)
        assert capsys.readouterr().out.splitlines() == said


def test_every_variable_and_exit_code_is_named():
    class Network:
        engine4, engine6, kernel4, ipv6 = "198.51.100.2", "2001:db8::2", "198.51.100.1", True

    class Place:
        network = Network()

    for name in environment(Place(), 80):
        assert not name.startswith("HANDSHOOK_") or f"${name}`" in README, name
    assert "130 after Ctrl-C" in README and "143 after SIGTERM" in README


def test_make_says_that_the_first_build_takes_its_time(tmp_path):
    for name in ("Makefile", "pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "bin", tmp_path / "bin")
    (tmp_path / "src").mkdir()

    def told(target):
        words = ["make", "-n", target]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert "a minute" in told(".venv/installed")
    assert "a minute" not in told(".venv-pure/installed")
    (tmp_path / "build" / "fast").mkdir(parents=True)
    assert "a minute" not in told(".venv/installed")
