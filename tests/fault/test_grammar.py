"""Rules are read, or it is said exactly what is wrong with them."""

import pytest

from handshook import Stack
from handshook.fault import Faults, RuleError, help_text, parse
from handshook.fault.forms import FORMS, MODIFIERS, WHATS
from handshook.fault.quantities import SLOTS


def lines():
    """Every form in every wording."""
    for form in FORMS:
        filled = " ".join(SLOTS[word].example if word in SLOTS else word for word in form.words)
        for what in WHATS if "WHAT" in form.words else [""]:
            yield filled.replace("WHAT", what)


@pytest.mark.parametrize("line", list(lines()))
def test_every_form_is_read(line):
    rule = parse(line)
    assert str(rule) == line
    assert parse(f"{line}  to 10.0.0.1:80 from [2001:DB8::1]:1").to.port == 80


def test_all_that_can_be_said():
    rule = parse("drop syn first 2 after 1 for 3 between 1s 2min probability 50% seed -7 to Example.COM:443 from ::1")
    assert (rule.what, rule.first, rule.after, rule.lasts, rule.between) == ("syn", 2, 1, 3, (1.0, 120.0))
    assert (rule.probability, rule.seed) == (0.5, -7)
    assert (rule.to.host, rule.to.port, rule.to.is_name) == ("example.com", 443, True)
    assert (rule.source.host, rule.source.port) == ("::1", None)


@pytest.mark.parametrize(
    ("word", "host", "port"),
    [
        ("10.0.0.1:80", "10.0.0.1", 80),
        ("10.0.0.1", "10.0.0.1", None),
        (":80", None, 80),
        ("*:80", None, 80),
        ("*", None, None),
        ("[2001:DB8:0::1]:80", "2001:db8::1", 80),
        ("2001:db8::1", "2001:db8::1", None),
        ("db:5432", "db", 5432),
    ],
)
def test_ends(word, host, port):
    target = parse(f"refuse to {word}").to
    assert (target.host, target.port) == (host, port)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "an empty rule; such as: drop syn first 2"),
        ("dorp syn", "'dorp' is unknown here: a rule begins with one of"),
        ("dorp syn", "did you mean `drop`"),
        ("drop sny", "did you mean `syn`"),
        ("drop", "it ends too soon: after `drop` comes one of syn, synack, ack, data, fin, rst"),
        ("drop syn frist 2", "did you mean `first`"),
        ("drop syn first", "`first` is followed by N"),
        ("drop syn first two", "'two' is no count"),
        ("drop syn first 0", "'0' is no count"),
        ("drop syn first 2 first 3", "`first` stands there twice"),
        ("delay synack", "after `delay synack` comes `TIME (such as 3s)`"),
        ("delay synack 3", "a number and ms, s, min, h, such as 3s"),
        ("delay synack 3 s", "'s' is unknown here"),
        ("loss 101%", "'101%' is no share"),
        ("loss 0%", "'0%' is no share"),
        ("loss 5% probability 50%", "two shares"),
        ("slow 50KB", "'50KB' is no rate"),
        ("rst after 1.5 bytes", "'1.5' is no size"),
        ("refuse to 10.0.0.1:70000", "a port is 1 to 65535"),
        ("refuse to 10.0.0.1:", "ends where a port should be"),
        ("refuse to 80", "a port alone is written :80"),
        ("refuse to [::1]80", "an IPv6 address with a port is written [2001:db8::1]:80"),
        ("refuse between 5s 5s", "between 5s and 5s there is no time"),
        ("refuse between 5s", "`between` is followed by TIME TIME"),
        ("refuse seed 1", "nothing is drawn, so `seed` has nothing to do"),
        ("rst after accept first 2", "there is nothing to count for `first`"),
        ("half-open after 2", "`after` takes a time there"),
        ("half-open for 2s", "`for` takes a number of connections there"),
        ("window 1", "after `window` comes `0`"),
        ("drop syn " + "x" * 600, "at most 500 characters"),
    ],
)
def test_what_is_wrong_is_said(line, said):
    with pytest.raises(RuleError) as refused:
        parse(line)
    assert said in str(refused.value), refused.value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("drop syn", "refuse"),
        ("drop syn", "drop synack"),
        ("drop syn to :80", "delay syn 3s"),
        ("refuse", "rst after accept to 10.0.0.1:80"),
        ("rst in handshake", "delay synack 1s"),
        ("drop synack", "mute"),
        ("silence after established", "rst after accept"),
        ("rst after accept", "half-open"),
        ("corrupt", "slow 1KB/s"),
        ("drop ack", "drop data"),
    ],
)
def test_rules_that_contradict_each_other(one, other):
    for first, second in ((one, other), (other, one)):
        faults = Faults(Stack(["198.51.100.2"], seed=1), [first])
        with pytest.raises(RuleError, match="contradict each other") as refused:
            faults.add(second)
        assert one in str(refused.value) and other in str(refused.value)
        assert len(faults.rules) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("drop syn first 2", "drop synack first 1"),
        ("refuse to :80", "drop syn to :81"),
        ("refuse to 10.0.0.1", "drop syn to 10.0.0.2"),
        ("refuse from 10.0.0.1", "mute from 10.0.0.2"),
        ("refuse probability 10%", "rst after accept"),
        ("loss 5%", "reorder 5%"),
        ("delay synack 1s", "duplicate synack"),
    ],
)
def test_rules_that_do_not(one, other):
    assert len(Faults(Stack(["198.51.100.2"], seed=1), [one, other]).rules) == 2


def test_a_name_needs_somebody_who_knows_it():
    stack = Stack(["198.51.100.2"], seed=1)
    with pytest.raises(RuleError, match="db is a name, and nobody here knows its address"):
        Faults(stack, ["refuse to db:5432"])
    assert Faults(stack, ["refuse to db:5432"], names=lambda name: ["10.0.0.7"]).rules


def test_the_help_has_every_form_and_modifier_in_80_columns():
    text = help_text()
    assert all(form.pattern in text for form in FORMS)
    assert all(f"... {name} " in text for name in MODIFIERS)
    assert all(f"WHAT: {name} " in text for name in WHATS)
    assert max(map(len, text.splitlines())) <= 80
