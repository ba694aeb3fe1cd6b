"""What every command line tool must get right."""

import subprocess
import sys

import pytest
from cli.commands import ROOT, environment, plain

from handshook.host import stack


def test_version():
    done = plain("--version")
    assert done.returncode == 0
    built = "plain Python" if stack.__file__.endswith(".py") else "compiled"
    assert built in done.stdout.decode()
    assert done.stdout.startswith(b"handshook ")


@pytest.mark.parametrize("words", [["--help"], ["demo", "--help"], ["serve", "--help"], ["connect", "--help"]])
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
        (["serve"], "required"),
        (["serve", "--echo", "--discard", "--", "true"], "not allowed"),
        (["serve", "--echo"], "after --"),
        (["serve", "--echo", "--"], "no command"),
        (["serve", "--echo", "--port", "0", "--", "true"], "port"),
        (["serve", "--echo", "--port", "65536", "--", "true"], "port"),
        (["serve", "--echo", "--port", "x", "--", "true"], "port"),
        (["serve", "--dir", "/no/such", "--", "true"], "/no/such"),
        (["serve", "--dir", "/etc/passwd", "--", "true"], "/etc/passwd"),
        (["serve", "--echo", "--tun", "x"], "--address"),
        (["serve", "--echo", "--address", "10.0.0.1", "--", "true"], "--tun"),
        (["serve", "--echo", "--tun", "x", "--address", "10.0.0.1", "--", "true"], "private network"),
        (["serve", "--echo", "--tun", "x", "--address", "10.0.0.999"], "10.0.0.999"),
        (["connect", "peer"], "PORT"),
        (["connect", "somewhere", "80"], "somewhere"),
        (["connect", "peer", "80", "--tun", "x", "--address", "10.0.0.1"], "peer"),
        (["connect", "198.51.100.2", "80"], "198.51.100.2"),
        (["connect", "224.0.0.1", "80"], "224.0.0.1"),
    ],
)
def test_wrong_usage_says_what_is_wrong(words, said):
    done = plain(*words)
    assert done.returncode == 2, done.stderr.decode()
    assert said in done.stderr.decode().splitlines()[-1]
    assert done.stdout == b""


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
