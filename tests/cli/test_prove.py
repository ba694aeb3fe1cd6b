"""`handshook prove`: what it says, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from cli.commands import ROOT, children, environment, in_session, plain
from lab.worlds import HANG

from handshook.prove.job import prove
from handshook.prove.scopes import ENGINE
from handshook.prove.variants import BY_NAME


def test_a_lesser_handshake_fails_with_its_way_and_its_ladder():
    done = plain("prove", "two-way")
    text = done.stdout.decode()
    assert done.returncode == 1
    for said in ("GHOST FAILS", "BELIEF FAILS", "AGREEMENT FAILS", "as the server sees it:", "SYN_ANSWERED"):
        assert said in text
    assert "two-way does not hold" in text


def test_the_engines_own_holds_and_what_was_not_covered_is_said():
    done = plain("prove", "--small", "--all-cores", "--quiet")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "three-way holds" in text
    assert "not covered" in text
    assert done.stderr == b""


def test_for_machines():
    done = plain("prove", "no-time-wait", "--json", "--ascii")
    assert done.returncode == 1
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["handshake"] == second["handshake"] == "no-time-wait"
    assert [each["property"] for each in first["failed"]] == ["close"]
    assert len(first["failed"][0]["way"]) == first["failed"][0]["steps"]
    assert first["exhausted"] is False


def test_bounds_of_ones_own():
    done = plain("prove", "--bounds", "opens=1/0,copies=1", "--json")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    result = json.loads(line)
    assert result["bounds"] == "opens=1/0,copies=1,in_flight=4"
    assert result["exhausted"] is True


def test_one_that_is_ended_early_says_what_it_has_not_covered():
    done = plain("prove", "--scope", "life", "--small", "--most", "500")
    text = " ".join(done.stdout.decode().split())
    assert done.returncode == 3
    assert "holds" not in text and "every property held" not in text
    assert "ended early (500 states were to be met at most), with" in text and "states met and not gone on from" in text
    assert "three-way is not decided" in text
    assert "not asked for: old-segments, crashes" in text


def test_one_that_is_ended_early_says_so_to_machines():
    done = plain("prove", "two-way", "--most", "1", "--json")
    assert done.returncode == 3
    result = json.loads(done.stdout)
    assert (result["exhausted"], result["stopped"], result["held"], result["failed"]) == (False, True, [], [])
    assert result["ahead"] == result["states"] - result["expanded"] > 0
    assert "ghost" in result["unbroken"]
    assert "anything beyond these bounds" in result["not_covered"]


@pytest.fixture
def on_two_cores():
    """The whole exploration, under way in two processes, whatever the machine has."""
    code = (
        "import os\nfrom handshook.cli.main import main\nos.cpu_count = lambda: 2\n"
        "raise SystemExit(main(['prove', '--all-cores', '--quiet']))"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        env=environment(ROOT),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as tool:
        wait(lambda: len(children(tool.pid)) == 2)
        yield tool
        wait(lambda: not in_session(tool.pid))


def wait(condition):
    limit = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_one_whose_process_is_killed(on_two_cores):
    os.kill(children(on_two_cores.pid)[0], signal.SIGKILL)
    said = on_two_cores.stderr.read()
    assert on_two_cores.wait(HANG) == 3
    assert said == (b"handshook: an exploration was ended without a result (signal 9): was there too little memory?\n")


def test_nothing_is_left_when_it_is_killed(on_two_cores):
    on_two_cores.kill()
    assert on_two_cores.wait(HANG) == -signal.SIGKILL


def test_too_little_memory(monkeypatch):
    def full(*_):
        raise MemoryError

    monkeypatch.setattr("handshook.prove.job.TELL_EVERY", 0)
    result = prove(BY_NAME["three-way"], ENGINE[0], progress=full)
    assert (result.stopped, result.why) == (True, "there is no more memory")


def test_enough_for_all_of_it_is_not_early():
    done = plain("prove", "--bounds", "opens=1/0", "--most", "1000000", "--json")
    assert done.returncode == 0
    result = json.loads(done.stdout)
    assert (result["exhausted"], result["stopped"], result["unbroken"]) == (True, False, [])
    assert "agreement" in result["held"]


def test_plain_characters():
    done = plain("prove", "two-way", "--ascii")
    assert done.stdout.isascii()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["four-way"], "four-way"),
        (["--bounds", "x=1"], "no bound"),
        (["--bounds", "copies=99"], "0 to 7"),
        (["--bounds", "patience=nan"], "more than 0 seconds"),
        (["--bounds", "patience=-1"], "more than 0 seconds"),
        (["--bounds", "patience=inf"], "at most 100,000"),
        (["--bounds", "copies=1", "--scope", "life"], "stands for itself"),
        (["--scope", "nowhere"], "old-segments"),
        (["two-way", "--scope", "life"], "old-segments"),
        (["--most", "0"], "at least one"),
        (["--", "true"], "takes no command"),
    ],
)
def test_wrong_usage_ends_with_2(words, said):
    done = plain("prove", *words)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert done.stdout == b""
