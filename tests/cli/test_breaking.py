"""`--fault`, `--seed`, `--pcap`, `--svg`, `--html` of serve and connect."""

import json
import shutil
import subprocess

import pytest
from cli.commands import ROOT, plain, python, run
from lab.worlds import HANG, require

CLIENT = """
import os, socket
with socket.socket() as s:
    error = s.connect_ex((os.environ["HANDSHOOK_ADDRESS"], int(os.environ["HANDSHOOK_PORT"])))
    print(error)
raise SystemExit(7)
"""
SERVER = """
import os, socket
with socket.create_server((os.environ["HANDSHOOK_PEER"], int(os.environ["HANDSHOOK_PORT"]))) as server:
    try:
        print(server.accept()[0].recv(100))
    except ConnectionResetError:
        print("reset")
"""


def test_a_server_refuses_and_all_of_it_is_recorded(tmp_path):
    require(ROOT)
    files = {kind: tmp_path / f"a.{kind}" for kind in ("pcap", "svg", "html")}
    words = [word for kind, path in files.items() for word in (f"--{kind}", str(path))]
    done = run(ROOT, "serve", "--echo", "--json", "--fault", "refuse", *words, "--", *python(CLIENT))
    # The program's own: 111 is ECONNREFUSED.
    assert (done.returncode, done.stdout) == (7, b"111\n")
    rows = [json.loads(line) for line in done.stderr.splitlines()]
    assert [row["injected"]["effect"] for row in rows if "injected" in row] == ["dropped", "forged"]
    for path in files.values():
        assert b"`refuse`" in path.read_bytes()


@pytest.mark.parametrize("workers", ["thread", "asyncio"])
def test_an_application_too(workers):
    require(ROOT)
    words = ["--app", "wsgiref.simple_server:demo_app", "--workers", workers, "--fault", "refuse"]
    done = run(ROOT, "serve", *words, "--", *python(CLIENT))
    assert (done.returncode, done.stdout) == (7, b"111\n"), done.stderr.decode()
    assert b"injected by `refuse`" in done.stderr


def test_a_client_is_reset_and_the_verdict_says_by_whom():
    require(ROOT)
    words = ["--quiet", "--fault", "rst after accept", "peer", "7000", "--", *python(SERVER)]
    done = run(ROOT, "connect", *words, input=b"hello")
    assert done.returncode == 1
    assert b": injected by `rst after accept`" in done.stderr


def test_the_lines_for_machines_have_it_in_the_verdict():
    require(ROOT)
    done = run(ROOT, "connect", "--json", "--fault", "refuse", "peer", "7000", "--", *python(SERVER))
    verdict = json.loads(done.stderr.splitlines()[-1])
    assert verdict["verdict"] == "CONNECTION_REFUSED"
    assert verdict["evidence"]["injected"][0].endswith("injected by `refuse`")


def test_a_disk_that_is_full_is_said_before_anything_begins():
    require(ROOT)
    done = run(ROOT, "serve", "--echo", "--quiet", "--pcap", "/dev/full", "--", *python(CLIENT))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"/dev/full: No space left on device" in done.stderr
    done = run(ROOT, "serve", "--echo", "--quiet", "--svg", "/no/such", "--", *python(CLIENT))
    assert b"/no/such: No such file or directory" in done.stderr


def test_one_that_fills_up_later_costs_the_program_nothing():
    require(ROOT)
    done = run(ROOT, "serve", "--echo", "--quiet", "--html", "/dev/full", "--", *python(CLIENT))
    assert (done.returncode, done.stdout) == (7, b"0\n")
    assert b"/dev/full is not whole: No space left on device" in done.stderr


def test_the_help_of_rules():
    done = plain("serve", "--fault", "help")
    assert done.returncode == 0
    assert b"drop WHAT" in done.stdout and b"... to HOST:PORT" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fault", "dorp syn"], b"did you mean `drop`?"),
        (["--fault", "drop syn", "--fault", "refuse"], b"contradict each other"),
        (["--fault", "refuse to db:5432"], b"no names here, only addresses"),
        (["--seed", "1"], b"--seed is for what --fault draws"),
    ],
)
@pytest.mark.parametrize("command", [["serve", "--echo"], ["connect", "peer", "7"]], ids=["serve", "connect"])
def test_what_is_wrong_is_said(command, words, said):
    done = plain(*command, *words, "--", "true")
    assert done.returncode == 2
    assert said in done.stderr


def test_tshark_reads_the_capture(tmp_path):
    require(ROOT)
    if shutil.which("tshark") is None:
        pytest.fail("this test needs tshark: apt install tshark")
    path = tmp_path / "a.pcapng"
    run(ROOT, "serve", "--echo", "--quiet", "--fault", "drop syn first 1", "--pcap", str(path), "--", *python(CLIENT))
    read = subprocess.run(
        ["tshark", "-r", str(path), "-T", "fields", "-e", "frame.comment"],
        capture_output=True,
        timeout=HANG,
        check=True,
    )
    assert read.stdout.splitlines()[0].endswith(b"[injected: dropped by `drop syn first 1`]")
