"""What every command line tool must get right."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli.commands import ROOT, environment, plain

from handshook.cli.called import called
from handshook.host import stack


def test_version():
    done = plain("--version")
    assert done.returncode == 0
    built = "plain Python" if stack.__file__.endswith(".py") else "compiled"
    assert built in done.stdout.decode()
    assert done.stdout.startswith(b"handshook ")


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["demo", "--help"],
        ["serve", "--help"],
        ["connect", "--help"],
        ["prove", "--help"],
        ["drill", "--help"],
        ["drill", "workers", "--help"],
    ],
)
def test_help_has_examples_and_fits_80_columns(words):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "handshook.cli", *words],
        env=environment(ROOT, COLUMNS="80"),
        capture_output=True,
        check=True,
    )
    text = done.stdout.decode()
    assert "examples:" in text
    assert max(map(len, text.splitlines())) <= 80


def test_help_does_not_load_the_tools_that_it_does_not_need():
    code = (
        "import sys\nfrom handshook.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit: pass\n"
        "spared = {'pyroute2', 'rich', 'h11', 'asyncio', 'handshook.show.watch'}\n"
        "print(sorted(set(sys.modules) & spared), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], env=environment(ROOT), capture_output=True, check=True)
    assert done.stderr == b"[]\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "COMMAND"),
        (["nonsense"], "nonsense"),
        (["demo", "--", "true"], "takes no command"),
        (["demo", "--link", "tin"], "tin"),
        (["demo", "--memory", "--link", "tun"], "not allowed"),
        (["--nope"], "--nope"),
        (["serve"], "required"),
        (["serve", "--nope"], "--nope"),
        (["serve", "--echo", "--nope", "--", "true"], "--nope"),
        (["serve", "--dir", "/no/such"], "/no/such"),
        (["serve", "--echo", "--quiet", "--json", "--", "true"], "--json"),
        (["serve", "--echo", "--quiet", "--explain", "--", "true"], "--explain"),
        (["connect", "--nope"], "--nope"),
        (["connect", "--quiet", "--headers", "peer", "7"], "--headers"),
        (["demo", "extra"], "extra"),
        (["demo", "--seed", "1"], "--memory"),
        (["serve", "--echo", "--discard", "--", "true"], "not allowed"),
        (["serve", "--echo"], "after --"),
        (["serve", "--echo", "--"], "no command"),
        (["serve", "--echo", "--port", "0", "--", "true"], "port"),
        (["serve", "--echo", "--port", "65536", "--", "true"], "port"),
        (["serve", "--echo", "--port", "x", "--", "true"], "port"),
        (["serve", "--dir", "/no/such", "--", "true"], "/no/such"),
        (["serve", "--dir", "/etc/passwd", "--", "true"], "/etc/passwd: that is no directory"),
        (["serve", "--echo", "--tun", "x"], "--address"),
        (["serve", "--echo", "--address", "10.0.0.1", "--", "true"], "--tun"),
        (["serve", "--echo", "--tun", "x", "--address", "10.0.0.1", "--", "true"], "private network"),
        (["serve", "--echo", "--tun", "x", "--address", "10.0.0.999"], "10.0.0.999"),
        (["serve", "--echo", "--tun", "x", "--address", "224.0.0.1/24"], "224.0.0.1/24: no host can have"),
        (["serve", "--echo", "--tun", "x", "--address", "ff02::1"], "ff02::1: no host can have"),
        (["serve", "--echo", "--tun", "x", "--address", "10.0.0.1", "--address", "10.0.0.2"], "a second IPv4 address"),
        (["connect", "peer"], "PORT"),
        (["connect", "somewhere", "80"], "somewhere"),
        (["connect", "peer", "80", "--tun", "x", "--address", "10.0.0.1"], "peer"),
        (["connect", "198.51.100.2", "80"], "198.51.100.2"),
        (["connect", "224.0.0.1", "80"], "224.0.0.1"),
        (["connect", "255.255.255.255", "80"], "255.255.255.255"),
        (["connect", "0.0.0.0", "80"], "0.0.0.0"),
        (["connect", "ff02::1", "80"], "ff02::1"),
    ],
)
def test_wrong_usage_says_what_is_wrong(words, said):
    done = plain(*words)
    assert done.returncode == 2, done.stderr.decode()
    first, *_, last = done.stderr.decode().splitlines()
    assert said in last
    # The usage is that of the command which it is about.
    command = f"handshook {words[0]}" if words and words[0] in ("demo", "serve", "connect") else "handshook"
    assert last.startswith(f"{command}: error: ") and first.startswith(f"usage: {command} ")
    assert done.stdout == b""


@pytest.mark.parametrize("words", ["--help", "serve --help", "--version"])
@pytest.mark.parametrize(("where", "said"), [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")])
def test_what_was_asked_for_and_cannot_be_written_is_an_error(words, where, said):
    line = f'exec "$0" -P -m handshook.cli {words} {where}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable], env=environment(ROOT), stderr=subprocess.PIPE, check=False
    )
    assert (done.returncode, done.stderr.decode()) == (1, f"handshook: {said}\n")


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-"])
def test_a_complaint_that_nobody_can_hear_leaves_the_exit_code(where):
    line = f'exec "$0" -P -m handshook.cli serve --nope {where}'
    assert subprocess.run(["sh", "-c", line, sys.executable], env=environment(ROOT), check=False).returncode == 2


def test_ctrl_c_while_it_is_loaded_ends_it_without_a_word(tmp_path):
    (tmp_path / "argparse.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    script = Path(sys.executable).with_name("handshook")
    paths = {"PYTHONPATH": f"{tmp_path}:{environment(ROOT)['PYTHONPATH']}"}
    words = [sys.executable, script, "demo", "--memory"]
    done = subprocess.run(words, env=environment(ROOT, **paths), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_ctrl_c_that_its_caller_ignores_is_ignored():
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('still here')"
    script = Path(sys.executable).with_name("handshook")
    line = 'trap "" INT; exec "$@"'
    words = ["sh", "-c", line, "sh", sys.executable, script, "serve", "--echo", "--", sys.executable, "-c", code]
    done = subprocess.run(words, env=environment(ROOT), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"still here\n")


@pytest.mark.parametrize("words", [[], ["demo"], ["serve"], ["connect"]])
def test_help_knows_every_exit_code(words):
    text = plain(*words, "--help").stdout.decode()
    assert "130 after Ctrl-C" in text and "143 after SIGTERM" in text


def test_what_to_type_is_how_it_was_called(monkeypatch, tmp_path):
    script = tmp_path / "environment" / "bin" / "handshook"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert called() == "environment/bin/handshook"
    monkeypatch.setattr(sys, "argv", ["environment/bin/handshook"])
    assert called() == "environment/bin/handshook"
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin")
    assert called() == "handshook"
    monkeypatch.setattr(sys, "argv", ["/x/handshook/cli/__main__.py"])
    monkeypatch.setattr(sys, "executable", "/opt/some/python")
    assert called() == "/opt/some/python -m handshook.cli"


def test_a_device_that_does_not_exist():
    done = plain("serve", "--echo", "--tun", "nosuch0", "--address", "10.0.0.2/24")
    assert done.returncode == 1
    assert done.stderr.decode() == "handshook: --tun nosuch0: there is no network device nosuch0\n"


@pytest.mark.parametrize("words", [["--help"], ["demo", "--memory"], ["demo", "--memory", "--json"]])
def test_a_reader_that_leaves(words):
    tool = subprocess.Popen(
        [sys.executable, "-P", "-m", "handshook.cli", *words],
        env=environment(ROOT),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with tool:
        tool.stdout.close()
        said = tool.stderr.read()
    assert said == b""
    assert tool.returncode in (0, 141)
