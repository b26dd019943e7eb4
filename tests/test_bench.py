"""What `make bench` says at its end. The benches themselves are run by hand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import plan
from tests.bench.dispatchers import wrong_in
from tests.bench.measures import FIGURES, MEASURES, report


@pytest.mark.parametrize("name", bench.BENCHES)
def test_each_bench_reports_the_measures_that_are_its_own(name: str) -> None:
    source = Path(bench.__file__).with_name(f"{name}.py").read_text()
    assert [key for key, measure in MEASURES.items() if measure.bench == name and f'"{key}"' not in source] == []


def test_each_measure_is_set_beside_its_goal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FIGURES, str(tmp_path / "figures"))
    report("idle", 1.2)
    report("backfill", 0.8)
    rows = bench.table(bench.found(tmp_path / "figures"), ["extract", "ticks"], ["ticks"])
    assert {row["measure"]: row["verdict"] for row in rows} == {
        MEASURES["idle"].name: "missed",
        MEASURES["idle_run"].name: "not measured",
        MEASURES["idle_run_cpu"].name: "not measured",
        MEASURES["idle_run_own_seconds"].name: "not measured",
        MEASURES["idle_run_own_cpu"].name: "not measured",
        MEASURES["idle_hourly"].name: "not measured",
        MEASURES["backfill"].name: "met",
        MEASURES["backfill_peak"].name: "not measured",
        "bench ticks": "failed",
    }
    assert [line.split("|")[2:4] for line in bench.lines(rows)][2] == [" 1.20  ", " ≤ 1.1    "]


def test_a_bench_that_fails_is_not_at_its_end(tmp_path: Path) -> None:
    assert not bench.run("no_such_bench", tmp_path / "figures")


def test_what_has_no_goal_has_no_verdict() -> None:
    rows = bench.table({"lake_cpu": 1.5}, [], [])
    assert [(row["key"], row["goal"], row["verdict"]) for row in rows] == [("lake_cpu", "", "")]


@pytest.mark.parametrize(
    ("heard", "wrong"), [("abc", 0), ("bac", 0), ("ab", 1), ("abcb", 1), ("acb", 0), ("cab", 2), ("", 3)]
)
def test_messages_that_are_lost_twice_or_out_of_their_customers_order_are_counted(heard: str, wrong: int) -> None:
    rows = [("a", 1, "delivered"), ("b", 2, "delivered"), ("c", 1, "delivered")]
    assert wrong_in(rows, [*heard]) == wrong


def test_the_plan_in_the_repository_is_reckoned_from_the_figures_beside_it() -> None:
    """``python -m tests.bench.plan --write`` makes it so."""
    assert plan.PAGE.read_text() == plan.page(json.loads(plan.FIGURES.read_text()), plan.Assumed())


def test_a_plan_takes_figures_of_a_run_and_prices_of_ones_own(tmp_path: Path) -> None:
    kept = json.loads(plan.FIGURES.read_text())
    run, lines = tmp_path / "run.json", tmp_path / "figures"
    row = {"key": "lake_cpu", "value": 123.5}
    run.write_text(json.dumps({"measures": [row, {"key": "lake_peak", "value": None}, {"key": "starts", "value": 1}]}))
    lines.write_text(json.dumps({"measure": "lake_cpu", "value": 123.5}) + "\n")
    taken = {"lake_cpu": {"value": 123.5, "from": "a run"}}
    assert plan.read(run, "a run") == plan.read(lines, "a run") == taken
    page = plan.page(kept | taken, replace(plan.Assumed(), core_hour=0.08))
    assert "124 s" in page
    assert "`--core-hour` 0.08 " in page
    with pytest.raises(SystemExit, match="lake_cpu"):
        plan.page({key: value for key, value in kept.items() if key != "lake_cpu"}, plan.Assumed())
    lines.write_text(json.dumps({"measure": "starts", "value": 1}))
    with pytest.raises(SystemExit, match="no figure of a plan"):
        plan.read(lines, "a run")


def test_what_is_fullest_breaks_first_and_ten_times_the_customers_are_ten_times_the_shards() -> None:
    measured = {key: kept["value"] for key, kept in json.loads(plan.FIGURES.read_text()).items()}
    small, large = (plan.Plan(size, measured, plan.Assumed()) for size in plan.SIZES)
    assert large.shards == 10 * small.shards
    for one in (small, large):
        loads = [limit.load for limit in one.limits()]
        assert loads == sorted(loads, reverse=True)
    dearer = plan.Plan(plan.SIZES[0], measured, replace(plan.Assumed(), core_hour=1))
    assert dearer.money["machines"] > small.money["machines"]


def test_of_syncs_that_take_ever_longer_so_many_fit() -> None:
    assert plan.publications_within(100, 10, 0) == 10
    assert plan.publications_within(100, 5, 10) == pytest.approx(4)  # 5 + 10 * 4 / 2 = 25 on average
