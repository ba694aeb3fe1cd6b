"""What was injected is marked wherever a step is shown, and says nothing of the peer."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from io import StringIO

import pytest
from show.script import STORIES, Script, served

from handshook.host.step import Effect, Injected
from handshook.outcomes import Outcome
from handshook.show.conversation import Conversation
from handshook.show.drawing import Drawing
from handshook.show.explain import explain
from handshook.show.ink import Canvas
from handshook.show.ladder import draw
from handshook.show.record import record
from handshook.show.watch import Watcher

RULE = "drop syn first 2 to 198.51.100.2:80 between 1s 2h"
MARK = Injected(Effect.DROPPED, RULE)


def broken():
    """The first step of a served connection, dropped; then the rest."""
    first, *rest = served()
    return [replace(first, outcome=Outcome.INJECTED_LOSS, after=first.before, injected=MARK), *served()[:1], *rest]


@pytest.mark.parametrize("width", [72, 80, 120])
def test_the_ladder_names_the_rule(width):
    drawn = draw(broken(), Canvas(width))
    assert "INJECTED_LOSS" in drawn and "✗" in drawn
    words = " ".join(drawn.replace("│", " ").split())
    assert f"dropped, injected by `{RULE}`" in words
    assert drawn.count("injected") == 1


def test_without_it_nothing_is_said_of_it():
    for story in STORIES.values():
        assert "injected" not in draw(story(), Canvas(120), sentences=True)
        conversation = Conversation(story()[0])
        assert all("injected" not in record(conversation.take(step)) for step in story())


def test_the_line_for_machines_and_the_sentence_name_it():
    moment = Conversation(broken()[0]).take(broken()[0])
    assert record(moment)["injected"] == {"effect": "dropped", "rule": RULE}
    assert explain(moment).endswith(f"On purpose: dropped, injected by `{RULE}`.")


def test_what_is_sent_and_dropped_has_no_arrowhead():
    step = replace(served()[1], injected=MARK)
    drawn = draw([served()[0], step], Canvas(100))
    (line,) = [line for line in drawn.splitlines() if "SENT_SYN_ACK" in line]
    assert "✗" in line and "◀" not in line


def test_a_forged_segment_says_nothing_of_the_peer():
    script = Script()
    script.into(Outcome.CONNECTION_RESET, "R", 1)
    for injected, inferred in ((None, True), (Injected(Effect.FORGED, "rst after accept"), False)):
        steps = [*served()[:3], replace(script.steps[0], time=200.0, injected=injected)]
        conversation = Conversation(steps[0])
        moments = [conversation.take(step) for step in steps]
        assert (moments[-1].peer_after is not moments[-1].peer_before) == inferred


def drawn(shown, **options):
    drawing = Drawing(**options)
    for step in shown:
        drawing(step)
    return drawing


@pytest.mark.parametrize("story", STORIES)
def test_the_picture_has_every_step(story):
    steps = STORIES[story]()
    svg = drawn(steps).svg()
    root = ElementTree.fromstring(svg)
    text = " ".join(root.itertext())
    assert all(step.outcome.name in text for step in steps)
    assert "injected" not in text.replace(root.find("{*}style").text, "")


def test_the_picture_and_the_page_need_nothing_else_and_mark_what_was_injected():
    drawing = drawn(broken())
    for text in (drawing.svg(), drawing.html("a <title>", ["a & b"])):
        assert f"dropped, injected by `{RULE}`" in text
        assert "src=" not in text and "href=" not in text and "url(" not in text and "<script" not in text
    page = drawing.html("a <title>", ["a & b"])
    assert "<h1>a &lt;title&gt;</h1>" in page and "<p>a &amp; b</p>" in page


def test_of_many_the_first_are_drawn_and_the_rest_is_counted():
    steps = [replace(step, remote=("198.51.100.1", port)) for port in range(5) for step in served()]
    drawing = drawn(steps, most=2, steps=3)
    svg = drawing.svg()
    assert "#2" in svg and "#3" not in svg
    assert f"{len(served()) - 3} more steps" in svg
    assert f"{drawing.untold} more steps are of other connections" in svg
    assert drawing.untold == 3 * len(served())


def test_an_empty_picture_says_so():
    assert "nothing happened" in Drawing().svg()


def test_the_watcher_shows_it_as_a_line():
    written = StringIO()
    watcher = Watcher(written, json=True)
    for step in broken():
        watcher(step)
    first, *rest = written.getvalue().splitlines()
    assert '"injected":{"effect":"dropped"' in first
    assert not any("injected" in line for line in rest)
