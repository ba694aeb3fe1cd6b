"""Real programs, run unchanged: what they fetch through the engine is what they would have fetched without it."""

import base64
import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from cli.conftest import WORLDS
from lab.worlds import World, require
from run.conftest import Site
from run.running import HANG, ran

HOST = "host.handshook"


def need(program: str) -> str:
    found = shutil.which(program)
    assert found, f"this test needs {program}: .ci/run says which package has it"
    return found


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_curl_fetches_the_same_bytes_over_ipv4_and_ipv6(world: World, site: Site) -> None:
    digest = site.put("file", 3_000_000)
    line = (
        f"{need('curl')} -sS http://{HOST}:{site.port}/file | sha256sum;"
        f"curl -sS -g 'http://[2001:db8::2]:{site.port6}/file' | sha256sum"
    )
    found = ran(require(world), "--", "sh", "-c", line)
    assert (found.code, found.out.decode().split()) == (0, [digest, "-", digest, "-"]), found.err
    closed = [each for each in found.connections if each["outcome"] == "closed"]
    assert [each["remote"]["address"] for each in closed] == ["198.51.100.2", "2001:db8::2"], found.connections
    assert all(each["received"] > 3_000_000 and each["opened_after"] > 0 for each in closed)
    # A name has both addresses, and nobody listens at the other one's port.
    assert set(found.outcomes) <= {"closed", "refused"}


def test_git_lists_a_repository_over_http(root: World, site: Site) -> None:
    repository = site.directory / "a.git"
    work = site.directory.parent / "work"
    git = need("git")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for words in (
        ["init", "-q", str(work)],
        ["-C", str(work), "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "one"],
        ["clone", "-q", "--bare", str(work), str(repository)],
        ["-C", str(repository), "update-server-info"],
    ):
        subprocess.run([git, *words], check=True, env=environment, timeout=HANG)
    here = subprocess.run(
        [git, "-C", str(work), "rev-parse", "HEAD"], check=True, env=environment, capture_output=True, text=True
    )
    found = ran(root, "--", git, "ls-remote", f"http://{HOST}:{site.port}/a.git", "HEAD")
    assert found.out.decode().split() == [here.stdout.strip(), "HEAD"], found.err
    assert found.code == 0


def test_pip_downloads_from_a_local_index(root: World, site: Site, tmp_path: Path) -> None:
    wheel = tmp_path / "nothing_at_all-1.0-py3-none-any.whl"
    make_wheel(wheel)
    index = site.directory / "simple" / "nothing-at-all"
    index.mkdir(parents=True)
    shutil.copy(wheel, index)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (index / "index.html").write_text(f'<a href="{wheel.name}#sha256={digest}">{wheel.name}</a>')
    words = [sys.executable, "-m", "pip", "download", "-q", "--no-cache-dir", "--disable-pip-version-check"]
    words += ["--index-url", f"http://{HOST}:{site.port}/simple/", "--trusted-host", HOST, "--isolated"]
    found = ran(root, "--", *words, "-d", str(tmp_path / "got"), "nothing-at-all")
    assert found.code == 0, found.err
    assert hashlib.sha256((tmp_path / "got" / wheel.name).read_bytes()).hexdigest() == digest


def make_wheel(path: Path) -> None:
    import zipfile

    record, metadata, kind = (f"nothing_at_all-1.0.dist-info/{name}" for name in ("RECORD", "METADATA", "WHEEL"))
    texts = {
        metadata: "Metadata-Version: 2.1\nName: nothing-at-all\nVersion: 1.0\n",
        kind: "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        rows = []
        for name, text in texts.items():
            wheel.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(text)}")
        wheel.writestr(record, "\n".join([*rows, f"{record},,"]) + "\n")


def test_psql_asks_a_real_postgresql(root: World) -> None:
    psql = need("psql")
    with postgresql() as port:
        words = ["-h", HOST, "-p", str(port), "-U", "tester", "-d", "postgres", "-X", "-A", "-t", "-c"]
        query = "select md5(string_agg(n::text, ',' order by n)), count(*) from generate_series(1, 100000) n"
        found = ran(root, "--", psql, *words, query)
        many = ",".join(str(n) for n in range(1, 100_001))
        assert found.out.decode().strip() == f"{hashlib.md5(many.encode()).hexdigest()}|100000", found.err
        big = ran(root, "--", psql, *words, "select repeat('handshook ', 300000)")
        assert big.out.strip() == (b"handshook " * 300_000).strip()


class postgresql:
    """A server of its own, for a user that is not root, on a port of loopback; ended by its own process id."""

    def __enter__(self) -> int:
        where = max(Path("/usr/lib/postgresql").glob("*/bin/postgres"), default=None)
        assert where is not None, "this test needs postgresql: .ci/run says which package has it"
        user = pwd.getpwnam("postgres" if "postgres" in {each.pw_name for each in pwd.getpwall()} else "nobody")
        self._directory = tempfile.mkdtemp(prefix="pg")
        os.chown(self._directory, user.pw_uid, user.pw_gid)
        data = f"{self._directory}/data"
        self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "timeout": HANG}
        words = [str(where.parent / "initdb"), "-D", data, "-U", "tester", "-A", "trust", "-N", "--no-locale"]
        subprocess.run(words, check=True, **quiet, **self._as)
        with socket.create_server(("127.0.0.1", 0)) as asker:
            port: int = asker.getsockname()[1]
        options = ["-p", str(port), "-k", self._directory, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        self._server = subprocess.Popen(
            [str(where), "-D", data, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._as
        )
        end = time.monotonic() + HANG
        ready = [str(where.parent / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        while subprocess.run(ready, check=False).returncode:
            assert self._server.poll() is None and time.monotonic() < end, "postgresql does not start"
            time.sleep(0.05)
        return port

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(HANG)
        shutil.rmtree(self._directory, ignore_errors=True)
