"""`handshook demo`: five scenes that check themselves, in every world; and where there is no private network."""

import io
import json
import os
import signal
import subprocess
import time

import pytest
from cli.commands import ROOT, children, command_line, plain, run, started

from handshook.cli.main import main
from handshook.demo import kernel, story
from handshook.demo.next import try_next
from handshook.demo.scenes import Seen
from handshook.demo.stage import NotAsSaid
from handshook.lab import PrivateNetworkUnavailable


def scenes(output):
    """{number: {"begins": ..., "ends": ..., "steps": [...]}} and the lines of no scene."""
    told, rest = {}, []
    for line in output.decode().splitlines():
        row = json.loads(line)
        if "scene" not in row:
            rest.append(row)
            continue
        scene = told.setdefault(row["scene"], {"steps": []})
        if "event" in row:
            scene[row["event"]] = row
        else:
            scene["steps"].append(row)
    return told, rest


def check_story(output):
    told, rest = scenes(output)
    assert list(told) == [1, 2, 3, 4, 5]
    for scene in told.values():
        assert scene["ends"]["ok"], scene["ends"]
        assert scene["steps"] and scene["begins"]["title"] and scene["begins"]["text"]
    assert rest[-1]["event"] == "summary" and rest[-1]["ok"] and rest[-1]["failed"] == []
    outcomes = {number: [step["outcome"] for step in scene["steps"]] for number, scene in told.items()}
    assert "SYN_ANSWERED" in outcomes[1]
    assert outcomes[2][0] == "CALLED_CONNECT"
    assert {"CONNECTION_REFUSED", "CLOSED_PORT_RESET"} <= set(outcomes[3])
    assert [outcome for outcome in outcomes[4] if outcome.startswith("SENT")] == [
        "SENT_SYN",
        "SENT_SYN_AGAIN",
        "SENT_SYN_AGAIN",
    ]
    assert outcomes[4][-1] == "CONNECT_TIMED_OUT"
    assert "CLOSING" in [step["after"] for step in told[5]["steps"]]
    assert told[4]["ends"]["verdict"]["outcome"] == "CONNECT_TIMED_OUT"
    return told, rest


def test_the_whole_demo(world):
    done = run(world, "demo", "--json", variables={"http_proxy": "http://192.0.2.1:1"})
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    told, rest = check_story(done.stdout)
    assert {"tun": "TUN", "veth": "veth"}[world.link] in rest[0]["where"]
    # Each scene ends with its last ACK sent, and nothing comes after.
    assert told[5]["steps"][-1]["outcome"] == "SENT_ACK"


def test_without_curl(tmp_path):
    done = run(ROOT, "demo", "--json", variables={"PATH": str(tmp_path)})
    assert done.returncode == 0, done.stdout.decode()
    told, _ = check_story(done.stdout)
    assert told[1]["begins"]["title"] == "urllib fetches a page from our server"


def test_in_memory_it_is_the_same_story_each_time():
    one, other = (plain("demo", "--memory", "--json", "--seed", "7") for _ in range(2))
    assert one.returncode == other.returncode == 0
    check_story(one.stdout)
    assert one.stdout == other.stdout


def first_number(output):
    told, rest = check_story(output)
    assert 7 < rest[-1]["seconds"] < 10, "virtual seconds: the unanswered SYNs alone take seven"
    return told[1]["steps"][0]["seq"]


def test_in_memory_nobody_can_guess_the_numbers_unless_asked():
    one, other = (plain("demo", "--memory", "--json") for _ in range(2))
    assert first_number(one.stdout) != first_number(other.stdout)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("options", [[], ["--no-explain"], ["--headers", "--ascii"]])
def test_it_is_plain_where_there_is_no_terminal_and_keeps_to_the_width(columns, options, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["demo", "--memory", *options]) == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= columns
    assert "of virtual time" in text.split("All 5 scenes")[1]
    assert "5 of 5" in text and "All 5 scenes" in text
    assert ("Nobody listens on our port 81." in " ".join(text.split())) == ("--no-explain" not in options)
    if "--ascii" in options:
        assert text.isascii()


def unavailable(*_):
    raise PrivateNetworkUnavailable("this machine is made of wood", "plant it elsewhere")


def test_where_no_private_network_can_be_had_it_says_why_and_plays_in_memory(monkeypatch, capsys):
    monkeypatch.setattr(kernel.Place, "private", unavailable)
    assert main(["demo"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "No private network here: this machine is made of wood. What would change that: plant it elsewhere." in text
    assert "two engines on a link in memory" in text and "virtual time" in text
    assert main(["demo", "--json"]) == 0
    _, rest = check_story(capsys.readouterr().out.encode())
    assert rest[0]["reason"] == "this machine is made of wood" and rest[0]["cure"] == "plant it elsewhere"


def test_a_link_that_was_asked_for_and_cannot_be_had_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr(kernel.Place, "private", unavailable)
    assert main(["demo", "--link", "tun"]) == 1
    shown = capsys.readouterr()
    assert shown.err == ("handshook: no private network: this machine is made of wood\n           plant it elsewhere\n")
    assert "in memory" not in shown.out


@pytest.mark.parametrize("in_memory", [False, True])
@pytest.mark.parametrize("command", ["handshook", ".venv/bin/handshook", "/a/" + "long/" * 8 + "bin/handshook"])
def test_what_to_try_next_has_room_and_can_be_typed(command, in_memory):
    lines = try_next(command, in_memory, 80)
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines).replace(" \\\n     ", "")
    for words in (
        ("demo --memory --json",) if in_memory else ("serve --echo --explain", "-- python3 -m http.server 8000")
    ):
        assert f"  {command} " in text and words in text


def test_a_network_that_is_killed_in_the_middle_is_told_in_a_line():
    with started(ROOT, "demo", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tool:
        for line in tool.stdout:
            if b"4 of 5" in line:
                break
        keepers = [pid for pid in children(tool.pid) if b"handshook.lab.keeper" in command_line(pid)]
        assert len(keepers) == 1
        os.kill(keepers[0], signal.SIGKILL)
        tool.stdout.read()
        said = tool.stderr.read().decode()
        assert tool.wait() == 1
        assert said.startswith("handshook: ") and said.count("\n") == 1, said


def test_a_scene_that_goes_otherwise_is_told_and_is_the_exit_code(monkeypatch, capsys):
    def wrong(play):
        play.begin("A scene", "Nothing happens.")
        raise NotAsSaid("something did happen")

    def right(play):
        play.begin("Another", "Nothing happens.")
        return Seen("nothing")

    monkeypatch.setattr(story, "SCENES", (right, wrong))
    assert main(["demo", "--memory"]) == 1
    text = capsys.readouterr().out
    assert "Not as said: something did happen." in text
    assert "1 of 2 scenes did not go as they say: 2." in text


def test_ctrl_c():
    with started(ROOT, "demo", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tool:
        for line in tool.stdout:
            if b"4 of 5" in line:
                break
        time.sleep(0.3)
        os.killpg(tool.pid, signal.SIGINT)
        tool.stdout.read()
        assert b"Traceback" not in tool.stderr.read()
        assert tool.wait() == 130


def test_a_reader_that_leaves_ends_it():
    with started(ROOT, "demo", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tool:
        tool.stdout.readline()
        tool.stdout.close()
        assert tool.stderr.read() == b""
        assert tool.wait() == 141


def test_a_full_disk_is_an_error():
    with open("/dev/full", "w") as full:
        done = run(ROOT, "demo", stdout=full)
    assert done.returncode == 1
    assert b"No space left" in done.stderr


def test_the_page_is_drawn_with_color_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

        def fileno(self):
            raise OSError

    for variables, colored in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        with monkeypatch.context() as patch:
            patch.delenv("NO_COLOR", raising=False)
            patch.setenv("TERM", "xterm")
            for name, value in variables.items():
                patch.setenv(name, value)
            terminal = Terminal()
            patch.setattr("sys.stdout", terminal)
            assert main(["demo", "--memory"]) == 0
            assert ("\x1b[" in terminal.getvalue()) == colored
