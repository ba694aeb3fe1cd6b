"""The campaign's command: what it tells, what it records, and that it goes on where it was stopped."""

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from handshook import Config
from handshook.testing import campaign
from handshook.testing.campaign import Campaign, engine_hash, load, main, missing, sum_up, try_piece
from handshook.testing.scenario import Scenario
from handshook.testing.trial import Failure, describe


def test_a_piece_reports_what_it_did():
    piece = try_piece(0, 3)
    assert (piece.first, piece.count, piece.failures) == (0, 3, [])
    assert piece.packets > 0 and piece.connections >= 3 and piece.seconds > 0


def test_what_is_alive_afterwards_is_a_failure(monkeypatch):
    monkeypatch.setattr(campaign, "census", lambda: 2)
    (failure,) = try_piece(40, 1).failures
    assert failure.seed == 40 and "2 objects" in failure.what


def test_the_record_is_read_back_and_nothing_is_tried_twice(tmp_path):
    path = tmp_path / "deep" / "record.json"
    kept = Campaign(engine_hash())
    kept.take(try_piece(20, 20))
    kept.failures[25] = "why"
    kept.save(path)
    again = load(path)
    assert again == kept and again.tried == 20
    assert missing(again, 0, 70) == [(0, 20), (40, 20), (60, 10)]


def test_another_engine_begins_anew(tmp_path):
    path = tmp_path / "record.json"
    Campaign("another", done={0: 20}).save(path)
    assert load(path).tried == 0
    path.write_text("{")
    assert load(path).tried == 0


def test_the_command_tries_records_and_sums_up(tmp_path, capfd):
    path = tmp_path / "record.json"
    assert main(["--seeds", "25", "--jobs", "1", "--record", str(path)]) == 0
    assert "25 seeds, 0 failed" in capfd.readouterr().out
    before = json.loads(path.read_text())
    assert before["done"] == {"0": 20, "20": 5}
    assert main(["--seeds", "25", "--jobs", "1", "--record", str(path)]) == 0
    assert json.loads(path.read_text())["packets"] == before["packets"]


def test_one_seed_again(capsys):
    assert main(["--repeat", "5"]) == 0
    assert "scenario of seed 5" in capsys.readouterr().out


def test_failures_say_how_to_repeat_them():
    kept = Campaign("x", done={0: 20}, failures={4: "AssertionError: stuck"})
    told = "\n".join(sum_up(kept, 0))
    assert "20 seeds, 1 failed" in told
    assert "seed 4: AssertionError: stuck" in told and "--repeat 4" in told
    assert "memory has grown by 40 MiB" in "\n".join(sum_up(kept, 40 << 20))


@pytest.mark.parametrize("wrong", [["--seeds", "0"], ["--first", "7"], ["--jobs", "0"]])
def test_wrong_usage(wrong):
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2


def test_a_failing_seed_is_told_and_ends_the_command_with_1(tmp_path, monkeypatch, capsys):
    def run(kept, *rest):
        kept.done[0] = 20
        kept.failures[3] = "AssertionError: as if"
        return 0

    monkeypatch.setattr(campaign, "run", run)
    assert main(["--fresh", "--record", str(tmp_path / "record.json")]) == 1
    told = capsys.readouterr().out
    assert "seed 3: AssertionError: as if" in told and "scenario of seed 3" in told


def test_a_seed_that_fails_is_a_failure_and_not_the_end(monkeypatch):
    monkeypatch.setattr(campaign, "try_seed", lambda seed: Failure(seed, "no"))
    assert [failure.seed for failure in try_piece(0, 3).failures] == [0, 1, 2]


@pytest.mark.parametrize("inside", [True, False])
def test_the_line_that_repeats_a_seed_can_be_typed(inside, monkeypatch, tmp_path):
    monkeypatch.chdir(Path(sys.executable).parents[1] if inside else tmp_path)
    (line,) = [line for line in sum_up(Campaign("x", failures={4: "no"}), 0) if "again: " in line]
    words = shlex.split(line.partition("again: ")[2])
    assert Path(words[0]).is_absolute() is not inside
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout.startswith("scenario of seed 4")


def test_a_scenario_is_told_by_what_is_not_the_default():
    told = describe(Scenario(1, configs=(Config(msl=300), Config())))
    assert "  config of host 0: Config(msl=300)" in told and "  config of host 1: Config()" in told


def test_without_rich_a_terminal_is_told_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(campaign, "find_spec", lambda name: None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert main(["--record", str(tmp_path / "record.json")]) == 2
    assert capsys.readouterr().err == "the progress bar needs rich: pip install 'handshook[test]'\n"


def test_piped_it_needs_no_rich(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setattr(campaign, "find_spec", lambda name: None)
    assert main(["--seeds", "1", "--jobs", "1", "--record", str(tmp_path / "record.json")]) == 0
    assert "1 seeds, 0 failed" in capsys.readouterr().out


def test_workers_are_born_deaf_to_ctrl_c(monkeypatch):
    heard = []

    class Context:
        def Pool(self, jobs, begin):
            heard.append(signal.getsignal(signal.SIGINT))

    monkeypatch.setattr(campaign.multiprocessing, "get_context", lambda method: Context())
    before = signal.getsignal(signal.SIGINT)
    campaign._pool(1)
    assert heard == [signal.SIG_IGN] and signal.getsignal(signal.SIGINT) == before
