"""The file of rules: its defaults, what it may say, and how it says what it may not."""

import pytest

from handshook.defence import Defence, Rules, RulesWrong, read_rules, rules_text
from handshook.defence.control import Wrong, command


def test_an_empty_file_is_the_defaults():
    assert read_rules("") == Rules()


def test_what_is_written_is_read_again():
    text = rules_text(Rules())
    assert read_rules(text) == Rules()
    other = read_rules("[flood]\nunfinished = 7\n[act]\nban = false\n[ban]\nseconds = 5\n")
    assert (other.flood.unfinished, other.act.ban, other.ban.seconds) == (7, False, 5.0)
    assert read_rules(rules_text(other)) == other


def test_the_page_shows_the_defaults():
    from pathlib import Path

    page = Path(__file__).parents[2] / "docs" / "defence.md"
    assert rules_text(Rules()) in page.read_text()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("[flood]\nunfinished = \n", 2, "Invalid value"),
        ("[flood\n", 1, "Expected ']'"),
        ("\n[flod]\n", 2, "flod: there is no such section; there are watch, pressed"),
        ("flood = 3\n", 1, "flood: there is no such section"),
        ("[flood]\n\nunfinishd = 3\n", 3, "flood.unfinishd: there is no such rule; there are per_opening, unfinished"),
        ("[flood]\nunfinished = 'many'\n", 2, "flood.unfinished is 'many'; it takes a whole number"),
        ("[flood]\nunfinished = 1.5\n", 2, "flood.unfinished is 1.5; it takes a whole number"),
        ("[flood]\nunfinished = 0\n", 2, "flood.unfinished is 0; it is 1 to 1e+09"),
        ("[watch]\ninterval = nan\n", 2, "watch.interval is nan; it is 0.01 to 10"),
        ("[watch]\ninterval = true\n", 2, "watch.interval is True; it takes a number"),
        ("[watch]\n# a comment\nprefix4 = 23\n", 3, "watch.prefix4 is no multiple of 8"),
        ("[act]\nban = 1\n", 2, "act.ban is 1; it is true or false"),
        ("flood.silent = -1\n", 1, "flood.silent is -1"),
        ("[watch]\nwindow = 0.4\n", 2, "watch.patience and one interval don't fit into watch.window"),
        ("[pressed]\nleave = 0.9\n", 2, "pressed.leave is above pressed.queue"),
        ("[ban]\nseconds = 60\nmost = 10\n", 3, "ban.most is below ban.seconds"),
        ("[watch]\ninterval = 1\n[watch]\n", 3, "Cannot declare"),
    ],
)
def test_errors_name_the_line_and_the_reason(text, line, reason):
    with pytest.raises(RulesWrong) as raised:
        read_rules(text)
    assert raised.value.line == line, raised.value
    assert raised.value.reason.startswith(reason), raised.value
    assert str(raised.value) == f"line {line}: {raised.value.reason}"


def test_old_rules_stay_where_new_ones_are_wrong(tmp_path):
    from defence.world import World

    world = World(read_rules("[flood]\nunfinished = 7\n"))
    file = tmp_path / "rules.toml"
    file.write_text("[flood]\nunfinished = 8\nguesses = none\n")
    with pytest.raises(Wrong, match="line 3: Invalid value"):
        command(world.defence, f"reload {file}")
    assert world.defence.rules.flood.unfinished == 7
    with pytest.raises(Wrong, match="No such file"):
        command(world.defence, f"reload {file}x")
    file.write_text("[flood]\nunfinished = 8\n")
    assert command(world.defence, f"reload {file}") == {"reloaded": str(file)}
    assert world.defence.rules.flood.unfinished == 8
    assert isinstance(world.defence, Defence)
    assert "unfinished = 8" in command(world.defence, "rules")["rules"]


def test_rules_that_change_in_mid_flood_count_at_once():
    from defence.world import World

    world = World(read_rules("[flood]\nunfinished = 1000000\n[pressed]\nqueue = 1.0\n"))
    flood = world.flood("syn", 1000)
    world.run(1.0, flood)
    assert not world.alerts()
    world.defence.rules = Rules()
    world.run(0.5, flood)
    assert "unfinished" in world.alerts()
