"""The ladder: what it looks like, and that it fits whatever it is given."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from show.script import STORIES, Script, frame, served, stamp

from handshook.host.step import Direction, Step
from handshook.outcomes import Outcome
from handshook.show.ink import ASCII, UNICODE, Canvas, length
from handshook.show.ladder import Shown, draw, legend
from handshook.tcp.states import State

GOLDEN = Path(__file__).parent / "golden"

LOOKS = [
    *((story, 80, False, False, False) for story in STORIES),
    *((story, 120, False, True, False) for story in STORIES),
    ("fetched", 80, True, True, False),
    ("served", 100, False, False, False),
    ("refused", 80, True, True, True),
    ("refused", 80, False, True, True),
]


@pytest.mark.parametrize(("story", "width", "ascii", "sentences", "headers"), LOOKS)
def test_looks(story, width, ascii, sentences, headers):
    """Each story as it was approved; HANDSHOOK_GOLDEN=write draws them anew, to be looked at before they are kept."""
    canvas = Canvas(width, ASCII if ascii else UNICODE)
    drawn = draw(STORIES[story](), canvas, peer_name="kernel", sentences=sentences, headers=headers)
    marks = [
        str(width),
        *(name for name, on in zip(("ascii", "why", "headers"), (ascii, sentences, headers), strict=True) if on),
    ]
    path = GOLDEN / f"{story}-{'-'.join(marks)}.txt"
    if os.environ.get("HANDSHOOK_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    assert drawn == path.read_text(encoding="utf-8")
    assert all(len(line) <= width for line in drawn.splitlines())
    assert not ascii or drawn.isascii()


def test_the_opener_stands_left():
    assert draw(served(), Canvas(80), peer_name="kernel").splitlines()[0].lstrip().startswith("kernel")
    assert draw(STORIES["fetched"](), Canvas(80)).splitlines()[0].lstrip().startswith("handshook")


def test_each_choice_of_numbers():
    both, relative, absolute = (draw(served(), shown=shown) for shown in Shown)
    assert "ack 1(3735928560)" in both
    assert "ack 1 " in relative and "3735928560" not in relative
    assert "ack 3735928560" in absolute and "ack 1 " not in absolute


def test_numbers_are_as_sent_where_the_syn_was_not_seen():
    script = Script()
    script.state = State.ESTABLISHED
    script.into(Outcome.DATA_ACCEPTED, "PA", 1, 1, data=b"late")
    drawn = draw(script.steps)
    assert "seq (3735928560) ack (1122334456)" in drawn
    assert "win 502 unscaled" in drawn


def test_numbers_go_on_counting_when_they_wrap():
    script = Script(remote_isn=0xFFFFFFF0)
    script.state = State.LISTEN
    script.into(Outcome.SYN_ANSWERED, "S", 0, after=State.SYN_RECEIVED)
    script.out(Outcome.SENT_SYN_ACK, "SA", 0, 1)
    script.into(Outcome.ESTABLISHED_PASSIVE, "A", 1, 1, after=State.ESTABLISHED)
    for kilobytes in range(0, 5_000_000, 1_000_000):
        script.into(Outcome.DATA_ACCEPTED, "A", 1 + 1024 * kilobytes, 1, data=b"x" * 1024)
    assert f"seq {1 + 1024 * 4_000_000}(" in draw(script.steps)


def test_scales_hold_from_the_third_segment_on():
    drawn = draw(served(), Canvas(120))
    assert "win 65535  MSS" in drawn
    assert "win 64256 (502×128)" in drawn


def test_a_repeated_segment_and_a_dropped_one_look_different():
    drawn = draw(STORIES["crossed"]()) + draw(STORIES["silent"]())
    dropped = next(line for line in drawn.splitlines() if "DROPPED_SYN_QUEUE_FULL" in line)
    again = next(line for line in drawn.splitlines() if "SENT_SYN_AGAIN" in line)
    assert dropped.rstrip().endswith("✗│") and "╌" in again


def test_a_tail_probe_is_dashed_as_all_that_is_sent_again():
    script = Script()
    script.state = State.ESTABLISHED
    script.out(Outcome.SENT_DATA, "PA", 1, 1, data=b"x" * 9).out(Outcome.SENT_TAIL_PROBE, "PA", 1, 1, data=b"x" * 9)
    first, probe = (line for line in draw(script.steps).splitlines() if "SENT_" in line)
    assert "╌" in probe and "╌" not in first


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_the_legend_knows_every_sign(glyphs):
    text = legend(Canvas(80, glyphs))
    assert f"{glyphs.again * 2}: sent before" in text and f"{glyphs.lost}: not taken" in text
    assert "only (as sent) where that side's SYN was not seen" in text


def test_silence_is_drawn():
    assert "2.0 s" in draw(STORIES["silent"]())


def test_colour_changes_nothing_but_colour():
    import re

    plain, colored = draw(served()), draw(served(), Canvas(color=True))
    assert "\x1b[" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m *\x1b\[0m$|\x1b\[[0-9;]*m", "", colored, flags=re.M).split() == plain.split()


def test_a_peer_cannot_write_to_the_terminal():
    script = Script()
    script.state = State.ESTABLISHED
    script.into(Outcome.DATA_ACCEPTED, "PA", 1, 1, data=b"\x1b[2J\x07\r\n\x9b31m\xff")
    drawn = draw(script.steps, headers=True, sentences=True)
    assert all(character.isprintable() for line in drawn.splitlines() for character in line)


OPTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add_mss"), st.integers(0, 65535)),
        st.tuples(st.just("add_scale"), st.integers(0, 255)),
        st.tuples(st.just("add_sack_permitted")),
        st.tuples(st.just("add_timestamps"), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    ),
    max_size=3,
    unique_by=lambda option: option[0],
)


@st.composite
def any_step(draw_):
    local, remote = draw_(
        st.sampled_from(
            [
                (("198.51.100.2", 80), ("198.51.100.1", 40112)),
                (("2001:db8:ffff:ffff:ffff:ffff:ffff:fff2", 65535), ("2001:db8:ffff:ffff:ffff:ffff:ffff:fff1", 65535)),
            ]
        )
    )
    direction = draw_(st.sampled_from(Direction))
    packet = None
    if direction in (Direction.IN, Direction.OUT):
        ends = (remote, local) if direction is Direction.IN else (local, remote)
        packet = frame(
            *ends,
            draw_(st.integers(0, 255)),
            draw_(st.integers(0, 2**32 - 1)),
            draw_(st.integers(0, 2**32 - 1)),
            window=draw_(st.integers(0, 65535)),
            data=draw_(st.binary(max_size=50)),
            options=draw_(OPTIONS),
            version=6 if ":" in local[0] else 4,
        )
        if draw_(st.booleans()) and draw_(st.booleans()):
            packet = packet[: draw_(st.integers(0, len(packet)))]
    states = st.sampled_from(State)
    time = draw_(st.floats(0, 1e7))
    outcome = draw_(st.sampled_from(Outcome))
    return Step(time, direction, outcome, draw_(states), draw_(states), local, remote, packet)


@given(st.lists(any_step(), min_size=1, max_size=8), st.integers(72, 120), st.booleans(), st.sampled_from(Shown))
def test_no_line_is_wider_than_it_may_be(steps, width, ascii, shown):
    canvas = Canvas(width, ASCII if ascii else UNICODE)
    drawn = draw(steps, canvas, sentences=True, headers=True, shown=shown)
    assert max(len(line) for line in drawn.splitlines()) <= width
    assert not ascii or drawn.isascii()
    for step in steps:
        assert step.outcome.name in drawn


@pytest.mark.parametrize("width", [72, 80, 120])
@pytest.mark.parametrize("state", State)
def test_every_state_and_outcome_is_drawn(state, width):
    steps = []
    script = Script()
    for outcome in Outcome:
        script.state = State.CLOSED if state is not State.CLOSED else State.LISTEN
        script.into(outcome, "PA", 1, 1, after=state, options=stamp(1, 1)).call(outcome).timer(outcome)
    steps = script.steps
    drawn = draw(steps, Canvas(width))
    assert state.rfc_name in drawn
    assert all(outcome.name in drawn for outcome in Outcome)
    assert all(len(line) <= width for line in drawn.splitlines())


def test_spans_are_measured_by_what_is_seen():
    assert length([("ab", "bold"), ("c", "")]) == 3
