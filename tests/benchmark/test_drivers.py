"""What the bench's programs promise: the flood stays inside, a replayed end says what it said before."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bench import memory
from handshook.lab import PrivateNetwork

FLOOD = Path(__file__).parents[2] / "bench" / "drivers" / "flood.c"


@pytest.fixture(scope="module")
def flood(tmp_path_factory: pytest.TempPathFactory) -> str:
    assert shutil.which("gcc"), "the bench's drivers need gcc (Debian, Ubuntu: apt install gcc libc6-dev)"
    built = str(tmp_path_factory.mktemp("bench") / "flood")
    subprocess.run(["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", built, str(FLOOD)], check=True)
    return built


def test_the_flood_refuses_the_machines_own_network(flood: str) -> None:
    # To this machine itself, so that a flood that does not refuse harms nobody.
    done = subprocess.run([flood, "127.0.0.1", "9", "1", "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "only in a private network" in done.stderr


def test_the_flood_sends_its_count_in_a_private_network(flood: str) -> None:
    with PrivateNetwork() as network:
        if network.own_user_namespace:
            pytest.skip("programs inside have no raw sockets where root's way is closed")
        with network.popen([flood, network.engine4, "80", "7", "10000"], stdout=subprocess.PIPE) as program:
            assert program.stdout is not None
            told = program.stdout.read()
        assert b'"sent": 7' in told
        arrived = [frame for frame in network.device.read() if frame[-60:-56] == b"\x45\x00\x00\x3c"]
        assert len(arrived) == 7


def test_one_end_alone_answers_as_it_did_with_the_other() -> None:
    # `replay` raises where a packet differs.
    found = memory.one_end(200)
    assert set(found) == {"server", "client"}
