"""The same calls and packets give the same bytes, in both builds, today and tomorrow (scenario.py, scenario.txt)."""

from pathlib import Path

import pytest
from host.scenario import SCENES, data

from handshook import Stack

WRITTEN = {
    name: digest
    for digest, name in (
        line.split("  ", 1) for line in Path(__file__).with_name("scenario.txt").read_text().splitlines()
    )
}


def test_every_scene_is_written_down():
    assert list(WRITTEN) == list(SCENES)


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_sends_the_bytes_that_were_written_down(name):
    assert SCENES[name]() == WRITTEN[name]


def test_a_scene_played_twice_in_one_process_sends_the_same_bytes():
    assert data(loss=5, size=50_000) == data(loss=5, size=50_000)


def test_another_seed_sends_others():
    assert data(seed=2, size=1000) != data(seed=3, size=1000)


def test_without_a_seed_no_two_stacks_send_the_same():
    numbers = set()
    for _ in range(2):
        stack = Stack(["198.51.100.2"])
        stack.connect(("198.51.100.1", 80), local_port=50000)
        numbers.add(stack.transmit(1.0)[0][24:28])
    assert len(numbers) == 2
