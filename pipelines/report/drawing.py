"""What the pictures share. Colours are the names of the page's CSS variables, so that one figure is right in light and
in dark."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from datetime import date, timedelta
from typing import Any, TypeVar

from pipelines.report.facts import ReportFacts

Row = TypeVar("Row")
Spec = dict[str, Any]  # plotly.js's data and layout


def add_up(rows: Iterable[Row], key: Callable[[Row], Hashable], count: Callable[[Row], int]) -> Counter[Any]:
    total: Counter[Any] = Counter()
    for row in rows:
        total[key(row)] += count(row)
    return total


def colour(state: float) -> str:
    return f"var(--state-{state:g})".replace(".", "-")


def name(facts: ReportFacts, state: float) -> str:
    return facts.states.get(state, f"{state:g}")


def each_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def counting(title: str, most: int) -> Spec:
    """An axis of whole numbers."""
    return {"title": {"text": title}, "tickformat": ",d", **({"dtick": 1} if most < 6 else {})}
