"""docs/hold.md says nothing that isn't so."""

import re
from pathlib import Path

from handshook import Config, Held

PAGE = (Path(__file__).parents[2] / "docs" / "hold.md").read_text()


def test_the_example_runs_and_prints_what_it_says(capsys):
    (text,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    exec(compile(text, "hold.md", "exec"), {"__name__": "example"})
    assert capsys.readouterr().out.splitlines() == re.findall(r"^# (.*)", text, re.MULTILINE)


def test_every_call_is_named_and_every_knob_is_one():
    for name in ("accept", "refuse", "ignore", "unreachable"):
        assert hasattr(Held, name) and f"`{name}(" in PAGE
    for name in re.findall(r"`(\w+_(?:limit|timeout))`", PAGE):
        assert hasattr(Config(), name)
    assert f"({Config().hold_timeout:.0f} s)" in PAGE
