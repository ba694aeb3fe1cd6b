"""What the bench makes of its figures: ratios within a round, whichever way is better, reasons, verdicts."""

from bench.figures import Figures, Spread, judge
from bench.must import MUSTS, Must
from bench.rows import ALONE, AT_ONCE, KINDS, PHASES, ROW, ROWS, SINGLE, Missing
from bench.stacks import OURS, PEERS, UNCOMPILED

NAMES = {peer.name for peer in PEERS}


def run(*rounds: dict[str, dict[str, object]]) -> Figures:
    return Figures(list(rounds), {"smoltcp": "not to be had"})  # type: ignore[arg-type]


def test_a_ratio_says_how_many_times_better_ours_was_whether_more_or_less_is_better() -> None:
    figures = run({OURS: {"cycles-1": 30.0, "echo": 2.0}, "gvisor": {"cycles-1": 10.0, "echo": 8.0}})
    assert figures.ratios("gvisor", "cycles-1") == [3.0]
    assert figures.ratios("gvisor", "echo") == [4.0]


def test_ratios_are_taken_within_a_round_and_only_where_both_have_a_figure() -> None:
    figures = run(
        {OURS: {"cycles-1": 30.0}, "gvisor": {"cycles-1": 10.0}},
        {OURS: {"cycles-1": 10.0}, "gvisor": {"cycles-1": 10.0}},
        {OURS: {"cycles-1": 99.0}, "gvisor": {"cycles-1": Missing("it fell over")}},
    )
    assert figures.ratios("gvisor", "cycles-1") == [3.0, 1.0]
    assert Spread.of(figures.ratios("gvisor", "cycles-1")) == Spread(2.0, 1.0, 3.0)
    assert figures.values(OURS, "cycles-1") == [30.0, 10.0, 99.0]


def test_what_has_no_figure_has_its_reason() -> None:
    figures = run({OURS: {"cycles-1": 1.0}, "gvisor": {"cycles-1": Missing("it fell over")}})
    assert figures.why_missing("gvisor", "cycles-1") == "it fell over"
    assert figures.why_missing("smoltcp", "cycles-1") == "not to be had"
    assert figures.why_missing(OURS, "cycles-1") is None


def test_a_verdict_compares_the_median_with_the_bound_and_says_nothing_without_a_figure() -> None:
    figures = run({OURS: {"cycles-1": 30.0, "idle-memory": 900.0}, "gvisor": {"cycles-1": 10.0}})
    for must, reached in [
        (Must("cycles-1", 3.0, "gvisor"), True),
        (Must("cycles-1", 3.1, "gvisor"), False),
        (Must("cycles-1", 1.0, "kernel"), None),
        (Must("idle-memory", 900, at_most=True), True),
        (Must("idle-memory", 899, at_most=True), False),
        (Must("cycles-1", 1.0, of=UNCOMPILED), None),
    ]:
        assert judge(figures, must)[2] is reached


def test_every_row_is_measured_by_one_act_or_another() -> None:
    acts = [act for _, acts in PHASES for act in acts] + SINGLE
    measured = [key for act in acts for key in act.rows]
    assert len(measured) == len(set(measured))
    # Those of the engine alone, the start, and the programs, are not an act's.
    others = {row.key for row in ALONE} | {"first", "import", "import-stack"}
    others |= {f"{kind}-{count}" for kind in KINDS for count in AT_ONCE}
    assert set(measured) | others == set(ROW)
    assert len(ROW) == len(ROWS) + len(ALONE)


def test_what_must_be_reached_names_rows_and_peers_that_exist() -> None:
    assert MUSTS
    for must in MUSTS:
        assert must.row in ROW
        assert must.of in NAMES
        assert must.peer is None or must.peer in NAMES
