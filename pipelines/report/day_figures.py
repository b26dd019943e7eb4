"""Transitions and deliveries, day by day."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from operator import itemgetter
from typing import Any

from pipelines.flow_builder.statuses import WAITING, Status
from pipelines.report.drawing import Spec, add_up, colour, counting, each_day, name
from pipelines.report.facts import ReportFacts

FEWEST_DAYS = 14
# What a delivery's status means to a reader.
FATES: dict[str, str] = {
    Status.DELIVERED: "delivered",
    **dict.fromkeys(WAITING, "waiting"),
    Status.HELD: "held",
    Status.DEAD: "dead",
    Status.CANCELED: "canceled",
    Status.NOT_SENT: "not sent",
}
REASONS = {
    "inactive": "inactive customer",
    "untold": "nothing was ever told",
    "replaced": "told already, for another cause",
    "late": "a later one was told already",
    "stale": "too old when detected",
    "expired": "too old when it was to be sent",
    "superseded": "not the newest any more",
}


def transitions(facts: ReportFacts) -> Spec | None:
    counts = add_up(facts.moved, lambda row: (row.to_state, row.day), lambda row: row.transitions)
    states = sorted({state for state, _ in counts})
    return bars(facts, counts, [(state, name(facts, state), colour(state)) for state in states], "transitions")


def deliveries(facts: ReportFacts) -> Spec | None:
    counts = add_up(facts.sent, lambda row: (FATES[row.status], row.day), lambda row: row.deliveries)
    fates = [fate for fate in dict.fromkeys(FATES.values()) if any(fate == key for key, _ in counts)]
    series = [(fate, fate, f"var(--{fate.replace(' ', '-')})") for fate in fates]
    return bars(facts, counts, series, "deliveries")


def bars(facts: ReportFacts, counts: Counter[Any], series: Sequence[tuple[Any, str, str]], title: str) -> Spec | None:
    if not counts:
        return None
    last = facts.as_of.date()
    days = each_day(min(min(day for _, day in counts), last - timedelta(days=FEWEST_DAYS - 1)), last)
    most = max(add_up(counts, itemgetter(1), counts.__getitem__).values())
    return {
        "data": [
            {
                "type": "bar",
                "name": words,
                "x": days,
                "y": [counts[key, day] for day in days],
                "marker": {"color": paint},
            }
            for key, words, paint in series
        ],
        "layout": {"height": 340, "barmode": "stack", "hovermode": "x unified", "yaxis": counting(title, most)},
    }


def reasons(facts: ReportFacts) -> Spec | None:
    unsent = [row for row in facts.sent if row.status == Status.NOT_SENT]
    counts = add_up(unsent, lambda row: row.reason or "", lambda row: row.deliveries).most_common()[::-1]
    if not counts:
        return None
    axis = counting("deliveries", counts[-1][1])
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": [REASONS.get(reason, reason) for reason, _ in counts],
                "x": [count for _, count in counts],
                "text": [f"{count:,}" for _, count in counts],
                "textposition": "auto",
                "insidetextfont": {"color": "var(--on-mark)"},
                "marker": {"color": "var(--not-sent)"},
                "hoverinfo": "none",
            }
        ],
        "layout": {"height": 90 + 36 * len(counts), "showlegend": False, "xaxis": axis},
    }
