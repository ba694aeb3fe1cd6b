"""Where the system gives too little, that is named: a line, an exit code, and no insides."""

import shutil
import subprocess
import sys

import pytest
from cli.commands import ROOT, command, environment
from lab.worlds import HANG, World, require


def run_with(limit, words):
    return subprocess.run(
        [shutil.which("prlimit"), limit, *words],
        env=environment(ROOT),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANG,
        check=False,
    )


@pytest.mark.parametrize("most", range(5, 22))
def test_few_files(most):
    require(ROOT)
    done = run_with(f"--nofile={most}", command(ROOT, "serve", "--quiet", "--echo", "--", "true"))
    said = done.stderr.decode()
    assert "Traceback" not in said and "--tun" not in said and "report this" not in said
    if done.returncode == 0:
        assert said == ""
        return
    first, *rest = said.splitlines()
    assert done.returncode in (1, 126), said
    assert first.startswith("handshook: ") and ("ulimit -n" in first or "Too many open files" in first), said
    assert rest in ([], [f"           ulimit -n 256, for which the hard limit ({most}) must be raised first"])


def test_files_do_suffice_somewhere():
    """The figures above are about the limit and nothing else."""
    assert run_with("--nofile=256", command(ROOT, "serve", "--quiet", "--echo", "--", "true")).returncode == 0


@pytest.mark.parametrize("most", [1, 2])
def test_few_processes(most):
    world = require(World("nobody", "veth"))
    words = command(world, "serve", "--quiet", "--echo", "--", "true")
    at = words.index("--") + 1
    limited = [*words[:at], shutil.which("prlimit"), f"--nproc={most}", *words[at:]]
    done = subprocess.run(
        limited,
        env=environment(ROOT),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANG,
        check=False,
    )
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert said.startswith("handshook: no private network: no more processes or threads may be started here (ulimit -u")
    assert said.count("\n") == 2 and sys.executable not in said
