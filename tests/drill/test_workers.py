"""The drill of the workers: each model under loads of which the end is certain, however slow the machine."""

import io
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from handshook.drill.clients import Client, Fate
from handshook.drill.figures import Seconds, figures, percentile, record
from handshook.drill.job import Measured, NotMeasured, measure
from handshook.drill.load import Act, Load, crowd
from handshook.drill.models import USUAL, Model
from handshook.drill.picture import Picture
from handshook.drill.words import brief, opening, sentence
from handshook.show.ink import ASCII, UNICODE, Canvas, canvas_for

# Nobody gets an answer of these, and nobody waits for long.
STUCK, PATIENT = 50.0, 3.0
# One of eight is slow, the fourth.
BEHIND = Act("slow", Load(8, 100, 0.0, 0.15, STUCK, PATIENT))
CROWD = Act("crowd", Load(40, 1000, STUCK, 0.0, STUCK, PATIENT))
# And of these everybody does, if there is a thread for him.
EASY = Act("slow", Load(8, 100, 0.0, 0.15, 0.3, 60.0))
RUNS = [
    ("one", BEHIND),
    ("asyncio:block", BEHIND),
    *((name, EASY) for name in ("one", "thread", "asyncio")),
    *((name, CROWD) for name in ("thread", "pool:2:wait", "pool:2:refuse", "pool:2:shed", "asyncio")),
]


@pytest.fixture(scope="module")
def measured():
    with ThreadPoolExecutor(8) as pool:
        runs = [(name, act, pool.submit(measure, Model.named(name), act)) for name, act in RUNS]
        return {(name, act): run.result() for name, act, run in runs}


def fates(found):
    return [client.fate for client in found.clients]


# --- measured ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["one", "asyncio:block"])
def test_a_queue_behind_one_slow_request_kills_those_after_it(measured, name):
    found = measured[name, BEHIND]
    assert fates(found)[3:] == [Fate.TIMED_OUT] * 5
    assert figures(found).quick_lost >= 4
    assert figures(found).wait_99 == Seconds(PATIENT, at_least=True)
    assert found.threads == 1
    assert "got no answer" in sentence(found)


@pytest.mark.parametrize("name", ["one", "thread", "asyncio"])
def test_everybody_is_served_who_waits_long_enough(measured, name):
    found = measured[name, EASY]
    assert fates(found) == [Fate.FINISHED] * 8
    assert found.done == 8 and figures(found).for_nothing == 0
    assert found.clients[3].service >= 0.3
    assert all(client.took >= client.wait + client.service - 1e-6 for client in found.clients)
    assert "not one of 7 quick ones was lost" in sentence(found) or name == "one"


def test_a_thread_for_each_takes_a_thread_for_each(measured):
    assert measured["thread", CROWD].threads == 1 + 40
    assert measured["thread", CROWD].counts == {"accepted": 40}


def test_an_event_loop_takes_them_all_on_one_thread(measured):
    assert measured["asyncio", CROWD].threads == 1


def test_a_pool_that_waits_leaves_them_without_a_word(measured):
    found = measured["pool:2:wait", CROWD]
    assert fates(found) == [Fate.TIMED_OUT] * 40
    assert found.threads == 1 + 2
    assert found.counts == {"accepted": 4}


def test_a_pool_that_refuses_says_so(measured):
    found = measured["pool:2:refuse", CROWD]
    assert fates(found) == [Fate.TIMED_OUT] * 4 + [Fate.REFUSED] * 36
    assert found.counts == {"accepted": 40, "refused": 36}
    assert figures(found).told.value < PATIENT


def test_a_pool_that_sheds_keeps_the_last(measured):
    found = measured["pool:2:shed", CROWD]
    # The two in the queue at the end; and whoever the threads got hold of, which are the first if they are quick.
    assert fates(found)[-2:] == [Fate.TIMED_OUT] * 2
    assert (figures(found).timed_out, figures(found).refused) == (4, 36)
    assert found.counts == {"accepted": 40, "shed": 36}


def test_a_process_that_fails_says_why():
    with pytest.raises(NotMeasured, match="missing"):
        measure(Model.named("one"), type("Nonsense", (), {"load": type("Odd", (), {"odd": 1})()}))


# --- made up -------------------------------------------------------------------------------------------------------


def made_up(name="one", act=None, fate=Fate.FINISHED, done=10):
    act = act or Act("slow", Load(10, 10, 0.1, 0.1, 2.0, 1.0))
    finished = Client(Fate.FINISHED, 0.2, 0.1, 0.1)
    lost = Client(fate, 1.0) if fate is not Fate.FINISHED else finished
    clients = [finished] * 5 + [lost] * (act.load.clients - 5)
    return Measured(Model.named(name), act, clients, 3, 5 << 20, done, {}, {})


def test_figures_count_those_who_gave_up_as_having_waited():
    found = figures(made_up(fate=Fate.TIMED_OUT))
    assert (found.finished, found.timed_out, found.quick, found.quick_lost, found.for_nothing) == (5, 5, 9, 5, 5)
    assert found.wait_50 == Seconds(0.1)
    assert found.wait_99 == Seconds(0.9, at_least=True)
    assert found.told is None


def test_percentiles_are_of_the_nearest_rank():
    found = [Seconds(float(number)) for number in range(1, 101)]
    assert percentile(found, 50) == Seconds(50.0)
    assert percentile(found, 99) == Seconds(99.0)
    assert percentile(found[:1], 99) == Seconds(1.0)
    assert percentile([], 50) is None


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 1.0])
def test_the_slow_are_as_many_as_was_asked_for(share):
    load = Load(200, 100, 0.1, share, 1.0, 1.0)
    assert sum(map(load.is_slow, range(200))) == round(200 * share)
    assert {load.work(number) for number in range(200)} <= {0.1, 1.0}


@pytest.mark.parametrize(
    "wrong",
    [
        {"clients": 0},
        {"clients": 10**9},
        {"rate": 0.0},
        {"rate": 0.1},
        {"rate": float("nan")},
        {"handler": -1.0},
        {"slow": float("inf")},
        {"slow_share": 1.1},
        {"timeout": 0.0},
    ],
)
def test_a_load_that_can_not_be(wrong):
    usual = {"clients": 10, "rate": 10.0, "handler": 0.1, "slow_share": 0.1, "slow": 1.0, "timeout": 1.0}
    with pytest.raises(ValueError, match=r"\d|nan|inf"):
        Load(**{**usual, **wrong})


@pytest.mark.parametrize(
    "name", ["", "two", "pool", "pool:", "pool:0", "pool:-1", "pool:1e3", "pool:1000000000", "pool:2:drop", "one:2"]
)
def test_a_model_that_there_is_not(name):
    with pytest.raises(ValueError, match=r"is none of|a pool has|a full pool can"):
        Model.named(name)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("fate", list(Fate))
def test_table_and_chart_fit_80_columns(fate, glyphs):
    act = Act("crowd", crowd(made_up().act.load, 1000))
    for each in (None, act):
        all_measured = [made_up(name, each, fate) for name in USUAL]
        picture = Picture(Canvas(80, glyphs))
        lines = [*picture.head(), *map(picture.row, all_measured), *picture.chart(all_measured)]
        assert max(map(len, lines)) <= 80
        if glyphs is ASCII:
            assert "".join(lines).isascii()


def test_the_chart_marks_the_slow_one_and_each_fate():
    lines = Picture(Canvas(80, ASCII)).chart([made_up(fate=Fate.TIMED_OUT)])
    assert lines == [
        "the clients as they came:  # finished  . timed out",
        "a slow one          v",
        "one             #####.....",
    ]


def test_no_colour_where_there_is_no_terminal():
    assert not canvas_for(io.StringIO()).color


@pytest.mark.parametrize("name", USUAL)
@pytest.mark.parametrize("fate", list(Fate))
def test_each_has_its_sentence_in_every_case(name, fate):
    for act in (None, Act("crowd", crowd(made_up().act.load, 100))):
        found = made_up(name, act, fate)
        assert sentence(found).endswith((".", "otherwise."))
        line = json.loads(json.dumps(record(found, sentence(found))))
        assert line["model"] == found.model.name and line["finished"] >= 5
        assert opening(found.act).endswith(".")


def test_lengths_of_time_are_short():
    times = (0.0, 0.00004, 0.0042, 0.0099, 0.05, 0.0999, 0.5, 1.234, 59.99)
    assert [brief(each) for each in times] == [
        "0 ms", "0.04 ms", "4.2 ms", "9.9 ms", "50 ms", "99.9 ms", "500 ms", "1.23 s", "60 s",
    ]  # fmt: skip
