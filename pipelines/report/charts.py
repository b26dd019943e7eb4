"""The figures as charts: what a page draws, and shows as a table beside it."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.report.figures import Figures
from pipelines.report.questions import Standing

AGES = ("up to a week", "up to 30 days", "up to 90 days", "longer")


@dataclass(frozen=True, slots=True)
class Series:
    """``look``: the class that colors it."""

    name: str
    look: str
    values: list[float]


@dataclass(frozen=True, slots=True)
class Chart:
    """A value of each series for each label. ``rows`` lie below each other, ``columns`` side by side; in a ``flow``
    each label leads to each series."""

    name: str
    kind: Literal["rows", "columns", "flow"]
    unit: Literal["customers", "mails", "transitions", "money"]
    about: str
    labels: list[str]
    looks: list[str]
    series: list[Series]


def charts(figures: Figures) -> dict[str, Chart]:
    """By name; those without anything to show are left out."""
    made = (funnel(figures), over_time(figures), flow(figures), waiting(figures), mails(figures), money(figures))
    return {chart.name: chart for chart in made if any(any(series.values) for series in chart.series)}


def look(state: float) -> str:
    return f"state-{state:g}".replace(".", "-")


def funnel(figures: Figures) -> Chart:
    stages = figures.funnel
    return Chart(
        name="funnel",
        kind="rows",
        unit="customers",
        about="stage",
        labels=[one.name for one in stages],
        looks=[],
        series=[
            Series("came further", "further", [one.customers - one.under_way - one.gone for one in stages]),
            Series("still there", "there", [one.under_way for one in stages]),
            Series("gone from there", "gone", [one.gone for one in stages]),
        ],
    )


def over_time(figures: Figures) -> Chart:
    states = sorted({state for counts in figures.over_time.values() for state in counts})
    return Chart(
        name="over-time",
        kind="columns",
        unit="customers",
        about="at the end of",
        labels=[day.isoformat() for day in figures.over_time],
        looks=[],
        series=[
            Series(figures.name(state), look(state), [counts.get(state, 0) for counts in figures.over_time.values()])
            for state in states
        ],
    )


def flow(figures: Figures) -> Chart:
    moved: Counter[tuple[float, float]] = Counter()
    for one in figures.moves:
        moved[one.from_state, one.to_state] += one.transitions
    sources, targets = sorted({source for source, _ in moved}), sorted({target for _, target in moved})
    return Chart(
        name="flow",
        kind="flow",
        unit="transitions",
        about="from",
        labels=[figures.name(state) for state in sources],
        looks=[look(state) for state in sources],
        series=[
            Series(figures.name(target), look(target), [moved[source, target] for source in sources])
            for target in targets
        ],
    )


def waiting(figures: Figures) -> Chart:
    times = [one for one in figures.time_in_state if one.now.customers]
    return Chart(
        name="waiting",
        kind="rows",
        unit="customers",
        about="state",
        labels=[figures.name(one.state) for one in times],
        looks=[],
        series=[
            Series(age, f"age-{number}", [ages(one.now)[number] for one in times]) for number, age in enumerate(AGES)
        ],
    )


def ages(now: Standing) -> tuple[int, int, int, int]:
    return now.up_to_a_week, now.up_to_30_days, now.up_to_90_days, now.longer


def mails(figures: Figures) -> Chart:
    started = [one for one in figures.mails if one.became == "started"]
    states = {one.flow_name: one.state for one in sorted(started, key=lambda one: -one.state)}
    counted = added((one.flow_name, one.week, one.messages) for one in started)
    flows = sorted(states, key=lambda name: (states[name], name))
    series = [Series(name, look(states[name]), weekly(figures, counted, name)) for name in flows]
    return columns("mails", "mails", figures, series)


def money(figures: Figures) -> Chart:
    counted = added((one.state, one.week, float(one.sold_subtotal)) for one in figures.sales)
    states = sorted({one.state for one in figures.sales})
    series = [Series(figures.name(state), look(state), weekly(figures, counted, state)) for state in states]
    return columns("money", "money", figures, series)


def columns(name: str, unit: Literal["mails", "money"], figures: Figures, series: Sequence[Series]) -> Chart:
    mondays = [monday.isoformat() for monday in figures.period.mondays]
    return Chart(name, "columns", unit, "week from", mondays, [], list(series))


def added(rows: Iterable[tuple[Hashable, int, float]]) -> Mapping[tuple[Hashable, int], float]:
    total: dict[tuple[Hashable, int], float] = {}
    for key, week, value in rows:
        total[key, week] = total.get((key, week), 0) + value
    return total


def weekly(figures: Figures, counted: Mapping[tuple[Hashable, int], float], key: Hashable) -> list[float]:
    return [counted.get((key, week), 0) for week in range(figures.period.weeks)]
