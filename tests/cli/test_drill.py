"""`handshook drill`: what is typed, and what comes of it."""

import json

import pytest
from cli.commands import plain

SMALL = "--clients 4 --rate 100 --handler 0 --slow 0.1 --timeout 60 --models one,pool:2:refuse --crowd"


def test_a_table_a_chart_and_sentences():
    done = plain("drill", "workers", *SMALL.split(), "3", "--ascii")
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert text.isascii() and max(map(len, text.splitlines())) <= 80
    assert [line.split()[:2] for line in text.splitlines() if line.startswith("one  ")] == [
        ["one", "4"], ["one", "####"], ["one", "3"], ["one", "###"],
    ]  # fmt: skip
    assert "pool:2:refuse: 2 threads" in text


def test_for_machines():
    done = plain("drill", "workers", *SMALL.split(), "0", "--json")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["act"], line["model"], line["finished"]) for line in lines] == [
        ("slow", "one", 4), ("slow", "pool:2:refuse", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "DRILL"),
        ("nonsense", "nonsense"),
        ("workers --models pool:0", "pool:0"),
        ("workers --models pool:1000000000", "1 to 1,000"),
        ("workers --models one,,two", "none of"),
        ("workers --clients 0", "0 clients"),
        ("workers --clients=-5", "-5 clients"),
        ("workers --crowd=-1", "-1 clients"),
        ("workers --rate nan", "nan clients a second"),
        ("workers --timeout 0", "0 seconds"),
        ("workers -- true", "takes no command"),
    ],
)
def test_wrong_usage_is_said_by_name(words, said):
    done = plain("drill", *words.split())
    assert done.returncode == 2
    assert said in done.stderr.decode()
