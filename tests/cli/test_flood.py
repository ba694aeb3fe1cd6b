"""`handshook drill flood` and `handshook top`, as they are typed, in every world."""

import json
import sys

import pytest
from cli.commands import ROOT, plain, python, run
from lab.worlds import HANG

SMALL = ("--count", "300", "--rate", "1000", "--honest", "20")


def test_a_flood_in_every_world(world):
    import subprocess

    from cli.commands import AS_NOBODY, environment

    line = [sys.executable, "-P", "-m", "handshook.cli", "drill", "flood", "--link", world.link, *SMALL, "--json"]
    if world.user != "root":
        line = [sys.executable, "-P", str(AS_NOBODY), *["--tun"] * (world.link == "tun"), "--", *line]
    done = subprocess.run(line, env=environment(world), cwd="/", stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=HANG, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["sent"] + found["refused"] == 300 and found["order"]["link"] == world.link


def test_a_table():
    done = plain("drill", "flood", "--attack", "rst-fin", *SMALL, "--ascii")
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert text.isascii() and "RSTs and FINs" in text and text.splitlines()[-1].startswith("full ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--count 0", "--count 0"),
        ("--rate -5", "--rate"),
        ("--rate 1", "last longer"),
        ("--defence prayer", "prayer"),
        ("--attack words", "words"),
        ("192.0.2.1", "unrecognized"),
        ("--target 192.0.2.1", "--target"),
        ("--tun tun0", "--tun"),
        ("--honest 0", "--honest 0"),
    ],
)
def test_wrong_usage(words, said):
    done = plain("drill", "flood", *words.split())
    assert done.returncode == 2 and said in done.stderr.decode(), done.stderr


# --- beside serve ----------------------------------------------------------------------------------------------------

LOOKS = """
import os, socket, subprocess, sys
held = socket.create_connection((os.environ["HANDSHOOK_ADDRESS"], 7), 60)
held.sendall(b"x"); held.recv(1)
top = lambda *words: subprocess.run(
    [sys.executable, "-P", "-m", "handshook.cli", "top", os.environ["CONTROL"], *words],
    cwd="/", capture_output=True, text=True, timeout=200,
)
for words in (["--looks", "1", "--json"], ["--looks", "2", "--interval", "0.05", "--ascii"],
              ["--do", "ban 203.0.113.0/24 600"], ["--do", "bans"], ["--do", "nonsense"], ["--do", "state", "--json"],
              ["--do", "rules"]):
    done = top(*words)
    print("==", done.returncode, flush=True)
    print(done.stdout + done.stderr, flush=True)
asker = socket.socket(socket.AF_UNIX)
asker.connect(os.environ["METRICS"])
asker.sendall(b"GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
print("== 0", flush=True)
while heard := asker.recv(1 << 16):
    print(heard.decode(), end="", flush=True)
"""


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("top")
    control, metrics, events = folder / "control", folder / "metrics", folder / "events.json"
    program = [sys.executable, "-P", "-c", LOOKS]
    done = run(
        ROOT, "serve", "--echo", "--quiet", "--defence", "--control", str(control), "--metrics", str(metrics),
        "--events", str(events), "--", *program, variables={"CONTROL": str(control), "METRICS": str(metrics)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not control.exists() and not metrics.exists()
    parts = [part.split("\n", 1) for part in done.stdout.decode().split("== ")[1:]]
    return [(int(code), text) for code, text in parts], events.read_text()


def test_top_shows_the_queues_and_the_counters(looked):
    code, text = looked[0][0]
    found = json.loads(text)
    assert code == 0 and found["states"]["ESTABLISHED"] == 1
    (listener,) = found["listeners"]
    assert listener["port"] == 7 and listener["half_open"] == 0 and listener["half_open_limit"] == 1024
    assert found["counters"]["SYN_ANSWERED"] == 1 and found["defence"]["state"] == "normal"


def test_top_has_plain_lines_without_a_terminal(looked):
    code, text = looked[0][1]
    assert code == 0 and text.isascii() and "\033" not in text
    assert text.count("port 7") == 2 and "half-open" in text and "defence normal" in text
    assert "SYN_ANSWERED" in text


def test_a_word_to_the_defence(looked):
    ban, bans, nonsense, state, rules = looked[0][2:7]
    assert ban == (0, "banned: 203.0.113.0/24\n\n")
    assert bans[0] == 0 and bans[1].startswith("203.0.113.0/24, ") and "by hand" in bans[1]
    assert nonsense[0] == 1 and "there is no such command" in nonsense[1]
    assert json.loads(state[1])["bans"] == 1
    assert "[flood]" in rules[1]


def test_the_log_has_what_was_edited(looked):
    events = [json.loads(line) for line in looked[1].splitlines()]
    changes = [event["defence"]["change"] for event in events if event["event_type"] == "defence"]
    assert changes == ["rules", "edit"]


def test_prometheus_reads_every_line(looked):
    _, text = looked[0][7]
    head, body = text.replace("\r\n", "\n").split("\n\n", 1)
    assert head.startswith("HTTP/1.1 200 OK") and "version=0.0.4" in head
    helped, typed, named = set(), {}, set()
    for line in body.splitlines():
        words = line.split()
        if words[:2] == ["#", "HELP"]:
            helped.add(words[2])
        elif words[:2] == ["#", "TYPE"]:
            typed[words[2]] = words[3]
        else:
            named.add(line.split("{")[0].split(" ")[0])
            float(line.rpartition(" ")[2])
    assert helped == set(typed) >= named
    assert {name for name, kind in typed.items() if kind == "counter"} == {
        name for name in typed if name.endswith("_total")
    }
    assert 'handshook_outcomes_total{outcome="SYN_ANSWERED",section="RFC 9293 3.10.7.2"} 1\n' in body
    assert 'handshook_half_open{port="7",address=""} 0\n' in body
    assert 'handshook_defence_state{state="normal"} 1\n' in body
    assert "handshook_defence_bans 1\n" in body


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--events x", "--events is the log of --defence"),
        ("--defence /nonexistent", "No such file"),
        ("--metrics 70000", "not a port"),
    ],
)
def test_what_serve_is_told_wrongly(words, said):
    done = plain("serve", "--echo", *words.split(), "--", "true")
    assert done.returncode == 2 and said in done.stderr.decode(), done.stderr


def test_rules_with_an_error(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text("[flood]\nunfinished = -1\n")
    done = plain("serve", "--echo", "--defence", str(file), "--", "true")
    assert done.returncode == 2 and "line 2: flood.unfinished is -1" in done.stderr.decode(), done.stderr


def test_a_socket_that_cannot_be_had(tmp_path):
    done = run(ROOT, "serve", "--echo", "--quiet", "--control", str(tmp_path / "no" / "where"), "--", *python("pass"))
    assert done.returncode == 1 and "no/where: No such file" in done.stderr.decode(), done.stderr


@pytest.mark.parametrize("words", ["--looks 0", "--interval 0", ""])
def test_top_used_wrongly(words, tmp_path):
    assert plain("top", *([str(tmp_path / "x")] if words else []), *words.split()).returncode == 2


def test_top_where_nobody_answers(tmp_path):
    done = plain("top", str(tmp_path / "x"))
    assert done.returncode == 1 and "No such file" in done.stderr.decode()
